"""Clusters against reference groups: counts, and how often two neurons are together.

Codes are ``[N]`` int64; a negative code means that a neuron has none.
"""

from collections.abc import Sequence

import numpy as np

from connectome.types import InputError

DENSE_LIMIT = 5000


def confusion(labels: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Counts ``[R, K]`` int64: neurons of reference group ``r`` in cluster ``k``.

    ``labels`` and ``reference`` are ``[N]`` codes, -1 for none. ``R`` and ``K`` are one more than
    the largest codes; neurons without either are left out.
    """
    labels, reference = same_length(labels, reference)
    kept = (labels >= 0) & (reference >= 0)
    counts = np.zeros((reference.max(initial=-1) + 1, labels.max(initial=-1) + 1), dtype=np.int64)
    np.add.at(counts, (reference[kept], labels[kept]), 1)
    return counts


def co_clustering(clusterings: Sequence[np.ndarray]) -> np.ndarray:
    """Share ``[N, N]`` of clusterings in which two neurons have the same cluster.

    Of those in which both have one; NaN where there is none. Each of ``clusterings`` is ``[N]``.

    Raises:
        InputError: for more than 5000 neurons, whose matrix is large; take
            ``group_co_clustering``.
    """
    labels = np.stack([np.asarray(clustering) for clustering in clusterings])
    if labels.shape[1] > DENSE_LIMIT:
        raise InputError(
            f"{labels.shape[1]} neurons: co-clustering is made for {DENSE_LIMIT} or fewer; "
            "use group_co_clustering"
        )
    together, known = np.zeros((2, labels.shape[1], labels.shape[1]))
    for row in labels:
        both = (row[:, None] >= 0) & (row >= 0)
        together += both & (row[:, None] == row)
        known += both
    return np.divide(together, known, out=np.full_like(known, np.nan), where=known > 0)


def group_co_clustering(clusterings: Sequence[np.ndarray], reference: np.ndarray) -> np.ndarray:
    """Mean share ``[R, R]`` of neuron pairs of two reference groups that share a cluster.

    Each of ``clusterings``, and ``reference``, is ``[N]``. Within a group, of pairs of two
    different neurons; NaN for a group of one neuron or none. The mean of ``co_clustering`` over the
    pairs, made from group-by-cluster counts alone.
    """
    groups = int(np.max(reference, initial=-1)) + 1
    shares = np.empty((len(clusterings), groups, groups))
    for share, labels in zip(shares, clusterings, strict=True):
        counts = confusion(labels, reference).astype(float)
        sizes = counts.sum(axis=1)
        same, all_pairs = counts @ counts.T, np.outer(sizes, sizes)
        same[np.diag_indices(groups)] -= sizes
        all_pairs[np.diag_indices(groups)] -= sizes
        share[:] = np.divide(same, all_pairs, out=np.full_like(same, np.nan), where=all_pairs > 0)
    return shares.mean(axis=0)


def same_length(labels: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as arrays, checked to be ``[N]`` each.

    Raises:
        InputError: if they are not.
    """
    labels, reference = np.asarray(labels), np.asarray(reference)
    if labels.shape != reference.shape or labels.ndim != 1:
        raise InputError(f"labels of shapes {labels.shape} and {reference.shape}: give [N] each")
    return labels, reference
