"""What an edge weighs in a matching, by its synapses."""

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from scipy.stats import rankdata

from connectome.types import InputError


def _ranks(synapses: np.ndarray) -> np.ndarray:
    return rankdata(synapses) / max(len(synapses), 1)


BY_COUNT: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sqrt": np.sqrt,
    "log1p": np.log1p,
    "binary": np.ones_like,
    "none": np.positive,
    "rank": _ranks,
}
INPUT = "input"
WEIGHTS = (*BY_COUNT, INPUT)


def require_weights(name: str) -> None:
    """Refuse a weight that there is not.

    Raises:
        InputError: naming those that there are.
    """
    if name not in WEIGHTS:
        raise InputError(f"weights={name}: choose one of {', '.join(WEIGHTS)}")


def weighted(synapses: sp.csr_array, weights: str) -> sp.csr_array:
    """``[N, M]`` weights of the edges ``synapses`` ``[N, M]``, rows presynaptic.

    Args:
        synapses: counts of synapses.
        weights: ``sqrt``, ``log1p``, ``binary``, ``none``; ``rank`` among all edges, 0..1; or
            ``input``, the share of the synapses that the postsynaptic neuron receives here.

    Raises:
        InputError: for another name.
    """
    require_weights(weights)
    made = sp.csr_array(synapses, dtype=np.float64, copy=True)
    if weights == INPUT:
        received = np.asarray(made.sum(axis=0)).ravel()
        made.data /= received[made.indices]
    else:
        made.data = BY_COUNT[weights](made.data)
    return made
