"""Unconnected pairs of an optimiser step on all links."""

import torch
from torch import Tensor

from connectome.models.losses import PairRows
from connectome.models.nn import GraphAutoencoder
from connectome.training.batching.datamodule import TrainBatch


def draw_negatives(
    network: GraphAutoencoder, batch: TrainBatch, generator: torch.Generator
) -> Tensor | PairRows:
    """As many unconnected pairs as there are links, in the form that the loss takes fastest.

    They are ``[2, P]``, or by first neuron; the same pairs either way.
    """
    count = batch.positives.shape[1]
    if network.of_products and batch.positives.device.type == "cpu":
        return PairRows(*batch.absent.sample_rows(count, generator))
    return batch.absent.sample(count, generator)
