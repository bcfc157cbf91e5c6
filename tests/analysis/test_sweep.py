import os
from pathlib import Path

import pandas as pd
import pytest
from hydra._internal.core_plugins import basic_sweeper
from omegaconf import OmegaConf

from connectome.analysis.leaderboard import SweepSummary
from connectome.analysis.leaderboard.hydra_callback import _tell
from connectome.runs import SWEEP_ID, load_json, save_json
from tests.analysis.test_runs import write_run


@pytest.fixture
def sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SweepSummary:
    monkeypatch.setenv(SWEEP_ID, "")
    callback = SweepSummary()
    callback.on_multirun_start(OmegaConf.create())
    return callback


def job(path: Path, state: str, mark: str, **details: str) -> None:
    write_run(path, state)
    status = load_json(path / "status.json") | {"sweep": mark} | details
    save_json(path / "status.json", status)


def end(callback: SweepSummary, root: Path) -> None:
    callback.on_multirun_end(OmegaConf.create({"output_root": str(root), "logger": {}}))


def test_the_record_of_a_sweep_is_written_whole(sweep: SweepSummary, tmp_path: Path) -> None:
    before = tmp_path / "multirun.yaml"
    before.write_text("of an earlier sweep")
    with before.open() as reader:  # what it reads is not replaced under its hands
        basic_sweeper.OmegaConf.save(OmegaConf.create({"seed": 0}), before)
        assert reader.read() == "of an earlier sweep"
    assert before.read_text() == "seed: 0\n"
    assert [path.name for path in tmp_path.iterdir()] == ["multirun.yaml"]


def test_only_failures_of_this_sweep_count(sweep: SweepSummary, tmp_path: Path) -> None:
    job(tmp_path / "study" / "old", "failed", "another sweep")
    job(tmp_path / "study" / "new", "complete", os.environ[SWEEP_ID])
    end(sweep, tmp_path)
    assert (tmp_path / "study" / "summary.csv").is_file()
    job(tmp_path / "study" / "bad", "failed", os.environ[SWEEP_ID])
    with pytest.raises(SystemExit, match="1 of 2 jobs did not complete"):
        end(sweep, tmp_path)


def test_jobs_in_a_sweep_folder_of_its_own_count(sweep: SweepSummary, tmp_path: Path) -> None:
    job(tmp_path / "mine" / "new", "complete", os.environ[SWEEP_ID])
    hydra = {"sweep": {"dir": str(tmp_path / "mine")}}
    config = {"output_root": str(tmp_path / "outputs"), "logger": {}, "hydra": hydra}
    sweep.on_multirun_end(OmegaConf.create(config))
    assert (tmp_path / "mine" / "summary.csv").is_file()


def test_a_damaged_run_is_left_out_and_the_sweep_no_success(
    sweep: SweepSummary, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job(tmp_path / "study" / "good", "complete", os.environ[SWEEP_ID])
    job(tmp_path / "study" / "bad", "complete", os.environ[SWEEP_ID])
    (tmp_path / "study" / "bad" / "metrics.json").write_text("{")
    with pytest.raises(SystemExit, match="1 damaged runs or tables were left out of the summary"):
        end(sweep, tmp_path)
    assert "bad/metrics.json: not valid JSON" in capsys.readouterr().err
    assert pd.read_csv(tmp_path / "study" / "summary.csv")["seeds"].tolist() == [1]


def test_equal_messages_are_printed_once_with_the_number_of_jobs(
    sweep: SweepSummary, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = tmp_path / "study"
    errors = {"a": "InputError: latent_dim=999", "b": "InputError: latent_dim=999", "c": "OSError"}
    for name in ("d", "e"):  # each names its own folder
        errors[name] = f"InputError: {study / name}: holds a run on other data"
    for name, error in errors.items():
        job(study / name, "failed", os.environ[SWEEP_ID], error=error)
    for name in ("f", "g"):
        job(study / name, "not applicable", os.environ[SWEEP_ID], error="no types")
    with pytest.raises(SystemExit, match="5 of 7 jobs did not complete"):
        end(sweep, tmp_path)
    assert capsys.readouterr().err.splitlines() == [
        "left out: 2 jobs, the first f: no types",
        f"error: 2 jobs, the first {study / 'a'}: InputError: latent_dim=999",
        f"error: {study / 'c'}: OSError",
        f"error: 2 jobs, the first {study / 'd'}: InputError: holds a run on other data",
    ]


def test_damage_in_another_study_does_not_hide_a_failure(
    sweep: SweepSummary, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job(tmp_path / "study" / "bad", "failed", os.environ[SWEEP_ID])
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "status.json").write_text("{")
    with pytest.raises(SystemExit, match="1 of 1 jobs did not complete"):
        end(sweep, tmp_path)
    assert "warning" in capsys.readouterr().err


def test_what_ended_a_job_is_told_without_its_folder_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    one, other = Path("outputs/one"), Path("outputs/other")
    _tell("error", {one: f"{one.resolve()}: has moved", other: f"{other}: has moved"})
    assert capsys.readouterr().err == f"error: 2 jobs, the first {one}: has moved\n"
