"""Which of two brains asks: both, or the smaller one where they are of unequal size."""

import numpy as np
import scipy.sparse as sp

from connectome.models.matching.auction import auction, largest
from connectome.models.matching.candidates import Candidates
from connectome.models.matching.sparse_matching import (
    Across,
    SparseMatch,
    SparseSettings,
    match_sparse,
    to_candidates,
)
from connectome.models.matching.type_prior import TypePrior

UNEQUAL = 1.1  # times as large
KEPT = 0.1  # of the arithmetic mean, beside the geometric one
USUAL = SparseSettings()


def match_both(
    left: sp.csr_array,
    right: sp.csr_array,
    known: np.ndarray | None = None,
    settings: SparseSettings = USUAL,
    across: Across | None = None,
    types: TypePrior | None = None,
) -> SparseMatch:
    """As :func:`match_sparse`, told of the left neurons, but asked by both sides.

    The two soft matchings are joined (:func:`joined`): what both find is right more often. Every
    neuron that asks is given somebody, and where one side is larger by more than a tenth, its
    neurons without a partner would crowd out those that have one; there the smaller side asks
    alone.

    Args:
        left: ``[L, L]`` synapses, rows presynaptic.
        right: ``[R, R]`` the same of the other side.
        known: ``[S, 2]`` pairs (left, right) that are known, or None.
        settings: how.
        across: as there.
        types: as there.

    Raises:
        InputError: as there.
    """
    if UNEQUAL * left.shape[0] < right.shape[0]:
        return match_sparse(left, right, known, settings, across, types)
    pairs = None if known is None else np.asarray(known)[..., ::-1]
    turned_across = None if across is None else (across[1], across[0])
    prior = None if types is None else types.turned
    back = turned(match_sparse(right, left, pairs, settings, turned_across, prior))
    if left.shape[0] > UNEQUAL * right.shape[0]:
        return back
    return joined(match_sparse(left, right, known, settings, across, types), back)


def joined(one: SparseMatch, other: SparseMatch) -> SparseMatch:
    """Two matchings of the same neurons as one.

    An entry of the soft matching is the geometric mean of the two; a little of the arithmetic one
    keeps what only one of them has. Rows and columns still sum to 1 at most. A candidate has the
    mean of its scores, where 0 stands for one that only the other has.
    """
    soft = one.soft.multiply(other.soft)
    soft.data = np.sqrt(soft.data)
    soft = sp.csr_array(soft * (1 - KEPT) + (one.soft + other.soft) * (KEPT / 2))
    both = (_scores(each.candidates, soft.shape) for each in (one, other))
    candidates = to_candidates(sum(both) / 2, most=one.candidates.index.shape[1])
    return SparseMatch(candidates, soft, largest(soft), auction(to_candidates(soft), soft.shape[1]))


def _scores(candidates: Candidates, shape: tuple[int, int]) -> sp.csr_array:
    rows, place = np.nonzero(candidates.index >= 0)
    columns, scores = candidates.index[rows, place], candidates.score[rows, place]
    return sp.csr_array((scores, (rows, columns)), shape=shape)


def turned(found: SparseMatch) -> SparseMatch:
    """A matching told of the right neurons, as many candidates each at most as before."""
    soft = sp.csr_array(found.soft.T)
    partner = np.full(soft.shape[0], -1, dtype=np.int64)
    rows = np.flatnonzero(found.partner >= 0)
    partner[found.partner[rows]] = rows
    return SparseMatch(_turned(found.candidates, soft.shape[0]), soft, largest(soft), partner)


def _turned(found: Candidates, size: int) -> Candidates:
    asker, place = np.nonzero(found.index >= 0)
    row, score = found.index[asker, place], found.score[asker, place]
    order = np.lexsort((asker, -score, row))
    row, score, asker = row[order], score[order], asker[order]
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    kept = rank < found.index.shape[1]
    index = np.full((size, found.index.shape[1]), -1, dtype=np.int32)
    scores = np.full(index.shape, -1, dtype=np.float32)
    index[row[kept], rank[kept]], scores[row[kept], rank[kept]] = asker[kept], score[kept]
    return Candidates(index, scores)
