"""The nearest neighbours of neurons: exact, and the same however they are searched."""

from dataclasses import dataclass

import numpy as np
from sklearn.neighbors import NearestNeighbors

from connectome.types import NotApplicableError

BLOCK = 2**22  # numbers compared at a time, 32 MB
SPARE = 4  # candidates beyond those wanted, so that rounding decides nothing
ROUNDING = 1e-13  # of a squared length: more than products of 100 terms lose


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest others of ``N`` neurons, nearest first; of equally near ones the first in order.

    Attributes:
        rows: ``[N, k]`` int64 positions.
        distances: ``[N, k]`` float64, Euclidean.
    """

    rows: np.ndarray
    distances: np.ndarray

    def first(self, count: int) -> "Nearest":
        """The first ``count`` of each, or all if there are fewer."""
        return Nearest(self.rows[:, :count], self.distances[:, :count])


def nearest_others(factors: np.ndarray, count: int) -> Nearest:
    """The ``count`` nearest others in ``factors`` ``[N, d]``, or as many as there are.

    All are looked at, which beats trees in 24 dimensions and more (``looking-inside.md`` of the
    results). Distances of candidates are computed anew from differences; where a candidate could be
    left out by rounding, or by a tie, more are taken. So neither method nor threads decide who is
    found.

    Raises:
        NotApplicableError: for factors that are not finite.
    """
    points = np.ascontiguousarray(factors, dtype=np.float64)
    if not np.isfinite(points).all():
        raise NotApplicableError("factors that are not finite have no neighbours")
    count = min(count, len(points) - 1)
    rows = np.empty((len(points), max(count, 0)), dtype=np.int64)
    distances = np.empty(rows.shape)
    if count < 1:
        return Nearest(rows, distances)
    centred = points - points.mean(axis=0)  # products of short vectors lose fewer digits
    among = np.flatnonzero(_copy(points) <= count)  # later copies are nobody's first choice
    search = NearestNeighbors(algorithm="brute").fit(centred[among])
    pending, wanted = np.arange(len(points)), count + 1 + SPARE
    while len(pending):
        wanted, left = min(wanted, len(among)), []
        parts = -(-len(pending) * wanted * points.shape[1] // BLOCK)
        for asked in np.array_split(pending, min(parts, len(pending))):
            reach, near = search.kneighbors(centred[asked], wanted)
            near, squares = _in_order(points, asked, among[near])
            rows[asked], distances[asked] = near[:, :count], np.sqrt(squares[:, :count])
            left.append(asked[_in_doubt(centred[asked], squares[:, count - 1], reach[:, -1])])
        pending = np.concatenate(left) if wanted < len(among) else pending[:0]
        wanted *= 4
    return Nearest(rows, distances)


def _copy(points: np.ndarray) -> np.ndarray:
    """``[N]`` how many neurons before each are in its place."""
    place = np.unique(points, axis=0, return_inverse=True)[1].ravel()
    order = np.argsort(place, kind="stable")
    begins = np.flatnonzero(np.diff(place[order], prepend=-1))
    sizes = np.diff([*begins, len(place)])
    copy = np.empty_like(place)
    copy[order] = np.arange(len(place)) - np.repeat(begins, sizes)
    return np.asarray(copy)


def _in_order(
    points: np.ndarray, asked: np.ndarray, near: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Candidates ``near`` ``[Q, K]`` by distance, then position, the neuron itself last."""
    squares = ((points[near] - points[asked][:, None]) ** 2).sum(axis=2)
    squares[near == asked[:, None]] = np.inf
    order = np.lexsort((near, squares), axis=1)
    return np.take_along_axis(near, order, axis=1), np.take_along_axis(squares, order, axis=1)


def _in_doubt(points: np.ndarray, last: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """``[Q]`` whether one that was no candidate may be as near as the ``last`` of the wanted.

    Args:
        points: ``[Q, d]``, whose length says how far products are rounded.
        last: ``[Q]`` squared distances.
        reach: ``[Q]`` distances of the farthest candidate, as rounded products give them.
    """
    rounded = ROUNDING * ((points**2).sum(axis=1) + last)
    return np.asarray(last + rounded >= reach**2)
