import json
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.linalg import subspace_angles

from connectome.models.spectral import CONNECTED, MappedGraph, adjacency, fit_spectral, largest
from connectome.models.spectral.out_of_core import EDGE_BYTES, row_blocks
from connectome.types import Connectome, InputError

SMALL = 64 * EDGE_BYTES


def random_edges(n: int = 50, count: int = 400) -> np.ndarray:
    return np.random.default_rng(0).integers(n - 1, size=(2, count))  # the last one is isolated


def batches(edges: np.ndarray, size: int = 70) -> list[np.ndarray]:
    return [edges[:, i : i + size] for i in range(0, edges.shape[1], size)]


@pytest.fixture
def written(tmp_path: Path) -> MappedGraph:
    return MappedGraph.write(tmp_path, batches(random_edges()), 50, max_memory=SMALL)


@pytest.mark.parametrize("directed", [True, False])
@pytest.mark.parametrize("memory", [SMALL, 2**20])
def test_products_equal_those_in_memory(tmp_path: Path, directed: bool, memory: int) -> None:
    edges = random_edges()
    matrix = adjacency(edges, 50, directed)
    graph = MappedGraph.write(tmp_path, batches(edges), 50, directed, memory)
    assert graph.num_edges == matrix.nnz  # repeats count once
    block = np.random.default_rng(1).standard_normal((50, 3))
    np.testing.assert_allclose(graph @ block, matrix @ block)
    np.testing.assert_allclose(graph.T @ block, matrix.T @ block)
    np.testing.assert_allclose(graph @ block[:, 0], matrix @ block[:, 0])
    np.testing.assert_allclose(graph.T @ block[:, 0], matrix.T @ block[:, 0])
    again = MappedGraph.open(tmp_path)
    assert again.directed == directed
    np.testing.assert_allclose(again @ block, matrix @ block)


def test_files_do_not_depend_on_batches_or_memory(tmp_path: Path) -> None:
    edges = random_edges()
    shuffled = edges[:, np.random.default_rng(1).permutation(edges.shape[1])]
    MappedGraph.write(tmp_path / "a", batches(edges), 50, max_memory=SMALL)
    MappedGraph.write(tmp_path / "b", [shuffled], 50)
    for name in ("indptr.npy", "indices.npy", "graph.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == [
        "graph.json",
        "indices.npy",
        "indptr.npy",
    ]


def test_blocks_are_bounded(written: MappedGraph) -> None:
    # 400 edges at most, 64 a block at most: 7 blocks or more, and the working set never exceeds
    sizes = np.diff(written.indptr[written.blocks])
    assert sizes.sum() == written.num_edges
    assert sizes.max() * EDGE_BYTES <= SMALL
    assert len(sizes) >= -(-written.num_edges // 64)
    assert (sizes[:-1] + sizes[1:] > 64).all()  # no two could be one
    whole = MappedGraph.open(written.path)
    assert len(whole.blocks) == 2


def test_every_edge_is_read_once_a_product(
    written: MappedGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    real = MappedGraph.row_block
    monkeypatch.setattr(MappedGraph, "row_block", lambda self, i: read.append(i) or real(self, i))
    written @ np.ones((50, 9))
    assert read == list(range(len(written.blocks) - 1))


def test_row_blocks_by_hand() -> None:
    indptr = np.array([0, 2, 2, 5, 6, 9, 9])
    assert row_blocks(indptr, 5 * EDGE_BYTES).tolist() == [0, 3, 6]
    assert row_blocks(indptr, 4 * EDGE_BYTES).tolist() == [0, 2, 4, 6]
    assert row_blocks(np.zeros(1, int), 1).tolist() == [0]
    with pytest.raises(InputError, match="max_memory=100 bytes: a neuron with 3 edges needs 192"):
        row_blocks(indptr, 100)


@pytest.mark.parametrize("variant", ["ase", "lse", "laplacian", "diffusion"])
@pytest.mark.parametrize("directed", [True, False])
@pytest.mark.parametrize("solver", ["lanczos", "randomized"])
def test_embeddings_equal_those_in_memory(
    tmp_path: Path, mushroom: Connectome, variant: str, directed: bool, solver: str
) -> None:
    directed = directed and variant not in CONNECTED
    edges, n = mushroom.edge_index.numpy(), mushroom.num_neurons
    graph = MappedGraph.write(tmp_path, batches(edges, 999), n, directed, 2**17)
    assert len(graph.blocks) > 2
    matrix = adjacency(edges, n, directed)
    exact = fit_spectral(variant, matrix, 6, directed, "lanczos")
    found = fit_spectral(variant, graph, 6, directed, solver)
    assert found.solver == solver
    assert subspace_angles(found.source, exact.source).max() < 1e-4
    np.testing.assert_allclose(found.source, exact.source, atol=1e-5)
    np.testing.assert_allclose(found.target, exact.target, atol=1e-5)


def disconnected() -> tuple[np.ndarray, int]:
    triangle = np.array([[50, 51, 52], [51, 52, 50]])
    return np.concatenate([triangle, random_edges()], axis=1), 54


@pytest.mark.parametrize("whole", [True, False])
def test_eigenmaps_of_a_disconnected_graph(tmp_path: Path, whole: bool) -> None:
    edges, n = disconnected()
    matrix = adjacency(edges, n, directed=False)
    graph = MappedGraph.write(tmp_path, [edges], n, False, 128 * EDGE_BYTES)
    labels = graph.components()
    assert len(np.unique(labels)) == 4  # 49 neurons, the triangle, two alone
    assert graph.largest().tolist() == largest(matrix).tolist() == list(range(49))
    inside = None if whole else graph.largest()
    found = fit_spectral("laplacian", graph, 4, False, inside=inside)
    exact = fit_spectral("laplacian", matrix, 4, False, inside=inside)
    if whole:  # an eigenvalue that components share has no single vectors, but one space
        values = [fit.source[:, :3] for fit in (found, exact)]
        ones = np.ones((n, 1))
        spaces = [np.hstack([ones, value]) for value in values]
        assert subspace_angles(*spaces).max() < 1e-4
    else:
        np.testing.assert_allclose(found.source, exact.source, atol=1e-5)
        assert not found.source[49:].any()


def flip_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-4] ^= 1
    path.write_bytes(bytes(data))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


@pytest.mark.parametrize("name", ["indptr.npy", "indices.npy", "graph.json"])
@pytest.mark.parametrize("harm", [cut, Path.unlink, lambda path: path.write_bytes(b"")])
def test_incomplete_files_are_refused(written: MappedGraph, name: str, harm: object) -> None:
    harm(written.path / name)  # type: ignore[operator]
    with pytest.raises(InputError, match="write") as refusal:
        MappedGraph.open(written.path)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["indptr.npy", "indices.npy"])
def test_damaged_files_are_refused(written: MappedGraph, name: str) -> None:
    flip_a_byte(written.path / name)
    with pytest.raises(InputError, match=r"damaged|do not match"):
        MappedGraph.open(written.path)


def test_files_of_another_graph_are_refused(tmp_path: Path, written: MappedGraph) -> None:
    other = MappedGraph.write(tmp_path / "other", [random_edges(50, 300)], 50)
    (written.path / "indices.npy").write_bytes((other.path / "indices.npy").read_bytes())
    with pytest.raises(InputError, match="do not match"):
        MappedGraph.open(written.path)


def test_columns_outside_are_refused(written: MappedGraph) -> None:
    indices = np.load(written.path / "indices.npy")
    indices[3] = 50
    np.save(written.path / "indices.npy", indices)
    with pytest.raises(InputError, match="a column lies outside the 50 neurons"):
        MappedGraph.open(written.path)


@pytest.mark.parametrize("record", [[], {"format": "other"}, {"format": None}])
def test_records_of_another_kind_are_refused(written: MappedGraph, record: object) -> None:
    (written.path / "graph.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match=r"graph.json: not of format|no complete mapped graph"):
        MappedGraph.open(written.path)


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        ([np.zeros((3, 2), int)], r"int64 of shape \(3, 2\); give integers \[2, M\]"),
        ([np.zeros((2, 2))], "float64 of shape"),
        ([np.array([[0], [9]])], "outside the 9 neurons"),
        ([np.array([[-1], [0]])], "outside the 9 neurons"),
        (iter([np.array([[0], [1]])]), "a generator can be read only once"),
    ],
)
def test_bad_edges_are_refused(tmp_path: Path, stream: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        MappedGraph.write(tmp_path, stream, 9)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no complete mapped graph"):
        MappedGraph.open(tmp_path)


def test_a_graph_without_edges(tmp_path: Path) -> None:
    graph = MappedGraph.write(tmp_path, [], 4)
    assert graph.num_edges == 0
    assert not (graph @ np.ones((4, 2))).any()
    assert sp.csr_array((4, 4)).nnz == graph.num_edges
