"""Which neuron of one side is which of the other, from the wiring."""

from connectome.models.matching.assignment import (
    align,
    assign,
    promote,
    similarity,
)
from connectome.models.matching.bisection import (
    Bisection,
    bisect,
    transform_weights,
)
from connectome.models.matching.faq import match_graphs

__all__ = [
    "Bisection",
    "align",
    "assign",
    "bisect",
    "match_graphs",
    "promote",
    "similarity",
    "transform_weights",
]
