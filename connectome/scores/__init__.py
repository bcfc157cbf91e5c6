"""What a method leaves behind: an object that scores any pair of neurons."""

from connectome.scores.blend import PATHS, Blend, Evidence
from connectome.scores.blocks import BlockModel
from connectome.scores.counts import (
    CountModel,
    count_log_prob,
    expected_count,
    require_counts,
)
from connectome.scores.edge_types import EdgeTypeModel, LinkDetails
from connectome.scores.embedding import Embedding
from connectome.scores.head import fit_head
from connectome.scores.neighbours import RULES, WEIGHTED, NeighbourScore
from connectome.scores.network import apply_network, network_size
from connectome.scores.readout import Readout
from connectome.scores.scorer import Scorer, row_blocks
from connectome.scores.similarity import (
    SIMILARITIES,
    DistanceSimilarity,
    InnerProduct,
    Similarity,
    below_all,
    every_pair,
    find_similarity,
    register_similarity,
)
from connectome.scores.wiring import WiringLaw, link_probability, link_probability_given

__all__ = [
    "PATHS",
    "RULES",
    "SIMILARITIES",
    "WEIGHTED",
    "Blend",
    "BlockModel",
    "CountModel",
    "DistanceSimilarity",
    "EdgeTypeModel",
    "Embedding",
    "Evidence",
    "InnerProduct",
    "LinkDetails",
    "NeighbourScore",
    "Readout",
    "Scorer",
    "Similarity",
    "WiringLaw",
    "apply_network",
    "below_all",
    "count_log_prob",
    "every_pair",
    "expected_count",
    "find_similarity",
    "fit_head",
    "link_probability",
    "link_probability_given",
    "network_size",
    "register_similarity",
    "require_counts",
    "row_blocks",
]
