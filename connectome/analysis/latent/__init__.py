"""What a latent space says: maps, cell types, clusters, homologs."""

from connectome.analysis.latent.cell_type_probe import (
    DEGREES,
    TARGET_ACCURACY,
    Probes,
    controls,
    log_degrees,
    neighbour_table,
    predictions,
    probe_table,
    recall_table,
    unseen_table,
)
from connectome.analysis.latent.cluster_figures import (
    plot_co_clustering,
    plot_confusion,
    plot_dendrogram,
)
from connectome.analysis.latent.cluster_tables import (
    KMEANS,
    MIXTURE,
    ClusterSettings,
    Made,
    cluster_table,
)
from connectome.analysis.latent.flat import (
    COMPONENTS,
    UMAP,
    FlatMap,
    flat_map,
    kept_map,
    require_map,
)
from connectome.analysis.latent.homolog_figures import plot_homologs
from connectome.analysis.latent.homologs import (
    HUB_NEIGHBOURS,
    SIMILARITY_WEIGHT,
    homolog_table,
)
from connectome.analysis.latent.links_and_types import beside_links, plot_beside_links
from connectome.analysis.latent.map_figures import (
    plot_clusters,
    plot_quantities,
    plot_recall,
    plot_types,
)
from connectome.analysis.latent.partner_types import (
    MOST_TYPES,
    PARTNER_TYPES,
    Choice,
    PartnerTyping,
    Predicted,
    choose_rule,
    partner_type_predictions,
    partner_type_rows,
)
from connectome.analysis.latent.rare_types import (
    uncalibrated,
    unrecognised,
)
from connectome.analysis.latent.spaces import (
    LatentSpace,
    factors_of,
    latent_spaces,
    map_table,
    stability_table,
)
from connectome.analysis.latent.views import (
    Graph,
    Labelled,
    labelled,
    synapse_matrix,
)

__all__ = [
    "COMPONENTS",
    "DEGREES",
    "HUB_NEIGHBOURS",
    "KMEANS",
    "MIXTURE",
    "MOST_TYPES",
    "PARTNER_TYPES",
    "SIMILARITY_WEIGHT",
    "TARGET_ACCURACY",
    "UMAP",
    "Choice",
    "ClusterSettings",
    "FlatMap",
    "Graph",
    "Labelled",
    "LatentSpace",
    "Made",
    "PartnerTyping",
    "Predicted",
    "Probes",
    "beside_links",
    "choose_rule",
    "cluster_table",
    "controls",
    "factors_of",
    "flat_map",
    "homolog_table",
    "kept_map",
    "labelled",
    "latent_spaces",
    "log_degrees",
    "map_table",
    "neighbour_table",
    "partner_type_predictions",
    "partner_type_rows",
    "plot_beside_links",
    "plot_clusters",
    "plot_co_clustering",
    "plot_confusion",
    "plot_dendrogram",
    "plot_homologs",
    "plot_quantities",
    "plot_recall",
    "plot_types",
    "predictions",
    "probe_table",
    "recall_table",
    "require_map",
    "stability_table",
    "synapse_matrix",
    "uncalibrated",
    "unrecognised",
    "unseen_table",
]
