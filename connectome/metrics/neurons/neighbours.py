"""The nearest neighbours of neurons in a space where several may lie in one place."""

import numpy as np
from scipy.spatial import cKDTree

from connectome.draws import generator

APART = 1e-9  # of the spread: below what any embedding means, above rounding


def nearest(places: np.ndarray, count: int) -> np.ndarray:
    """Positions ``[N, count]`` of the nearest others, nearest first; equally near ones at random.

    Neurons in one place (those of one degree, or without links) are moved apart by a trace of
    noise. A tree would give them in the order of the file, where types and brains lie together.

    Args:
        places: ``[N, F]``.
        count: below ``N``.
    """
    centred = places - places.mean(axis=0)
    trace = generator(0, "ties of neighbours").standard_normal(centred.shape)
    apart = centred + APART * (centred.std() or 1.0) * trace
    return np.asarray(cKDTree(apart).query(apart, count + 1)[1][:, 1:])
