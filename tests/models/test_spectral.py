import numpy as np
import pytest
import scipy.linalg
import scipy.sparse as sp
from sklearn.manifold import spectral_embedding

from connectome.models import (
    adjacency,
    adjacency_spectral_embedding,
    laplacian_eigenmaps,
    laplacian_spectral_embedding,
    largest,
)


def random_edges(n: int = 40, count: int = 160) -> np.ndarray:
    rng = np.random.default_rng(0)
    ring = np.stack([np.arange(n), (np.arange(n) + 1) % n])  # keeps it connected
    edges = np.concatenate([ring, rng.integers(n, size=(2, count))], axis=1)
    return np.unique(edges[:, edges[0] != edges[1]], axis=1)


SYMMETRIC = adjacency(random_edges(), 40, directed=False)
DIRECTED = adjacency(random_edges(), 40, directed=True)


def align(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a * np.sign((a * b).sum(axis=0))


def test_adjacency_is_binary_and_symmetric() -> None:
    twice = np.array([[0, 1, 0], [1, 0, 2]])
    assert adjacency(twice, 3, directed=False).toarray().tolist() == [
        [0, 1, 1],
        [1, 0, 0],
        [1, 0, 0],
    ]
    assert adjacency(twice, 3, directed=True).toarray().tolist() == [
        [0, 1, 1],
        [1, 0, 0],
        [0, 0, 0],
    ]


def test_ase_is_the_best_approximation_of_its_rank() -> None:
    source, target = adjacency_spectral_embedding(SYMMETRIC, 6, directed=False)
    values, vectors = scipy.linalg.eigh(SYMMETRIC.toarray())
    top = np.argsort(-np.abs(values))[:6]
    assert (values[top] < 0).any()  # otherwise the signs would not be tested
    np.testing.assert_allclose(
        source @ target.T, (vectors[:, top] * values[top]) @ vectors[:, top].T
    )
    np.testing.assert_allclose(np.abs(source), np.abs(target))


def test_directed_ase_is_the_truncated_svd() -> None:
    source, target = adjacency_spectral_embedding(DIRECTED, 6, directed=True)
    left, singular, right = scipy.linalg.svd(DIRECTED.toarray())
    np.testing.assert_allclose(source @ target.T, (left[:, :6] * singular[:6]) @ right[:6])
    np.testing.assert_allclose((source**2).sum(axis=0), singular[:6])
    np.testing.assert_allclose((target**2).sum(axis=0), singular[:6])


@pytest.mark.parametrize("directed", [False, True])
def test_regularised_laplacian(directed: bool) -> None:
    matrix = (DIRECTED if directed else SYMMETRIC).toarray()
    out, into = matrix.sum(axis=1), matrix.sum(axis=0)
    tau = matrix.sum() / 40
    scaled = matrix / np.sqrt(out + tau)[:, None] / np.sqrt(into + tau)[None, :]
    source, target = laplacian_spectral_embedding(sp.csr_array(matrix), 5, directed)
    left, singular, right = scipy.linalg.svd(scaled)
    np.testing.assert_allclose(source @ target.T, (left[:, :5] * singular[:5]) @ right[:5])


def test_eigenmaps_equal_those_of_scikit_learn() -> None:
    ours = laplacian_eigenmaps(SYMMETRIC, 4)
    theirs = spectral_embedding(sp.csr_matrix(SYMMETRIC), n_components=4, random_state=0)
    np.testing.assert_allclose(align(ours, theirs), theirs, atol=1e-7)
    np.testing.assert_allclose(laplacian_eigenmaps(SYMMETRIC, 4, largest_component=False), ours)


def test_eigenmaps_of_a_disconnected_graph() -> None:
    # the graph of before with a separate triangle and an isolated neuron
    triangle = np.array([[40, 41, 42], [41, 42, 40]])
    matrix = adjacency(np.concatenate([random_edges(), triangle], axis=1), 44, directed=False)
    assert largest(matrix).tolist() == list(range(40))
    core = laplacian_eigenmaps(matrix, 4)
    np.testing.assert_allclose(core[:40], laplacian_eigenmaps(SYMMETRIC, 4), atol=1e-9)
    assert not core[40:].any()
    # Of the whole graph, the two dimensions beside the trivial one only tell components apart.
    whole = laplacian_eigenmaps(matrix, 2, largest_component=False)
    np.testing.assert_allclose(whole[:40] - whole[0], 0, atol=1e-9)
    np.testing.assert_allclose(whole[40:43] - whole[40], 0, atol=1e-9)


def test_equal_graphs_give_equal_embeddings() -> None:
    first, again = (adjacency_spectral_embedding(SYMMETRIC, 6, directed=False)[0] for _ in range(2))
    assert np.array_equal(first, again)
    assert (first[np.abs(first).argmax(axis=0), range(6)] > 0).all()


def test_too_many_dimensions_are_refused() -> None:
    with pytest.raises(ValueError, match="only 40 neurons"):
        laplacian_eigenmaps(SYMMETRIC, 39)
