"""What role a neuron plays, by the degrees of its partners, of theirs, and so on."""

import numpy as np
import scipy.sparse as sp

from connectome.types import InputError

LEAST = 1e-6  # a standard deviation below is none


def spread_degrees(synapses: sp.csr_array, steps: int) -> np.ndarray:
    """Features that need no common order of two brains: degrees, and those of partners.

    Logarithms of synapses and partners, out and in; then ``steps`` times the mean and the standard
    deviation of the last over out- and over in-partners, by synapses. Averages of averages over
    neighbours are the features of ReFeX (Henderson et al. 2011, doi:10.1145/2020408.2020512).

    Args:
        synapses: ``[N, N]`` counts of synapses, row presynaptic.
        steps: how often they are spread.

    Returns:
        ``[N, F]`` float32, ``F = 4 + 16 + ... + 4 * 4**steps``.
    """
    out = sp.csr_array(synapses).astype(np.float32)
    into = sp.csr_array(out.T)
    sums = [np.asarray(each.sum(axis=1)) for each in (out, into)]
    counts = [np.diff(each.indptr) for each in (out, into)]
    last = np.log1p(np.stack([*sums, *counts], axis=1)).astype(np.float32)
    features = [last]
    for _ in range(steps):
        parts = []
        for each, total in zip((out, into), sums, strict=True):
            share = (1 / np.maximum(total, 1))[:, None].astype(np.float32)
            mean = (each @ last) * share
            variance = (each @ (last * last)) * share - mean * mean
            parts += [mean, np.sqrt(np.maximum(variance, 0))]
        last = np.concatenate(parts, axis=1)
        features.append(last)
    return np.concatenate(features, axis=1)


def role_features(synapses: sp.csr_array, steps: int = 3, dimensions: int = 96) -> np.ndarray:
    """Principal components of :func:`spread_degrees`, each feature standardised.

    Args:
        synapses: ``[N, N]`` counts of synapses, row presynaptic.
        steps: how often degrees are spread.
        dimensions: components that are kept, at most.

    Returns:
        ``[N, d]`` float64 with ``d`` at most ``dimensions``, in the order of their variance.

    Raises:
        InputError: if the matrix is not square or empty.
    """
    rows, columns = synapses.shape
    if rows != columns or not rows:
        raise InputError(f"synapses of shape {synapses.shape}: give one row and column a neuron")
    features = standardised(spread_degrees(synapses, steps)).astype(np.float64)
    _, axes = np.linalg.eigh(features.T @ features)
    return np.asarray(features @ axes[:, ::-1][:, :dimensions])


def standardised(values: np.ndarray) -> np.ndarray:
    """``[N, F]``: ``values`` ``[N, F]`` with columns at mean 0 and s.d. 1; constant ones are 0."""
    spread = values.std(axis=0)
    return (values - values.mean(axis=0)) / np.where(spread > LEAST, spread, 1)
