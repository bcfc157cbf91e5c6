"""How well links, their synapse counts and their types are told."""

from connectome.metrics.links.calibration import (
    Calibrator,
    bin_of,
    fit_calibrator,
    reliability,
)
from connectome.metrics.links.edge_types import compare_types
from connectome.metrics.links.links import (
    LinkMetrics,
    cautions,
    link_metrics,
    scorer_metrics,
)
from connectome.metrics.links.ranking import rank_test_links
from connectome.metrics.links.registry import (
    ALL_PAIRS,
    EACH,
    METRICS,
    Metric,
    ScoredPairs,
)
from connectome.metrics.links.synapse_counts import compare_counts

__all__ = [
    "ALL_PAIRS",
    "EACH",
    "METRICS",
    "Calibrator",
    "LinkMetrics",
    "Metric",
    "ScoredPairs",
    "bin_of",
    "cautions",
    "compare_counts",
    "compare_types",
    "fit_calibrator",
    "link_metrics",
    "rank_test_links",
    "reliability",
    "scorer_metrics",
]
