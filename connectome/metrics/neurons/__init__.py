"""What embeddings say of neurons: cell types, clusters, homologs, mixing of brains."""

from connectome.metrics.neurons.cell_types import (
    Probe,
    fit_classifier,
    probe,
    single_group_types,
    unseen_type_auc,
)
from connectome.metrics.neurons.clusterings import (
    ClusterAgreement,
    NullAgreement,
    cluster_agreement,
    stability,
)
from connectome.metrics.neurons.contingency import (
    confusion,
    group_co_clustering,
)
from connectome.metrics.neurons.homologs import (
    HomologMetrics,
    homolog_metrics,
    place_metrics,
)
from connectome.metrics.neurons.map_quality import MapQuality, map_qualities
from connectome.metrics.neurons.mixing import mixing
from connectome.metrics.neurons.neighbours import nearest
from connectome.metrics.neurons.told_types import Rule, Ruled, probe_told, unseen_type_auc_told

__all__ = [
    "ClusterAgreement",
    "HomologMetrics",
    "MapQuality",
    "NullAgreement",
    "Probe",
    "Rule",
    "Ruled",
    "cluster_agreement",
    "confusion",
    "fit_classifier",
    "group_co_clustering",
    "homolog_metrics",
    "map_qualities",
    "mixing",
    "nearest",
    "place_metrics",
    "probe",
    "probe_told",
    "single_group_types",
    "stability",
    "unseen_type_auc",
    "unseen_type_auc_told",
]
