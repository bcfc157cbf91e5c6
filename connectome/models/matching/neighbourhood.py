"""Where a matching starts: degrees, and how those of partners are spread."""

import numpy as np
import scipy.sparse as sp

from connectome.models.matching.candidates import Candidates, nearest_rows

LEAST = 1e-6  # a spread below is none


def spread_degrees(synapses: sp.csr_array, times: int) -> np.ndarray:
    """Features ``[N, F]`` float32 of neurons that need no common order of two brains.

    Logarithms of synapses and partners, out and in; then ``times`` times the mean and the standard
    deviation of the features over out- and over in-partners, by synapses.
    """
    out = sp.csr_array(synapses).astype(np.float32)
    into = sp.csr_array(out.T)
    sums = [np.asarray(each.sum(axis=1)) for each in (out, into)]
    counts = [np.diff(each.indptr) for each in (out, into)]
    last = np.log1p(np.stack([*sums, *counts], axis=1)).astype(np.float32)
    features = [last]
    for _ in range(times):
        parts = []
        for each, total in zip((out, into), sums, strict=True):
            share = (1 / np.maximum(total, 1))[:, None].astype(np.float32)
            mean = (each @ last) * share
            variance = (each @ (last * last)) * share - mean * mean
            parts += [mean, np.sqrt(np.maximum(variance, 0))]
        last = np.concatenate(parts, axis=1)
        features.append(last)
    return np.concatenate(features, axis=1)


def nearest_neighbourhoods(
    left: sp.csr_array, right: sp.csr_array, times: int, axes: int, keep: int
) -> Candidates:
    """Candidates of left neurons by their spread degrees, with scores of 0..1.

    Features of each side are standardised on their own, since brains differ in what is detected,
    and brought to the ``axes`` joint principal components, whitened; the score is the cosine.
    """
    sides = [_standardised(spread_degrees(each, times)) for each in (left, right)]
    variance, turn = np.linalg.eigh(sum(side.T @ side for side in sides))
    turn = (turn / np.sqrt(np.maximum(variance, LEAST * max(variance[-1], 1))))[:, -axes:]
    rows, columns = (_unit(side @ turn.astype(np.float32)) for side in sides)
    found = nearest_rows(rows, columns, keep)
    return Candidates(found.index, (found.score + 1) / 2)


def _standardised(values: np.ndarray) -> np.ndarray:
    spread = values.std(axis=0)
    return (values - values.mean(axis=0)) / np.where(spread > LEAST, spread, 1)


def _unit(values: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return values / np.where(length > 0, length, 1)
