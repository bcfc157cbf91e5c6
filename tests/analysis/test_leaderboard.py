from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from connectome.analysis.leaderboard import write_report
from connectome.analysis.leaderboard.markdown import as_markdown
from connectome.analysis.leaderboard.tables import (
    COLUMNS,
    breakdown,
    calibration,
    collect,
    differences,
    leaderboard,
)
from connectome.runs import Run, sha256
from connectome.types import InputError

REGIMES = ("uniform", "reversed")
NOISE = np.random.default_rng(0).normal(size=100) / 100


def write(folder: Path, method: str, dim: int | None, seed: int, auc: float) -> Run:
    """A run whose own score has ``auc`` with uniform negatives, and the head 0.01 more."""
    path = folder / f"{method}-{dim}-{seed}"
    path.mkdir(parents=True)
    rows, bins = [], []
    for score, more in (("native", 0.0), ("head", 0.01)):
        for negatives, less in (("uniform", 0.0), ("reversed", 0.2)):
            place = {"score": score, "numbers_per_neuron": 2 * (dim or 10), "negatives": negatives}
            for by, level in (("all", "all"), ("synapses", "1"), ("synapses", "10+")):
                stratum = {"metric": "auc", "by": by, "level": level, "links": 50}
                rows.append(place | stratum | {"value": auc + more - less})
            for confidence in (0.2, 0.8):
                bins.append(place | {"confidence": confidence, "frequency": 0.5, "count": 30})
        place["negatives"] = "all_pairs"
        for metric in ("ap", "mrr", "hits@10"):
            rows.append(place | {"metric": metric, "by": "all", "level": "all", "value": auc / 10})
    table = pd.DataFrame(rows).assign(absent=50, absent_distinct=50)
    table.to_csv(path / "scores.csv", index=False)
    pd.DataFrame(bins).to_csv(path / "calibration.csv", index=False)
    identity = {
        "latent_dim": dim,
        "seed": seed,
        "split.seed": seed,
        "split.protocol": "orbit",
        "split.directed": True,
        "test": True,
    }
    metrics = {"test/auc": auc, "test/ap": auc, "seconds": 2.0}
    metrics |= {"test/links": 50, "test/negatives": 50, "test/tied": 0.0}
    sums = {name: sha256(path / name) or "" for name in ("scores.csv", "calibration.csv")}
    return Run(path, method, identity, metrics, {"negatives": "all"}, sums)


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    made = []
    for seed in range(4):
        for dim in (2, 8):
            made.append(write(tmp_path, "gae", dim, seed, 0.8 + dim / 100 + NOISE[seed]))
            made.append(write(tmp_path, "ase", dim, seed, 0.75 + dim / 100 + NOISE[seed]))
        made.append(write(tmp_path, "l3", None, seed, 0.9 + NOISE[seed + 50]))
    return made


def test_means_and_intervals_are_those_of_scipy(runs: list[Run]) -> None:
    table = leaderboard(collect(runs))
    assert tuple(table.columns) == COLUMNS
    row = table[
        (table["method"] == "gae")
        & (table["latent_dim"] == 2)
        & (table["negatives"] == "reversed")
        & (table["metric"] == "auc")
    ].iloc[0]
    values = 0.82 - 0.2 + NOISE[:4]
    assert row["mean"] == pytest.approx(values.mean())
    assert row["sd"] == pytest.approx(values.std(ddof=1))
    low, high = stats.t.interval(0.95, 3, values.mean(), stats.sem(values))
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high))
    assert (row["seeds"], row["split"], row["numbers_per_neuron"]) == (4, "orbit", 4)
    assert set(table["method"]) == {"gae", "gae+head", "ase", "ase+head", "l3", "l3+head"}


def test_paired_differences_see_through_the_noise_that_splits_share(runs: list[Run]) -> None:
    table = differences(collect(runs))
    row = table[
        (table["method"] == "ase")
        & (table["reference"] == "gae")
        & (table["latent_dim"] == 2)
        & (table["negatives"] == "uniform")
        & (table["metric"] == "auc")
    ].iloc[0]
    assert row["difference"] == pytest.approx(-0.05)
    assert row["ci_high"] < -0.049  # each alone is known to +-0.01 only
    against = table[(table["method"] == "gae") & (table["reference"] == "l3")]
    assert set(against["latent_dim"]) == {2, 8}  # a method without dimensions meets them all


def test_breakdown_has_strata(runs: list[Run]) -> None:
    table = breakdown(collect(runs))
    assert set(table["level"]) == {"1", "10+"}
    assert set(COLUMNS) < set(table.columns)


def test_a_single_split_has_no_interval(runs: list[Run]) -> None:
    table = leaderboard(collect([run for run in runs if run.seeds[0] == 0]))
    assert table[["sd", "ci_low", "ci_high"]].isna().all(axis=None)


def test_several_seeds_of_a_method_on_one_split_count_once(tmp_path: Path) -> None:
    made = [write(tmp_path, "gae", 2, seed, 0.8 + seed / 10) for seed in (0, 1)]
    made = [replace(run, identity=run.identity | {"split.seed": 5}) for run in made]
    table = leaderboard(collect(made))
    row = table[(table["metric"] == "auc") & (table["negatives"] == "uniform")].iloc[0]
    assert (row["mean"], row["seeds"]) == (pytest.approx(0.85), 1)


def test_markdown_ranks_methods(runs: list[Run]) -> None:
    lines = as_markdown(leaderboard(collect(runs)), "orbit", head=False).splitlines()
    assert lines[0].startswith("| method | d | numbers per neuron | auc uniform | auc reversed |")
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        "| l3",
        "| gae",
        "| ase",
        "| gae",
        "| ase",
    ]


def test_bins_are_pooled(runs: list[Run]) -> None:
    curve = calibration(runs)
    row = curve[(curve["method"] == "l3") & (curve["negatives"] == "uniform")].iloc[0]
    assert (row["count"], row["confidence"]) == (120, pytest.approx(0.2))


def test_report_writes_tables_and_pictures(runs: list[Run], tmp_path: Path) -> None:
    report = write_report(runs, tmp_path / "out", "toy")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names >= {"summary.csv", "leaderboard.csv", "breakdown.csv", "differences.csv"}
    assert names >= {"leaderboard.md", "by_dimension_orbit.png", "by_numbers_orbit.svg"}
    assert names >= {"negatives_orbit.png", "calibration_orbit.png"}
    written = pd.read_csv(tmp_path / "out" / "leaderboard.csv")
    assert tuple(written.columns) == COLUMNS
    assert set(report.leaderboard) == {"leaderboard", "differences"}


@pytest.mark.parametrize("damage", ["truncated", "a row less", "another value", "nonsense"])
def test_damaged_tables_are_refused(runs: list[Run], damage: str) -> None:
    path = runs[0].path / "scores.csv"
    text = path.read_text()
    path.write_text(
        {
            "truncated": text[:-5],
            "a row less": text[: text.rstrip().rindex("\n") + 1],
            "another value": text.replace("0.", "0.1", 1),
            "nonsense": "nonsense",
        }[damage]
    )
    with pytest.raises(InputError, match=r"scores\.csv: not what the benchmark wrote.*repeat"):
        collect(runs)


def test_scores_of_different_benchmarks_are_not_compared(runs: list[Run]) -> None:
    other = replace(runs[-1], benchmark={"negatives": ["hard"]})
    with pytest.raises(InputError, match=r"benchmarks differ \(negatives=all and negatives="):
        collect([*runs[:-1], other])


def test_methods_without_dimensions_meet_once(runs: list[Run], tmp_path: Path) -> None:
    more = [write(tmp_path / "more", "pa", None, seed, 0.7) for seed in range(4)]
    table = differences(collect([*runs, *more]))
    both = table[(table["method"] == "l3") & (table["reference"] == "pa")]
    assert both["latent_dim"].isna().all()
    assert not both.duplicated(["negatives", "metric"]).any()
    assert set(table.loc[table["method"] == "gae", "latent_dim"]) == {2, 8}


def test_runs_without_a_benchmark(runs: list[Run]) -> None:
    with pytest.raises(InputError, match="train with benchmark=full"):
        collect([Run(Path("/absent"), "gae", {"test": True}, {})])


def test_report_of_methods_without_dimensions(tmp_path: Path) -> None:
    made = [write(tmp_path, "l3", None, seed, 0.9 + seed / 100) for seed in range(3)]
    report = write_report(made, tmp_path / "out", "toy")
    names = {path.name for path in report.figures}
    assert "by_numbers_orbit.png" in names
    assert "by_dimension_orbit.png" not in names


def test_scarce_negatives_are_counted_in_the_tables(tmp_path: Path) -> None:
    counted = []
    for seed in (0, 1):
        run = write(tmp_path, "gae", 2, seed, 0.8)
        table = pd.read_csv(run.path / "scores.csv")
        few = table["negatives"] == "reversed"
        table["absent"] = np.where(few, 40 - 10 * seed, 50)
        table["absent_distinct"] = np.where(few, 30 - 10 * seed, 50)
        table.to_csv(run.path / "scores.csv", index=False)
        counted.append(replace(run, sha256={"scores.csv": sha256(run.path / "scores.csv") or ""}))
    board = leaderboard(collect(counted))
    row = board[(board["negatives"] == "reversed") & (board["metric"] == "auc")].iloc[0]
    assert row[["links", "absent", "absent_distinct"]].tolist() == [50, 35, 25]
    line = "reversed: 35 unconnected pairs (25 different) for 50 links, means over splits"
    text = as_markdown(board, "orbit", head=False)
    assert text.count(line) == 1
    assert "uniform:" not in text
