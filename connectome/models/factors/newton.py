"""Alternating Newton steps for products of factors: no learning rate and no schedule.

The decrement of a step is that of Boyd & Vandenberghe (2004), Convex Optimization, section 9.5
(https://web.stanford.edu/~boyd/cvxbook). Dropout enters by its second order, as a ridge that
follows the curvature (Wager, Wang & Liang 2013, arXiv:1307.1493).
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from connectome.models.losses import PairWeights
from connectome.models.sparse import LinkRows, csr_product

TILE = 2**19  # pairs at a time, which stay in the cache
LONGEST = 2.0  # step of a neuron: where the curvature is small, the parabola is not to be trusted
LEAST = 1e-4  # curvature that every unknown has


@dataclass(frozen=True, eq=False)
class Factors:
    """Logit ``sent[i] . received[j] + sender[i] + receiver[j]`` of a link from ``i`` to ``j``.

    Attributes:
        sent, received: ``[N, d]``.
        sender, receiver: ``[N]`` biases.
    """

    sent: Tensor
    received: Tensor
    sender: Tensor
    receiver: Tensor


@dataclass(frozen=True)
class Penalty:
    """What keeps factors short, in units of the likelihood's sum over pairs.

    Attributes:
        factors: times the squared length of each factor.
        biases: times each squared bias.
        dropout: share of the dimensions that are left out at random, in expectation.
    """

    factors: float
    biases: float
    dropout: float = 0.0


@dataclass(frozen=True, eq=False)
class Columns:
    """Neurons whose absent pairs stand for those of all.

    Attributes:
        index: ``[m]`` int64, different neurons.
        weight: ``[m]``, for how many absent pairs one of each stands.
        place: ``[N]`` int64, where a neuron stands in ``index``; -1 if it does not.
    """

    index: Tensor
    weight: Tensor
    place: Tensor

    @classmethod
    def draw(cls, degree: Tensor, count: int | None, generator: torch.Generator) -> "Columns":
        """All neurons, or ``count`` draws: half evenly, half in proportion to ``degree`` ``[N]``.

        Weights are such that a sum over the columns is, in expectation, the sum over all neurons.
        """
        n, device = len(degree), degree.device
        everybody = torch.arange(n, device=device)
        if count is None or count >= n:
            return cls(everybody, torch.ones(n, device=device), everybody)
        chance = 0.5 / n + 0.5 * degree / degree.sum().clamp(min=1)
        drawn = torch.multinomial(chance, count, replacement=True, generator=generator)
        index, times = drawn.unique(return_counts=True)
        place = torch.full((n,), -1, device=device)
        place[index] = torch.arange(len(index), device=device)
        return cls(index, times / (count * chance[index]), place)


@dataclass(frozen=True, eq=False)
class Side:
    """Links and weights of pairs as one side sees them, senders or receivers.

    Attributes:
        links: a row of each neuron of the side.
        weight: ``[M]`` of each edge.
        own, other: ``[N]`` degrees over their mean, of this side and of the other.
        share: of the weight of absent pairs that goes by degrees.
        member: ``[N]`` brain of each neuron, or None for one brain.
    """

    links: LinkRows
    weight: Tensor
    own: Tensor
    other: Tensor
    share: float
    member: Tensor | None

    @classmethod
    def both(cls, edge_index: Tensor, weights: PairWeights) -> tuple["Side", "Side"]:
        """Senders and receivers of edges ``[2, M]``."""
        n, rest = len(weights.sender), (weights.degree_share, weights.member)
        there, back = (LinkRows.of(pairs, n) for pairs in (edge_index, edge_index.flip(0)))
        return (
            cls(there, weights.links, weights.sender, weights.receiver, *rest),
            cls(back, weights.links, weights.receiver, weights.sender, *rest),
        )


def sweep(
    factors: Factors,
    sides: tuple[Side, Side],
    penalty: Penalty,
    columns: tuple[Columns, Columns],
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
        columns: receivers that stand for all in the first half, senders in the second.
        stretch: of each step, below 2. Two sides that wait for each other creep along a valley;
            steps beyond the bottom cross it sooner (successive over-relaxation: Young 1954,
            https://doi.org/10.2307/1990745).

    Returns:
        The factors after it, and by how much the steps lower the loss as its parabola has it (the
        Newton decrement), in its units.
    """
    there, back = sides
    sent, sender, first = half_sweep(
        (factors.sent, factors.sender),
        (factors.received, factors.receiver),
        there,
        penalty,
        columns[0],
        stretch,
    )
    received, receiver, second = half_sweep(
        (factors.received, factors.receiver), (sent, sender), back, penalty, columns[1], stretch
    )
    level = (sender.mean() - receiver.mean()) / 2  # changes no logit, and makes both small
    moved = replace(factors, sent=sent, received=received)
    moved = replace(moved, sender=sender - level, receiver=receiver + level)
    return moved, first + second


def half_sweep(
    own: tuple[Tensor, Tensor],
    other: tuple[Tensor, Tensor],
    side: Side,
    penalty: Penalty,
    columns: Columns,
    stretch: float = 1.0,
) -> tuple[Tensor, Tensor, float]:
    """Factors ``[N, d]`` and biases ``[N]`` of one side after a Newton step, and its decrement.

    Args:
        own: factors ``[N, d]`` and biases ``[N]`` of the side that moves.
        other: the same of the side that does not.
        side: its links and weights.
        penalty: of factors and biases.
        columns: of the other side.
        stretch: of each step.
    """
    (mine, bias), (theirs, shift) = own, other
    n, d = mine.shape
    ones = torch.ones(n, 1, dtype=mine.dtype, device=mine.device)
    unknown = torch.cat([mine, bias[:, None]], dim=1)
    known = torch.cat([theirs, ones], dim=1)
    left = torch.cat([unknown, ones], dim=1)
    right = torch.cat([known, shift[:, None]], dim=1)
    some, some_right = known[columns.index], right[columns.index].T.contiguous()
    products = _products(some)
    ridge = torch.full((d + 1,), 2 * penalty.factors, dtype=mine.dtype, device=mine.device)
    ridge[d] = 2 * penalty.biases
    weight = side.weight.to(mine.dtype)
    out, decrement = torch.empty_like(unknown), 0.0
    height = max(TILE // len(columns.index), 16)
    for start in range(0, n, height):
        rows = torch.arange(start, min(start + height, n), device=mine.device)
        row, place = side.links.places(rows)
        links = _Links(row, side.links.receivers[place], weight[side.links.edges[place]])
        slope, curve = _pairs(left[rows] @ some_right, rows, links, side, columns)
        gradient, packed = slope @ some, curve @ products
        if len(columns.index) < n:
            outside = _outside(left[rows], links, right, known, columns)
            gradient, packed = gradient + outside[0], packed + outside[1]
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


def _products(known: Tensor) -> Tensor:
    """``[m, k (k + 1) / 2]``: the different products of two entries of each row ``[m, k]``."""
    first, second = torch.triu_indices(known.shape[1], known.shape[1], device=known.device)
    return known[:, first] * known[:, second]


def _unpacked(packed: Tensor, width: int) -> Tensor:
    """Symmetric matrices ``[R, k, k]`` of their upper triangles ``[R, k (k + 1) / 2]``."""
    first, second = torch.triu_indices(width, width, device=packed.device)
    full = packed.new_empty(len(packed), width, width)
    full[:, first, second] = packed
    full[:, second, first] = packed
    return full


@dataclass(frozen=True, eq=False)
class _Links:
    """Links of some rows: position of the row, the partner, and the weight, ``[Q]`` each."""

    row: Tensor
    partner: Tensor
    weight: Tensor


def _pairs(
    logits: Tensor, rows: Tensor, links: _Links, side: Side, columns: Columns
) -> tuple[Tensor, Tensor]:
    """Slopes and curvatures ``[R, m]`` of the loss of pairs with ``columns`` by their logits."""
    chance = logits.sigmoid_()
    slope = torch.outer(side.share * side.own[rows], side.other[columns.index] * columns.weight)
    slope += (1 - side.share) * columns.weight
    slope = slope.to(logits.dtype)
    if side.member is not None:
        slope *= side.member[rows][:, None] == side.member[columns.index]
    place = columns.place[links.partner]
    inside = place >= 0
    linked = links.row[inside], place[inside]
    slope *= chance
    slope[linked] = links.weight[inside] * (chance[linked] - 1)
    own = columns.place[rows]  # a neuron with itself is no pair
    itself = (own >= 0).nonzero()[:, 0]
    slope[itself, own[itself]] = 0
    rest = chance[linked]
    curve = slope * chance.neg_().add_(1)
    curve[linked] = -slope[linked] * rest
    return slope, curve


def _outside(
    left: Tensor, links: _Links, right: Tensor, known: Tensor, columns: Columns
) -> tuple[Tensor, Tensor]:
    """What links to other neurons than ``columns`` add to gradients and packed Hessians."""
    beside = columns.place[links.partner] < 0
    row, partner, weight = links.row[beside], links.partner[beside], links.weight[beside]
    against = (left[row] * right[partner]).sum(dim=1).neg_().sigmoid_()
    near, column = partner.unique(return_inverse=True)
    starts = torch.zeros(len(left) + 1, dtype=torch.int64, device=left.device)
    starts[1:] = torch.bincount(row, minlength=len(left)).cumsum(0)
    slope = csr_product(starts, column, -weight * against, known[near])
    curve = csr_product(starts, column, weight * against * (1 - against), _products(known[near]))
    return slope, curve
