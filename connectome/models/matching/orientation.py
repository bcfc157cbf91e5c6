"""Which of two brains asks: the smaller one, where they are of unequal size."""

import numpy as np
import scipy.sparse as sp

from connectome.models.matching.auction import largest
from connectome.models.matching.candidates import Candidates
from connectome.models.matching.sparse_matching import (
    Across,
    SparseMatch,
    SparseSettings,
    match_sparse,
)

UNEQUAL = 1.1  # times as large
USUAL = SparseSettings()


def match_unequal(
    left: sp.csr_array,
    right: sp.csr_array,
    known: np.ndarray | None = None,
    settings: SparseSettings = USUAL,
    across: Across | None = None,
) -> SparseMatch:
    """As :func:`match_sparse`, told of the left neurons, but asked by the side with fewer.

    Every neuron that asks is given somebody. Where many of the larger side have no partner at all,
    they would crowd out those that have.

    Args:
        left: ``[L, L]`` synapses, rows presynaptic.
        right: ``[R, R]`` the same of the other side.
        known: ``[S, 2]`` pairs (left, right) that are known, or None.
        settings: how.
        across: as there.

    Raises:
        InputError: as there.
    """
    if left.shape[0] <= UNEQUAL * right.shape[0]:
        return match_sparse(left, right, known, settings, across)
    pairs = None if known is None else np.asarray(known)[..., ::-1]
    turned_across = None if across is None else (across[1], across[0])
    return turned(match_sparse(right, left, pairs, settings, turned_across))


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
