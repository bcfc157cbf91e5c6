"""``data.pairs=matched`` as a user types it: found once, kept with runs, never scored."""

import json
from dataclasses import replace
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

import numpy as np
import pandas as pd
import pytest

import connectome
from connectome.analysis.latent import homolog_table
from connectome.analysis.neuron_matching import found, pairs_file, read_truth
from connectome.analysis.transfer.homologs import known_pairs
from connectome.cli.jobs.describe import print_facts
from connectome.cli.jobs.leakage import print_leakage
from connectome.cli.jobs.match.read import match
from connectome.cli.jobs.train import train_once
from connectome.config import build, load_config, quietly
from connectome.data.neurons import FOUND_REMARK, homologs
from connectome.runs import BEST, load_data_config, read_status
from connectome.training.loop import restore
from connectome.types import Connectome, InputError, NotApplicableError
from tests.cli.refusals import refused
from tests.programs import run_program

N = 120
QUICK = ("model=spectral", "logger=none", "~callbacks.progress", "split.protocol=orbit")
TABLE = ("data=table", "data.edges=edges.csv", "data.neurons=neurons.csv")
MATCHED = (*TABLE, "data.pairs=matched")


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A brain whose right side is wired as its left one, of neurons ``k`` and ``k + 120``."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    pre, post = np.divmod(rng.permutation(N * N)[:1500], N)
    within = np.stack([pre, post])[:, pre != post]
    across = within[:, :300] + np.array([[0], [N]])
    both = np.concatenate([within, within + N, across, (across + N) % (2 * N)], axis=1)
    pd.DataFrame(both.T, columns=["pre", "post"]).to_csv("edges.csv", index=False)
    write_sides(np.repeat(["left", "right"], N))
    return tmp_path / "outputs" / "study"


def write_sides(sides: np.ndarray) -> None:
    table = {"neuron_id": range(2 * N), "hemisphere": sides}
    pd.DataFrame(table).to_csv("neurons.csv", index=False)


@pytest.fixture
def matchings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One for each time that two sides are matched."""
    seen: list[str] = []
    real = found.match_brains

    def counted(brain: Connectome, *rest: Any) -> Any:
        seen.append(brain.name)
        return real(brain, *rest)

    monkeypatch.setattr(found, "match_brains", counted)
    return seen


def train(folder: str, *words: str) -> Path:
    """A run in a folder of the study."""
    path = Path("outputs/study") / folder
    with quietly():
        train_once(load_config([*MATCHED, *QUICK, "name=study", f"run_dir={path}", *words]))
    return path


def test_jobs_of_a_study_and_a_resumed_run_share_what_is_found_once(
    study: Path, matchings: list[str]
) -> None:
    one, two = train("one"), train("two", "seed=1")
    assert matchings == ["edges_left"]
    [table] = study.glob("pairs-*.csv")
    assert not list(study.rglob("*.part"))
    for run in (one, two):
        assert (run / "pairs.csv").read_text() == table.read_text()
        assert read_status(run)["state"] == "complete"
        assert load_data_config(run)["pairs"] == str(run / "pairs.csv")
        brain: Connectome = build(load_data_config(run))
        mate = homologs(brain).numpy()
        assert (mate[:N] == np.arange(N) + N).mean() > 0.9
        assert brain.found_pairs
    assert read_status(one)["pairs"] == read_status(two)["pairs"]
    made = (one / "embedding.npz").stat().st_mtime_ns
    train("one")
    assert (one / "embedding.npz").stat().st_mtime_ns == made  # it is complete: skipped
    status = json.loads((one / "status.json").read_text())
    (one / "status.json").write_text(json.dumps(status | {"state": "interrupted"}))
    train("one")
    assert read_status(one)["state"] == "complete"
    assert matchings == ["edges_left"]


def test_other_sides_are_matched_anew_and_not_taken_for_the_same(
    study: Path, matchings: list[str]
) -> None:
    train("one")
    write_sides(np.repeat(["right", "left"], N))
    with pytest.raises(SystemExit, match="2"):
        train("one")
    assert len(matchings) == len(list(study.glob("pairs-*.csv"))) == 2
    assert read_status(Path("outputs/study/one"))["state"] == "complete"


def test_a_run_is_read_where_its_study_is_not(study: Path) -> None:
    run = train("one")
    copytree(run, "moved")
    rmtree(study)
    assert build(load_data_config(Path("moved"))).found_pairs
    assert restore(Path("moved") / BEST, build).datamodule.connectome.found_pairs
    Path("moved/pairs.csv").unlink()
    with pytest.raises(InputError, match=r"moved/pairs\.csv: is missing.*\+data\.pairs=FILE"):
        load_data_config(Path("moved"))


def test_a_sweep_and_its_evaluation(study: Path) -> None:
    words = (*MATCHED, *QUICK, "name=study", "seed=0,1", "latent_dim=2", "split.directed=true")
    done = run_program("train.py", "-m", *words, cwd=Path.cwd())
    assert done.returncode == 0, done.stderr
    assert (done.stdout + done.stderr).count("matching its left side with its right one") == 1
    done = run_program("evaluate.py", "runs=outputs/study", cwd=Path.cwd())
    assert done.returncode == 0, done.stderr
    assert "largest difference to training: 0" in done.stdout
    run = next(path.parent for path in study.rglob("pairs.csv"))
    done = run_program(
        "connectome", "generate", f"runs={run}", "samples=1", "keep=0", "source=posterior",
        "baselines=false", cwd=Path.cwd(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"note: {FOUND_REMARK}" in done.stdout
    assert "symmetry" in done.stdout


def test_commands_that_leave_nothing(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(Path.cwd().rglob("*"))
    print_facts(load_config([*MATCHED, "name=study"]), as_json=False)
    said = " ".join(capsys.readouterr().out.split())
    assert "left-right pairs found from wiring: confidence" in said
    assert FOUND_REMARK in said
    print_leakage(load_config([*MATCHED, "name=study", "split.directed=true"]))
    said = capsys.readouterr().out
    assert "orbit" in said
    assert f"note: {FOUND_REMARK}" in said
    assert sorted(Path.cwd().rglob("*")) == before
    brain = connectome.load("table", edges="edges.csv", neurons="neurons.csv", pairs="matched")
    assert brain.found_pairs
    assert sorted(Path.cwd().rglob("*")) == before


def test_a_run_without_two_sides_says_what_is_missing(study: Path) -> None:
    bare = {"edges": "edges.csv", "pairs": "matched"}
    with pytest.raises(InputError, match=r"data\.pairs=matched: there are no two sides"):
        connectome.load("table", **bare)
    write_sides(np.repeat("left", 2 * N))
    with pytest.raises(InputError, match="edges has no neuron on the right"):
        connectome.load("table", neurons="neurons.csv", **bare)
    with pytest.raises(InputError, match="is several brains"):
        connectome.load("mushroom_body", side="both", pairs="matched")


def test_other_commands_ask_for_the_file(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(match, capsys, *MATCHED)
    assert "data.pairs=matched: they are found by train, describe, leakage" in said
    match((*TABLE, "controls=false", "explorer=false", "out=matched"))
    file = ("data.pairs=matched/pairs.csv", "out=again")
    said = refused(match, capsys, *TABLE, *file, "truth=pair_id")
    assert "truth=pair_id would be scored by pairs that were found from wiring" in said
    assert "leave data.pairs out, and give known homologs as 'pair_id'" in said


def test_nothing_is_scored_by_found_pairs(study: Path) -> None:
    bare = {"edges": "edges.csv", "neurons": "neurons.csv"}
    brain = connectome.load("table", **bare, pairs="matched")
    why = "would be scored by pairs that were found from wiring"
    with pytest.raises(NotApplicableError, match=f"held-out homologs {why}"):
        homolog_table(brain, {})
    with pytest.raises(NotApplicableError, match=f"homologs {why}"):
        known_pairs(brain, brain)
    with pytest.raises(InputError, match=f"truth=pair_id {why}"):
        read_truth(brain, brain, "pair_id")
    assert len(read_truth(replace(brain, found_pairs=False), brain, "hemisphere").pairs) == 0


def test_what_a_killed_process_left_is_not_taken(study: Path, matchings: list[str]) -> None:
    brain = connectome.load("table", edges="edges.csv", neurons="neurons.csv")
    path = pairs_file(brain, study)
    whole = path.read_text()
    path.rename(path.with_name(f"{path.name}.99999999@elsewhere.part"))  # half written
    assert pairs_file(brain, study).read_text() == whole
    assert len(matchings) == 2
