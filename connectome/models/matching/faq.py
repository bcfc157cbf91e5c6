r"""Homologs from the wiring: seeded, bisected graph matching.

With :math:`P` a one-to-one map ``[L, R]`` of left to right neurons, the Fast Approximate Quadratic
algorithm (FAQ; Vogelstein et al. 2015, doi:10.1371/journal.pone.0121002) climbs

.. math:: f(P) = \sum_t \langle A_t P B_t^T + C_t P^T D_t^T,\; P \rangle + \langle S, P \rangle

over doubly stochastic matrices. :math:`A` is the wiring within the left and :math:`B` within the
right hemisphere. :math:`C` and :math:`D`, left to right and right to left, are the contralateral
part of Pedigo et al. (2023, doi:10.1162/netn_a_00287), *bisected* matching. The sum over edge types
:math:`t` is that of multiplex matching (Pantazis et al. 2022, doi:10.1007/s41109-022-00464-0).
Known pairs are rows of :math:`P` that stay fixed (seeds; Fishkind et al. 2019), and :math:`S` is
an optional similarity, from embeddings for instance.

A step of Frank and Wolfe goes towards a permutation, and connectomes are sparse, so the gradient
there is a sum over paths of two connections, and an iteration costs about one linear assignment.
The climb ends where a step could gain next to nothing (the gap of Jaggi 2013): most of the steps
after that move weights and no partner.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from connectome.draws import generator
from connectome.models.matching.assignment import ROUNDING, SINKHORN, assign_by_position
from connectome.models.matching.bisection import Bisection
from connectome.models.matching.overlap import Term, overlap, overlap_of_all, terms
from connectome.types import InputError

MOST = 100_000  # starts, and steps from each
GAP = 1e-4  # relative; a step that could gain less changes hardly a partner


@dataclass(frozen=True, eq=False)
class GraphMatch:
    """A solution of graph matching.

    Attributes:
        partner: ``[L]`` int64 partner on the right, -1 for none; seeds keep theirs.
        soft: ``[L, R]`` the doubly stochastic matrix at the end; 1 at seeds.
        support: ``[L, R]`` gradient at the final permutation: how much of the wiring of a left
            neuron would coincide with that of a right one if all others kept their partners.
            Ranks the candidates.
        objective: value at the final permutation, without the part among seeds.
        iterations: steps made.
        converged: whether the last step was shorter than the tolerance, or had at most
            :data:`GAP` of the value to gain.
    """

    partner: np.ndarray
    soft: np.ndarray
    support: np.ndarray
    objective: float
    iterations: int
    converged: bool


def match_graphs(
    layers: Sequence[Bisection],
    seeds: np.ndarray | None = None,
    similarity: np.ndarray | None = None,
    weight: float = 1.0,
    start: np.ndarray | None = None,
    iterations: int = 40,
    tolerance: float = 1e-3,
    seed: int = 0,
    starts: int = 1,
) -> GraphMatch:
    """Climb from the barycentre by Frank-Wolfe steps with an exact line search.

    The summit is a local one. With several ``starts`` the others lie halfway between the barycentre
    and a random doubly stochastic matrix, and the highest summit is kept.

    Sides of unequal size are allowed: the larger keeps neurons without a partner.

    Args:
        layers: one wiring diagram, or one for each edge type.
        seeds: ``[S, 2]`` pairs (left, right) that are known, or None.
        similarity: ``[L, R]`` or None.
        weight: of the similarity, once it is brought to mean 0 and to the standard deviation of
            the gradient at the start.
        start: ``[L]`` guessed partners (-1 none): starts halfway between them and the barycentre.
        iterations: at most so many steps.
        tolerance: stop at a step whose root mean square over the smaller side is shorter.
        seed: of the order of neurons, by which ties are broken, and of further starts.
        starts: how many places to climb from.

    Raises:
        InputError: if shapes do not fit, seeds repeat, no neuron is left to match, or there is no
            start or step.
    """
    for name, value in (("starts", starts), ("iterations", iterations)):
        if not 1 <= value <= MOST:
            raise InputError(f"{name}={value}: graph matching needs at least 1, and {MOST} at most")
    seeds = np.empty((0, 2), dtype=np.int64) if seeds is None else seeds
    left, right = _free(layers, seeds, similarity, seed)
    known = np.full(layers[0].shape[0], -1, dtype=np.int64)
    known[seeds[:, 0]] = seeds[:, 1]
    linear = overlap(terms(layers), known, layers[0].shape)[np.ix_(left, right)]
    free = [layer.part(left, right) for layer in layers]
    products = terms(free)
    soft = _start(start, left, right)
    if start is None:
        first = overlap_of_all(products, float(soft[0, 0]), soft.shape)
    else:
        first = _gradient(free, soft)
    if similarity is not None and weight:
        scale = weight * _spread(first + linear)
        values = similarity[np.ix_(left, right)]
        linear = linear + scale * (values - values.mean()) / _spread(values)
    rng = generator(seed, "starts of a matching")
    climb = partial(_summit, products, linear, iterations=iterations, tolerance=tolerance)
    others = (_random_start(rng, soft.shape) for _ in range(starts - 1))
    summits = (climb(soft, first), *(climb(other, _gradient(free, other)) for other in others))
    best = max(summits, key=lambda match: match.objective)
    rows = np.flatnonzero(best.partner >= 0)
    whole = np.full(layers[0].shape[0], -1, dtype=np.int64)
    whole[left[rows]], whole[seeds[:, 0]] = right[best.partner[rows]], seeds[:, 1]
    return replace(
        best,
        partner=whole,
        soft=_scatter(best.soft, left, right, seeds, layers[0].shape, 1.0),
        support=_scatter(best.support, left, right, seeds, layers[0].shape, np.inf),
    )


def _summit(
    products: Sequence[Term],
    linear: np.ndarray,
    soft: np.ndarray,
    gradient: np.ndarray,
    iterations: int,
    tolerance: float,
) -> GraphMatch:
    """Where the climb from ``soft``, of this gradient, ends, among the neurons that are free."""
    soft, steps, converged = _climb(products, linear, soft, gradient, iterations, tolerance)
    partner = assign_by_position(soft)
    rows = np.flatnonzero(partner >= 0)
    quadratic = overlap(products, partner, soft.shape)
    return GraphMatch(
        partner=partner,
        soft=soft,
        support=quadratic + linear,
        objective=float((quadratic / 2 + linear)[rows, partner[rows]].sum()),
        iterations=steps,
        converged=converged,
    )


def _free(
    layers: Sequence[Bisection], seeds: np.ndarray, similarity: np.ndarray | None, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Positions left to match on both sides, shuffled so that input order breaks no tie."""
    shapes = {layer.shape for layer in layers}
    if len(shapes) != 1:
        raise InputError(f"layers of shapes {sorted(shapes)}; give one or more of equal shape")
    shape = shapes.pop()
    if similarity is not None and similarity.shape != shape:
        raise InputError(f"similarity of shape {similarity.shape} for {shape} neurons")
    rng = generator(seed, "ties of a matching")
    free = []
    for size, taken, side in zip(shape, seeds.T, ("left", "right"), strict=True):
        if len(np.unique(taken)) != len(taken) or np.any((taken < 0) | (taken >= size)):
            raise InputError(f"seeds repeat or leave the {size} neurons on the {side}")
        if len(taken) == size:
            raise InputError(f"all {size} neurons on the {side} are seeds; none is left to match")
        free.append(rng.permutation(np.delete(np.arange(size), taken)))
    return free[0], free[1]


def _start(start: np.ndarray | None, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The barycentre, or halfway from it to a guess."""
    centre = np.full((len(left), len(right)), 1 / max(len(left), len(right)))
    if start is None:
        return centre
    return (centre + (start[left][:, None] == right)) / 2


def _random_start(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Halfway from the barycentre to a random matrix of the same sums (Sinkhorn & Knopp 1967)."""
    values = rng.random(shape)
    for _ in range(SINKHORN):
        values *= shape[1] / max(shape) / values.sum(axis=1, keepdims=True)
        values *= shape[0] / max(shape) / values.sum(axis=0)
    return (values + 1 / max(shape)) / 2


def _climb(
    products: Sequence[Term],
    linear: np.ndarray,
    soft: np.ndarray,
    gradient: np.ndarray,
    iterations: int,
    tolerance: float,
) -> tuple[np.ndarray, int, bool]:
    """Frank-Wolfe; the last doubly stochastic matrix, steps made, whether it had settled.

    A corner is sparse, so inner products with it are sums of single entries, and the gradient,
    linear in the matrix, moves by as much as the matrix does.
    """
    soft, gradient = soft.copy(), gradient + linear
    for iteration in range(1, iterations + 1):
        partner = assign_by_position(gradient, flat=iteration == 1)
        rows = np.flatnonzero(partner >= 0)
        at = rows, partner[rows]
        target = overlap(products, partner, soft.shape)
        here, there = float(np.vdot(gradient, soft)), float(gradient[at].sum())
        constant = float(np.vdot(linear, soft)), float(linear[at].sum())
        bend = float(target[at].sum()) - 2 * (there - constant[1]) + here - constant[0]
        step = _best_step(there - here, bend / 2)
        length = np.vdot(soft, soft) - 2 * soft[at].sum() + len(rows)
        target += linear
        target -= gradient
        target *= step
        gradient += target
        soft *= 1 - step
        soft[at] += step
        short = step * np.sqrt(max(length, 0)) < tolerance * np.sqrt(min(soft.shape))
        if short or there - here <= GAP * abs(there):
            return soft, iteration, True
    return soft, iterations, False


def _best_step(slope: float, curvature: float) -> float:
    """Maximiser in 0..1 of ``slope * a + curvature * a²``, whose slope at 0 is not negative."""
    if curvature >= 0:
        return 1.0 if slope + curvature > 0 else 0.0
    return float(np.clip(-slope / (2 * curvature), 0, 1))


def _gradient(layers: Sequence[Bisection], matrix: np.ndarray) -> np.ndarray:
    """Gradient ``[L, R]`` of the quadratic part at a dense ``matrix`` ``[L, R]``."""
    turned = matrix.T
    return sum(
        layer.left @ matrix @ layer.right.T
        + layer.left.T @ matrix @ layer.right
        + layer.left_to_right @ turned @ layer.right_to_left.T
        + layer.right_to_left.T @ turned @ layer.left_to_right
        for layer in layers
    )


def _spread(values: np.ndarray) -> float:
    """Standard deviation, 1 where all are equal: a silent wiring leaves the similarity alone.

    Equal up to rounding: a mean of equal numbers may miss them by a last bit.
    """
    spread, largest = float(values.std()), float(np.abs(values).max())
    return spread if spread > ROUNDING * largest else 1.0


def _scatter(
    block: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    seeds: np.ndarray,
    shape: tuple[int, int],
    at_seeds: float,
) -> np.ndarray:
    """``block`` of the free neurons in place; elsewhere seeds rank first and the rest last."""
    whole = np.full(shape, 0.0 if np.isfinite(at_seeds) else -np.inf)
    whole[np.ix_(left, right)] = block
    whole[seeds[:, 0], seeds[:, 1]] = at_seeds
    return whole
