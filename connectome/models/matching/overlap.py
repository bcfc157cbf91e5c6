"""How much wiring would coincide: the gradient of graph matching at a one-to-one map.

The gradient is that of FAQ (Vogelstein et al. 2015, doi:10.1371/journal.pone.0121002), with the
connections between the sides of Pedigo et al. (2023, doi:10.1162/netn_a_00287).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numba
import numpy as np
import scipy.sparse as sp

from connectome.models.matching.bisection import Bisection


@dataclass(frozen=True, eq=False)
class Term:
    """Product ``here @ map @ there`` of sparse rows.

    Attributes:
        here: ``[L, X]`` connections of the left neurons.
        there: ``[Y, R]`` connections of the right ones.
        across: whether the map takes right to left neurons, X = R and Y = L, or left to right.
    """

    here: sp.csr_array
    there: sp.csr_array
    across: bool


def terms(layers: Sequence[Bisection]) -> list[Term]:
    """The four products of each layer: out- and inputs, within and between the sides."""
    return [term for layer in layers for term in _of(layer)]


def _of(layer: Bisection) -> Iterator[Term]:
    onto, back = map(sp.csr_array, (layer.left_to_right, layer.right_to_left.T))
    yield Term(sp.csr_array(layer.left), sp.csr_array(layer.right.T), False)
    yield Term(sp.csr_array(layer.left.T), sp.csr_array(layer.right), False)
    yield Term(onto, back, True)
    yield Term(back, onto, True)


def overlap(products: Sequence[Term], partner: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Wiring of left neurons that would coincide with that of right ones, under a map.

    Args:
        products: of :func:`terms`.
        partner: ``[L]`` int64 right neuron of each left one, -1 for none; no neuron twice.
        shape: L and R.

    Returns:
        ``[L, R]`` float64, the gradient of the quadratic part of graph matching.
    """
    rows = np.flatnonzero(partner >= 0)
    back = np.full(shape[1], -1, dtype=np.int64)
    back[partner[rows]] = rows
    total = np.zeros(shape)
    for term in products:
        here, there = term.here, term.there
        _add(
            *(here.indptr, here.indices, here.data.astype(float, copy=False)),
            *(there.indptr, there.indices, there.data.astype(float, copy=False)),
            back if term.across else partner,
            total,
        )
    return total


def overlap_of_all(products: Sequence[Term], share: float, shape: tuple[int, int]) -> np.ndarray:
    """The same where all neurons are partners of all, each pair by ``share``: ``[L, R]``."""
    total = np.zeros(shape)
    for term in products:
        total += np.outer(term.here.sum(axis=1), share * term.there.sum(axis=0))
    return total


@numba.njit(cache=True, error_model="numpy")
def _add(
    starts: np.ndarray,
    middles: np.ndarray,
    here: np.ndarray,
    there_starts: np.ndarray,
    ends: np.ndarray,
    there: np.ndarray,
    mapped: np.ndarray,
    total: np.ndarray,
) -> None:
    for row in range(len(starts) - 1):
        for k in range(starts[row], starts[row + 1]):
            middle = mapped[middles[k]]
            if middle < 0:
                continue
            for m in range(there_starts[middle], there_starts[middle + 1]):
                total[row, ends[m]] += here[k] * there[m]
