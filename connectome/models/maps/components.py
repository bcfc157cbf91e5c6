"""The plane of largest variance: principal components (Hotelling 1933, doi:10.1037/h0071325)."""

import numpy as np


def plane(factors: np.ndarray) -> np.ndarray:
    """``[N, 2]`` from ``factors`` ``[N, d]``, by principal components if ``d > 2``.

    Two dimensions stay as they are; one is put beside zero.
    """
    if factors.shape[1] == 1:
        return np.concatenate([factors, np.zeros_like(factors)], axis=1)
    if factors.shape[1] == 2:
        return factors
    centred = factors - factors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    return np.asarray(centred @ axes[:, :-3:-1])
