"""Encoders, decoders, autoencoders and spectral embeddings: mathematics without a trainer."""

from connectome.models.autoencoders import (
    GraphAutoencoder,
    Latent,
    active_units,
    kl_divergence,
    reconstruction_loss,
)
from connectome.models.blockmodel import BlockFit, fit_blocks
from connectome.models.decoders import (
    Biases,
    Decoder,
    DistanceDecoder,
    InnerProductDecoder,
    make_decoder,
)
from connectome.models.encoders import Encoder, GCNEncoder, LinearEncoder, TableEncoder, glorot
from connectome.models.graph_matching import (
    TRANSFORMS,
    Bisection,
    GraphMatch,
    bisect,
    match_graphs,
    transform_weights,
)
from connectome.models.matching import align, assign, promote, similarity
from connectome.models.sparse import SparseOperator, csr_matrix, gcn_operator
from connectome.models.spectral import (
    VARIANTS,
    adjacency,
    adjacency_spectral_embedding,
    laplacian_eigenmaps,
    laplacian_spectral_embedding,
    largest,
)
from connectome.models.walks import WalkGraph, contexts

__all__ = [
    "TRANSFORMS",
    "VARIANTS",
    "Biases",
    "Bisection",
    "BlockFit",
    "Decoder",
    "DistanceDecoder",
    "Encoder",
    "GCNEncoder",
    "GraphAutoencoder",
    "GraphMatch",
    "InnerProductDecoder",
    "Latent",
    "LinearEncoder",
    "SparseOperator",
    "TableEncoder",
    "WalkGraph",
    "active_units",
    "adjacency",
    "adjacency_spectral_embedding",
    "align",
    "assign",
    "bisect",
    "contexts",
    "csr_matrix",
    "fit_blocks",
    "gcn_operator",
    "glorot",
    "kl_divergence",
    "laplacian_eigenmaps",
    "laplacian_spectral_embedding",
    "largest",
    "make_decoder",
    "match_graphs",
    "promote",
    "reconstruction_loss",
    "similarity",
    "transform_weights",
]
