"""The speed benchmarks run and print their tables; what they measure is not tested."""

import importlib.util
import io
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from tests.programs import ROOT, run_program


def run(script: str, *arguments: str, cwd: Path) -> str:
    done = run_program(f"benchmarks/{script}", "--smoke", *arguments, cwd=cwd, forks=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
def test_steps_compares_methods_on_one_split(tmp_path: Path) -> None:
    text = run(
        "steps.py",
        "--skip",
        "pyg-cached",
        "dense",
        "node2vec",
        "graspologic",
        "scikit-learn",
        "ours-laplacian",
        cwd=tmp_path,
    )
    assert "gae, d = 4: one step; AUC after 5 steps" in text
    rows = {line.split("│")[1].strip(): line for line in text.splitlines() if "│" in line}
    for method in ("ours", "PyG, examples/autoencoder.py", "ours, ASE"):
        assert 0.5 < float(rows[method].split("│")[6]) < 1, rows[method]
    assert "Roofline: a step computes" in text


@pytest.mark.slow
def test_solvers_are_paired_by_split_and_kept_in_a_table(tmp_path: Path) -> None:
    text = run("solvers.py", "--table", "rows.csv", cwd=tmp_path)
    assert re.search(r"\| 2 \| newton \| default \| [+-]0\.\d{4} \([+-]", text)
    assert len((tmp_path / "rows.csv").read_text().splitlines()) == 5  # two splits, two solvers
    again = run("solvers.py", "--table", "rows.csv", cwd=tmp_path)
    assert "mushroom_body directed_factor" not in again  # nothing is run twice
    assert again.splitlines()[-1] == text.splitlines()[-1]


@pytest.mark.slow
def test_sweep_has_an_auc_for_each_cell_of_both(tmp_path: Path) -> None:
    text = run("sweep.py", cwd=tmp_path)
    for cell in ("vgae-d02", "gae-d02", "spectral-d02"):
        [row] = [line for line in text.splitlines() if f"│ {cell}" in line]
        assert all(0.5 < float(value) < 1 for value in row.split("│")[2:4]), row
    assert "20 steps under Lightning" in text


@pytest.mark.slow
def test_generated_connectomes_have_slopes_and_a_ceiling(tmp_path: Path) -> None:
    text = run("slopes.py", "--methods", "spectral", "--figure", "slopes.png", cwd=tmp_path)
    assert "slope, upper half" in text
    assert (tmp_path / "slopes.png").stat().st_size > 10_000
    text = run("generated.py", "model=spectral", "latent_dim=4", cwd=tmp_path)
    auc, ceiling = map(float, re.search(r"AUC ([\d.]+), ceiling ([\d.]+)", text).groups())  # type: ignore[union-attr]
    assert 0.5 < auc < ceiling < 1


@pytest.mark.slow
def test_cuts_keep_fewer_links_the_more_parts_there_are(tmp_path: Path) -> None:
    text = run("mouse.py", cwd=tmp_path)
    [row] = [line for line in text.splitlines() if "mushroom body" in line]
    few, many, *_ = (float(cell) for cell in row.split("│")[3:7])
    assert 100 > few > many > 0, row


@pytest.mark.slow
def test_a_drawn_brain_is_mapped_and_each_step_is_timed(tmp_path: Path) -> None:
    text = run("whole_brain.py", cwd=tmp_path)
    for step in ("reading", "nearest neighbours", "2-d map", "clusters", "fold 1 of ", "table and"):
        assert re.search(rf"  {step}.*: [\d.]+ s, [\d.]+ CPU s", text), step
    assert re.search(r"\d+ s, \d+ CPU s, peak [\d.]+ GiB, in all", text)
    assert "explorer.html: " in text


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
def test_killed_runs_end_as_if_nothing_had_happened(tmp_path: Path) -> None:
    assert "2 kills, 2 identical" in run("kills.py", cwd=tmp_path)


@pytest.mark.slow
def test_a_drawn_brain_is_matched_with_another_drawn_from_the_same_law(tmp_path: Path) -> None:
    text = run("matching.py", cwd=tmp_path)
    [found] = re.findall(r"hits@1 ([\d.]+) of those connected", text)
    assert float(found) > 0.9


@pytest.mark.slow
def test_the_question_of_homologs_is_asked_of_both_codes(tmp_path: Path) -> None:
    text = run("homologs.py", "--before", str(Path(__file__).parent.parent), cwd=tmp_path)
    assert re.search(r"^before: [\d.]+ CPU s, [\d.]+ times as many$", text, re.MULTILINE)
    rows = [line.split() for line in text.splitlines() if "graph matching" in line]
    assert len(rows) == 14
    for row in rows:
        assert row[-7] == row[-6], row  # hits@1: the same code on both sides


@pytest.mark.slow
def test_learning_curves_rise_with_their_seconds_and_are_kept_in_a_table(tmp_path: Path) -> None:
    chosen = ("--models", "factor", "spectral", "--peers", "svd")
    files = ("--table", "rows.csv", "--figure", "curves.png")
    text = run("curves.py", *chosen, *files, cwd=tmp_path)
    assert (tmp_path / "curves.png").stat().st_size > 10_000
    table = pd.read_csv(tmp_path / "rows.csv")
    points = table.groupby("method", sort=False)
    # Two epochs of what is trained, one of what is not, two fits of what has no epochs.
    expected = {"factor, newton": 2, "factor, adam": 2, "spectral": 1, "svd": 2}
    assert points.size().to_dict() == expected
    trained = table[~table.method.isin(["svd", "spectral"])].groupby("method")
    assert (trained.seconds.last() > trained.seconds.first()).all()  # the clock goes on
    assert (trained.auc.last() > 0.8).all()
    last = points.auc.last()
    assert last["svd"] == pytest.approx(last["spectral"], abs=0.01)  # both: singular vectors
    again = run("curves.py", *chosen, *files, cwd=tmp_path)
    assert again.splitlines() == text.splitlines()[-6:]  # its table alone: nothing is run twice


@pytest.mark.slow
def test_found_pairs_stand_beside_true_ones(tmp_path: Path) -> None:
    text = run("found_pairs.py", cwd=tmp_path)
    table = pd.read_csv(io.StringIO(text))
    assert list(table["true pairs"]) == [90]
    assert table["left in training, orbit by true"].item() == 0
    assert table["mirrored, found"].item() > table["permuted"].item()


@pytest.fixture(scope="module")
def reproducibility() -> ModuleType:
    """The script as a module."""
    path = ROOT / "benchmarks" / "reproducibility.py"
    spec = importlib.util.spec_from_file_location("reproducibility", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sides() -> tuple[np.ndarray, np.ndarray]:
    """Links of four neurons, and of their homologs: two of four are there, one more is."""
    here, there = np.zeros((4, 4)), np.zeros((4, 4))
    here[[0, 0, 1, 2], [1, 2, 2, 3]] = 5, 5, 7, 60
    there[[0, 1, 3], [1, 2, 0]] = 3, 7, 9
    return here, there


def test_links_persist_by_their_synapses(reproducibility: ModuleType) -> None:
    table = reproducibility.persistence(*sides()).set_index("synapses")
    assert table["links"].to_dict() == {"5": 2, "6-7": 1, "50+": 1, "all": 4}
    assert table["exist"].to_dict() == {"5": 0.5, "6-7": 1, "50+": 0, "all": 0.5}
    assert table["null"].tolist() == pytest.approx(table["exist"].tolist())  # classes of one neuron
    assert (table.low <= table.exist).all()
    assert (table.exist <= table.high).all()
    found = reproducibility.agreement(*sides())
    assert found["share"] == pytest.approx(4 / 7)
    assert found["density"] == pytest.approx(7 / 24)
    assert found["r of log counts"] == pytest.approx(1)  # of two


def test_what_the_best_score_could_be(reproducibility: ModuleType) -> None:
    table = reproducibility.ceilings(2 / 3, 0.5)
    auc, precision = table["best AUC"].tolist(), table["best AP"].tolist()
    # Half of the links are certain and the others are a third of the other pairs.
    assert auc[0] == pytest.approx(3 / 4)
    assert precision[0] == pytest.approx(1 / 2 + 1 / 4)
    # Uniform chances t: links have the density 2 t, others 2 (1 - t), precision is (1 + t) / 2.
    assert auc[1] == pytest.approx(5 / 6, abs=1e-4)
    assert precision[1] == pytest.approx(5 / 6, abs=1e-4)
    # Three quarters of the pairs have a chance of 2 / 3: a half of the others ties with the links.
    assert auc[2] == pytest.approx(3 / 4)
    assert precision[2] == pytest.approx(2 / 3)


def test_the_mirrored_link_is_a_score(reproducibility: ModuleType) -> None:
    here, there = sides()
    test = np.stack(np.nonzero(here))
    absent = {"uniform": np.array([[3, 0], [0, 3]])}  # 9 synapses on the other side, and none
    row = reproducibility.judged(there, there, test, absent)
    assert row["uniform AUC"] == pytest.approx((1 + 0.5 + 1 + 0.5) / 8)
    assert row["mirrored"] == pytest.approx(2 / 4)
    assert row["not mirrored"] == pytest.approx(1 / 4)
    second = np.zeros((4, 4))
    second[2, 3] = 1.0
    both = reproducibility.then(there, second)
    assert both[2, 3] == both[there == 0].max()
    assert np.floor(both).tolist() == there.tolist()
    against = reproducibility.opponents(here, test, 0)
    assert against["all"].shape == (2, 8)
    assert against["uniform"].shape == (2, 4)
    for pairs in against.values():
        assert (here[tuple(pairs)] == 0).all()
        assert (pairs[0] != pairs[1]).all()


@pytest.mark.slow
def test_methods_stand_beside_the_mirrored_link(tmp_path: Path) -> None:
    text = run("reproducibility.py", "--models", "lse:4", cwd=tmp_path)
    assert len(re.findall(r"(?:lse:4|mirrored link) +\d[\d.]+ ", text)) == 3
    assert " all " in text
