"""Which neuron of one side is which of the other, from the wiring."""

from connectome.models.matching.assignment import (
    align,
    assign,
    promote,
    similarity,
)
from connectome.models.matching.auction import auction, largest, soften
from connectome.models.matching.bisection import (
    Bisection,
    bisect,
    transform_weights,
)
from connectome.models.matching.candidates import Candidates, median_ratio, nearest_profiles
from connectome.models.matching.faq import match_graphs
from connectome.models.matching.sparse_matching import SparseSettings, match_sparse

__all__ = [
    "Bisection",
    "Candidates",
    "SparseSettings",
    "align",
    "assign",
    "auction",
    "bisect",
    "largest",
    "match_graphs",
    "match_sparse",
    "median_ratio",
    "nearest_profiles",
    "promote",
    "similarity",
    "soften",
    "transform_weights",
]
