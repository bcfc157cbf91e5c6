import numpy as np
import pytest
import scipy.linalg
import scipy.sparse as sp
from sklearn.manifold import spectral_embedding

from connectome.models.spectral import (
    SOLVERS,
    adjacency,
    adjacency_spectral_embedding,
    fit_spectral,
    laplacian_spectral_embedding,
    largest,
)
from connectome.models.spectral.embeddings import diffusion_map, laplacian_eigenmaps


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


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_distances_of_a_diffusion_map_are_those_of_walks(steps: int) -> None:
    """Coifman & Lafon's diffusion distance, from powers of the walk's matrix itself."""
    edges = np.array([[0, 0, 1, 2, 2, 3, 3, 5], [1, 2, 3, 3, 4, 4, 5, 6]])
    edges = np.append(edges, [[7, 7], [5, 4]], axis=1)
    edges = np.append(edges, [[8, 8], [5, 4]], axis=1)  # as 7: one eigenvalue is 0
    matrix = adjacency(edges, 9, directed=False)
    dense = matrix.toarray()
    degree = dense.sum(axis=1)
    ends = np.linalg.matrix_power(dense / degree[:, None], steps) / np.sqrt(degree / degree.sum())
    expected = np.linalg.norm(ends[:, None] - ends[None], axis=2)
    factors = diffusion_map(matrix, 7, steps)
    found = np.linalg.norm(factors[:, None] - factors[None], axis=2)
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_a_diffusion_map_of_a_bipartite_graph_keeps_its_halves_apart() -> None:
    """The walk alternates: its eigenvalue -1 is no shorter than the constant one, 1."""
    ring = np.stack([np.arange(6), (np.arange(6) + 1) % 6])
    first = diffusion_map(adjacency(ring, 6, directed=False), 1, steps=3)[:, 0]
    np.testing.assert_allclose(first, first[0] * (-1.0) ** np.arange(6))
    assert abs(first[0]) == pytest.approx(1)  # as the constant one


def test_a_diffusion_map_embeds_the_largest_component() -> None:
    matrix = sp.block_diag([SYMMETRIC, np.ones((2, 2)) - np.eye(2)], format="csr")
    core = diffusion_map(sp.csr_array(matrix), 4, 2)
    np.testing.assert_allclose(core[:40], diffusion_map(SYMMETRIC, 4, 2), atol=1e-9)
    assert not core[40:].any()
    krylov = diffusion_map(SYMMETRIC, 4, 2, solver="randomized")
    np.testing.assert_allclose(np.abs(krylov), np.abs(core[:40]), atol=1e-6)


def test_equal_graphs_give_equal_embeddings() -> None:
    first, again = (adjacency_spectral_embedding(SYMMETRIC, 6, directed=False)[0] for _ in range(2))
    assert np.array_equal(first, again)
    assert (first[np.abs(first).argmax(axis=0), range(6)] > 0).all()


def test_too_many_dimensions_are_refused() -> None:
    with pytest.raises(ValueError, match="only 40 neurons"):
        laplacian_eigenmaps(SYMMETRIC, 39)


def star(leaves: int = 11, both: bool = True) -> sp.csr_array:
    hub, leaf = np.zeros(leaves, dtype=np.int64), np.arange(1, leaves + 1)
    edges = np.stack([hub, leaf])
    return adjacency(np.concatenate([edges, edges[::-1]], axis=1) if both else edges, 12, True)


@pytest.mark.parametrize("variant", ["ase", "lse"])
@pytest.mark.parametrize(("both", "directed", "rank"), [(0, 1, 1), (1, 1, 2), (1, 0, 2)])
def test_dimensions_beyond_the_rank_are_zero(
    variant: str, both: bool, directed: bool, rank: int
) -> None:
    # a star: every leaf is a multiple of every other
    matrix = star(both=both)
    fit = fit_spectral(variant, matrix, 9, directed)
    assert fit.rank == rank
    assert not fit.source[:, rank:].any()
    assert not fit.target[:, rank:].any()
    silent = matrix.sum(axis=1) == 0  # sends nothing, so its factor as a sender is nothing
    assert not fit.source[silent].any()
    scale = matrix[0, 1:].sum() / (fit.source @ fit.target.T)[0, 1:].sum()
    np.testing.assert_allclose(scale * fit.source @ fit.target.T, matrix.toarray(), atol=1e-12)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_rank_is_found_in_a_matrix_too_large_to_be_solved_whole(solver: str) -> None:
    # three complete blocks of 50, 40 and 30, each a neuron's link to itself included: rank 3
    blocks = sp.csr_array(sp.block_diag([np.ones((size, size)) for size in (50, 40, 30)]))
    for directed in (False, True):
        fit = fit_spectral("ase", blocks, 8, directed, solver)
        assert fit.rank == 3
        assert not fit.source[:, 3:].any()
        np.testing.assert_allclose(fit.source @ fit.target.T, blocks.toarray(), atol=1e-6)


def test_equal_values_that_are_cut_are_told() -> None:
    ring = adjacency(np.stack([np.arange(12), (np.arange(12) + 1) % 12]), 12, directed=False)
    # eigenvalues 2, -2, then 1.73 and -1.73 twice each
    cuts = [fit_spectral("ase", ring, d, directed=False).cut for d in (1, 2, 3, 4, 5, 6)]
    assert cuts == [True, False, True, True, True, False]
    assert not fit_spectral("ase", star(), 9, directed=False).cut  # zeros that are cut say nothing
