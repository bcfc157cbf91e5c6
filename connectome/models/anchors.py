"""What a method may be told of neurons beside their wiring: classes, and who mirrors whom."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from connectome.models.encoders import glorot
from connectome.types import MessageGraph


class Anchors(nn.Module):
    """Terms of the loss that draw places of neurons to what is known of them.

    Classes are to be told from the places by a linear map (cross-entropy), and left-right pairs
    lie close (mean squared distance). Whoever was told is not to be asked.

    Args:
        graph: with ``anchors``, ``pairs``, or both.
        width: coordinates of a place.
        class_weight, pairs_weight: of the two terms.
        generator: source of the initial weights.
    """

    def __init__(
        self,
        graph: MessageGraph,
        width: int,
        class_weight: float,
        pairs_weight: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.class_weight, self.pairs_weight = class_weight, pairs_weight
        told = graph.anchors
        self.classes = None if told is None else glorot(width, int(told.max()) + 1, generator)

    def forward(self, places: Tensor, graph: MessageGraph) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted sum of the terms, and each by its name; ``places`` is ``[N, width]``."""
        loss, parts = places.new_zeros(()), {}
        if self.classes is not None and graph.anchors is not None:
            entropy = F.cross_entropy(places @ self.classes, graph.anchors, ignore_index=-1)
            loss, parts = loss + self.class_weight * entropy, {"train/anchors": entropy.detach()}
        if graph.pairs is not None:
            left, right = (places.index_select(0, rows) for rows in graph.pairs)
            apart = (left - right).square().sum(dim=1).mean()
            loss, parts = loss + self.pairs_weight * apart, parts | {"train/pairs": apart.detach()}
        return loss, parts
