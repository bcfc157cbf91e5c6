"""Clusters of neurons."""

from connectome.models.clustering.algorithms import (
    dendrogram_linkage,
    divisive_mixture,
    gaussian_mixture,
    kmeans,
    leiden,
)
from connectome.models.clustering.winding import (
    PUBLISHED_LEVEL,
    WindingRecipe,
    winding_clusters,
)

__all__ = [
    "PUBLISHED_LEVEL",
    "WindingRecipe",
    "dendrogram_linkage",
    "divisive_mixture",
    "gaussian_mixture",
    "kmeans",
    "leiden",
    "winding_clusters",
]
