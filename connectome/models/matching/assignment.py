"""Neurons of one hemisphere beside those of the other, from their factors alone."""

from typing import Literal, get_args

import numpy as np
import torch
from scipy.linalg import orthogonal_procrustes
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from connectome.draws import generator
from connectome.types import InputError

SINKHORN = 30  # rounds
EXPONENT = 150.0  # largest; products of three exponentials remain numbers
NEARLY_EQUAL = 1.1  # larger side by the smaller one
ROUNDING = 1e-12  # relative to the largest value

Kind = Literal["cosine", "negative_distance"]


def align(source: np.ndarray, target: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """``source`` turned so that its paired rows lie closest to those of ``target``.

    Hemispheres embed in rotated copies of one space; the orthogonal Procrustes solution
    (Schönemann 1966, doi:10.1007/BF02289451) turns one onto the other and leaves the distances
    within each as they are.

    Args:
        source: ``[L, d]`` factors.
        target: ``[R, d]`` factors.
        pairs: ``[S, 2]`` positions (row of source, row of target) known to belong together. With
            fewer than ``d`` of them the turn is not determined by the pairs alone.

    Returns:
        ``[L, d]``.

    Raises:
        InputError: without pairs, or if the dimensions differ.
    """
    if source.shape[1] != target.shape[1]:
        raise InputError(
            f"factors of {source.shape[1]} and {target.shape[1]} dimensions; give both sides the "
            "same number"
        )
    if not len(pairs):
        raise InputError("no known pairs to align by; give some, or compare without alignment")
    turn, _ = orthogonal_procrustes(source[pairs[:, 0]], target[pairs[:, 1]])
    return source @ turn


def similarity(
    left: np.ndarray, right: np.ndarray, kind: Kind = "cosine", neighbours: int = 0
) -> np.ndarray:
    r"""Similarity ``[L, R]`` of factors ``[L, d]`` and ``[R, d]``, larger is more alike.

    With ``neighbours`` :math:`k > 0` corrected for hubs, neurons that are close to everything:
    :math:`2 s_{ij} - r_i - r_j` with :math:`r` the mean similarity to the k nearest of the other
    side (cross-domain similarity local scaling, Conneau et al. 2018, arXiv:1710.04087). A zero
    vector has cosine 0 with everything. Pairs in equal places are equally alike, to the last bit.

    Raises:
        InputError: if ``kind`` is unknown or ``neighbours`` exceeds a side.
    """
    if kind not in get_args(Kind):
        raise InputError(f"unknown similarity '{kind}'; choose one of {', '.join(get_args(Kind))}")
    if not 0 <= neighbours <= min(len(left), len(right)):
        raise InputError(
            f"neighbours={neighbours} for {len(left)} and {len(right)} neurons; choose 0 up to "
            "the smaller number"
        )
    plain = _cosine(left, right) if kind == "cosine" else -cdist(left, right)
    if not neighbours:
        return plain
    of_left, of_right = (_nearest_mean(plain, neighbours, axis) for axis in (1, 0))
    return 2 * plain - of_left[:, None] - of_right


def assign(similarity: np.ndarray, seed: int = 0) -> np.ndarray:
    """One-to-one assignment of largest total similarity.

    Rows and columns are shuffled first: the solver breaks ties by position, and neurons may be
    listed in the order of their pairs.

    Args:
        similarity: ``[L, R]``.
        seed: seed of the order.

    Returns:
        ``[L]`` int64 column of each row, -1 for rows left over where ``L > R``.
    """
    rng = generator(seed, "ties of an assignment")
    rows, columns = (rng.permutation(size) for size in similarity.shape)
    found = assign_by_position(similarity[np.ix_(rows, columns)])
    partner = np.full(len(rows), -1, dtype=np.int64)
    partner[rows] = np.where(found >= 0, columns[found], -1)
    return partner


def assign_by_position(values: np.ndarray, flat: bool = False) -> np.ndarray:
    """:func:`assign` of neurons that are shuffled already: ties are broken by position.

    Args:
        values: ``[L, R]``.
        flat: products of degrees are most of the values, as at the barycentre of a matching. The
            search is among values without them, and takes a fraction of the time.

    Returns:
        ``[L]`` int64 column of each row, -1 for rows left over.
    """
    size = max(values.shape)
    if flat and size <= NEARLY_EQUAL * min(values.shape):
        square = np.zeros((size, size))
        square[: values.shape[0], : values.shape[1]] = values
        column = linear_sum_assignment(_levelled(square), maximize=True)[1][: values.shape[0]]
        return np.where(column < values.shape[1], column, -1)
    partner = np.full(len(values), -1, dtype=np.int64)
    row, column = linear_sum_assignment(values, maximize=True)
    partner[row] = column
    return partner


def promote(similarity: np.ndarray, partner: np.ndarray) -> np.ndarray:
    """``similarity`` ``[L, R]`` with each ``partner`` ``[L]`` (-1 none) ranked first, both ways."""
    top = similarity.copy()
    rows = np.flatnonzero(partner >= 0)
    top[rows, partner[rows]] = similarity.max() + 1
    return top


def _levelled(square: np.ndarray) -> np.ndarray:
    """``square`` ``[N, N]`` less a number for each row and column, which moves no assignment.

    The numbers are the means, then the potentials of balanced exponentials (Sinkhorn & Knopp 1967,
    doi:10.2140/pjm.1967.21.343), near those of the best assignment (Cuturi 2013, arXiv:1306.0895).
    """
    level = square - square.mean(axis=0)
    level -= level.mean(axis=1, keepdims=True)
    largest = float(np.abs(level).max())
    if largest <= ROUNDING * float(np.abs(square).max()):
        return np.zeros_like(square)
    unit = largest / EXPONENT
    heat, row = np.exp(level / unit), np.ones(len(square))
    for _ in range(SINKHORN):
        column = 1 / (row @ heat)
        row = 1 / (heat @ column)
    level += unit * np.log(column)
    level += unit * np.log(row)[:, None]
    return level


def _nearest_mean(values: np.ndarray, count: int, axis: int) -> np.ndarray:
    """Mean of the ``count`` largest along ``axis``; added in order, so that equals stay equal."""
    largest = torch.from_numpy(values).topk(count, dim=axis).values.flip(axis)  # from the least
    return np.asarray(largest.numpy().mean(axis=axis))


def _cosine(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """From distances, pair by pair: a matrix product rounds by position, which would break ties."""
    units, zero = [], []
    for factors in (left, right):
        length = np.linalg.norm(factors, axis=1, keepdims=True)
        units.append(factors / np.where(length > 0, length, 1))
        zero.append(length[:, 0] == 0)
    cosine = 1 - cdist(*units, "sqeuclidean") / 2
    return np.where(zero[0][:, None] | zero[1], 0.0, cosine)
