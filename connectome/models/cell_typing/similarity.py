"""How alike two profiles are: weighted Jaccard, and the cosine of log counts.

Weighted Jaccard: Ioffe 2010, doi:10.1109/ICDM.2010.80.
"""

import numba
import numpy as np
import scipy.sparse as sp

from connectome.models.sparse import by_rows

WIDE = 16  # dimensions that most examples share, such as 'unknown', which are compared densely


def nearest_types(
    profile: sp.csr_array,
    examples: np.ndarray,
    types: np.ndarray,
    asked: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The two types whose nearest examples are most alike by weighted Jaccard.

    ``sum_d min(x[d], y[d]) / sum_d max(x[d], y[d])``, through an inverted index of the examples.

    Args:
        profile: ``[N, D]``, not negative.
        examples: ``[S]`` int64 rows of the profile that serve as examples.
        types: ``[S]`` int64 their types.
        asked: ``[N]`` bool, whose types are looked for; None: all.

    Returns:
        ``[N, 2]`` int64 types, best first, -1 where nothing is shared with an example or nothing is
        asked; and their similarities, float32, 0 there.
    """
    if asked is None:
        return _nearest_examples(profile, profile[examples], types)
    best, alike = np.full((len(asked), 2), -1), np.zeros((len(asked), 2), np.float32)
    best[asked], alike[asked] = _nearest_examples(profile[asked], profile[examples], types)
    return best, alike


def _nearest_examples(
    profile: sp.csr_array, rows: sp.csr_array, types: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Types of the ``rows`` ``[S, D]`` that are most alike to each of ``profile`` ``[A, D]``."""
    index = sp.csr_array(rows.T.tocsr())
    mass, own = (np.asarray(x.sum(axis=1), dtype=np.float32).ravel() for x in (profile, rows))
    common = np.argsort(-np.diff(index.indptr), kind="stable")[:WIDE]
    wide = np.full(index.shape[0], -1, dtype=np.int64)
    wide[common] = np.arange(len(common))
    starts, entries = profile.indptr, (profile.indices, profile.data.astype(np.float32))
    inverted = (index.indptr, index.indices, index.data.astype(np.float32))
    compared = (*inverted, own, types, wide, index[common].astype(np.float32).toarray())

    def work(part: slice) -> tuple[np.ndarray, np.ndarray]:
        here = starts[part.start : part.stop + 1]
        return _nearest(here, *entries, mass[part], *compared)

    best, alike = by_rows(len(starts) - 1, work)
    return best, alike


def jaccard_to(profile: sp.csr_array, means: sp.csr_array, types: np.ndarray) -> np.ndarray:
    """Weighted Jaccard of every neuron to one row of ``means`` ``[K, D]`` each.

    Args:
        profile: ``[N, D]``.
        means: mean profiles of types.
        types: ``[N]`` int64 rows of ``means``; -1: none.

    Returns:
        ``[N]`` float64, 0 where there is none.
    """
    mass, own = (np.asarray(x.sum(axis=1)).ravel() for x in (profile, means))
    shared = _overlap(
        *(profile.indptr, profile.indices, profile.data.astype(np.float64)),
        *(means.indptr, means.indices, means.data.astype(np.float64)),
        *(types, profile.shape[1]),
    )
    both = mass + np.where(types < 0, 0.0, own[types]) - shared
    return np.divide(shared, both, out=np.zeros_like(shared), where=both > 0)


def cosine_of_logs(left: sp.csr_array, right: sp.csr_array) -> np.ndarray:
    """Cosine of ``log(1 + x)`` of rows of ``left`` ``[L, D]`` and ``right`` ``[R, D]``: ``[L, R]``.

    A row without synapses has the cosine 0 with all.
    """
    unit = []
    for side in (left, right):
        logs = sp.csr_array(side).log1p()
        norm = np.sqrt(np.asarray((logs * logs).sum(axis=1)).ravel())
        unit.append(
            sp.diags_array(np.divide(1, norm, out=np.zeros_like(norm), where=norm > 0)) @ logs
        )
    return np.asarray((unit[0] @ unit[1].T).toarray())


@numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz", "nnan"})
def _nearest(  # type: ignore[no-untyped-def]
    starts, columns, values, mass, index, members, weights, own, types, wide, rows
):
    neurons, examples = len(starts) - 1, len(own)
    best = np.full((neurons, 2), -1, np.int64)
    alike = np.zeros((neurons, 2), np.float32)
    shared = np.empty(examples, np.float32)
    for i in range(neurons):
        if starts[i] == starts[i + 1]:
            continue
        shared[:] = 0
        for p in range(starts[i], starts[i + 1]):
            value, column = values[p], columns[p]
            if wide[column] >= 0:
                row = rows[wide[column]]
                for s in range(examples):
                    shared[s] += min(value, row[s])
            else:
                for q in range(index[column], index[column + 1]):
                    shared[members[q]] += min(value, weights[q])
        for s in range(examples):
            shared[s] /= mass[i] + own[s] - shared[s]
        _two_best(shared, types, best[i], alike[i])
    return best, alike


@numba.njit(cache=True)
def _two_best(scores, types, best, alike):  # type: ignore[no-untyped-def]
    for s in range(len(scores)):
        score = scores[s]
        if score <= alike[1]:
            continue
        t = types[s]
        if score <= alike[0]:
            if t != best[0]:
                alike[1], best[1] = score, t
            continue
        if t != best[0]:
            alike[1], best[1] = alike[0], best[0]
        alike[0], best[0] = score, t


@numba.njit(cache=True)
def _overlap(  # type: ignore[no-untyped-def]
    starts, columns, values, mean_starts, mean_columns, mean_values, types, width
):
    neurons = len(starts) - 1
    shared = np.zeros(neurons)
    row = np.zeros(width)
    order = np.argsort(types)
    last = -1
    for i in order:
        t = types[i]
        if t < 0:
            continue
        if t != last:
            if last >= 0:
                for q in range(mean_starts[last], mean_starts[last + 1]):
                    row[mean_columns[q]] = 0
            for q in range(mean_starts[t], mean_starts[t + 1]):
                row[mean_columns[q]] = mean_values[q]
            last = t
        for p in range(starts[i], starts[i + 1]):
            shared[i] += min(values[p], row[columns[p]])
    return shared
