"""Logits that are inner products of factors, and biases: convex with one side held."""

from dataclasses import dataclass

import torch
from torch import Tensor

from connectome.models.factors.pairs import Absent, Links, products, unpacked
from connectome.models.factors.parts import Columns, Side


@dataclass(frozen=True, eq=False)
class ProductTerms:
    """Gradient and Hessian over all pairs, which are matrix products.

    Attributes:
        left, right: ``[N, d + 2]`` of the side that moves and of the other: logits are products.
        known: ``[N, d + 1]``, what the unknowns are multiplied by.
        pairs: ``[N, (d + 1) (d + 2) / 2]``, its products.
        weight: ``[M]`` of each edge.
        sloped, curving: absent pairs that stand for all in gradients and in Hessians.
    """

    left: Tensor
    right: Tensor
    known: Tensor
    pairs: Tensor
    weight: Tensor
    sloped: Absent
    curving: Absent

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
        sloped = Absent.of(side, columns, known.dtype)
        curving = sloped if curved is columns else Absent.of(side, curved, known.dtype)
        weight = side.weight.to(known.dtype)
        return cls(left, right, known, products(known), weight, sloped, curving)

    def of_rows(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Gradient ``[R, d + 1]`` and Hessian ``[R, d + 1, d + 1]`` of ``rows``."""
        links = Links.of(self.sloped.side, rows, self.weight)
        left = self.left[rows]
        chance = self._chances(self.sloped, left, rows, links)
        gradient = self.sloped.sums(chance, self.known[self.sloped.columns.index], rows)
        if self.curving is not self.sloped:
            chance = self._chances(self.curving, left, rows, links)
        curvature = self.curving.curvatures(chance, rows)
        packed = curvature @ self.pairs[self.curving.columns.index]
        sent, received = left.index_select(0, links.row), self.right.index_select(0, links.partner)
        slope, curve = links.slopes((sent * received).sum(dim=1))
        gradient += links.sums(slope, self.known)
        packed += links.sums(curve, self.pairs)
        return gradient, unpacked(packed, self.known.shape[1])

    def _chances(self, absent: Absent, left: Tensor, rows: Tensor, links: Links) -> Tensor:
        return absent.chances(left @ self.right[absent.columns.index].T, rows, links)
