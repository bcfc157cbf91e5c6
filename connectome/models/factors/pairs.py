"""Sums over the pairs of some rows: links exactly, absent pairs with all columns or drawn ones."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from connectome.models.factors.parts import Columns, Side
from connectome.models.sparse import csr_product


class Terms(Protocol):
    """A likelihood in the unknowns ``[N, d + 1]`` of one side, the other being held."""

    def of_rows(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Gradient ``[R, d + 1]`` and positive curvature ``[R, d + 1, d + 1]`` of ``rows``."""


@dataclass(frozen=True, eq=False)
class Links:
    """Links of some rows: position of the row, the partner, and the weight, ``[Q]`` each.

    Attributes:
        starts: ``[R + 1]``, where the links of each row begin.
    """

    row: Tensor
    partner: Tensor
    weight: Tensor
    starts: Tensor

    @classmethod
    def of(cls, side: Side, rows: Tensor, weight: Tensor) -> "Links":
        """Those of ``rows`` ``[R]``; edges weigh ``weight`` ``[M]``."""
        row, place = side.links.places(rows)
        starts = torch.zeros(len(rows) + 1, dtype=torch.int64, device=rows.device)
        starts[1:] = torch.bincount(row, minlength=len(rows)).cumsum(0)
        return cls(row, side.links.receivers[place], weight[side.links.edges[place]], starts)

    def sums(self, values: Tensor, known: Tensor) -> Tensor:
        """``[R, k]``: rows of ``known`` ``[N, k]`` of the partners, times ``values`` ``[Q]``."""
        return csr_product(self.starts, self.partner, values, known)

    def slopes(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Slope and curvature ``[Q]`` of the loss by each of ``logits`` ``[Q]``, overwritten."""
        against = logits.neg_().sigmoid_()
        slope = -self.weight * against
        return slope, slope * (against - 1)


@dataclass(frozen=True, eq=False)
class Absent:
    """Absent pairs with some columns.

    Attributes:
        columns: which ones.
        evenly, by_degree: ``[m]`` weights, the same for all rows and in proportion to their degree.
        side: degrees and brains of the rows.
    """

    columns: Columns
    evenly: Tensor
    by_degree: Tensor
    side: Side

    @classmethod
    def of(cls, side: Side, columns: Columns, dtype: torch.dtype) -> "Absent":
        """With the weights of ``side``, as ``dtype``."""
        weight, index = columns.weight.to(dtype), columns.index
        by_degree = side.share * weight * side.other[index].to(dtype)
        return cls(columns, (1 - side.share) * weight, by_degree, side)

    def chances(self, logits: Tensor, rows: Tensor, links: Links) -> Tensor:
        """``[R, m]`` probabilities; 0 of a link, and of a neuron with itself.

        Args:
            logits: ``[R, m]``, overwritten.
            rows: ``[R]``, which neurons.
            links: of the rows.
        """
        chance = logits.sigmoid_()
        place = self.columns.place[links.partner]
        inside = place >= 0
        chance[links.row[inside], place[inside]] = 0
        own = self.columns.place[rows]
        itself = (own >= 0).nonzero()[:, 0]
        chance[itself, own[itself]] = 0
        if self.side.member is not None:
            member = self.side.member
            chance *= member[rows][:, None] == member[self.columns.index]
        return chance

    def sums(self, values: Tensor, known: Tensor, rows: Tensor) -> Tensor:
        """``[R, k]``: ``values`` ``[R, m]`` times weights times ``known`` ``[m, k]``, of neurons
        ``rows`` ``[R]``.
        """
        evenly = self.evenly[:, None] * known
        if not self.side.share:
            return values @ evenly
        both = values @ torch.cat([evenly, self.by_degree[:, None] * known], dim=1)  # in one pass
        even, by_degree = both.chunk(2, dim=1)
        return even.addcmul_(self.side.own[rows, None].to(both.dtype), by_degree)

    def curvatures(self, chance: Tensor, rows: Tensor) -> Tensor:
        """``[R, m]``, of the loss by the logit of ``chance`` ``[R, m]``, which it overwrites, of
        neurons ``rows`` ``[R]``.
        """
        weight = torch.outer(self.side.own[rows].to(chance.dtype), self.by_degree)
        weight += self.evenly
        return chance.addcmul_(chance, chance, value=-1).mul_(weight)


def products(known: Tensor) -> Tensor:
    """``[m, k (k + 1) / 2]``: the different products of two entries of each row ``[m, k]``."""
    first, second = torch.triu_indices(known.shape[1], known.shape[1], device=known.device)
    return known.index_select(1, first) * known.index_select(1, second)


def unpacked(packed: Tensor, width: int) -> Tensor:
    """Symmetric matrices ``[R, k, k]`` of their upper triangles ``[R, k (k + 1) / 2]``."""
    first, second = torch.triu_indices(width, width, device=packed.device)
    full = packed.new_empty(len(packed), width, width)
    full[:, first, second] = packed
    full[:, second, first] = packed
    return full
