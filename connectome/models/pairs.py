"""Left-right pairs in training: neurons of a pair share numbers, or are pulled together."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from connectome.models.autoencoders import Latent
from connectome.types import InputError, MessageGraph, NotApplicableError

PairsName = Literal["share", "mirror", "tie"]


@dataclass(frozen=True)
class PairSettings:
    """How left-right pairs enter the training; an embedding made so cannot be asked for them.

    Attributes:
        pairs: None for not at all. ``share``: both neurons of a pair have one row of the table.
            ``mirror``: likewise, but the second half of the factors of each role is negated for
            the right one. A product of factors is then that of both mirror images, while links
            within a side still differ from links across; each neuron keeps its biases. ``tie``:
            what stands between the factors of a pair is penalised.
        weight: of that penalty, the mean squared distance over pairs.

    Raises:
        InputError: for values out of range.
    """

    pairs: PairsName | None = None
    weight: float = 0.1

    def __post_init__(self) -> None:
        if self.pairs not in (None, *get_args(PairsName)):
            names = ", ".join(get_args(PairsName))
            raise InputError(f"model.pairs={self.pairs}: choose one of null, {names}")
        if not self.weight >= 0:
            raise InputError(f"model.pairs_weight={self.weight}: must be 0 or more")

    def prepare(self, encoder: nn.Module, graph: MessageGraph) -> None:
        """Let ``encoder.table`` ``[N, W]`` share rows, if that is how pairs enter.

        Raises:
            NotApplicableError: if pairs are to enter, and the graph has none.
        """
        if self.pairs is None:
            return
        pairs = require_pairs(graph)
        if self.pairs != "tie":
            rows = SharedRows(pairs, graph.num_neurons)
            parametrize.register_parametrization(encoder, "table", rows)

    def reflect(self, latent: Latent, graph: MessageGraph, sides: int) -> Latent:
        """``latent`` ``[N, sides * d]`` with the right one of each pair mirrored, if they are."""
        if self.pairs != "mirror":
            return latent
        width = latent.mean.shape[1] // sides
        negated = torch.arange(latent.mean.shape[1], device=latent.mean.device) % width
        of_right = torch.where(negated >= width - width // 2, -1.0, 1.0)
        sign = torch.ones_like(latent.mean)
        sign[require_pairs(graph)[1]] = of_right.to(sign.dtype)
        return replace(latent, mean=latent.mean * sign)

    def penalty(self, mean: Tensor, graph: MessageGraph) -> Tensor | None:
        """Weighted penalty of factors ``[N, d]``; None if there is none."""
        if self.pairs != "tie":
            return None
        left, right = require_pairs(graph)
        between = mean.index_select(0, left) - mean.index_select(0, right)
        return self.weight * between.square().sum(dim=1).mean()


class SharedRows(nn.Module):
    """A table ``[N, W]`` whose rows are the same within each pair.

    Args:
        pairs: ``[2, P]`` positions, left above right.
        num_neurons: number of neurons ``N``.
    """

    row: Tensor
    first: Tensor

    def __init__(self, pairs: Tensor, num_neurons: int) -> None:
        super().__init__()
        left, right = pairs
        owner = torch.arange(num_neurons, device=pairs.device).index_copy(0, right, left)
        first, row = owner.unique(return_inverse=True)
        self.register_buffer("row", row, persistent=False)
        self.register_buffer("first", first, persistent=False)

    def forward(self, own: Tensor) -> Tensor:
        """The table of rows ``[R, W]`` that are kept, one for each pair and unpaired neuron."""
        return own.index_select(0, self.row)

    def right_inverse(self, table: Tensor) -> Tensor:
        """The rows that a table is made from: those of the left neurons."""
        return table.index_select(0, self.first)


def stored_table(encoder: nn.Module) -> nn.Parameter:
    """The parameter behind ``encoder.table``, whether rows are shared or not."""
    if parametrize.is_parametrized(encoder, "table"):
        stored = encoder.parametrizations.table.original  # type: ignore[union-attr]
    else:
        stored = encoder.table
    assert isinstance(stored, nn.Parameter)
    return stored


def require_pairs(graph: MessageGraph) -> Tensor:
    """Pairs ``[2, P]`` of the graph.

    Raises:
        NotApplicableError: if it has none.
    """
    if graph.pairs is None or not graph.pairs.shape[1]:
        raise NotApplicableError(
            "model.pairs: the graph has no left-right pairs; set model.pairs=null, or "
            "make the data module with pairs"
        )
    return graph.pairs
