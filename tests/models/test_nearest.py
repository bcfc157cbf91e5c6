"""Nearest neighbours: those of looking at all pairs, whatever ties and rounding there are."""

import numpy as np
import pytest

from connectome.models.maps import nearest_others
from connectome.types import NotApplicableError


def by_hand(points: np.ndarray, count: int) -> np.ndarray:
    """``[N, count]`` by exact differences, the first in order of equally near ones."""
    squares = ((points[:, None] - points) ** 2).sum(axis=2)
    np.fill_diagonal(squares, np.inf)
    return np.argsort(squares, axis=1, kind="stable")[:, :count]


def cloud(kind: str) -> np.ndarray:
    rng = np.random.default_rng(0)
    if kind == "grid":  # nearly everything is a tie
        return rng.permutation(np.stack(np.meshgrid(*[np.arange(6.0)] * 3), axis=-1).reshape(-1, 3))
    if kind == "copies":  # half of the neurons in one place, among the others in order
        return rng.standard_normal((300, 8)) * (rng.random((300, 1)) < 0.5)
    if kind == "sphere":  # the first has all others at one distance, up to rounding
        points = rng.standard_normal((300, 6))
        points /= np.linalg.norm(points, axis=1)[:, None]
        return np.concatenate([np.zeros((1, 6)), points, -points])
    if kind == "hubs":  # far out, so that products lose digits that the others need
        near = 1e-6 * rng.standard_normal((200, 24))
        return np.concatenate([near, 1e4 + near[:50], -1e3 - near[:50]])
    return rng.standard_normal((400, 24))


@pytest.mark.parametrize("kind", ["grid", "copies", "sphere", "hubs", "plain"])
@pytest.mark.parametrize("count", [1, 5, 15])
def test_neighbours_are_those_of_all_pairs(kind: str, count: int) -> None:
    points = cloud(kind)
    found = nearest_others(points, count)
    np.testing.assert_array_equal(found.rows, by_hand(points, count))
    there = np.linalg.norm(points[found.rows] - points[:, None], axis=2)
    np.testing.assert_allclose(found.distances, there, rtol=1e-4, atol=1e-12)


def test_fewer_than_asked_where_there_are_no_more() -> None:
    found = nearest_others(np.array([[0.0], [5], [1]]), 15)
    np.testing.assert_array_equal(found.rows, [[2, 1], [2, 0], [0, 1]])
    np.testing.assert_array_equal(found.distances, [[1, 5], [4, 5], [1, 4]])
    np.testing.assert_array_equal(found.first(1).rows, [[2], [2], [0]])
    assert nearest_others(np.zeros((1, 2)), 5).rows.shape == (1, 0)
    assert nearest_others(np.zeros((0, 2)), 5).rows.shape == (0, 0)


def test_copies_are_told_by_their_position() -> None:
    found = nearest_others(np.zeros((5, 3)), 2)
    np.testing.assert_array_equal(found.rows, [[1, 2], [0, 2], [0, 1], [0, 1], [0, 1]])


def test_what_is_not_finite_has_none() -> None:
    with pytest.raises(NotApplicableError, match="not finite have no neighbours"):
        nearest_others(np.array([[0.0], [np.nan]]), 1)
