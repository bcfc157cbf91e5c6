"""Encoders, decoders, autoencoders and spectral embeddings: mathematics without a trainer."""

from connectome.models.architecture import NetworkSettings
from connectome.models.autoencoders import (
    GraphAutoencoder,
    Latent,
    active_units,
    kl_divergence,
    reconstruction_loss,
)
from connectome.models.bisection import TRANSFORMS, Bisection, bisect, transform_weights
from connectome.models.block_likelihood import (
    Block,
    LikelihoodSettings,
    LinkLikelihood,
    PairWeights,
    block_loss,
    draw_block,
    with_biases,
)
from connectome.models.blockmodel import BlockFit, fit_blocks
from connectome.models.clustering import (
    Clustering,
    dendrogram_linkage,
    divisive_mixture,
    gaussian_mixture,
    kmeans,
    leiden,
)
from connectome.models.comparisons import Comparison
from connectome.models.decoders import Biases, Decoder, make_decoder
from connectome.models.deep import DeepEncoder
from connectome.models.eigensolvers import (
    SOLVERS,
    Spectrum,
    choose_solver,
    singular_spectrum,
    symmetric_spectrum,
)
from connectome.models.encoders import Encoder, GCNEncoder, LinearEncoder, TableEncoder, glorot
from connectome.models.generation import (
    ConnectomeLaw,
    Coupling,
    draw_links,
    fit_coupling,
)
from connectome.models.graph_matching import GraphMatch, match_graphs
from connectome.models.link_heads import HeadSettings, LinkHeads, ReadoutHead
from connectome.models.link_loss import PairRows, inner_product_loss
from connectome.models.link_probability import (
    MOST_NEURONS,
    Calibrated,
    Groups,
    calibrate,
    with_degrees,
)
from connectome.models.matching import align, assign, promote, similarity
from connectome.models.outofcore import MappedGraph
from connectome.models.roles import (
    RoleEncoder,
    Roles,
    View,
    partner_means,
)
from connectome.models.rows import LinkRows
from connectome.models.sampled import (
    HOPS,
    RowBlocks,
    Sample,
    rectangle,
    sampled_latent,
    sampled_logits,
    sparse_rows,
    tables,
    take_rows,
    weighted_prior,
)
from connectome.models.sparse import (
    SparseOperator,
    csr_matrix,
    directed_operators,
    gcn_operator,
)
from connectome.models.spectral import (
    VARIANTS,
    SpectralFit,
    adjacency,
    adjacency_spectral_embedding,
    fit_spectral,
    laplacian_eigenmaps,
    laplacian_spectral_embedding,
    largest,
)
from connectome.models.towers import Towers
from connectome.models.variational import PosteriorSettings, divergences, latent_activity
from connectome.models.walks import contexts, random_walks
from connectome.models.winding import (
    PUBLISHED_LEVEL,
    WindingClusters,
    WindingRecipe,
    augment_diagonal,
    pass_to_ranks,
    winding_clusters,
)

__all__ = [
    "HOPS",
    "MOST_NEURONS",
    "PUBLISHED_LEVEL",
    "SOLVERS",
    "TRANSFORMS",
    "VARIANTS",
    "Biases",
    "Bisection",
    "Block",
    "BlockFit",
    "Calibrated",
    "Clustering",
    "Comparison",
    "ConnectomeLaw",
    "Coupling",
    "Decoder",
    "DeepEncoder",
    "Encoder",
    "GCNEncoder",
    "GraphAutoencoder",
    "GraphMatch",
    "Groups",
    "HeadSettings",
    "Latent",
    "LikelihoodSettings",
    "LinearEncoder",
    "LinkHeads",
    "LinkLikelihood",
    "LinkRows",
    "MappedGraph",
    "NetworkSettings",
    "PairRows",
    "PairWeights",
    "PosteriorSettings",
    "ReadoutHead",
    "RoleEncoder",
    "Roles",
    "RowBlocks",
    "Sample",
    "SparseOperator",
    "SpectralFit",
    "Spectrum",
    "TableEncoder",
    "Towers",
    "View",
    "WindingClusters",
    "WindingRecipe",
    "active_units",
    "adjacency",
    "adjacency_spectral_embedding",
    "align",
    "assign",
    "augment_diagonal",
    "bisect",
    "block_loss",
    "calibrate",
    "choose_solver",
    "contexts",
    "csr_matrix",
    "dendrogram_linkage",
    "directed_operators",
    "divergences",
    "divisive_mixture",
    "draw_block",
    "draw_links",
    "fit_blocks",
    "fit_coupling",
    "fit_spectral",
    "gaussian_mixture",
    "gcn_operator",
    "glorot",
    "inner_product_loss",
    "kl_divergence",
    "kmeans",
    "laplacian_eigenmaps",
    "laplacian_spectral_embedding",
    "largest",
    "latent_activity",
    "leiden",
    "make_decoder",
    "match_graphs",
    "partner_means",
    "pass_to_ranks",
    "promote",
    "random_walks",
    "reconstruction_loss",
    "rectangle",
    "sampled_latent",
    "sampled_logits",
    "similarity",
    "singular_spectrum",
    "sparse_rows",
    "symmetric_spectrum",
    "tables",
    "take_rows",
    "transform_weights",
    "weighted_prior",
    "winding_clusters",
    "with_biases",
    "with_degrees",
]
