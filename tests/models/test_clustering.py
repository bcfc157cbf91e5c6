import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from connectome.models.clustering import (
    dendrogram_linkage,
    divisive_mixture,
    gaussian_mixture,
    kmeans,
    leiden,
)
from connectome.types import InputError, NotApplicableError

CENTRES = np.array([[0, 0], [12, 0], [0, 12], [12, 12]])
GROUP = np.repeat(np.arange(4), 40)


def blobs(seed: int = 0) -> np.ndarray:
    return CENTRES[GROUP] + np.random.default_rng(seed).normal(size=(160, 2))


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return adjusted_rand_score(a, b) == 1


def test_separate_groups_are_found() -> None:
    found = kmeans(blobs(), 4, seed=0)
    assert same(found.labels, GROUP)
    assert (found.k, found.labels.dtype) == (4, np.int64)
    mixture = gaussian_mixture(blobs(), 12, seed=0)
    assert same(mixture.labels, GROUP)
    assert (mixture.k, mixture.settings["components"]) == (4, 4)


def test_mixture_has_the_lowest_bic_of_the_grid() -> None:
    points = np.random.default_rng(3).gumbel(size=(150, 3)) * [1, 2, 0.5]
    found = gaussian_mixture(points, 6, seed=0, patience=9)
    scaled = points / points.std()
    bic = {
        (kind, k): GaussianMixture(k, covariance_type=kind, random_state=0).fit(scaled).bic(scaled)
        for kind in ("full", "diag")
        for k in (1, 2, 3, 4, 6)
    }
    chosen = (found.settings["covariance"], found.settings["components"])
    assert chosen == min(bic, key=lambda key: bic[key])


def test_mixture_takes_full_covariances_where_the_groups_are_tilted() -> None:
    rng = np.random.default_rng(0)
    tilted = rng.normal(size=(200, 2)) @ np.array([[3, 2.9], [0, 0.3]])
    points = np.concatenate([tilted, tilted[:, ::-1] * [1, -1] + 20])
    found = gaussian_mixture(points, 8, seed=0)
    assert found.settings["covariance"] == "full"
    assert found.k == 2


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 99))
def test_divisive_levels_are_nested(seed: int) -> None:
    points = np.random.default_rng(seed).gumbel(size=(90, 2))
    levels = divisive_mixture(points, 4, seed, restarts=1)
    assert levels.shape == (90, 5)
    assert (levels[:, 0] == 0).all()
    for coarse, fine in zip(levels.T[:-1], levels.T[1:], strict=True):
        parents = {child: set(coarse[fine == child]) for child in set(fine)}
        assert all(len(parent) == 1 for parent in parents.values())
        assert set(fine) == set(range(fine.max() + 1))
        children = np.bincount([parent.pop() for parent in parents.values()])
        assert children.max() <= 2
        order = coarse[np.argsort(fine, kind="stable")]
        assert (np.diff(order) >= 0).all()  # siblings beside each other


def test_divisive_mixture_splits_where_bic_says_so_and_no_further() -> None:
    levels = divisive_mixture(blobs(), 5, seed=0, restarts=1)
    assert [len(set(column)) for column in levels.T] == [1, 2, 4, 4, 4, 4]
    assert same(levels[:, -1], GROUP)
    normal = np.random.default_rng(1).normal(size=(200, 2))
    assert not divisive_mixture(normal, 3, seed=0, restarts=1).any()
    assert not divisive_mixture(blobs(), 3, seed=0, min_split=160).any()


def test_components_of_fewer_neurons_than_dimensions_do_not_count() -> None:
    few = np.random.default_rng(0).normal(size=(12, 6))
    # Two components have at most 5 neurons or 7: BIC alone would reward the singular one.
    scaled = few / few.std()
    one, two = (GaussianMixture(k, random_state=0).fit(scaled).bic(scaled) for k in (1, 2))
    assert two < one
    assert not divisive_mixture(few, 2, 0, covariances=("full",)).any()
    assert gaussian_mixture(few, 4, 0, covariances=("full",), patience=9).k == 1
    with pytest.raises(NotApplicableError, match="12 neurons in 20 dimensions"):
        gaussian_mixture(np.random.default_rng(0).normal(size=(12, 20)), 4, 0, ("full",))


def test_equal_inputs_give_equal_labels_at_any_scale() -> None:
    points = np.random.default_rng(5).gumbel(size=(150, 3))
    for method in (
        lambda x: kmeans(x, 5, 1).labels,
        lambda x: gaussian_mixture(x, 3, 1).labels,
        lambda x: divisive_mixture(x, 2, 1, restarts=1),
    ):
        np.testing.assert_array_equal(method(points), method(points))
        # a power of two: the very same numbers after scaling
        np.testing.assert_array_equal(method(points), method(points * 2**-10))


def two_blocks() -> sp.csr_array:
    """Dense 10 and 8 within, with one edge between them."""
    matrix = sp.lil_array(sp.block_diag([np.ones((10, 10)), np.ones((8, 8))]))
    matrix[0, 12] = 1
    return sp.csr_array(matrix)


def test_leiden_finds_the_communities_of_a_directed_graph() -> None:
    found = leiden(two_blocks(), 1.0, seed=0)
    assert same(found.labels, np.repeat([0, 1], [10, 8]))
    assert found.k == 2
    assert leiden(two_blocks(), 8.0, seed=0).k > 2


def test_leiden_heeds_weights() -> None:
    ring = sp.lil_array((4, 4))
    for i in range(4):
        ring[i, (i + 1) % 4] = ring[(i + 1) % 4, i] = 10.0 if i % 2 else 0.1
    assert same(leiden(sp.csr_array(ring), 1.0, 0).labels, np.array([0, 1, 1, 0]))


def test_linkage_joins_near_centroids_first() -> None:
    factors = np.array([[0.0], [2], [10], [10], [3], [99]])
    groups = np.array([4, 4, 7, 7, 9, -1])  # centroids 1, 10, 3
    tree, codes = dendrogram_linkage(factors, groups)
    assert codes.tolist() == [4, 7, 9]
    np.testing.assert_allclose(tree, [[0, 2, 2, 2], [1, 3, (9 + 7) / 2, 3]])


def test_what_cannot_be_clustered_is_refused() -> None:
    with pytest.raises(InputError, match="k=3: choose 1 to 2"):
        kmeans(np.array([[0.0], [1], [1]]), 3, 0)
    with pytest.raises(InputError, match="max_components=4"):
        gaussian_mixture(np.zeros((3, 1)), 4, 0)
    with pytest.raises(InputError, match="NaN or infinite"):
        divisive_mixture(np.array([[np.nan]]), 1, 0)
    with pytest.raises(InputError, match="shape"):
        kmeans(np.zeros(3), 1, 0)
    with pytest.raises(InputError, match="square"):
        leiden(sp.csr_array((2, 3)), 1.0, 0)
    with pytest.raises(InputError, match="weight -1"):
        leiden(sp.csr_array(np.array([[0, -1.0], [1, 0]])), 1.0, 0)
    with pytest.raises(InputError, match="1 group"):
        dendrogram_linkage(np.zeros((3, 1)), np.array([0, 0, -1]))
