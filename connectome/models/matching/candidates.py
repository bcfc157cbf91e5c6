"""The few neurons of another brain whose connections look most like a neuron's own."""

from dataclasses import dataclass

import numba
import numpy as np
import scipy.sparse as sp


@dataclass(frozen=True, eq=False)
class Candidates:
    """Candidates of each neuron, the likest first.

    Attributes:
        index: ``[L, k]`` int32 positions on the other side, -1 where there are fewer.
        score: ``[L, k]`` float32 scores, -1 where there are fewer.
    """

    index: np.ndarray
    score: np.ndarray

    @property
    def best(self) -> np.ndarray:
        """``[L]`` int64 the likest, -1 where there is none."""
        return self.index[:, 0].astype(np.int64)

    def without(self, rows: np.ndarray, columns: np.ndarray) -> "Candidates":
        """The same with no candidate for ``rows`` ``[r]``, and ``columns`` ``[c]`` nobody's."""
        out = np.isin(self.index, columns)
        out[rows] = True
        return sort(np.where(out, -1, self.index), np.where(out, -1, self.score))


def sort(index: np.ndarray, score: np.ndarray) -> Candidates:
    """Candidates ``index`` and their ``score``, ``[L, k]`` each, the likest moved to the front."""
    order = np.argsort(-score, axis=1, kind="stable")
    return Candidates(
        np.take_along_axis(index, order, axis=1).astype(np.int32),
        np.take_along_axis(score, order, axis=1).astype(np.float32),
    )


def nearest_profiles(
    queries: sp.csr_array,
    profiles: sp.csr_array,
    keep: int,
    query_totals: np.ndarray | None = None,
) -> Candidates:
    r"""The ``keep`` rows of ``profiles`` with the largest weighted Jaccard to each query.

    .. math:: J(f, g) = \sum_c \min(f_c, g_c) / (\sum_c f_c + \sum_c g_c - \sum_c \min(f_c, g_c))

    (Ioffe 2010, doi:10.1109/ICDM.2010.80). Only rows that share a column with the query are
    candidates. Memory is linear in the entries and in ``L * keep``: one dense row at a time.

    Args:
        queries: ``[L, C]`` sparse, not negative.
        profiles: ``[R, C]`` sparse, not negative.
        keep: candidates of each query, at least 1.
        query_totals: ``[L]`` to use for the sums of the queries, if part of them is not in a
            column: what a neuron does with partners that are mapped to nobody.
    """
    rows, columns = sp.csr_array(queries, copy=True), sp.csc_array(profiles, copy=True)
    for matrix in (rows, columns):
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
    totals = rows.sum(axis=1) if query_totals is None else query_totals
    index = np.full((rows.shape[0], keep), -1, dtype=np.int32)
    score = np.full((rows.shape[0], keep), -1, dtype=np.float32)
    _jaccard(
        *_parts(rows),
        np.asarray(totals, dtype=np.float32),
        *_parts(columns),
        np.asarray(columns.sum(axis=1), dtype=np.float32),
        index,
        score,
    )
    return sort(index, score)


def median_ratio(mine: np.ndarray, theirs: np.ndarray) -> float:
    """What totals ``mine`` ``[P]`` are multiplied with to be as ``theirs`` ``[P]``; 1 without any.

    Brains differ in what is detected: the median over pairs of matched neurons takes that out.
    """
    both = (mine > 0) & (theirs > 0)
    return float(np.exp(np.median(np.log(theirs[both] / mine[both])))) if both.any() else 1.0


def nearest_rows(queries: np.ndarray, rows: np.ndarray, keep: int, block: int = 512) -> Candidates:
    """The ``keep`` of ``rows`` ``[R, F]`` with the largest product with each query ``[L, F]``.

    Only ``block`` rows of the ``[L, R]`` products are held at once.
    """
    keep = min(keep, len(rows))
    index = np.full((len(queries), keep), -1, dtype=np.int32)
    score = np.full((len(queries), keep), -np.inf, dtype=np.float32)
    for first in range(0, len(queries), block):
        part = slice(first, first + block)
        _largest(queries[part] @ rows.T, index[part], score[part])
    return sort(index, score)


@numba.njit(cache=True, error_model="numpy")
def _largest(products: np.ndarray, index: np.ndarray, score: np.ndarray) -> None:
    for row in range(len(products)):
        kept, best = index[row], score[row]
        least = best[0]
        for column in range(products.shape[1]):
            if products[row, column] > least:
                _offer(kept, best, column, products[row, column])
                least = best[0]


def _parts(matrix: sp.csr_array | sp.csc_array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int32),
        matrix.data.astype(np.float32),
    )


@numba.njit(cache=True, error_model="numpy")
def _jaccard(
    starts: np.ndarray,
    columns: np.ndarray,
    weights: np.ndarray,
    totals: np.ndarray,
    column_starts: np.ndarray,
    members: np.ndarray,
    member_weights: np.ndarray,
    member_totals: np.ndarray,
    index: np.ndarray,
    score: np.ndarray,
) -> None:
    """Fill ``index`` and ``score``, by an inverted index of the columns."""
    overlap = np.zeros(len(member_totals), np.float32)
    met = np.empty(len(member_totals), np.int32)
    for row in range(len(starts) - 1):
        count = 0
        for entry in range(starts[row], starts[row + 1]):
            weight = weights[entry]
            column = columns[entry]
            for other in range(column_starts[column], column_starts[column + 1]):
                member = members[other]
                if overlap[member] == 0:
                    met[count] = member
                    count += 1
                overlap[member] += min(weight, member_weights[other])
        kept, best, total = index[row], score[row], totals[row]
        least = best[0]
        for k in range(count):
            member = met[k]
            shared = overlap[member]
            overlap[member] = 0
            value = shared / (total + member_totals[member] - shared)
            if value > least:
                _offer(kept, best, member, value)
                least = best[0]


@numba.njit(cache=True, error_model="numpy")
def _offer(index: np.ndarray, score: np.ndarray, member: int, value: float) -> None:
    """Replace the least of a heap, which is its first."""
    size, place = len(score), 0
    while True:
        child = 2 * place + 1
        if child + 1 < size and score[child + 1] < score[child]:
            child += 1
        if child >= size or value <= score[child]:
            break
        score[place], index[place] = score[child], index[child]
        place = child
    score[place], index[place] = value, member
