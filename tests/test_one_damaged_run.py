"""One damaged run among several: it is named and left out, the rest is done, the program fails."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import pandas as pd
import pytest

from connectome.analysis.leaderboard import Recomputed, differing, from_embedding, write_report
from connectome.cli.jobs.evaluate import evaluate
from connectome.cli.jobs.export import export_all, read_words
from connectome.cli.jobs.generate import generate
from connectome.cli.jobs.train import train
from connectome.cli.jobs.transfer import transfer
from connectome.config import load_config
from connectome.metrics.links import LinkMetrics
from connectome.runs import (
    AUDIT,
    BEST,
    CONFIG,
    EMBEDDING,
    METRICS,
    SCORES,
    SPLIT,
    STATUS,
    Run,
    find_runs,
    load_json,
    load_split,
    save_json,
    save_split,
)
from connectome.types import InputError

SCORED = ("benchmark=full", "benchmark.negatives=[uniform]", "benchmark.cache=null")
SHARED = ("split.directed=true", "logger=none", "callbacks.progress=null", "trainer=smoke")


def options(path: Path, *more: str) -> list[str]:
    return [f"run_dir={path}", "name=made", *SHARED, *more]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of a spectral method with a benchmark, and a model of each hemisphere."""
    folder = tmp_path_factory.mktemp("made")
    for seed in (0, 1):
        words = options(folder / f"spectral{seed}", "model=spectral", f"seed={seed}", *SCORED)
        train(load_config(words))
    for side in ("left", "right"):
        words = options(folder / "brains" / side, "model=inductive", f"data.side={side}")
        train(load_config(words))
    return folder


@pytest.fixture
def runs(made: Path, tmp_path: Path) -> Path:
    return copytree(made, tmp_path / "runs")


def damage(run: Path, name: str) -> None:
    (run / name).write_text("{")


def evaluated(runs: Path, *more: str) -> Path:
    out = runs / "checked"
    evaluate(load_config([f"runs={runs}", f"out={out}", "source=embedding", *more], "evaluate"))
    return out


@pytest.mark.parametrize("name", [METRICS, EMBEDDING, SCORES])
def test_evaluation_goes_on(runs: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    damage(runs / "spectral1", name)
    with pytest.raises(InputError, match=r"evaluation\.csv: 1 runs or tables could not be used"):
        evaluated(runs)
    assert f"error: {runs / 'spectral1' / name}: " in capsys.readouterr().err
    table = pd.read_csv(runs / "checked" / "evaluation.csv")
    whole = {"spectral0", "left", "right"}
    assert set(table["run"]) == (whole | {"spectral1"} if name == SCORES else whole)
    assert (table["difference"] < 1e-6).all()
    board = pd.read_csv(runs / "checked" / "leaderboard.csv")
    assert (board["seeds"] == (2 if name == EMBEDDING else 1)).all()


def test_a_report_goes_on(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("brains/left", "brains/right"):
        save_json(runs / name / STATUS, load_json(runs / name / STATUS) | {"state": "failed"})
    damage(runs / "spectral0", CONFIG)  # the first, whose data are read
    with pytest.raises(InputError, match="1 runs or tables could not be used"):
        evaluated(runs, "report=true", "look.questions=[maps]")
    assert f"{runs / 'spectral0' / CONFIG}: not valid YAML" in capsys.readouterr().err
    assert list((runs / "checked").glob("map*.png"))


def test_nothing_left_to_evaluate(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage(runs / "spectral1", METRICS)
    with pytest.raises(InputError, match=r"1 damaged runs were left out.*metrics\.json"):
        evaluated(runs / "spectral1")


@pytest.mark.parametrize("name", [METRICS, EMBEDDING, CONFIG])
def test_export_goes_on(runs: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    damage(runs / "spectral1", name)
    with pytest.raises(InputError, match="1 of 4 runs could not be exported"):
        export_all(*read_words([f"runs={runs}"]))
    said = capsys.readouterr()
    assert f"error: {runs / 'spectral1' / name}: " in said.err
    assert len(said.out.split()) == 3


@pytest.mark.parametrize("name", [METRICS, BEST])
def test_transfer_goes_on(runs: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    damage(runs / "brains" / "left", name)
    words = [f"runs={runs / 'brains'}", "match_starts=0", "explorer=false"]
    with pytest.raises(InputError, match="1 damaged runs were left out"):
        transfer([*words, "data=mushroom_body", "data.side=left"])
    assert f"error: {runs / 'brains' / 'left' / name}: " in capsys.readouterr().err
    links = pd.read_csv(runs / "brains" / "transfer" / "links.csv")
    assert "mushroom_body_left" in set(links["brain"])


def test_generate_goes_on(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage(runs / "spectral1", METRICS)
    for name in ("brains/left", "brains/right"):
        save_json(runs / name / STATUS, load_json(runs / name / STATUS) | {"state": "failed"})
    with pytest.raises(InputError, match="1 damaged runs were left out"):
        generate([f"runs={runs}", f"out={runs / 'drawn'}", "samples=1", "baselines=false"])
    assert f"error: {runs / 'spectral1' / METRICS}: " in capsys.readouterr().err
    assert (runs / "drawn" / "statistics.csv").is_file()


def test_lost_scores_are_told(runs: Path) -> None:
    (runs / "spectral1" / SCORES).unlink()
    report = write_report(find_runs(runs).runs, runs / "out", "toy")
    [failure] = report.failures
    assert failure.startswith(f"{runs / 'spectral1' / SCORES}: this run has lost its scores.csv")
    assert pd.read_csv(runs / "out" / "summary.csv")["seeds"].max() == 2


def test_runs_that_cannot_be_compared_keep_their_summary(runs: Path) -> None:
    path = runs / "spectral1" / STATUS
    status = load_json(path)
    save_json(path, status | {"benchmark": status["benchmark"] | {"max_sources": 7}})
    report = write_report(find_runs(runs).runs, runs / "out", "toy")
    [failure] = report.failures
    assert "benchmarks differ" in failure
    assert (runs / "out" / "summary.csv").is_file()
    assert not (runs / "out" / "leaderboard.csv").exists()


@pytest.mark.filterwarnings("ignore:.*exists and is not empty")  # that is what repeating means
@pytest.mark.parametrize("name", [STATUS, METRICS, CONFIG, EMBEDDING, SPLIT, BEST, SCORES])
def test_delete_it_and_repeat_works(runs: Path, name: str) -> None:
    run = runs / "spectral1"
    before, changed = load_json(run / METRICS), run / name
    damage(run, name)
    (run / name).unlink()
    words = options(run, "model=spectral", "seed=1", *SCORED)
    train(load_config(words))
    assert changed.stat().st_size > 2
    kept = load_json(run / METRICS)
    assert (kept["test/auc"], kept["test/ap"]) == (before["test/auc"], before["test/ap"])
    evaluated(run, "source=both")


def recomputed(auc: float, ap: float, **trained: Any) -> Recomputed:
    identity = {"split.protocol": "orbit", "test": True}
    counted = {"test/links": 40, "test/negatives": 40, "test/tied": 0.0}
    run = Run(Path("x"), "m", identity, trained and trained | counted)
    return Recomputed(run, "embedding", LinkMetrics(auc, ap, 40, 40, 0.0))


def test_nan_is_never_within_the_tolerance() -> None:
    known = {"test/auc": 0.9, "test/ap": 0.8}
    assert differing([recomputed(0.9, 0.8, **known)], 0) == []
    wrong = [
        recomputed(math.nan, 0.8, **known),
        recomputed(0.9, math.nan, **known),
        recomputed(0.9, 0.8, **{"test/auc": 0.9, "test/ap": math.nan}),
        recomputed(0.9, 0.8, **{"test/auc": math.nan, "test/ap": 0.8}),
        recomputed(0.9, 0.7, **known),
    ]
    assert differing(wrong, 1e-6) == wrong
    assert differing([recomputed(0.9, 0.8)], 0) == []  # of a checkpoint alone: nothing is known


@pytest.mark.parametrize("tolerance", [math.nan, -1.0, -1e-12, math.inf, -math.inf])
def test_a_tolerance_must_be_a_number(tolerance: float) -> None:
    with pytest.raises(InputError, match=r"tolerance=.*: must be a number from 0"):
        differing([], tolerance)


@pytest.mark.parametrize("tolerance", ["nan", "inf", "-1"])
def test_a_tolerance_is_refused_before_the_work(runs: Path, tolerance: str) -> None:
    with pytest.raises(InputError, match=r"tolerance=.*: must be a number from 0"):
        evaluated(runs, f"tolerance={tolerance}")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1.5", "-0.1", "true", '"x"', "null"])
def test_a_metric_that_is_none_is_refused(runs: Path, value: str) -> None:
    path = runs / "spectral1" / METRICS
    metrics = json.loads(path.read_text())
    path.write_text(json.dumps(metrics | {"test/auc": json.loads(value)}))
    found = find_runs(runs / "spectral1")
    assert found.runs == []
    assert "'test/auc' is" in found.damaged[0]


STRANGE: dict[str, Callable[[Path], object]] = {
    "folder instead of a file": lambda path: (path.unlink(), path.mkdir()),
    "not text": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "nested without end": lambda path: path.write_text("[" * 100_000),
    "a number without end": lambda path: path.write_text("9" * 5000),
}


@pytest.mark.parametrize("how", STRANGE)
@pytest.mark.parametrize("name", [STATUS, METRICS])
def test_strange_files_are_named(runs: Path, name: str, how: str) -> None:
    path = runs / "spectral1" / name
    STRANGE[how](path)
    [damaged] = find_runs(runs / "spectral1").damaged
    assert damaged.startswith(f"{path}: not valid JSON")


def test_a_run_whose_files_were_changed_is_not_evaluated(runs: Path) -> None:
    [run] = find_runs(runs / "spectral0").runs
    assert from_embedding(run).difference == 0
    before = (run.path / SPLIT).read_bytes()
    split = load_split(run.path / SPLIT)
    save_split(run.path / SPLIT, replace(split, test=split.train[:, :5]))
    with pytest.raises(InputError, match=r"split\.npz: not what training wrote"):
        from_embedding(run)
    with pytest.raises(InputError, match=r"split\.npz: .*train and test share 5 pairs: it leaks"):
        from_embedding(replace(run, sha256={}))
    (run.path / SPLIT).write_bytes(before)
    with pytest.raises(InputError, match=r"embedding\.npz: .*2 dimensions where the run has 9"):
        from_embedding(replace(run, identity=run.identity | {"latent_dim": 9}))
    audit = json.loads((run.path / AUDIT).read_text())
    (run.path / AUDIT).write_text(json.dumps(audit | {"passed": False}))
    with pytest.raises(InputError, match=r"split_audit\.json: says that the split leaks"):
        from_embedding(replace(run, sha256={}))
