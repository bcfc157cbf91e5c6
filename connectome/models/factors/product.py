"""Logits that are inner products of factors, and biases: convex with one side held."""

from dataclasses import dataclass

import torch
from torch import Tensor

from connectome.models.factors.pairs import Absent, Links, products, unpacked
from connectome.models.factors.parts import Columns, Side


@dataclass(frozen=True, eq=False)
class _Seen:
    """Absent pairs with some columns: ``[d + 2, m]`` of their logits, ``[m, k]`` to be summed."""

    absent: Absent
    right: Tensor
    summed: Tensor

    @classmethod
    def of(cls, side: Side, columns: Columns, right: Tensor, summed: Tensor) -> "_Seen":
        index = columns.index
        return cls(
            Absent.of(side, columns, right.dtype), right[index].T.contiguous(), summed[index]
        )

    def chances(self, left: Tensor, rows: Tensor, links: Links) -> Tensor:
        return self.absent.chances(left @ self.right, rows, links)


@dataclass(frozen=True, eq=False)
class ProductTerms:
    """Gradient and Hessian over all pairs, which are matrix products.

    Attributes:
        left, right: ``[N, d + 2]`` of the side that moves and of the other: logits are products.
        known: ``[N, d + 1]``, what the unknowns are multiplied by.
        pairs: ``[N, (d + 1) (d + 2) / 2]``, its products.
        weight: ``[M]`` of each edge.
        sloped, curving: what stands for all absent pairs in gradients and in Hessians.
    """

    left: Tensor
    right: Tensor
    known: Tensor
    pairs: Tensor
    weight: Tensor
    sloped: _Seen
    curving: _Seen

    @classmethod
    def of(
        cls,
        unknown: Tensor,
        other: tuple[Tensor, Tensor],
        side: Side,
        columns: Columns,
        curved: Columns,
    ) -> "ProductTerms":
        """Of unknowns ``[N, d + 1]`` beside factors ``[N, d]`` and biases ``[N]``, held."""
        theirs, shift = other
        ones = torch.ones_like(shift)[:, None]
        known = torch.cat([theirs, ones], dim=1)
        left = torch.cat([unknown, ones], dim=1)
        right = torch.cat([known, shift[:, None]], dim=1)
        pairs, weight = products(known), side.weight.to(known.dtype)
        sloped = _Seen.of(side, columns, right, known)
        curving = _Seen.of(side, curved, right, pairs)
        return cls(left, right, known, pairs, weight, sloped, curving)

    def of_rows(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Gradient ``[R, d + 1]`` and Hessian ``[R, d + 1, d + 1]`` of ``rows``."""
        absent, left = self.sloped.absent, self.left[rows]
        links = Links.of(absent.side, rows, self.weight)
        chance = self.sloped.chances(left, rows, links)
        gradient = absent.sums(chance, self.sloped.summed, rows)
        if self.curving.absent.columns is not absent.columns:
            chance = self.curving.chances(left, rows, links)
        packed = self.curving.absent.curvatures(chance, rows) @ self.curving.summed
        sent, received = left.index_select(0, links.row), self.right.index_select(0, links.partner)
        slope, curve = links.slopes((sent * received).sum(dim=1))
        gradient += links.sums(slope, self.known)
        packed += links.sums(curve, self.pairs)
        return gradient, unpacked(packed, self.known.shape[1])
