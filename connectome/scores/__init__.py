"""What a method leaves behind: an object that scores any pair of neurons."""

from connectome.scores.blocks import BlockModel
from connectome.scores.embedding import Embedding, ScoreName
from connectome.scores.head import TrainedHead, fit_head
from connectome.scores.neighbours import RULES, NeighbourScore
from connectome.scores.network import apply_network, network_size
from connectome.scores.scorer import Scorer, row_blocks

__all__ = [
    "RULES",
    "BlockModel",
    "Embedding",
    "NeighbourScore",
    "ScoreName",
    "Scorer",
    "TrainedHead",
    "apply_network",
    "fit_head",
    "network_size",
    "row_blocks",
]
