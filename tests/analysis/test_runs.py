import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from connectome.analysis.leaderboard import print_report, write_report
from connectome.analysis.leaderboard.summary import Report
from connectome.analysis.plotting import plot_latent_dims
from connectome.runs import Found, Run, about, find_runs, flatten, labels, save_json, summarise
from connectome.types import InputError


def run(method: str, latent_dim: int, seed: int, auc: float, **options: Any) -> Run:
    identity = {"latent_dim": latent_dim, "seed": seed, "split.seed": seed, "model.seed": seed}
    identity |= {"split.protocol": "orbit", "split.directed": False, "test": True}
    identity |= {f"model.{key}": value for key, value in options.items()}
    metrics = {"test/auc": auc, "test/ap": auc - 0.1, "seconds": 2.0 * auc}
    metrics |= {"test/links": 40, "test/negatives": 40, "test/tied": 0.0}
    return Run(Path(f"{method}-{latent_dim}-{seed}"), method, identity, metrics)


def test_summary_by_hand() -> None:
    runs = [run("gae", 2, 0, 0.8), run("gae", 2, 1, 0.9), run("spectral", 2, 0, 0.7)]
    table = summarise(runs)
    gae, spectral = table.to_dict("records")
    assert (gae["model"], gae["seeds"]) == ("gae", 2)
    assert gae["test/auc_mean"] == pytest.approx(0.85)
    assert gae["test/auc_sd"] == pytest.approx(math.sqrt(0.005))
    assert gae["test/ap_mean"] == pytest.approx(0.75)
    assert gae["seconds_mean"] == pytest.approx(1.7)
    assert math.isnan(spectral["test/auc_sd"])


def test_a_run_is_named_once_in_what_is_wrong_with_it() -> None:
    one = run("gae", 2, 0, 0.8)
    assert about(one, InputError("no factors")) == "gae-2-0: no factors"
    inside = InputError("gae-2-0/embedding.npz: corrupt")
    assert about(one, inside) == "gae-2-0/embedding.npz: corrupt"


def test_published_columns_do_not_change() -> None:
    assert ",".join(summarise([run("gae", 2, 0, 0.8)]).columns) == (
        "model,latent_dim,seeds,test/auc_mean,test/auc_sd,test/ap_mean,test/ap_sd,seconds_mean,"
        "test/links_min,test/negatives_min,test/tied_max"
    )


def test_what_figures_rest_on_is_in_the_table_and_said() -> None:
    few, constant = (run(name, 2, 0, 0.5) for name in ("few", "constant"))
    another = run("few", 2, 1, 0.5)
    few.metrics.update({"test/links": 1, "test/negatives": 1, "test/tied": 0.0})
    another.metrics.update({"test/tied": 0.25})
    constant.metrics.update({"test/tied": 1.0})
    summary = summarise([few, another, constant]).set_index("model")
    assert summary.loc["few", "test/links_min"] == 1
    assert summary.loc["few", "test/tied_max"] == 0.25
    console = Console(record=True, width=200)
    print_report(Report({"test": summary.reset_index()}, [], [], {}), console)
    lines = console.export_text().splitlines()
    assert [line for line in lines if line.startswith("warning")] == [
        "warning: constant d = 2: all scores are equal (constant score), so the AUC is .5 "
        "whatever the method",
        "warning: few d = 2: 1 links and 1 unconnected pairs; figures of fewer than 20 say little",
    ]
    assert [line for line in lines if "0.5000 constant" in line and "constant │" in line]


def test_fit_of_a_whole_graph_is_not_called_a_test(tmp_path: Path) -> None:
    predicted, fitted = run("gae", 2, 0, 0.8), run("gae", 2, 0, 0.8)
    fitted.identity["split.protocol"] = "whole"
    fitted.metrics.update({"train/auc": 0.9, "train/ap": 0.95})
    fitted.metrics.update({"train/links": 40, "train/negatives": 40, "train/tied": 0.0})
    report = write_report([predicted, fitted], tmp_path, "both")
    assert [path.name for path in report.tables] == ["summary.csv", "fit.csv"]
    fit = pd.read_csv(tmp_path / "fit.csv")
    assert fit["train/auc_mean"].tolist() == [0.9]
    assert not [name for name in fit.columns if name.startswith("test")]
    assert pd.read_csv(tmp_path / "summary.csv")["test/auc_mean"].tolist() == [0.8]
    assert not write_report([fitted], tmp_path / "fit", "one").figures


def test_variants_of_a_method_are_kept_apart() -> None:
    runs = [
        run("gae", 2, 0, 0.8, hidden_dim=32, dropout=0),
        run("gae", 2, 0, 0.9, hidden_dim=64, dropout=0),
        run("vgae", 2, 0, 0.9, hidden_dim=64, dropout=0),
    ]
    assert labels(runs) == ["gae (model.hidden_dim=32)", "gae (model.hidden_dim=64)", "vgae"]


def test_flatten() -> None:
    assert flatten({"a": {"b": 1, "c": {"d": 2}}, "e": 3}) == {"a.b": 1, "a.c.d": 2, "e": 3}


def write_run(path: Path, state: str) -> None:
    split = {"seed": 0, "protocol": "orbit", "directed": False}
    identity = {"latent_dim": 2, "seed": 0, "split": split, "test": True}
    save_json(path / "status.json", {"state": state, "identity": identity})
    if state == "complete":
        metrics = {"method": "gae", "test/auc": 0.9, "test/ap": 0.8, "seconds": 1.0}
        metrics |= {"test/links": 40, "test/negatives": 40, "test/tied": 0.0}
        save_json(path / "metrics.json", metrics)


def test_only_complete_runs_count(tmp_path: Path) -> None:
    for state in ("complete", "failed", "running", "interrupted"):
        write_run(tmp_path / state, state)
    [found] = find_runs(tmp_path).runs
    assert found.path.name == "complete"
    assert (found.method, found.latent_dim, found.seeds) == ("gae", 2, (0, 0))


def test_folders_without_complete_runs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        find_runs(tmp_path / "absent")
    write_run(tmp_path / "a", "failed")
    assert find_runs(tmp_path) == Found([])


def test_report_writes_table_and_pictures(tmp_path: Path) -> None:
    runs = [run("gae", d, s, 0.8 + d / 100) for d in (2, 4) for s in (0, 1)]
    report = write_report(runs, tmp_path, "toy")
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "latent_dims.png",
        "latent_dims.svg",
        "summary.csv",
    ]
    assert pd.read_csv(report.tables[0])["latent_dim"].tolist() == [2, 4]
    assert report.figures[0].read_bytes().startswith(b"\x89PNG")


def test_figure_draws_what_the_table_says() -> None:
    runs = [run(m, d, s, 0.7 + d / 100) for m in ("gae", "vgae") for d in (2, 4) for s in (0, 1)]
    figure = plot_latent_dims(summarise(runs), "toy")
    auc, ap = figure.axes
    assert [container.get_label() for container in auc.containers] == ["gae", "vgae"]
    assert auc.containers[0].lines[0].get_ydata().tolist() == pytest.approx([0.72, 0.74])
    assert ap.containers[0].lines[0].get_ydata().tolist() == pytest.approx([0.62, 0.64])
    # equal curves are drawn beside each other
    first, second = (container.lines[0].get_xdata() for container in auc.containers)
    assert (first < second).all()
    assert auc.get_xlabel()
    assert auc.get_ylabel()
