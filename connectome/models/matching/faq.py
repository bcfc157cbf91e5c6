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

A step of Frank and Wolfe goes towards a permutation, and connectomes are sparse, so gradients are
products of sparse matrices, and an iteration costs about one linear assignment.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from connectome.draws import generator
from connectome.models.matching.assignment import assign
from connectome.models.matching.bisection import Bisection
from connectome.types import InputError

SINKHORN = 30  # rounds
MOST = 100_000  # starts, and steps from each
ROUNDING = 1e-12  # relative to the largest value


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
        converged: whether the last step was shorter than the tolerance.
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
    linear = _gradient(layers, _permutation(seeds[:, 0], seeds[:, 1], layers[0].shape))
    linear = linear[np.ix_(left, right)]
    free = [layer.part(left, right) for layer in layers]
    soft = _start(start, left, right)
    if similarity is not None and weight:
        scale = weight * _spread(_gradient(free, soft) + linear)
        values = similarity[np.ix_(left, right)]
        linear = linear + scale * (values - values.mean()) / _spread(values)
    rng = generator(seed, "starts of a matching")
    places = (soft if k == 0 else _random_start(rng, soft.shape) for k in range(starts))
    summits = (_summit(free, linear, place, iterations, tolerance, seed) for place in places)
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
    free: Sequence[Bisection],
    linear: np.ndarray,
    soft: np.ndarray,
    iterations: int,
    tolerance: float,
    seed: int,
) -> GraphMatch:
    """Where the climb from ``soft`` ends, among the neurons that are free."""
    soft, steps, converged = _climb(free, linear, soft, iterations, tolerance)
    partner = assign(soft, seed)
    rows = np.flatnonzero(partner >= 0)
    quadratic = _gradient(free, _permutation(rows, partner[rows], soft.shape))
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
    free: Sequence[Bisection],
    linear: np.ndarray,
    soft: np.ndarray,
    iterations: int,
    tolerance: float,
) -> tuple[np.ndarray, int, bool]:
    """Frank-Wolfe; the last doubly stochastic matrix, steps made, whether they became short."""
    gradient = _gradient(free, soft)
    for iteration in range(1, iterations + 1):
        partner = assign(gradient + linear)
        rows = np.flatnonzero(partner >= 0)
        corner = _permutation(rows, partner[rows], soft.shape)
        direction = corner.toarray() - soft
        change = _gradient(free, corner) - gradient
        slope = float(((gradient + linear) * direction).sum())
        step = _best_step(slope, float((change * direction).sum()) / 2)
        # The gradient is linear in the matrix: no dense product is needed along the way.
        soft, gradient = soft + step * direction, gradient + step * change
        if step * np.linalg.norm(direction) < tolerance * np.sqrt(min(soft.shape)):
            return soft, iteration, True
    return soft, iterations, False


def _best_step(slope: float, curvature: float) -> float:
    """Maximiser in 0..1 of ``slope * a + curvature * a²``, whose slope at 0 is not negative."""
    if curvature >= 0:
        return 1.0 if slope + curvature > 0 else 0.0
    return float(np.clip(-slope / (2 * curvature), 0, 1))


def _gradient(layers: Sequence[Bisection], matrix: sp.csr_array | np.ndarray) -> np.ndarray:
    """Gradient ``[L, R]`` of the quadratic part at ``matrix`` ``[L, R]``."""
    turned = matrix.T
    total = sum(
        layer.left @ matrix @ layer.right.T
        + layer.left.T @ matrix @ layer.right
        + layer.left_to_right @ turned @ layer.right_to_left.T
        + layer.right_to_left.T @ turned @ layer.left_to_right
        for layer in layers
    )
    return total.toarray() if sp.issparse(total) else np.asarray(total)


def _permutation(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, ...]) -> sp.csr_array:
    return sp.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)


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
