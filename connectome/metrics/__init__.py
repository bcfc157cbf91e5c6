"""Pure functions from scores to figures of merit."""

from connectome.metrics.calibration import (
    Calibrator,
    Reliability,
    bin_of,
    brier_score,
    fit_calibrator,
    reliability,
)
from connectome.metrics.homologs import HomologMetrics, homolog_metrics
from connectome.metrics.links import LinkMetrics, link_metrics, scorer_metrics
from connectome.metrics.ranking import Ranking, rank_test_links

__all__ = [
    "Calibrator",
    "HomologMetrics",
    "LinkMetrics",
    "Ranking",
    "Reliability",
    "bin_of",
    "brier_score",
    "fit_calibrator",
    "homolog_metrics",
    "link_metrics",
    "rank_test_links",
    "reliability",
    "scorer_metrics",
]
