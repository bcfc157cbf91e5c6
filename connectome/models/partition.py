"""Clusters of one size: how a graph is cut into batches."""

import numpy as np
import scipy.sparse as sp

from connectome.models.clustering import leiden
from connectome.types import InputError


def balanced_clusters(adjacency: sp.sparray, clusters: int, seed: int) -> np.ndarray:
    """Cut the graph into ``clusters`` parts of equal size that keep many links inside.

    Neurons are put in the order of their Leiden community, and the order is cut into equal parts:
    a large community fills several, small ones share one.

    Args:
        adjacency: symmetric sparse ``[N, N]``.
        clusters: how many parts.
        seed: of Leiden.

    Returns:
        ``[N]`` int64, ``0 .. clusters - 1``; sizes differ by at most one.

    Raises:
        InputError: if there are not that many neurons.
    """
    neurons = adjacency.shape[0]
    if not 1 <= clusters <= neurons:
        raise InputError(f"batch.clusters={clusters}: choose 1 to {neurons}, the neurons there are")
    labels = leiden(adjacency, resolution=1.0, seed=seed).labels
    cluster = np.empty(neurons, dtype=np.int64)
    cluster[np.argsort(labels, kind="stable")] = np.arange(neurons) * clusters // neurons
    return cluster
