import numpy as np
import pytest

from connectome.metrics.neurons import confusion, group_co_clustering
from connectome.metrics.neurons.contingency import co_clustering
from connectome.types import InputError

ONE = np.array([0, 0, 1, 1, 2, -1])
OTHER = np.array([0, 1, 1, 1, 1, 0])


def test_confusion_by_hand() -> None:
    reference = np.array([2, 0, 0, -1, 2, 0])
    assert confusion(ONE, reference).tolist() == [[1, 1, 0], [0, 0, 0], [1, 0, 1]]


def test_co_clustering_by_hand() -> None:
    shares = co_clustering([ONE, OTHER])
    assert shares[0, 1] == 0.5  # together in the first only
    assert shares[2, 3] == 1
    assert shares[0, 5] == 1  # neuron 5 has a cluster in the second only
    assert shares[0, 4] == 0
    assert np.isnan(co_clustering([ONE])[5]).all()
    np.testing.assert_array_equal(shares, shares.T)


def test_group_co_clustering_is_the_mean_over_pairs_of_neurons() -> None:
    rng = np.random.default_rng(0)
    clusterings = [rng.integers(0, 4, 60) for _ in range(3)]
    reference = rng.integers(-1, 3, 60)
    reference[reference == 2] = np.where(np.arange((reference == 2).sum()) == 0, 2, 1)
    pairs = co_clustering(clusterings)
    np.fill_diagonal(pairs, np.nan)
    expected = np.full((3, 3), np.nan)
    for a in range(3):
        for b in range(3):
            block = pairs[np.ix_(reference == a, reference == b)]
            if np.isfinite(block).any():
                expected[a, b] = np.nanmean(block)
    found = group_co_clustering(clusterings, reference)
    np.testing.assert_allclose(found, expected)
    assert np.isnan(found[2, 2])  # a group of one neuron
    assert np.isfinite(found[2, 0])


def test_names_of_clusters_do_not_matter() -> None:
    reference = np.array([0, 0, 0, 1, 1, 1])
    renamed = np.where(ONE >= 0, 9 - ONE, -1)
    np.testing.assert_array_equal(
        group_co_clustering([ONE, OTHER], reference),
        group_co_clustering([renamed, OTHER], reference),
    )


def test_large_matrices_are_refused() -> None:
    with pytest.raises(InputError, match="5001 neurons"):
        co_clustering([np.zeros(5001, dtype=int)])
