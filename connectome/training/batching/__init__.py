"""The DataModule, and how a graph is fed to one step."""

from connectome.training.batching.datamodule import (
    HeldOutBatch,
    LinkDataModule,
    TrainBatch,
)
from connectome.training.batching.edge_batches import (
    Draw,
    EdgeBatches,
    MiniBatches,
    messages_of,
)
from connectome.training.batching.negatives import draw_negatives

__all__ = [
    "Draw",
    "EdgeBatches",
    "HeldOutBatch",
    "LinkDataModule",
    "MiniBatches",
    "TrainBatch",
    "draw_negatives",
    "messages_of",
]
