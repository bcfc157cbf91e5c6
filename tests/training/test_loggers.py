"""What W&B's environment variables do, in single runs and in sweeps."""

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import wandb
from omegaconf import OmegaConf

from connectome.analysis.leaderboard import Place, SweepSummary, send, workspace
from connectome.analysis.leaderboard.to_wandb import dimension_charts
from connectome.cli.dashboard import run
from connectome.config import load_config
from connectome.runs import SWEEP_ID
from connectome.runtime import tracking
from connectome.training.loop import finish_loggers
from connectome.training.loop.loggers import wandb_logger
from connectome.types import InputError
from tests.wandb_records import records


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No variable of the user, no key, and a service of W&B that is started anew."""
    for name in [*os.environ, SWEEP_ID]:
        if name.startswith("WANDB") or name == SWEEP_ID:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "absent"))
    yield
    wandb.teardown()
    for name in tracking.QUIET:
        os.environ.pop(name, None)


def log_one(folder: Path, name: str = "usual", offline: bool | None = None) -> wandb.Run:
    [logger] = wandb_logger(str(folder), name, "study", None, "project", offline, 20)
    run = logger.experiment
    finish_loggers(failed=False)
    return run


def place(folder: Path, offline: bool | None) -> Place:
    return Place(folder, "summary", "group", "report", offline)


@pytest.mark.parametrize("how", ["option", "WANDB_MODE", "report"])
def test_online_without_a_key_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how == "WANDB_MODE":
        monkeypatch.setenv("WANDB_MODE", "online")
    ways = {
        "option": lambda: log_one(tmp_path, offline=False),
        "WANDB_MODE": lambda: log_one(tmp_path, offline=None),
        "report": lambda: send({}, [], place(tmp_path, offline=False)),
    }
    with pytest.raises(InputError, match=r"W&B: no key.*logger\.offline=false"):
        ways[how]()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("variables", "offline", "expected"),
    [
        ({}, None, "offline"),
        ({}, True, "offline"),
        ({}, False, "online"),
        ({"WANDB_MODE": "online"}, None, "online"),
        ({"WANDB_MODE": "offline"}, None, "offline"),
        ({"WANDB_MODE": "dryrun"}, None, "offline"),
        ({"WANDB_MODE": "offline"}, False, "online"),  # what is typed wins
        ({"WANDB_MODE": "online"}, True, "offline"),
        ({"WANDB_MODE": "disabled"}, None, "disabled"),
        ({"WANDB_MODE": "disabled"}, False, "disabled"),  # but nothing wins over off
        ({"WANDB_DISABLED": "true"}, None, "disabled"),
        ({"WANDB_DISABLED": "false"}, None, "offline"),
    ],
)
def test_mode(
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    offline: bool | None,
    expected: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert tracking.mode(offline) == expected


def test_an_unknown_mode_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "of")
    with pytest.raises(InputError, match="WANDB_MODE=of: choose one of online, offline, disabled"):
        tracking.mode(None)


def test_disabled_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert wandb_logger(str(tmp_path), "run", "study", None, "project", None, 20) == []
    send({}, [], place(tmp_path, offline=True))
    assert not list(tmp_path.iterdir())


def test_each_job_of_a_sweep_is_a_run_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"RUN_ID": "abc123", "NAME": "mine", "RESUME": "must"}.items():
        monkeypatch.setenv(f"WANDB_{name}", value)
    monkeypatch.setenv(SWEEP_ID, "")
    SweepSummary().on_multirun_start(OmegaConf.create({"logger": {"offline": None}}))
    assert capsys.readouterr().err == (
        "warning: WANDB_RUN_ID, WANDB_NAME, WANDB_RESUME: not used, since each job of a sweep is "
        "a W&B run of its own\n"
    )
    monkeypatch.setenv("WANDB_RUN_ID", "abc123")  # a node of a cluster may bring it again
    runs = [log_one(tmp_path / str(seed)) for seed in range(2)]
    send({}, [], place(tmp_path, offline=None))
    ids = {path.stem for path in tmp_path.rglob("run-*.wandb")}
    assert len(ids) == 3
    assert "run-abc123" not in ids
    assert [run.name for run in runs] == ["usual", "usual"]


def test_a_single_run_does_as_the_variables_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"RUN_ID": "abc123", "DIR": str(tmp_path / "elsewhere"), "ENTITY": "lab"}
    for name, value in given.items():
        monkeypatch.setenv(f"WANDB_{name}", value)
    run = log_one(tmp_path / "run")
    assert (run.id, run.entity) == ("abc123", "lab")
    assert len(list((tmp_path / "elsewhere").rglob("run-abc123.wandb"))) == 1
    assert not (tmp_path / "run").exists()


def test_variables_count_where_nothing_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    options = ("group", "project")
    usual = load_config(["name=study"]).logger
    assert [usual[key] for key in options] == [None, tracking.PROJECT]
    monkeypatch.setenv("WANDB_RUN_GROUP", "g")
    monkeypatch.setenv("WANDB_PROJECT", "p")
    said = load_config(["name=study"]).logger
    assert [said[key] for key in options] == ["g", "p"]
    typed = load_config(["logger.group=a", "logger.project=b"]).logger
    assert [typed[key] for key in options] == ["a", "b"]


@pytest.mark.parametrize("what", ["DATA", "CACHE"])
def test_folders_that_cannot_be_written_turn_it_off_with_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    (tmp_path / "file").touch()  # root may write everywhere, but in no file
    monkeypatch.setenv(f"WANDB_{what}_DIR", str(tmp_path / "file" / "home"))
    with caplog.at_level(logging.WARNING):
        assert wandb_logger(str(tmp_path / "run"), "run", "s", None, "p", None, 20) == []
    [record] = caplog.records
    assert record.getMessage().startswith(f"W&B is off: {tmp_path / 'file' / 'home'}: Not a dir")
    assert not (tmp_path / "run").exists()


def test_a_run_says_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_TAGS", "mine, gae")
    monkeypatch.setenv(SWEEP_ID, "20261129-140312-3fa2b1c9")
    [logger] = wandb_logger(
        str(tmp_path), "run", "study", None, "p", None, 20, ["gae", "orbit"], "a note"
    )
    logger.log_metrics({"test/auc": 0.75, "seconds": 3.0})
    finish_loggers(failed=False)
    wandb.teardown()  # before that the file may be short
    found = list(records(next(tmp_path.rglob("run-*.wandb"))))
    [run] = [record.run for record in found if record.HasField("run")]
    assert (run.run_group, run.job_type, run.notes) == (
        "study-20261129-140312-3fa2b1c9",
        "train",
        "a note",
    )
    assert sorted(run.tags) == ["gae", "mine", "orbit"]
    summary = {
        ".".join(item.nested_key) or item.key: item.value_json
        for record in found
        if record.HasField("summary")
        for item in record.summary.update
    }
    assert (summary["test/auc"], summary["seconds"]) == ("0.75", "3")


@pytest.mark.parametrize(("group", "expected"), [(None, "study"), ("mine", "mine")])
def test_a_single_run_is_in_the_group_of_its_study(
    tmp_path: Path, group: str | None, expected: str
) -> None:
    wandb_logger(str(tmp_path), "run", "study", group, "p", None, 20)
    finish_loggers(failed=False)
    wandb.teardown()
    found = records(next(tmp_path.rglob("run-*.wandb")))
    assert [r.run.run_group for r in found if r.HasField("run")] == [expected]


def test_charts_have_a_line_a_method(tmp_path: Path) -> None:
    summary = pd.DataFrame(
        {
            "model": ["vgae", "gae", "vgae", "shared_partners"],
            "latent_dim": pd.array([8, 2, 2, None], dtype="Int64"),
            "test/auc_mean": [0.9, 0.8, 0.7, 0.6],
            "test/ap_mean": [0.91, 0.81, 0.71, 0.61],
        }
    )
    charts = dimension_charts({"test": summary, "val": summary})
    assert set(charts) == {"auc_by_latent_dim", "ap_by_latent_dim"}
    table = charts["ap_by_latent_dim"].table
    assert table.columns == ["step", "lineKey", "lineVal"]
    points = [(2, "gae", 0.81), (2, "vgae", 0.71), (8, "vgae", 0.91)]
    assert sorted(map(tuple, table.data)) == points
    untested = {"val": summary}
    without = {"test": summary[summary["latent_dim"].isna()]}
    assert dimension_charts(untested) == dimension_charts(without) == {}
    send({"summary": summary}, [], place(tmp_path, offline=True), charts)
    wandb.teardown()
    [record] = tmp_path.rglob("run-*.wandb")
    assert b"wandb/lineseries" in record.read_bytes()


def test_the_saved_view_shows_trained_runs_by_method_and_dimension() -> None:
    model = workspace("lab", "study", "view", "sweep")._to_model()
    section = json.loads(model.model_dump_json(by_alias=True))["spec"]["section"]
    [runs] = section["runSets"]
    filters = [(one["key"]["name"], one["op"], one["value"]) for one in runs["filters"]["filters"]]
    assert filters == [("jobType", "=", "train"), ("group", "=", "sweep")]
    assert [key["name"] for key in runs["grouping"]] == ["method.value", "latent_dim.value"]
    sections = section["panelBankConfig"]["sections"]
    assert [(one["name"], len(one["panels"])) for one in sections] == [
        ("Comparison", 4),
        ("Cost", 3),
        ("Training", 3),
    ]
    first = sections[0]["panels"][0]["config"]
    assert (first["xAxis"], first["yAxis"]) == ("config:latent_dim.value", "summary:test/auc")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["study"], "study: write ENTITY/PROJECT"),
        (["lab/study/view"], "lab/study/view: write ENTITY/PROJECT"),
        (["lab/study"], "W&B: no key; set WANDB_API_KEY or run 'wandb login'"),
    ],
)
def test_a_view_needs_a_project_and_a_key(words: list[str], expected: str) -> None:
    with pytest.raises(InputError) as refused:
        run(words)
    assert str(refused.value).startswith(expected)
