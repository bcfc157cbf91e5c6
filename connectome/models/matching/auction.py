"""From candidates to a matching: one to one by an auction, or soft by Sinkhorn's sweeps."""

import numba
import numpy as np
import scipy.sparse as sp

from connectome.models.matching.candidates import Candidates

STAY = 1e-12  # sums below are no sums


def auction(candidates: Candidates, size: int, step: float = 1e-3) -> np.ndarray:
    """One-to-one partners ``[L]`` int64 among ``size`` neurons, -1 for who stays out.

    Each neuron without a partner bids for the candidate of the largest score above its price, and
    stays out when no score is above (Bertsekas 1988, doi:10.1007/BF02186476). The sum of scores is
    within ``L * step`` of the best one.
    """
    partner = np.full(len(candidates.index), -1, dtype=np.int64)
    owner = np.full(size, -1, dtype=np.int64)
    _bid(candidates.index, candidates.score, step, partner, owner)
    return partner


def soften(
    candidates: Candidates, size: int, sharpness: float, sweeps: int, floor: float
) -> sp.csr_array:
    """Soft matching ``[L, R]``: ``exp(sharpness * (score - best of the row))``, balanced.

    ``sweeps`` times rows are brought to sum 1 and columns of more than 1 down to 1 (Sinkhorn &
    Knopp 1967, doi:10.2140/pjm.1967.21.343), so that a hub is not everyone's partner. Entries below
    ``floor`` are dropped.
    """
    real = candidates.index >= 0
    rows, columns = np.nonzero(real)[0], candidates.index[real]
    value = np.exp(sharpness * (candidates.score - candidates.score[:, :1]).astype(float))[real]
    count = len(candidates.index)
    for _ in range(sweeps):
        value /= np.maximum(np.bincount(rows, value, count), STAY)[rows]
        value /= np.maximum(np.bincount(columns, value, size), 1)[columns]
    kept = value >= floor
    return sp.csr_array((value[kept], (rows[kept], columns[kept])), shape=(count, size))


def largest(matrix: sp.csr_array) -> np.ndarray:
    """Column ``[N]`` int64 of the largest entry of each row of ``[N, M]``, -1 where empty."""
    matrix = sp.csr_array(matrix)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.data, rows))
    best = np.full(matrix.shape[0], -1, dtype=np.int64)
    best[rows[order]] = matrix.indices[order]
    return best


@numba.njit(cache=True, error_model="numpy")
def _bid(
    index: np.ndarray, score: np.ndarray, step: float, partner: np.ndarray, owner: np.ndarray
) -> None:
    price = np.zeros(len(owner), np.float32)
    free = np.arange(len(index))[::-1].copy()
    count = len(free)
    while count > 0:
        count -= 1
        bidder = free[count]
        best, second, choice = np.float32(0), np.float32(0), -1
        for k in range(index.shape[1]):
            if index[bidder, k] < 0:
                break
            gain = score[bidder, k] - price[index[bidder, k]]
            if gain > best:
                best, second, choice = gain, best, index[bidder, k]
            elif gain > second:
                second = gain
        if choice < 0:
            continue
        price[choice] += best - second + step
        if owner[choice] >= 0:
            partner[owner[choice]] = -1
            free[count] = owner[choice]
            count += 1
        owner[choice], partner[bidder] = bidder, choice
