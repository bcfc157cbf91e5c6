from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from connectome.analysis.leaderboard import write_report
from connectome.analysis.leaderboard.ablation import FULL, ablation, ablation_markdown
from connectome.config.identity import FULL as CONFIGURED
from connectome.runs import Run, labels
from connectome.types import InputError
from tests.analysis.test_leaderboard import write

# Of the full model and of two variants, by split seed; shared noise is far larger than the effect.
FULL_AUC = np.array([0.80, 0.90, 0.70])
NO_NETWORKS = FULL_AUC - np.array([0.010, 0.012, 0.014])
ONE_HOP = FULL_AUC + np.array([0.001, -0.001, 0.003])


def variant(folder: Path, name: str | None, option: str, seed: int, auc: float) -> Run:
    run = write(folder / (name or "full").replace(" ", "_"), "gae", 2, seed, auc)
    extra = {} if name is None else {"variant": name, option: 0}
    return replace(run, identity=run.identity | {option: 3} | extra)


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    made = []
    for seed in range(3):
        made.append(variant(tmp_path, "no networks", "model.layers", seed, NO_NETWORKS[seed]))
        made.append(variant(tmp_path, None, "model.layers", seed, FULL_AUC[seed]))
    return [*made, variant(tmp_path, "one hop", "model.hops", 0, ONE_HOP[0])]


def row(table: pd.DataFrame, name: str, negatives: str = "uniform") -> pd.Series:
    found = table[
        (table["variant"] == name) & (table["negatives"] == negatives) & (table["metric"] == "auc")
    ]
    assert len(found) == 1
    return found.iloc[0]


def test_differences_are_paired_and_have_the_sign_of_the_variant(runs: list[Run]) -> None:
    table = ablation(runs)
    found = row(table, "no networks", "reversed")
    assert found["mean"] == pytest.approx(NO_NETWORKS.mean() - 0.2)
    assert found["difference"] == pytest.approx(-0.012)
    low, high = stats.t.interval(0.95, 2, -0.012, stats.sem([0.010, 0.012, 0.014]))
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((low, high))
    assert found["ci_high"] < 0  # though the spread over splits is eight times the difference
    assert (found["seeds"], found["pairs"]) == (3, 3)
    assert not table["variant"].str.contains("head").any()


def test_full_model_comes_first_without_a_difference(runs: list[Run]) -> None:
    table = ablation(runs)
    assert table["variant"].iloc[0] == FULL == CONFIGURED
    assert row(table, FULL)["mean"] == pytest.approx(0.8)
    assert np.isnan(row(table, FULL)["difference"])


def test_only_shared_splits_are_compared(runs: list[Run]) -> None:
    found = row(ablation(runs), "one hop")
    assert found["pairs"] == 1
    assert found["difference"] == pytest.approx(0.001)
    assert np.isnan(found["ci_low"])


def test_markdown_shows_means_and_differences(runs: list[Run]) -> None:
    lines = ablation_markdown(ablation(runs), "t").splitlines()
    assert "## orbit split, d = 2" in lines
    (full,) = [line for line in lines if line.startswith("| full model")]
    assert "| 0.800 | 0.600 | 0.080 | 0.080 |" in full
    (less,) = [line for line in lines if line.startswith("| no networks")]
    assert "| -0.012 (-0.017 to -0.007) |" in less


def test_variants_are_called_by_their_names(runs: list[Run]) -> None:
    assert set(labels(runs)) == {"gae", "gae, no networks", "gae, one hop"}


def test_report_has_an_ablation(runs: list[Run], tmp_path: Path) -> None:
    report = write_report(runs, tmp_path, "t")
    assert {"ablation.csv", "ablation.md"} <= {path.name for path in report.tables}
    assert (tmp_path / "ablation_orbit.png").stat().st_size > 0
    written = pd.read_csv(tmp_path / "ablation.csv")
    pd.testing.assert_series_equal(written["difference"], ablation(runs)["difference"])


def test_report_without_variants_has_none(runs: list[Run], tmp_path: Path) -> None:
    write_report([run for run in runs if run.variant is None], tmp_path, "t")
    assert not (tmp_path / "ablation.csv").exists()


def test_something_must_be_whole(runs: list[Run]) -> None:
    with pytest.raises(InputError, match="no run of the full model is complete; add variant=none"):
        ablation([run for run in runs if run.variant])


def test_two_settings_of_the_full_model_are_told_apart(runs: list[Run]) -> None:
    other = replace(runs[1], identity=runs[1].identity | {"trainer.max_epochs": 7})
    with pytest.raises(InputError, match=r"'full model' stands for gae \(trainer\.max_epochs=7\)"):
        ablation([*runs, other])


def test_variants_that_change_nothing_are_named(
    runs: list[Run], caplog: pytest.LogCaptureFixture
) -> None:
    ablation(runs)
    assert caplog.messages == []
    same = replace(runs[1], identity=runs[1].identity | {"variant": "idle"})
    table = ablation([*runs, same])
    assert caplog.messages == ["ablation: 'idle' has the settings of the full model"]
    assert row(table, "idle")["difference"] == 0
