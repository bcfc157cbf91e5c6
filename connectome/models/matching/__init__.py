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
from connectome.models.matching.candidates import (
    Candidates,
    median_ratio,
    nearest_profiles,
    nearest_rows,
)
from connectome.models.matching.evidence import (
    EVIDENCE,
    agreement,
    match_evidence,
    permuted_partners,
)
from connectome.models.matching.faq import match_graphs
from connectome.models.matching.neighbourhood import joint_roles, nearest_neighbourhoods
from connectome.models.matching.orientation import joined, match_both, turned
from connectome.models.matching.sparse_matching import (
    Across,
    SparseMatch,
    SparseSettings,
    match_sparse,
)
from connectome.models.matching.type_prior import SideTypes, TypePrior

__all__ = [
    "EVIDENCE",
    "Across",
    "Bisection",
    "Candidates",
    "SideTypes",
    "SparseMatch",
    "SparseSettings",
    "TypePrior",
    "agreement",
    "align",
    "assign",
    "auction",
    "bisect",
    "joined",
    "joint_roles",
    "largest",
    "match_both",
    "match_evidence",
    "match_graphs",
    "match_sparse",
    "median_ratio",
    "nearest_neighbourhoods",
    "nearest_profiles",
    "nearest_rows",
    "permuted_partners",
    "promote",
    "similarity",
    "soften",
    "transform_weights",
    "turned",
]
