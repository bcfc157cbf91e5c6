"""What role a neuron plays, by the degrees of its partners, of theirs, and so on."""

import numpy as np
import scipy.sparse as sp

from connectome.types import InputError

LEAST = 1e-9  # standard deviation from which on a column is scaled


def role_features(
    synapses: sp.csr_array, steps: int = 3, between: int = 48, dimensions: int = 96
) -> np.ndarray:
    """Degrees, spread to the partners again and again; no neuron needs to be named for it.

    A neuron starts with the logs of its partners and of its synapses, out and in. A step takes the
    mean and the standard deviation over the partners that it sends to, and over those that it
    receives from, weighted by log synapses; columns are standardised and, past ``between`` of
    them, reduced to their principal components. Refinement by neighbours is that of Weisfeiler and
    Leman; features that are averages of averages are those of ReFeX (Henderson et al. 2011,
    doi:10.1145/2020408.2020512).

    Args:
        synapses: ``[N, N]`` counts, row presynaptic.
        steps: how often they are spread.
        between: columns that a step starts from, at most.
        dimensions: principal components of all steps that are kept, at most.

    Returns:
        ``[N, d]`` float64 with ``d`` at most ``dimensions``, in the order of their variance.

    Raises:
        InputError: if the matrix is not square or empty.
    """
    rows, columns = synapses.shape
    if rows != columns or not rows:
        raise InputError(f"synapses of shape {synapses.shape}: give one row and column a neuron")
    means = [_mean_over_partners(side) for side in (synapses, synapses.T)]
    now = _standardised(_degrees(synapses))
    every = [now]
    for _ in range(steps):
        now = _standardised(np.hstack([part for mean in means for part in _spread(mean, now)]))
        every.append(now)
        now = _components(now, between)
        now /= max(float(now.std(axis=0).max()), LEAST)
    return _components(np.hstack(every), dimensions)


def _degrees(synapses: sp.csr_array) -> np.ndarray:
    """Logs of one plus partners and synapses, out and in: ``[N, 4]``."""
    sides = (sp.csr_array(synapses), sp.csr_array(synapses.T))
    parts = [np.diff(side.indptr) for side in sides] + [side.sum(axis=1) for side in sides]
    return np.log1p(np.stack([np.asarray(part, dtype=np.float64) for part in parts], axis=1))


def _mean_over_partners(synapses: sp.csr_array) -> sp.csr_array:
    """``[N, N]`` whose product is a mean over partners, weighted by log synapses; 0 without any."""
    logs = sp.csr_array(synapses, dtype=np.float64).log1p()
    mass = np.asarray(logs.sum(axis=1))
    return sp.csr_array(sp.diags_array(np.divide(1, mass, where=mass > 0, out=mass * 0)) @ logs)


def _spread(mean: sp.csr_array, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of ``features`` ``[N, F]`` over partners, ``[N, F]`` each."""
    first = mean @ features
    return first, np.sqrt(np.maximum(mean @ features**2 - first**2, 0))


def _standardised(features: np.ndarray) -> np.ndarray:
    return (features - features.mean(axis=0)) / np.maximum(features.std(axis=0), LEAST)


def _components(features: np.ndarray, most: int) -> np.ndarray:
    """Projections of ``[N, F]`` on their leading axes, ``[N, min(F, most)]``."""
    _, axes = np.linalg.eigh(features.T @ features)
    return np.asarray(features @ axes[:, ::-1][:, :most])
