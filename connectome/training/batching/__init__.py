"""The DataModule, and how a graph is fed to one step."""

from connectome.training.batching.neighbour_sampling import (
    Hop,
    Neighbours,
    relabel,
    sample_hops,
)

__all__ = [
    "Hop",
    "Neighbours",
    "relabel",
    "sample_hops",
]
