import warnings

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from connectome.metrics.neurons.folds import stratified_folds


def test_pairs_of_two_types_by_hand() -> None:
    """Two pairs of each of two types, two folds: each fold has a pair of each."""
    y, group = np.array([0, 0, 0, 0, 5, 5, 5, 5]), np.array([3, 3, 9, 9, 1, 1, 7, 7])
    (train, test), (other, rest) = stratified_folds(y, group, 2, seed=0)
    assert np.array_equal(np.bincount(y[test], minlength=6)[[0, 5]], [2, 2])
    assert np.array_equal(train, rest)
    assert np.array_equal(test, other)
    assert not set(group[train]) & set(group[test])


@pytest.mark.parametrize("seed", range(30))
def test_folds_are_those_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size, types = int(rng.integers(30, 300)), 150 if seed % 5 == 0 else int(rng.integers(2, 12))
    y = rng.integers(0, types, size) * 7
    y[:10] = 0
    group = rng.integers(0, max(10, size // rng.integers(1, 4)), size)
    folds = int(rng.integers(2, 6))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")
        dealt = StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(y, y, group)
        theirs = list(dealt)
    ours = stratified_folds(y, group, folds, seed)
    assert len(ours) == len(theirs)
    for mine, their in zip(ours, theirs, strict=True):
        for part, other in zip(mine, their, strict=True):
            assert np.array_equal(part, other)


def test_what_is_remembered_cannot_be_written_to() -> None:
    y, group = np.arange(20) % 2, np.arange(20)
    train, _ = stratified_folds(y, group, 2, seed=0)[0]
    with pytest.raises(ValueError, match="read-only"):
        train[0] = 3
