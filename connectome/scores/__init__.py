"""What a method leaves behind: an object that scores any pair of neurons."""

from connectome.scores.blocks import BlockModel
from connectome.scores.comparison import (
    SOFTENING,
    ScoreName,
    below_all,
    compare_all,
    compare_pairs,
)
from connectome.scores.counts import (
    CountModel,
    count_log_prob,
    expected_count,
    require_counts,
)
from connectome.scores.edge_types import EdgeTypeModel, LinkDetails
from connectome.scores.embedding import Embedding
from connectome.scores.head import TrainedHead, fit_head
from connectome.scores.neighbours import RULES, NeighbourScore
from connectome.scores.network import apply_network, network_size
from connectome.scores.readout import Readout
from connectome.scores.scorer import Scorer, row_blocks
from connectome.scores.wiring import WiringLaw, link_probability, link_probability_given

__all__ = [
    "RULES",
    "SOFTENING",
    "BlockModel",
    "CountModel",
    "EdgeTypeModel",
    "Embedding",
    "LinkDetails",
    "NeighbourScore",
    "Readout",
    "ScoreName",
    "Scorer",
    "TrainedHead",
    "WiringLaw",
    "apply_network",
    "below_all",
    "compare_all",
    "compare_pairs",
    "count_log_prob",
    "expected_count",
    "fit_head",
    "link_probability",
    "link_probability_given",
    "network_size",
    "require_counts",
    "row_blocks",
]
