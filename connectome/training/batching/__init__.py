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

__all__ = [
    "Draw",
    "EdgeBatches",
    "HeldOutBatch",
    "LinkDataModule",
    "MiniBatches",
    "TrainBatch",
    "messages_of",
]
