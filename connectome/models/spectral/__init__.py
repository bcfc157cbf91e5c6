"""Spectral embeddings and the solvers behind them."""

from connectome.models.spectral.eigensolvers import (
    SOLVERS,
    choose_solver,
)
from connectome.models.spectral.embeddings import (
    CONNECTED,
    VARIANTS,
    adjacency,
    adjacency_spectral_embedding,
    fit_spectral,
    laplacian_spectral_embedding,
    largest,
)
from connectome.models.spectral.out_of_core import MappedGraph

__all__ = [
    "CONNECTED",
    "SOLVERS",
    "VARIANTS",
    "MappedGraph",
    "adjacency",
    "adjacency_spectral_embedding",
    "choose_solver",
    "fit_spectral",
    "laplacian_spectral_embedding",
    "largest",
]
