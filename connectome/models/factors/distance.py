"""Logits that fall with the distance of two factors: Gauss-Newton steps, one side held.

``x_ij = b_i + c_j - r_ij`` with ``r_ij = sqrt(|s_i - t_j|^2 + 0.01)``, ``e = (s_i - t_j) / r_ij``:
the slopes of ``x_ij`` in ``(s_i, b_i)`` are ``J = (-e, 1)``, and its second derivative by ``s_i``
is ``-(I - e e') / r_ij``. Of the loss's Hessian ``h J J'`` is always positive (Gauss-Newton:
Nocedal & Wright 2006, section 10.3, https://doi.org/10.1007/978-0-387-40065-5). The other part is
positive for a link, which pulls, and negative for an absent pair, which pushes. It is taken of the
links, times the share of their pull that pushes do not undo, and along ``e`` too, as if the pull
rose with the distance: steps towards a partner then do not go beyond it (Weiszfeld's: Beck & Sabach
2015, https://doi.org/10.1007/s10957-014-0586-7).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from connectome.models.factors.pairs import Absent, Links, products, unpacked
from connectome.models.factors.parts import Columns, Side
from connectome.models.losses import with_biases

SOFTENING = 1e-2  # added to squared distances: the logit has a slope where two neurons meet
LEAST_PULL = 0.1  # share of the links' pull, however hard absent pairs push
DAMPING = 0.01  # of the diagonal: two neurons on one line leave a direction without curvature


@dataclass(frozen=True, eq=False)
class _Seen:
    """Absent pairs with some columns: their factors ``[m, d]`` and biases ``[m]``, and what is
    summed ``[m, k]``, which ends in ``known``.
    """

    absent: Absent
    other: Tensor
    shift: Tensor
    summed: Tensor

    @classmethod
    def of(cls, side: Side, columns: Columns, *rows: Tensor) -> "_Seen":
        parts = (part[columns.index] for part in rows)
        return cls(Absent.of(side, columns, rows[0].dtype), *parts)


@dataclass(frozen=True, eq=False)
class DistanceTerms:
    """Gradient and Gauss-Newton matrix over all pairs, which are matrix products.

    Attributes:
        own, other: ``[N, d]`` factors of the side that moves and of the other. Centred, their
            products round less.
        bias, shift: ``[N]`` their biases.
        known: ``[N, d + 1]``, ``other`` and a one.
        pairs: ``[N, d (d + 1) / 2 + d + 1]``, products of ``other``, and ``known``.
        weight: ``[M]`` of each edge.
        sloped, curving: what stands for all absent pairs in gradients and in curvatures.
    """

    own: Tensor
    bias: Tensor
    other: Tensor
    shift: Tensor
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
    ) -> "DistanceTerms":
        """Of unknowns ``[N, d + 1]`` beside factors ``[N, d]`` and biases ``[N]``, held."""
        theirs, shift = other
        centre = theirs.mean(dim=0)
        theirs = theirs - centre
        known = torch.cat([theirs, torch.ones_like(shift)[:, None]], dim=1)
        pairs = torch.cat([products(theirs), known], dim=1)
        return cls(
            own=unknown[:, :-1] - centre,
            bias=unknown[:, -1],
            other=theirs,
            shift=shift,
            known=known,
            pairs=pairs,
            weight=side.weight.to(known.dtype),
            sloped=_Seen.of(side, columns, theirs, shift, known),
            curving=_Seen.of(side, curved, theirs, shift, pairs),
        )

    def of_rows(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Gradient ``[R, d + 1]`` and Gauss-Newton matrix ``[R, d + 1, d + 1]`` of ``rows``."""
        own = self.own[rows]
        links = Links.of(self.sloped.absent.side, rows, self.weight)
        near = self._links(own, rows, links)
        push, of_bias = self._slopes(own, rows, links)
        pull = links.sums(near.slope * near.inverse, self.known)
        of_bias.index_add_(0, links.row, near.slope)
        gradient = torch.cat([_along(own, pull + push), of_bias[:, None]], dim=1)
        squares, cross, total = self._curvatures(own, rows, links)
        squares += links.sums(near.curve * near.inverse.square(), self.pairs)
        cross += links.sums(near.curve * near.inverse, self.known)
        total.index_add_(0, links.row, near.curve)
        held = -pull[:, -1]
        even = torch.maximum(held - push[:, -1], LEAST_PULL * held)
        hessian = self._matrix(own, squares, _along(own, cross), total, even)
        hessian.diagonal(dim1=1, dim2=2).mul_(1 + DAMPING)
        return gradient, hessian

    def _links(self, own: Tensor, rows: Tensor, links: Links) -> "_Near":
        apart = own.index_select(0, links.row) - self.other.index_select(0, links.partner)
        square = apart.square_().sum(dim=1) + SOFTENING
        inverse = square.rsqrt()
        level = self.bias[rows].index_select(0, links.row) + self.shift[links.partner]
        slope, curve = links.slopes(level - square * inverse)
        return _Near(inverse, slope, curve)

    def _slopes(self, own: Tensor, rows: Tensor, links: Links) -> tuple[Tensor, Tensor]:
        """Sums ``[R, d + 1]`` of ``w p / r`` times ``known``, and ``[R]`` of ``w p``."""
        absent = self.sloped.absent
        chance, inverse = self._chances(self.sloped, own, rows, links)
        ones = torch.ones_like(absent.evenly)[:, None]
        of_bias = absent.sums(chance, ones, rows)[:, 0]
        return absent.sums(chance.mul_(inverse), self.sloped.summed, rows), of_bias

    def _curvatures(self, own: Tensor, rows: Tensor, links: Links) -> tuple[Tensor, Tensor, Tensor]:
        """Sums of ``h / r^2`` times ``pairs``, of ``h / r`` times ``known``, and ``[R]`` of ``h``,
        all of absent pairs.
        """
        chance, inverse = self._chances(self.curving, own, rows, links)
        curve, summed = self.curving.absent.curvatures(chance, rows), self.curving.summed
        total = curve.sum(dim=1)
        cross = curve.mul_(inverse) @ summed[:, -self.known.shape[1] :]
        return curve.mul_(inverse) @ summed, cross, total

    def _chances(
        self, seen: _Seen, own: Tensor, rows: Tensor, links: Links
    ) -> tuple[Tensor, Tensor]:
        """``[R, m]`` probabilities of absent pairs, and one over the distance of all."""
        left, right = with_biases(-2 * own, seen.other, _square(own), _square(seen.other))
        square = (left @ right.T).clamp_(min=0).add_(SOFTENING)
        inverse = square.rsqrt()
        logits = square.mul_(inverse).neg_().add_(self.bias[rows, None]).add_(seen.shift)
        return seen.absent.chances(logits, rows, links), inverse

    @staticmethod
    def _matrix(own: Tensor, squares: Tensor, cross: Tensor, total: Tensor, even: Tensor) -> Tensor:
        """Sums of ``(s_i - t_j)(s_i - t_j)'``, expanded, beside those of biases; ``even`` times
        the identity added.
        """
        d = own.shape[1]
        packed, linear, count = squares.split([squares.shape[1] - d - 1, d, 1], dim=1)
        mixed = own[:, :, None] * (linear - 0.5 * count * own)[:, None, :]
        hessian = own.new_empty(len(own), d + 1, d + 1)
        hessian[:, :d, :d] = unpacked(packed, d) - mixed - mixed.transpose(1, 2)
        hessian[:, :d, :d].diagonal(dim1=1, dim2=2).add_(even[:, None])
        hessian[:, :d, d] = hessian[:, d, :d] = cross
        hessian[:, d, d] = total
        return hessian


@dataclass(frozen=True, eq=False)
class _Near:
    """Of links ``[Q]``: one over the distance, slope and curvature of the loss by the logit."""

    inverse: Tensor
    slope: Tensor
    curve: Tensor


def _square(rows: Tensor) -> Tensor:
    return rows.square().sum(dim=1)


def _along(own: Tensor, sums: Tensor) -> Tensor:
    """``sum_j v_j (t_j - s_i)`` ``[R, d]`` of ``sum_j v_j (t_j, 1)`` ``[R, d + 1]``."""
    return sums[:, :-1] - own * sums[:, -1:]
