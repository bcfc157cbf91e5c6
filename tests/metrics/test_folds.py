import numpy as np
import pytest

from connectome.metrics.neurons.folds import stratified_folds


def test_pairs_of_two_types_by_hand() -> None:
    """Two pairs of each of two types, two folds: each fold has a pair of each."""
    y, group = np.array([0, 0, 0, 0, 5, 5, 5, 5]), np.array([3, 3, 9, 9, 1, 1, 7, 7])
    (train, test), (other, rest) = stratified_folds(y, group, 2, seed=0)
    assert np.array_equal(np.bincount(y[test], minlength=6)[[0, 5]], [2, 2])
    assert np.array_equal(train, rest)
    assert np.array_equal(test, other)
    assert not set(group[train]) & set(group[test])


def test_what_is_remembered_cannot_be_written_to() -> None:
    y, group = np.arange(20) % 2, np.arange(20)
    train, _ = stratified_folds(y, group, 2, seed=0)[0]
    with pytest.raises(ValueError, match="read-only"):
        train[0] = 3
