"""Pure functions from scores to figures of merit."""

from connectome.metrics.calibration import (
    Calibrator,
    Reliability,
    bin_of,
    brier_score,
    fit_calibrator,
    reliability,
)
from connectome.metrics.cell_types import (
    CLASSIFIERS,
    Probe,
    fit_classifier,
    probe,
    single_group_types,
    unseen_type_auc,
)
from connectome.metrics.clusters import (
    ClusterAgreement,
    NullAgreement,
    Stability,
    cluster_agreement,
    stability,
)
from connectome.metrics.contingency import co_clustering, confusion, group_co_clustering
from connectome.metrics.counts import CountScore, compare_counts
from connectome.metrics.edge_types import TypeScore, compare_types
from connectome.metrics.homologs import HomologMetrics, homolog_metrics
from connectome.metrics.links import LinkMetrics, cautions, link_metrics, scorer_metrics
from connectome.metrics.mixing import Mixing, mixing
from connectome.metrics.neighbours import nearest
from connectome.metrics.ranking import Ranking, rank_test_links
from connectome.metrics.registry import ALL_PAIRS, EACH, METRICS, Metric, ScoredPairs
from connectome.metrics.wiring_statistics import (
    NAMES as WIRING_STATISTICS,
)
from connectome.metrics.wiring_statistics import (
    mirror_share,
    statistic_distance,
    triad_counts,
    wiring_statistics,
)

__all__ = [
    "ALL_PAIRS",
    "CLASSIFIERS",
    "EACH",
    "METRICS",
    "WIRING_STATISTICS",
    "Calibrator",
    "ClusterAgreement",
    "CountScore",
    "HomologMetrics",
    "LinkMetrics",
    "Metric",
    "Mixing",
    "NullAgreement",
    "Probe",
    "Ranking",
    "Reliability",
    "ScoredPairs",
    "Stability",
    "TypeScore",
    "bin_of",
    "brier_score",
    "cautions",
    "cluster_agreement",
    "co_clustering",
    "compare_counts",
    "compare_types",
    "confusion",
    "fit_calibrator",
    "fit_classifier",
    "group_co_clustering",
    "homolog_metrics",
    "link_metrics",
    "mirror_share",
    "mixing",
    "nearest",
    "probe",
    "rank_test_links",
    "reliability",
    "scorer_metrics",
    "single_group_types",
    "stability",
    "statistic_distance",
    "triad_counts",
    "unseen_type_auc",
    "wiring_statistics",
]
