"""What typing has to beat: neighbours' majority, label propagation, correct and smooth."""

import numpy as np
import scipy.sparse as sp

from connectome.models.sparse import one_hot

KEPT = 8  # types that a row keeps, so that rows stay short


def neighbours_majority(synapses: sp.csr_array, known: np.ndarray, num_types: int) -> np.ndarray:
    """The type with the most synapses to and from a neuron's told partners.

    Args:
        synapses: ``[N, N]`` counts of synapses, row presynaptic.
        known: ``[N]`` int64 types that are told, -1 where not.
        num_types: number of types ``K``.

    Returns:
        ``[N]`` int64, what is told stays, -1 where no partner is told; the lower type if two tie.
    """
    votes = sp.csr_array((synapses + synapses.T) @ one_hot(known, num_types))
    return np.where(known >= 0, known, _largest(votes))


def label_propagation(
    synapses: sp.csr_array, known: np.ndarray, num_types: int, rounds: int = 20
) -> np.ndarray:
    """Told types spread over connections, and told neurons clamped (Zhu & Ghahramani 2002).

    Each neuron takes the mean of its partners' types by synapses, out and in; the ``KEPT``
    likeliest are carried on.

    Args:
        synapses: ``[N, N]`` counts of synapses, row presynaptic.
        known: ``[N]`` int64 types that are told, -1 where not.
        num_types: number of types ``K``.
        rounds: how often it spreads.

    Returns:
        ``[N]`` int64, -1 where nothing has come to.
    """
    both = sp.csr_array(synapses + synapses.T, dtype=np.float64)
    step = _rows_to_one(both)
    told = one_hot(known, num_types)
    free = sp.diags_array((known < 0).astype(float))
    beliefs = told
    for _ in range(rounds):
        beliefs = sp.csr_array(free @ _few(sp.csr_array(step @ beliefs)) + told)
    return np.where(known >= 0, known, _largest(beliefs))


def correct_and_smooth(
    synapses: sp.csr_array,
    known: np.ndarray,
    base: sp.csr_array,
    correct: float = 0.8,
    smooth: float = 0.8,
    rounds: int = 20,
) -> np.ndarray:
    """Errors on what is told spread, then the corrected types (Huang et al., ICLR 2021).

    "Combining label propagation and simple models out-performs graph neural networks",
    arXiv:2010.13993: with symmetric normalisation, and the scale of autoscaled errors.

    Args:
        synapses: ``[N, N]`` counts of synapses, row presynaptic.
        known: ``[N]`` int64 types that are told, -1 where not.
        base: ``[N, K]`` probabilities of a simple model.
        correct: share of a round's errors that comes from partners.
        smooth: the same of types.
        rounds: of each.

    Returns:
        ``[N]`` int64, what is told stays, -1 where nothing is known.
    """
    both = sp.csr_array(synapses + synapses.T, dtype=np.float64)
    degree = np.asarray(both.sum(axis=1)).ravel()
    root = np.divide(1, np.sqrt(degree), out=np.zeros_like(degree), where=degree > 0)
    step = sp.csr_array(sp.diags_array(root) @ both @ sp.diags_array(root))
    mask = sp.diags_array((known >= 0).astype(float))
    told = one_hot(known, base.shape[1])
    error = sp.csr_array(told - mask @ base)
    size = abs(error).sum() / max(1, (known >= 0).sum())
    spread = _spread(step, error, correct, rounds)
    reach = np.asarray(abs(spread).sum(axis=1)).ravel()
    scale = np.divide(size, reach, out=np.zeros_like(reach), where=reach > 0)
    scale[scale > 1000] = 0  # as in the authors' code: next to nothing has come
    corrected = sp.csr_array(base + sp.diags_array(scale) @ spread)
    free = sp.diags_array((known < 0).astype(float))
    smoothed = _spread(step, sp.csr_array(free @ corrected + told), smooth, rounds)
    return np.where(known >= 0, known, _largest(smoothed))


def _spread(step: sp.csr_array, start: sp.csr_array, share: float, rounds: int) -> sp.csr_array:
    values = start
    for _ in range(rounds):
        values = _few(sp.csr_array(start * (1 - share) + (step @ values) * share))
    return values


def _rows_to_one(matrix: sp.csr_array) -> sp.csr_array:
    mass = np.asarray(matrix.sum(axis=1)).ravel()
    return sp.csr_array(
        sp.diags_array(np.divide(1, mass, out=np.zeros_like(mass), where=mass > 0)) @ matrix
    )


def _ranked(matrix: sp.csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Entries of a CSR from the largest of each row down: rows, positions, ranks in the row."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, -np.abs(matrix.data), rows))
    return rows, order, np.arange(len(rows)) - matrix.indptr[rows]


def _few(matrix: sp.csr_array) -> sp.csr_array:
    """Only the ``KEPT`` largest entries of every row, by size."""
    rows, order, rank = _ranked(matrix)
    kept = np.sort(order[rank < KEPT])
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows[kept], minlength=matrix.shape[0]))])
    return sp.csr_array((matrix.data[kept], matrix.indices[kept], starts), shape=matrix.shape)


def _largest(matrix: sp.csr_array) -> np.ndarray:
    """Column of the largest positive entry of every row, the lowest of equals; -1 if none."""
    positive = sp.csr_array(matrix)
    positive.data = np.maximum(positive.data, 0)
    positive.eliminate_zeros()
    rows, order, rank = _ranked(positive)
    best = np.full(matrix.shape[0], -1, dtype=np.int64)
    first = order[rank == 0]
    best[rows[first]] = positive.indices[first]
    return best
