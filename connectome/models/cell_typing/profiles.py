"""Synapses to and from each type, and what every neuron is taken for."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from connectome.models.sparse import one_hot
from connectome.types import InputError

SMALLEST_SHARE = 0.02  # of a neuron in a type; less is dropped, so that rows stay short


@dataclass(frozen=True, eq=False)
class Wiring:
    """Connections of ``N`` neurons in both directions.

    Attributes:
        sent: ``[N, N]`` CSR, row presynaptic, square roots of synapse counts.
        received: ``[N, N]`` its transpose.
        degree: ``[N]`` float64, partners out and in.
        synapses: ``[N]`` float64, synapses out and in.
    """

    sent: sp.csr_array
    received: sp.csr_array
    degree: np.ndarray
    synapses: np.ndarray

    @classmethod
    def of(cls, synapses: sp.csr_array) -> "Wiring":
        """From synapse counts ``[N, N]``; zeros are no connections.

        Raises:
            InputError: if it is not square, or a count is negative or not finite.
        """
        counts = sp.csr_array(synapses, dtype=np.float64, copy=True)
        if counts.shape[0] != counts.shape[1]:
            raise InputError(f"synapses of shape {counts.shape}: give one row and column a neuron")
        if not np.isfinite(counts.data).all() or (counts.data < 0).any():
            raise InputError("synapses hold a negative or no number: give counts of synapses")
        counts.sum_duplicates()
        counts.eliminate_zeros()
        total = counts.sum(axis=0) + counts.sum(axis=1)
        counts.data = np.sqrt(counts.data)
        received = counts.T.tocsr()
        degree = np.diff(counts.indptr) + np.diff(received.indptr)
        return cls(counts, received, degree.astype(np.float64), np.asarray(total).ravel())

    def profile(self, assignment: sp.csr_array) -> sp.csr_array:
        """``[N, 2 T]`` from what neurons are taken for, ``[N, T]``: sent to, then received from."""
        both = (self.sent @ assignment, self.received @ assignment)
        return sp.csr_array(sp.hstack(both, format="csr"))


def moved(assignment: sp.csr_array, target: sp.csr_array, step: float) -> sp.csr_array:
    """A step from ``assignment`` towards ``target``, ``[N, T]`` each, with rows that sum to one.

    Shares below ``SMALLEST_SHARE`` go.
    """
    if step == 1:
        return target
    mixed = sp.csr_array(assignment * (1 - step) + target * step)
    mixed.data[mixed.data < SMALLEST_SHARE] = 0
    mixed.eliminate_zeros()
    mass = np.asarray(mixed.sum(axis=1)).ravel()
    mixed.data /= np.repeat(mass, np.diff(mixed.indptr))
    return mixed


def shares(
    types: np.ndarray, scores: np.ndarray, temperature: float, known: np.ndarray, width: int
) -> sp.csr_array:
    """What neurons are taken for after a round, ``[N, width]``, rows that sum to one.

    Args:
        types: ``[N, m]`` int64 likeliest types, best first; -1: none.
        scores: ``[N, m]`` their log likelihoods.
        temperature: of the softmax; 0 is the best alone.
        known: ``[N]`` int64 types that are told, -1 where not; they stay.
        width: one more than the types; the last column is 'unknown', of those without any.
    """
    if temperature == 0:
        taken = np.where(types[:, 0] < 0, width - 1, types[:, 0])
        return one_hot(np.where(known >= 0, known, taken), width)
    share = np.exp((scores - scores[:, :1]) / temperature)
    share[types < 0] = 0
    columns, none = types.copy(), types[:, 0] < 0
    fixed = none | (known >= 0)
    columns[fixed, 0] = np.where(none, width - 1, 0)[fixed]
    columns[known >= 0, 0] = known[known >= 0]
    share[fixed] = 0
    share[fixed, 0] = 1
    share /= share.sum(axis=1, keepdims=True)
    share[share < SMALLEST_SHARE] = 0
    share /= share.sum(axis=1, keepdims=True)
    kept = share > 0
    starts = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
    return sp.csr_array(
        (share[kept].astype(np.float64), columns[kept], starts), (len(types), width)
    )
