import numpy as np
import pytest
import scipy.linalg
import scipy.sparse as sp
import torch
from scipy.linalg import subspace_angles
from scipy.sparse.linalg import aslinearoperator
from sklearn.utils.extmath import randomized_svd

from connectome.models.spectral import SOLVERS, adjacency, choose_solver, eigensolvers, fit_spectral
from connectome.models.spectral.block_krylov import block_krylov
from connectome.models.spectral.eigensolvers import (
    ColumnBlocks,
    products,
    singular_spectrum,
    torch_products,
)
from connectome.models.spectral.eigensolvers import symmetric_spectrum as symmetric
from connectome.models.spectral.spectrum import Spectrum
from connectome.types import Connectome, InputError

REAL = [solver for solver in SOLVERS if solver != "auto"]


@pytest.fixture(scope="module")
def undirected(mushroom: Connectome) -> sp.csr_array:
    return adjacency(mushroom.edge_index.numpy(), mushroom.num_neurons, directed=False)


@pytest.fixture(scope="module")
def directed(mushroom: Connectome) -> sp.csr_array:
    return adjacency(mushroom.edge_index.numpy(), mushroom.num_neurons, directed=True)


@pytest.mark.parametrize("solver", REAL)
def test_signed_eigenvalues_equal_those_of_a_dense_solver(
    undirected: sp.csr_array, solver: str
) -> None:
    values, vectors = scipy.linalg.eigh(undirected.toarray())
    top = np.argsort(-np.abs(values))[:8]
    assert (values[top] < 0).any()
    assert (values[top] > 0).any()
    found = symmetric(undirected, 8, "LM", solver)
    np.testing.assert_allclose(found.values, values[top], rtol=1e-9)
    assert subspace_angles(found.left, vectors[:, top]).max() < 1e-5
    assert found.residual <= 1e-6
    assert found.solver == solver


@pytest.mark.parametrize("solver", REAL)
def test_largest_eigenvalues_leave_negative_ones_out(undirected: sp.csr_array, solver: str) -> None:
    values, vectors = scipy.linalg.eigh(undirected.toarray())
    found = symmetric(undirected, 8, "LA", solver)
    np.testing.assert_allclose(found.values, values[::-1][:8], rtol=1e-9)
    assert subspace_angles(found.left, vectors[:, -8:]).max() < 1e-5


@pytest.mark.parametrize("solver", REAL)
def test_singular_triplets_equal_those_of_a_dense_solver(
    directed: sp.csr_array, solver: str
) -> None:
    left, values, right = scipy.linalg.svd(directed.toarray())
    found = singular_spectrum(directed, 8, solver)
    np.testing.assert_allclose(found.values, values[:8], rtol=1e-9)
    assert subspace_angles(found.left, left[:, :8]).max() < 1e-5
    assert subspace_angles(found.right, right[:8].T).max() < 1e-5
    product = (found.left * found.values) @ found.right.T  # also pairs left with right
    np.testing.assert_allclose(product, (left[:, :8] * values[:8]) @ right[:8], atol=1e-5)


def test_randomized_agrees_with_scikit_learn(directed: sp.csr_array) -> None:
    _, values, _ = randomized_svd(sp.csr_matrix(directed), 4, n_iter=30, random_state=0)
    found = singular_spectrum(directed, 4, "randomized")
    np.testing.assert_allclose(found.values, values, rtol=1e-9)


@pytest.mark.parametrize("variant", ["ase", "lse", "laplacian"])
@pytest.mark.parametrize("both", [True, False])
def test_embeddings_do_not_depend_on_the_solver(
    undirected: sp.csr_array, directed: sp.csr_array, variant: str, both: bool
) -> None:
    if both and variant == "laplacian":
        pytest.skip("eigenmaps know no directions")
    matrix = directed if both else undirected
    exact = fit_spectral(variant, matrix, 6, both, "lanczos")
    found = fit_spectral(variant, matrix, 6, both, "randomized")
    np.testing.assert_allclose(found.source, exact.source, atol=1e-5)
    np.testing.assert_allclose(found.target, exact.target, atol=1e-5)


@pytest.mark.parametrize("solver", REAL)
def test_a_rectangular_block(directed: sp.csr_array, solver: str) -> None:
    block = directed[:60]
    left, values, right = scipy.linalg.svd(block.toarray())
    found = singular_spectrum(block, 5, solver)
    product = (found.left * found.values) @ found.right.T
    np.testing.assert_allclose(product, (left[:, :5] * values[:5]) @ right[:5], atol=1e-5)


@pytest.mark.parametrize("solver", REAL)
def test_equal_components_share_an_eigenvalue(solver: str) -> None:
    # three complete graphs of 30: eigenvalue 29 three times, and -1
    blocks = sp.csr_array(sp.block_diag([np.ones((30, 30)) - np.eye(30)] * 3))
    found = symmetric(blocks, 3, "LA", solver)
    np.testing.assert_allclose(found.values, 29)
    constant = np.repeat(np.eye(3), 30, axis=0)
    assert subspace_angles(found.left, constant).max() < 1e-6


def test_a_matrix_of_low_rank_is_no_failure() -> None:
    ones = sp.csr_array(np.ones((150, 150)))
    found = symmetric(ones, 4, "LM", "randomized")
    np.testing.assert_allclose(found.values, [150, 0, 0, 0], atol=1e-9)


@pytest.mark.parametrize("count", [3, 9])
@pytest.mark.parametrize("solver", REAL)
def test_small_matrices_are_solved_whole(solver: str, count: int) -> None:
    # a ring, which leaves an iteration no room; and as an operator, as from a file
    ring = adjacency(np.stack([np.arange(12), (np.arange(12) + 1) % 12]), 12, directed=False)
    values = np.linalg.eigvalsh(ring.toarray())
    for matrix in (ring, aslinearoperator(ring)):
        found = symmetric(matrix, count, "LM", solver)
        assert found.solver == "dense"
        np.testing.assert_allclose(np.abs(found.values), np.sort(np.abs(values))[::-1][:count])
        singular = singular_spectrum(matrix, count, solver)
        np.testing.assert_allclose(singular.values, np.abs(found.values))


@pytest.mark.parametrize("solver", REAL)
def test_equal_inputs_give_equal_spectra(undirected: sp.csr_array, solver: str) -> None:
    first, again = (symmetric(undirected, 6, "LM", solver) for _ in range(2))
    assert np.array_equal(first.left, again.left)
    assert np.array_equal(first.values, again.values)


@pytest.mark.parametrize("solver", REAL)
def test_operators_need_no_matrix(directed: sp.csr_array, solver: str) -> None:
    matrix = singular_spectrum(directed, 4, solver)
    operator = singular_spectrum(aslinearoperator(directed), 4, solver)
    np.testing.assert_allclose(operator.values, matrix.values, rtol=1e-12)


def test_torch_products_equal_those_of_scipy(directed: sp.csr_array) -> None:
    block = torch.randn(directed.shape[1], 5, dtype=torch.float64)
    for theirs, ours in zip(products(directed), torch_products(directed, "cpu"), strict=True):
        torch.testing.assert_close(ours(block), theirs(block))


def test_torch_products_lead_to_the_same_vectors(undirected: sp.csr_array) -> None:
    product, _ = torch_products(undirected, "cpu")
    values, vectors = block_krylov(product, undirected.shape[0], 8, "LM")
    exact = symmetric(undirected, 8)
    np.testing.assert_allclose(values.numpy(), exact.values, rtol=1e-9)
    assert subspace_angles(vectors.numpy(), exact.left).max() < 1e-5


def test_auto_goes_by_the_device(undirected: sp.csr_array) -> None:
    assert symmetric(undirected, 4, solver="auto").solver == "lanczos"
    assert singular_spectrum(aslinearoperator(undirected), 4, "auto").solver == "lanczos"
    assert choose_solver("auto", "cuda") == "randomized"
    assert choose_solver("lanczos", "cuda") == "lanczos"
    with pytest.raises(InputError, match=r"model\.solver=svd: choose one of auto, lanczos"):
        choose_solver("svd")


@pytest.mark.parametrize("count", [0, 213])
def test_too_many_dimensions_are_refused(undirected: sp.csr_array, count: int) -> None:
    for solve in (symmetric, singular_spectrum):
        with pytest.raises(InputError, match=rf"latent_dim={count}: .* choose between 1 and 212"):
            solve(undirected, count)


def test_vectors_that_did_not_converge_are_refused(
    undirected: sp.csr_array, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_cycle(*arguments: object) -> tuple[torch.Tensor, torch.Tensor]:
        return block_krylov(*arguments, max_cycles=1)  # type: ignore[arg-type]

    monkeypatch.setattr("connectome.models.spectral.block_krylov.DEPTH", 2)
    monkeypatch.setattr("connectome.models.spectral.eigensolvers.block_krylov", one_cycle)
    with pytest.raises(InputError, match=r"model.solver=randomized: residual .* above 1e-06"):
        symmetric(undirected, 24, "LM", "randomized")


def test_lanczos_that_did_not_converge_is_refused(
    undirected: sp.csr_array, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scipy.sparse.linalg import eigsh

    monkeypatch.setattr(
        "connectome.models.spectral.eigensolvers.eigsh",
        lambda *a, **k: eigsh(*a, **k, maxiter=1, ncv=9),
    )
    with pytest.raises(InputError, match=r"model.solver=lanczos: .*choose randomized"):
        symmetric(undirected, 8)


@pytest.mark.parametrize("width", [1, 50, 213, 1000])
def test_blocks_of_columns_give_the_products_of_the_whole(
    directed: sp.csr_array, width: int
) -> None:
    blocks = ColumnBlocks(directed[:100], width)
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal(213), rng.standard_normal(100)
    np.testing.assert_allclose(blocks @ x, directed[:100] @ x)
    np.testing.assert_allclose(blocks.T @ y, directed[:100].T @ y)


def test_large_matrices_are_multiplied_in_blocks(
    undirected: sp.csr_array, directed: sp.csr_array, monkeypatch: pytest.MonkeyPatch
) -> None:
    def both() -> tuple[Spectrum, Spectrum]:
        return symmetric(undirected, 5), singular_spectrum(directed, 5)

    made: list[int] = []

    def blocks(matrix: sp.csr_array, width: int) -> ColumnBlocks:
        made.append(width)
        return ColumnBlocks(matrix, width)

    whole = both()
    monkeypatch.setattr(eigensolvers, "ColumnBlocks", blocks)
    monkeypatch.setattr(eigensolvers, "CACHED", 60)
    for expected, found in zip(whole, both(), strict=True):
        np.testing.assert_allclose(found.values, expected.values, rtol=1e-10)
        assert subspace_angles(found.left, expected.left).max() < 1e-7
    assert made == [60, 60]
