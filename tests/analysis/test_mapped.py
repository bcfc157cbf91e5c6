import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from connectome.analysis.out_of_core import EdgeFile, embed_edge_file
from connectome.models.spectral import adjacency, fit_spectral, largest
from connectome.types import Connectome, InputError
from tests.programs import run_program


@pytest.fixture
def edges(tmp_path: Path, mushroom: Connectome) -> Path:
    np.save(tmp_path / "edges.npy", mushroom.edge_index.numpy())
    return tmp_path / "edges.npy"


@pytest.mark.parametrize("variant", ["ase", "lse", "laplacian"])
@pytest.mark.parametrize("directed", [True, False])
def test_factors_equal_those_in_memory(
    edges: Path, tmp_path: Path, variant: str, directed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectome.analysis.out_of_core.BATCH", 500)  # several batches
    if variant == "laplacian" and directed:
        with pytest.raises(InputError, match="variant=laplacian: knows no directions"):
            embed_edge_file(edges, tmp_path / "out", 4, variant, directed)
        return
    report = embed_edge_file(edges, tmp_path / "out", 4, variant, directed, max_memory=2**17)
    matrix = adjacency(np.load(edges), 213, directed)
    inside = largest(matrix) if variant == "laplacian" else None
    exact = fit_spectral(variant, matrix, 4, directed, "lanczos", inside=inside)
    for name, factors in (("source", exact.source), ("target", exact.target)):
        found = np.load(tmp_path / "out" / f"{name}.npy")
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, factors, atol=1e-5)
    assert report == json.loads((tmp_path / "out" / "spectrum.json").read_text())
    assert (report["neurons"], report["edges"]) == (213, matrix.nnz)
    assert report["solver"] == "lanczos"
    if variant != "laplacian":
        np.testing.assert_allclose(report["values"], (exact.source**2).sum(axis=0))


def test_isolated_neurons_at_the_end_are_named(edges: Path, tmp_path: Path) -> None:
    report = embed_edge_file(edges, tmp_path / "out", 4, "laplacian", num_neurons=220)
    assert report["neurons_outside_component"] == 7
    assert not np.load(tmp_path / "out" / "source.npy")[213:].any()


def test_bad_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.npy: no array file of edges \(No such file"):
        EdgeFile(tmp_path / "missing.npy")
    (tmp_path / "text.npy").write_text("pre,post")
    with pytest.raises(InputError, match=r"text\.npy: .* \(not in numpy's format\); write"):
        EdgeFile(tmp_path / "text.npy")
    np.save(tmp_path / "rows.npy", np.zeros((5, 2), int))
    with pytest.raises(InputError, match=r"shape \(5, 2\); give integers \[2, M\]"):
        EdgeFile(tmp_path / "rows.npy")


def test_bad_options_are_refused(edges: Path, tmp_path: Path) -> None:
    for options, message in (
        ({"variant": "svd"}, "variant=svd: choose one of ase, laplacian, lse"),
        ({"num_neurons": 9}, r"edges\.npy: position 212, but 9 neurons \(--neurons\); give 213"),
        ({"solver": "dense"}, "solver=dense: choose one of"),
        ({"latent_dim": 213}, "latent_dim=213"),
        ({"latent_dim": 0}, r"latent_dim=0 \(--dim\): choose 1 to 212"),
        ({"max_memory": 2**10}, r"max_memory=1024 bytes: a neuron with .* \(1 MiB\)"),
    ):
        with pytest.raises(InputError, match=message):
            embed_edge_file(**{"edges": edges, "out": tmp_path / "o", "latent_dim": 4} | options)
        assert {path.name for path in tmp_path.iterdir()} == {"edges.npy"}, "nothing is left behind"


def test_a_result_is_not_written_over(edges: Path, tmp_path: Path) -> None:
    embed_edge_file(edges, tmp_path / "out", 4)
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    with pytest.raises(InputError, match=r"out: is in use; give a new folder"):
        embed_edge_file(edges, tmp_path / "out", 3)
    after = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert after == before
    (tmp_path / "empty").mkdir()
    mode = (tmp_path / "empty").stat().st_mode
    assert (tmp_path / "out").stat().st_mode == mode, "readable as any other folder"
    embed_edge_file(edges, tmp_path / "empty", 3)
    assert np.load(tmp_path / "empty" / "source.npy").shape == (213, 3)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[0, -1], [1, 2]], "position -1; positions count from 0"),
        ([[0, 720575940600000000], [1, 2]], "position 720575940600000000; give positions from 0"),
        ([[], []], "no edges"),
    ],
)
def test_edges_that_are_no_positions_are_refused(
    tmp_path: Path, values: list[list[int]], message: str
) -> None:
    np.save(tmp_path / "edges.npy", np.array(values, dtype=np.int64))
    with pytest.raises(InputError, match=rf"edges\.npy: {message}"):
        embed_edge_file(tmp_path / "edges.npy", tmp_path / "out", 1)
    assert not (tmp_path / "out").exists()


def test_the_command(edges: Path, tmp_path: Path) -> None:
    def spectral(*options: str) -> subprocess.CompletedProcess[str]:
        return run_program("-m", "connectome", "spectral", *options, cwd=tmp_path)

    out = tmp_path / "out"
    done = spectral(str(edges), "--dim", "3", "--out", str(out), "--variant", "lse", "--directed")
    assert json.loads(done.stdout) == json.loads((out / "spectrum.json").read_text())
    assert np.load(out / "source.npy").shape == (213, 3)
    wrong = spectral("nowhere.npy", "--dim", "3", "--out", str(tmp_path / "other"))
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("error: nowhere.npy: no array file")
    assert wrong.stderr.count("\n") == 1
