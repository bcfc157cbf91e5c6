"""Pure functions from scores to figures of merit."""

from connectome.metrics.calibration import (
    Calibrator,
    Reliability,
    bin_of,
    brier_score,
    fit_calibrator,
    reliability,
)
from connectome.metrics.links import LinkMetrics, link_metrics, scorer_metrics
from connectome.metrics.ranking import Ranking, rank_test_links

__all__ = [
    "Calibrator",
    "LinkMetrics",
    "Ranking",
    "Reliability",
    "bin_of",
    "brier_score",
    "fit_calibrator",
    "link_metrics",
    "rank_test_links",
    "reliability",
    "scorer_metrics",
]
