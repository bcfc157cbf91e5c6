"""Where a matching starts: degrees, and how those of partners are spread."""

import numpy as np
import scipy.sparse as sp

from connectome.models.matching.candidates import Candidates, nearest_rows
from connectome.models.sparse import spread_degrees, standardised

LEAST = 1e-6  # variance of an axis that is whitened, of the largest


def nearest_neighbourhoods(
    left: sp.csr_array, right: sp.csr_array, times: int, axes: int, keep: int
) -> Candidates:
    """Candidates of left neurons by their spread degrees, with scores of 0..1.

    ``left`` ``[L, L]`` and ``right`` ``[R, R]`` are counts of synapses.

    Features of each side are standardised on their own, since brains differ in what is detected,
    and brought to the ``axes`` joint principal components, whitened; the score is the cosine.
    """
    rows, columns = (_unit(side) for side in joint_roles(left, right, times, axes))
    found = nearest_rows(rows, columns, keep)
    return Candidates(found.index, (found.score + 1) / 2)


def joint_roles(
    left: sp.csr_array, right: sp.csr_array, times: int, axes: int
) -> tuple[np.ndarray, np.ndarray]:
    """``[L, d]`` and ``[R, d]`` joint principal components of spread degrees, whitened.

    Args:
        left: ``[L, L]`` synapses, rows presynaptic.
        right: ``[R, R]`` the same of the other brain.
        times: how often degrees are spread.
        axes: components that are kept, at most; the largest come last.
    """
    sides = [standardised(spread_degrees(each, times)) for each in (left, right)]
    variance, turn = np.linalg.eigh(sum(side.T @ side for side in sides))
    turn = (turn / np.sqrt(np.maximum(variance, LEAST * max(variance[-1], 1))))[:, -axes:]
    turn = turn.astype(np.float32)
    return sides[0] @ turn, sides[1] @ turn


def _unit(values: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return values / np.where(length > 0, length, 1)
