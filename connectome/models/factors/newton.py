"""Alternating Newton steps for products of factors: no learning rate and no schedule.

The decrement of a step is that of Boyd & Vandenberghe (2004), Convex Optimization, section 9.5
(https://web.stanford.edu/~boyd/cvxbook). Dropout enters by its second order, as a ridge that
follows the curvature (Wager, Wang & Liang 2013, arXiv:1307.1493).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from connectome.models.factors.parts import Columns, Factors, Penalty, Side
from connectome.models.sparse import csr_product

TILE = 2**19  # pairs at a time, which stay in the cache
LONGEST = 2.0  # step of a neuron: where the curvature is small, the parabola is not to be trusted
LEAST = 1e-4  # curvature that every unknown has


def sweep(
    factors: Factors,
    sides: tuple[Side, Side],
    penalty: Penalty,
    columns: tuple[Columns, Columns],
    curved: tuple[Columns, Columns] | None = None,
    stretch: float = 1.0,
) -> tuple[Factors, float]:
    """One Newton step of every sender with receivers fixed, then of every receiver.

    With one side fixed the loss of :func:`connectome.models.losses.block_likelihood.block_loss` is
    a convex problem of ``d + 1`` unknowns for each neuron of the other side. Its gradient and its
    Hessian over all pairs are matrix products.

    Args:
        factors: where to start.
        sides: senders and receivers.
        penalty: of the factors.
        columns: receivers whose absent pairs stand for all in the slopes of the first half,
            senders in those of the second.
        curved: the same in the curvatures; None takes ``columns``. A step needs its length less
            exactly than its aim, so few of them do (Byrd, Chin, Neveitt & Nocedal 2011,
            https://doi.org/10.1137/10079923X).
        stretch: of each step, below 2. Two sides that wait for each other creep along a valley;
            steps beyond the bottom cross it sooner (successive over-relaxation: Young 1954,
            https://doi.org/10.2307/1990745).

    Returns:
        The factors after it, and by how much the steps lower the loss as its parabola has it (the
        Newton decrement), in its units.
    """
    (there, back), (first, second) = sides, curved or columns
    received, receiver = factors.received, factors.receiver
    sent, sender, fell = half_sweep(
        (factors.sent, factors.sender),
        (received, receiver),
        there,
        penalty,
        columns[0],
        first,
        stretch,
    )
    received, receiver, more = half_sweep(
        (received, receiver), (sent, sender), back, penalty, columns[1], second, stretch
    )
    level = (sender.mean() - receiver.mean()) / 2  # changes no logit, and makes both small
    return Factors(sent, received, sender - level, receiver + level), fell + more


def half_sweep(
    own: tuple[Tensor, Tensor],
    other: tuple[Tensor, Tensor],
    side: Side,
    penalty: Penalty,
    columns: Columns,
    curved: Columns | None = None,
    stretch: float = 1.0,
) -> tuple[Tensor, Tensor, float]:
    """Factors ``[N, d]`` and biases ``[N]`` of one side after a Newton step, and its decrement.

    Args:
        own: factors ``[N, d]`` and biases ``[N]`` of the side that moves.
        other: the same of the side that does not.
        side: its links and weights.
        penalty: of factors and biases.
        columns: of the other side, for the slopes.
        curved: of the other side, for the curvatures; None takes ``columns``.
        stretch: of each step.
    """
    (mine, bias), (theirs, shift) = own, other
    n, d = mine.shape
    ones = torch.ones(n, 1, dtype=mine.dtype, device=mine.device)
    unknown = torch.cat([mine, bias[:, None]], dim=1)
    known = torch.cat([theirs, ones], dim=1)
    left = torch.cat([unknown, ones], dim=1)
    right = torch.cat([known, shift[:, None]], dim=1)
    products = _products(known)
    sloped = _Absent.of(right, known, side, columns)
    curving = sloped if curved is None else _Absent.of(right, known, side, curved)
    of_curves = products[curving.columns.index]
    ridge = torch.full((d + 1,), 2 * penalty.factors, dtype=mine.dtype, device=mine.device)
    ridge[d] = 2 * penalty.biases
    weight = side.weight.to(mine.dtype)
    out, decrement = torch.empty_like(unknown), 0.0
    height = max(TILE // len(columns.index), 16)
    for start in range(0, n, height):
        rows = torch.arange(start, min(start + height, n), device=mine.device)
        row, place = side.links.places(rows)
        links = _Links(row, side.links.receivers[place], weight[side.links.edges[place]])
        chance = sloped.chances(left[rows], rows, links)
        gradient = sloped.slopes(chance, rows)
        if curving is not sloped:
            chance = curving.chances(left[rows], rows, links)
        packed = curving.curvatures(chance, rows) @ of_curves
        slope, curve = links.terms(left[rows], right)
        starts = torch.zeros(len(rows) + 1, dtype=torch.int64, device=mine.device)
        starts[1:] = torch.bincount(row, minlength=len(rows)).cumsum(0)
        gradient += csr_product(starts, links.partner, slope, known)
        packed += csr_product(starts, links.partner, curve, products)
        hessian = _unpacked(packed, d + 1)
        gradient += ridge * unknown[rows]
        diagonal = hessian.diagonal(dim1=1, dim2=2)
        noise = diagonal[:, :d] * (penalty.dropout / (1 - penalty.dropout))
        gradient[:, :d] += noise * unknown[rows, :d]
        diagonal += ridge + LEAST
        diagonal[:, :d] += noise
        step = torch.cholesky_solve(gradient[:, :, None], torch.linalg.cholesky(hessian))[..., 0]
        length = step.norm(dim=1, keepdim=True).clamp(min=LONGEST)
        out[rows] = unknown[rows] - step * (stretch * LONGEST / length)
        decrement += 0.5 * float((gradient * step).sum())
    return out[:, :d], out[:, d], decrement


@dataclass(frozen=True, eq=False)
class _Links:
    """Links of some rows: position of the row, the partner, and the weight, ``[Q]`` each."""

    row: Tensor
    partner: Tensor
    weight: Tensor

    def terms(self, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
        """Slope and curvature ``[Q]`` of the loss of each by its logit."""
        sent, received = left.index_select(0, self.row), right.index_select(0, self.partner)
        against = (sent * received).sum(dim=1).neg_().sigmoid_()
        slope = -self.weight * against
        return slope, slope * (against - 1)


@dataclass(frozen=True, eq=False)
class _Absent:
    """Absent pairs with some columns.

    Attributes:
        columns: which ones.
        right: ``[d + 2, m]``, what logits are made of.
        known: ``[m, d + 1]``, what the unknowns are multiplied by.
        evenly, by_degree: ``[m]`` weights, the same for all rows and in proportion to their degree.
        side: degrees and brains of the rows.
    """

    columns: Columns
    right: Tensor
    known: Tensor
    evenly: Tensor
    by_degree: Tensor
    side: Side

    @classmethod
    def of(cls, right: Tensor, known: Tensor, side: Side, columns: Columns) -> "_Absent":
        weight, index = columns.weight.to(known.dtype), columns.index
        by_degree = side.share * weight * side.other[index].to(known.dtype)
        logits = right[index].T.contiguous()
        return cls(columns, logits, known[index], (1 - side.share) * weight, by_degree, side)

    def chances(self, left: Tensor, rows: Tensor, links: _Links) -> Tensor:
        """``[R, m]`` probabilities; 0 of a link, and of a neuron with itself."""
        chance = (left @ self.right).sigmoid_()
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

    def slopes(self, chance: Tensor, rows: Tensor) -> Tensor:
        """``[R, d + 1]``, what they add to the gradient."""
        total = chance @ (self.evenly[:, None] * self.known)
        if self.side.share:
            own = self.side.own[rows, None].to(total.dtype)
            total += own * (chance @ (self.by_degree[:, None] * self.known))
        return total

    def curvatures(self, chance: Tensor, rows: Tensor) -> Tensor:
        """``[R, m]``, of the loss of each by its logit; overwrites ``chance``."""
        weight = torch.outer(self.side.own[rows].to(chance.dtype), self.by_degree)
        weight += self.evenly
        return chance.addcmul_(chance, chance, value=-1).mul_(weight)


def _products(known: Tensor) -> Tensor:
    """``[m, k (k + 1) / 2]``: the different products of two entries of each row ``[m, k]``."""
    first, second = torch.triu_indices(known.shape[1], known.shape[1], device=known.device)
    return known.index_select(1, first) * known.index_select(1, second)


def _unpacked(packed: Tensor, width: int) -> Tensor:
    """Symmetric matrices ``[R, k, k]`` of their upper triangles ``[R, k (k + 1) / 2]``."""
    first, second = torch.triu_indices(width, width, device=packed.device)
    full = packed.new_empty(len(packed), width, width)
    full[:, first, second] = packed
    full[:, second, first] = packed
    return full
