r"""Graph matching of brains of any size, in memory linear in their edges.

A soft matching :math:`P` ``[L, R]`` sends the partners of a left neuron to the other side; the
right neurons whose own partners overlap most with them, by weighted Jaccard, are its candidates.
Their scores make the next :math:`P`: one-to-one by an auction in the first rounds, soft and
balanced in the last. It starts from how degrees are spread over the neighbourhood, and the
*bisected* form (Pedigo et al. 2023, doi:10.1162/netn_a_00287) also compares what neurons do on the
other side of the midline. Dividing by the union is what a product of adjacency matrices (FAQ,
Vogelstein et al. 2015, doi:10.1371/journal.pone.0121002) lacks: there hubs win.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from connectome.draws import generator
from connectome.models.matching.auction import auction, largest, soften
from connectome.models.matching.candidates import Candidates, median_ratio, nearest_profiles, sort
from connectome.models.matching.neighbourhood import nearest_neighbourhoods
from connectome.models.matching.type_prior import TypePrior
from connectome.models.matching.weights import require_weights, weighted
from connectome.models.sparse import one_hot
from connectome.types import InputError

Across = tuple[sp.csr_array, sp.csr_array]
MOST = 10_000  # candidates, rounds and sweeps


@dataclass(frozen=True)
class SparseSettings:
    """How to match.

    Attributes:
        weights: of an edge from its synapses, as of
            :func:`connectome.models.matching.weights.weighted`.
        candidates: kept for a neuron.
        hard_rounds: one-to-one, first.
        soft_rounds: balanced, last.
        sharpness: of a soft round, per unit of score.
        sweeps: of Sinkhorn in a soft round.
        floor: entries of the soft matching below are dropped.
        spread: how often degrees are spread to partners for the start.
        axes: principal components of the start.
        seed: of the order of neurons, by which ties are broken.

    Raises:
        InputError: for an unknown weight, or a number that is out of range.
    """

    weights: str = "sqrt"
    candidates: int = 30
    hard_rounds: int = 4
    soft_rounds: int = 5
    sharpness: float = 40.0
    sweeps: int = 20
    floor: float = 0.02
    spread: int = 3
    axes: int = 96
    seed: int = 0

    def __post_init__(self) -> None:
        require_weights(self.weights)
        for name in ("candidates", "soft_rounds", "axes"):
            if not 1 <= getattr(self, name) <= MOST:
                raise InputError(f"{name}={getattr(self, name)}; give 1 to {MOST}")
        for name in ("hard_rounds", "sweeps", "spread"):
            if not 0 <= getattr(self, name) <= MOST:
                raise InputError(f"{name}={getattr(self, name)}; give 0 to {MOST}")


@dataclass(frozen=True, eq=False)
class SparseMatch:
    """A matching of two brains; known pairs are in it.

    Attributes:
        candidates: of the last round, by Jaccard.
        soft: ``[L, R]`` sparse; rows and columns sum to 1 at most.
        best: ``[L]`` int64 largest entry of the row of ``soft``, -1 if there is none. Two left
            neurons may have one best.
        partner: ``[L]`` int64 one-to-one, -1 for who stays out.
    """

    candidates: Candidates
    soft: sp.csr_array
    best: np.ndarray
    partner: np.ndarray

    @property
    def pairs(self) -> np.ndarray:
        """``[P, 2]`` one-to-one pairs (left, right), in the order of the left neurons."""
        rows = np.flatnonzero(self.partner >= 0)
        return np.column_stack([rows, self.partner[rows]])

    @property
    def mutual(self) -> np.ndarray:
        """``[L]`` whether a neuron is the best of its best."""
        back = largest(sp.csr_array(self.soft.T))
        return (self.best >= 0) & (back[self.best] == np.arange(len(self.best)))


def match_sparse(
    left: sp.csr_array,
    right: sp.csr_array,
    known: np.ndarray | None = None,
    settings: SparseSettings = SparseSettings(),
    across: Across | None = None,
    types: TypePrior | None = None,
) -> SparseMatch:
    """Match the neurons of two brains, or of two hemispheres.

    Args:
        left: ``[L, L]`` synapses, rows presynaptic.
        right: ``[R, R]`` the same of the other side; of any other size.
        known: ``[S, 2]`` pairs (left, right) that are known, or None.
        settings: how.
        across: ``[L, R]`` synapses from left to right and ``[R, L]`` from right to left, or None.
        types: of both sides, by which candidates are narrowed, or None.

    Raises:
        InputError: if shapes do not fit, or known pairs repeat or leave the brains.
    """
    size = left.shape[0], right.shape[0]
    known = np.empty((0, 2), dtype=np.int64) if known is None else np.asarray(known)
    _check(left, right, known, across)
    orders = [
        generator(settings.seed, f"ties of a sparse matching, {side}").permutation(count)
        for side, count in zip(("left", "right"), size, strict=True)
    ]
    places = [np.argsort(order) for order in orders]
    shuffled = [
        sp.csr_array(each)[order][:, order]
        for each, order in zip((left, right), orders, strict=True)
    ]
    if across is not None:
        across = (
            sp.csr_array(across[0])[orders[0]][:, orders[1]],
            sp.csr_array(across[1])[orders[1]][:, orders[0]],
        )
    pairs = np.stack([place[side] for place, side in zip(places, known.T, strict=True)], axis=1)
    types = None if types is None else types.ordered(*orders)
    found = _Rounds(shuffled[0], shuffled[1], across, pairs, settings, types).run()
    return _in_order(found, orders, places)


class _Rounds:
    """Profiles of both sides, and what a round does to a matching."""

    def __init__(
        self,
        left: sp.csr_array,
        right: sp.csr_array,
        across: Across | None,
        known: np.ndarray,
        settings: SparseSettings,
        types: TypePrior | None,
    ) -> None:
        self.settings, self.known, self.sides = settings, known, (left, right)
        self.types = types
        mine, theirs = (weighted(each, settings.weights) for each in (left, right))
        there, back = [weighted(each, settings.weights) for each in across or ()] or (None, None)
        self.left = _profiles(mine, there, back)
        self.right = _profiles(theirs, back, there)
        self.bisected = across is not None
        self.totals = self.left.sum(axis=1), self.right.sum(axis=1)

    def run(self) -> SparseMatch:
        settings, size = self.settings, self.right.shape[0]
        found = nearest_neighbourhoods(
            *self.sides, settings.spread, settings.axes, settings.candidates
        )
        matching = self._hard(self._free(found))
        weight: float | None = None
        for step in range(settings.hard_rounds + settings.soft_rounds):
            found = self._free(self.score(matching))
            hard = step < settings.hard_rounds
            if not hard and self.types is not None:
                if weight is None:
                    weight = self.types.weight(found, largest(matching))
                found = self.types.narrowed(found, weight / settings.sharpness)
            matching = self._hard(found) if hard else self._soft(found)
        one = auction(to_candidates(matching), size)
        return SparseMatch(found, matching, largest(matching), one)

    def score(self, matching: sp.csr_array) -> Candidates:
        """Candidates by how far the mapped partners of a left neuron are a right one's."""
        maps = [matching, matching]
        if self.bisected:
            turned = sp.csr_array(matching.T)
            maps += [turned, turned]
        mapped = sp.csr_array(self.left @ sp.block_diag(maps, format="csr"))
        scale = self._scale(matching)
        return nearest_profiles(
            mapped * scale, self.right, self.settings.candidates, self.totals[0] * scale
        )

    def _scale(self, matching: sp.csr_array) -> float:
        best = largest(matching)
        rows = np.flatnonzero(best >= 0)
        return median_ratio(self.totals[0][rows], self.totals[1][best[rows]])

    def _free(self, found: Candidates) -> Candidates:
        return found.without(self.known[:, 0], self.known[:, 1]) if len(self.known) else found

    def _hard(self, found: Candidates) -> sp.csr_array:
        partner = auction(found, self.right.shape[0])
        partner[self.known[:, 0]] = self.known[:, 1]
        return one_hot(partner, self.right.shape[0])

    def _soft(self, found: Candidates) -> sp.csr_array:
        settings, size = self.settings, self.right.shape[0]
        soft = soften(found, size, settings.sharpness, settings.sweeps, settings.floor)
        partner = np.full(soft.shape[0], -1, dtype=np.int64)
        partner[self.known[:, 0]] = self.known[:, 1]
        return sp.csr_array(soft + one_hot(partner, size))


def to_candidates(matching: sp.csr_array, most: int | None = None) -> Candidates:
    """The entries of a matching ``[L, R]`` as candidates, ``most`` of a row or all."""
    matching = sp.csr_array(matching)
    counts = np.diff(matching.indptr)
    shape = (matching.shape[0], max(int(counts.max(initial=0)), 1))
    rows = np.repeat(np.arange(shape[0]), counts)
    place = np.arange(matching.nnz) - np.repeat(matching.indptr[:-1], counts)
    index = np.full(shape, -1, dtype=np.int32)
    score = np.full(shape, -1, dtype=np.float32)
    index[rows, place], score[rows, place] = matching.indices, matching.data
    found = sort(index, score)
    return Candidates(found.index[:, :most], found.score[:, :most])


def _profiles(
    inside: sp.csr_array, out: sp.csr_array | None, into: sp.csr_array | None
) -> sp.csr_array:
    """``[N, 2 N]`` weights to and from each neuron of one's side; beside it those across."""
    parts = [inside, inside.T] if out is None or into is None else [inside, inside.T, out, into.T]
    return sp.csr_array(sp.hstack(parts, format="csr"))


def _in_order(
    found: SparseMatch, orders: list[np.ndarray], places: list[np.ndarray]
) -> SparseMatch:
    """A matching of shuffled neurons, told in the order that they came in."""
    back = np.append(orders[1], -1)  # position -1 stays -1
    rows = places[0]
    return SparseMatch(
        Candidates(
            back[found.candidates.index][rows].astype(np.int32), found.candidates.score[rows]
        ),
        sp.csr_array(found.soft[rows][:, places[1]]),
        back[found.best][rows],
        back[found.partner][rows],
    )


def _check(
    left: sp.csr_array, right: sp.csr_array, known: np.ndarray, across: Across | None
) -> None:
    size = left.shape[0], right.shape[0]
    shapes = [left.shape, right.shape, *(each.shape for each in across or ())]
    wanted = [(size[0],) * 2, (size[1],) * 2, size, size[::-1]]
    if shapes != wanted[: len(shapes)]:
        raise InputError(f"wiring of shapes {shapes}; give square ones, and L x R and R x L across")
    if known.ndim != 2 or known.shape[1] != 2:
        raise InputError(f"known pairs of shape {known.shape}; give [S, 2]")
    for count, taken, side in zip(size, known.T, ("left", "right"), strict=True):
        if len(np.unique(taken)) != len(taken) or np.any((taken < 0) | (taken >= count)):
            raise InputError(f"known pairs repeat or leave the {count} neurons on the {side}")
