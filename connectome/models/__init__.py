"""Encoders, decoders, autoencoders and spectral embeddings: mathematics without a trainer."""

from connectome.models.autoencoders import (
    GraphAutoencoder,
    Latent,
    active_units,
    kl_divergence,
    reconstruction_loss,
)
from connectome.models.decoders import (
    Decoder,
    DistanceDecoder,
    InnerProductDecoder,
    make_decoder,
)
from connectome.models.encoders import GCNEncoder, glorot
from connectome.models.sparse import SparseOperator, csr_matrix, gcn_operator
from connectome.models.spectral import (
    VARIANTS,
    adjacency,
    adjacency_spectral_embedding,
    laplacian_eigenmaps,
    laplacian_spectral_embedding,
    largest,
)

__all__ = [
    "VARIANTS",
    "Decoder",
    "DistanceDecoder",
    "GCNEncoder",
    "GraphAutoencoder",
    "InnerProductDecoder",
    "Latent",
    "SparseOperator",
    "active_units",
    "adjacency",
    "adjacency_spectral_embedding",
    "csr_matrix",
    "gcn_operator",
    "glorot",
    "kl_divergence",
    "laplacian_eigenmaps",
    "laplacian_spectral_embedding",
    "largest",
    "make_decoder",
    "reconstruction_loss",
]
