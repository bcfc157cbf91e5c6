"""What a method may be told of neurons beside their wiring: classes."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from connectome.models.encoders import glorot
from connectome.types import MessageGraph


class Anchors(nn.Module):
    """A term of the loss that draws places of neurons to what is known of them.

    Classes are to be told from the places by a linear map (cross-entropy). Whoever was told is not
    to be asked.

    Args:
        graph: with ``anchors``.
        width: coordinates of a place.
        weight: of the term.
        generator: source of the initial weights.
    """

    def __init__(
        self, graph: MessageGraph, width: int, weight: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.weight = weight
        told = graph.anchors
        self.classes = None if told is None else glorot(width, int(told.max()) + 1, generator)

    def forward(self, places: Tensor, graph: MessageGraph) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted term, and the term by its name; ``places`` is ``[N, width]``."""
        if self.classes is None or graph.anchors is None:
            return places.new_zeros(()), {}
        entropy = F.cross_entropy(places @ self.classes, graph.anchors, ignore_index=-1)
        return self.weight * entropy, {"train/anchors": entropy.detach()}
