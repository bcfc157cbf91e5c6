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
    "VARIANTS",
    "Biases",
    "BlockFit",
    "Decoder",
    "DistanceDecoder",
    "Encoder",
    "GCNEncoder",
    "GraphAutoencoder",
    "InnerProductDecoder",
    "Latent",
    "LinearEncoder",
    "SparseOperator",
    "TableEncoder",
    "WalkGraph",
    "active_units",
    "adjacency",
    "adjacency_spectral_embedding",
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
    "reconstruction_loss",
]
