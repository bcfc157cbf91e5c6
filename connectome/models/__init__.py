"""Encoders, decoders, autoencoders and spectral embeddings: mathematics without a trainer."""

from connectome.models.autoencoders import (
    GraphAutoencoder,
    Latent,
    active_units,
    kl_divergence,
    reconstruction_loss,
)
from connectome.models.block_likelihood import (
    Block,
    Emphasis,
    LinkLikelihood,
    PairWeights,
    block_loss,
    draw_block,
    with_biases,
)
from connectome.models.blockmodel import BlockFit, fit_blocks
from connectome.models.channels import ChannelWeights, count_channels, message_operators
from connectome.models.clustering import (
    Clustering,
    dendrogram_linkage,
    divisive_mixture,
    gaussian_mixture,
    kmeans,
    leiden,
)
from connectome.models.decoders import (
    Biases,
    Decoder,
    DistanceDecoder,
    InnerProductDecoder,
    make_decoder,
)
from connectome.models.deep import DeepEncoder
from connectome.models.encoders import Encoder, GCNEncoder, LinearEncoder, TableEncoder, glorot
from connectome.models.graph_matching import (
    TRANSFORMS,
    Bisection,
    GraphMatch,
    bisect,
    match_graphs,
    transform_weights,
)
from connectome.models.link_heads import HeadSettings, LinkHeads, ReadoutHead
from connectome.models.link_loss import PairRows, inner_product_loss
from connectome.models.matching import align, assign, promote, similarity
from connectome.models.rows import LinkRows
from connectome.models.sparse import (
    SparseOperator,
    csr_matrix,
    directed_operators,
    gcn_operator,
)
from connectome.models.spectral import (
    VARIANTS,
    adjacency,
    adjacency_spectral_embedding,
    laplacian_eigenmaps,
    laplacian_spectral_embedding,
    largest,
)
from connectome.models.towers import Towers
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
    "PUBLISHED_LEVEL",
    "TRANSFORMS",
    "VARIANTS",
    "Biases",
    "Bisection",
    "Block",
    "BlockFit",
    "ChannelWeights",
    "Clustering",
    "Decoder",
    "DeepEncoder",
    "DistanceDecoder",
    "Emphasis",
    "Encoder",
    "GCNEncoder",
    "GraphAutoencoder",
    "GraphMatch",
    "HeadSettings",
    "InnerProductDecoder",
    "Latent",
    "LinearEncoder",
    "LinkHeads",
    "LinkLikelihood",
    "LinkRows",
    "PairRows",
    "PairWeights",
    "ReadoutHead",
    "SparseOperator",
    "TableEncoder",
    "Towers",
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
    "contexts",
    "count_channels",
    "csr_matrix",
    "dendrogram_linkage",
    "directed_operators",
    "divisive_mixture",
    "draw_block",
    "fit_blocks",
    "gaussian_mixture",
    "gcn_operator",
    "glorot",
    "inner_product_loss",
    "kl_divergence",
    "kmeans",
    "laplacian_eigenmaps",
    "laplacian_spectral_embedding",
    "largest",
    "leiden",
    "make_decoder",
    "match_graphs",
    "message_operators",
    "pass_to_ranks",
    "promote",
    "random_walks",
    "reconstruction_loss",
    "similarity",
    "transform_weights",
    "winding_clusters",
    "with_biases",
]
