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
    sides = [standardised(spread_degrees(each, times)) for each in (left, right)]
    variance, turn = np.linalg.eigh(sum(side.T @ side for side in sides))
    turn = (turn / np.sqrt(np.maximum(variance, LEAST * max(variance[-1], 1))))[:, -axes:]
    rows, columns = (_unit(side @ turn.astype(np.float32)) for side in sides)
    found = nearest_rows(rows, columns, keep)
    return Candidates(found.index, (found.score + 1) / 2)


def _unit(values: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return values / np.where(length > 0, length, 1)
