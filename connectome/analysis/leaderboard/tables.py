"""From the scores of many runs to one table in which methods are compared."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from connectome.metrics.links import METRICS, bin_of
from connectome.runs import (
    CALIBRATION,
    SCORES,
    Found,
    Run,
    artifact_schema,
    labels,
    load_table,
    missing,
    sha256,
)
from connectome.types import InputError

# The order of columns that other programs may rely on.
COLUMNS = (
    "method",
    "latent_dim",
    "numbers_per_neuron",
    "split",
    "negatives",
    "metric",
    "mean",
    "sd",
    "ci_low",
    "ci_high",
    "seeds",
    "seconds_mean",
    "links",
    "absent",
    "absent_distinct",
)
COUNTS = COLUMNS[-3:]  # means over splits: held-out links, and unconnected pairs they compete with
CELL = ["method", "latent_dim", "split", "negatives", "metric"]
STRATUM = ["by", "level"]
OVERALL = "all"
CONFIDENCE = 0.95
HEAD = "+head"


def collect(
    runs: Sequence[Run], file_name: str = SCORES, names: Sequence[str] | None = None
) -> pd.DataFrame:
    """Scores of all runs that have a benchmark, in long form.

    Args:
        runs: complete runs.
        file_name: which of the two tables of a run.
        names: what to call the method of each run; None for its name with the options in which
            runs of the same method differ.

    Returns:
        The columns of the file and ``method`` (``+head`` where the head scored), ``latent_dim``,
        ``split``, ``seed``, ``split_seed``, ``seconds``.

    Raises:
        InputError: if a table is damaged, runs had different benchmarks, or none had one.
    """
    called = dict(zip(map(id, runs), names, strict=True)) if names is not None else {}
    with_scores = [run for run in runs if run.tested and (run.path / file_name).is_file()]
    if not with_scores:
        raise InputError("no run has scores of a benchmark; train with benchmark=full")
    _require_one_benchmark(with_scores)
    usual = labels(with_scores, ignore={"split.protocol"})
    tables = [
        _one_run(run, called.get(id(run), label), file_name)
        for run, label in zip(with_scores, usual, strict=True)
    ]
    frame = pd.concat(tables, ignore_index=True)
    frame["latent_dim"] = frame["latent_dim"].astype("Int64")
    return frame


def benchmarked(runs: Sequence[Run]) -> Found:
    """Those that a benchmark scored; without those whose tables are lost or damaged."""
    scored = [run for run in runs if run.tested]
    scored = [run for run in scored if run.benchmark or (run.path / SCORES).is_file()]
    by_path = {run.path: run for run in scored}
    reads = [lambda path, name=name: _table(by_path[path], name) for name in _SCHEMAS]
    return Found(scored).intact(*reads)


def _require_one_benchmark(runs: Sequence[Run]) -> None:
    """Only what was scored in the same way can be compared."""
    first = runs[0]
    for run in runs:
        differing = [
            f"{key}={first.benchmark.get(key)} and {key}={run.benchmark.get(key)}"
            for key in sorted({*first.benchmark, *run.benchmark})
            if first.benchmark.get(key) != run.benchmark.get(key)
        ]
        if differing:
            raise InputError(
                f"{first.path} and {run.path}: benchmarks differ ({differing[0]}), so their scores "
                "cannot be compared; repeat train.py with the same benchmark for both, or move "
                "one away"
            )


def _one_run(run: Run, label: str, file_name: str) -> pd.DataFrame:
    table = _table(run, file_name)
    suffix = table["score"].map({"native": "", "head": HEAD})
    directed = run.identity["split.directed"]
    seed, split_seed = run.seeds
    return table.assign(
        method=label + suffix,
        latent_dim=run.latent_dim,
        split=run.identity["split.protocol"] + ("" if directed else " undirected"),
        seed=seed,
        split_seed=split_seed,
        seconds=run.metrics["seconds"],
    )


_SCHEMAS = {SCORES: artifact_schema.SCORES, CALIBRATION: artifact_schema.CALIBRATION}


def _table(run: Run, file_name: str) -> pd.DataFrame:
    path = run.path / file_name
    if not path.is_file():
        raise missing(path)
    if run.sha256.get(file_name) != sha256(path):
        raise InputError(
            f"{path}: not what the benchmark wrote (another checksum); delete it and repeat "
            "train.py, which scores the run again"
        )
    return load_table(path, _SCHEMAS[file_name])


def leaderboard(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean, spread and confidence interval over split seeds, overall: columns :data:`COLUMNS`.

    ``links``, ``absent`` and ``absent_distinct`` say how many test links, unconnected pairs and
    different ones are behind a number, means over splits; empty in runs scored before they were
    counted, and ``absent_distinct`` where links are ranked among all pairs.
    """
    return _aggregate(scores[scores["by"] == OVERALL], CELL)[list(COLUMNS)]


def breakdown(scores: pd.DataFrame) -> pd.DataFrame:
    """The same by edge type, synapse count and degree decile.

    Returns:
        Columns :data:`COLUMNS`, with ``by``, ``level`` and ``links`` after the first six.
    """
    table = _aggregate(scores[scores["by"] != OVERALL], CELL + STRATUM)
    return table[[*COLUMNS[:6], *STRATUM, "links", *(c for c in COLUMNS[6:] if c != "links")]]


def _aggregate(scores: pd.DataFrame, cell: list[str]) -> pd.DataFrame:
    """One row a cell; several runs on one split count as their mean."""
    by_split = scores.groupby([*cell, "split_seed"], dropna=False, as_index=False).agg(
        value=("value", "mean"),
        numbers=("numbers_per_neuron", "mean"),
        seconds=("seconds", "mean"),
        **{name: (name, "mean") for name in COUNTS},
    )
    table = by_split.groupby(cell, dropna=False, as_index=False).agg(
        mean=("value", "mean"),
        sd=("value", "std"),
        seeds=("split_seed", "nunique"),
        numbers_per_neuron=("numbers", "mean"),
        seconds_mean=("seconds", "mean"),
        **{name: (name, "mean") for name in COUNTS},
    )
    half = half_width(table["sd"], table["seeds"])
    return table.assign(ci_low=table["mean"] - half, ci_high=table["mean"] + half)


def half_width(sd: pd.Series, count: pd.Series) -> pd.Series:
    """Half of Student's 95% interval of a mean; NaN for a single value.

    It says how well the mean over *splits of this connectome* is known, nothing about others.
    """
    quantile = stats.t.ppf(0.5 + CONFIDENCE / 2, np.maximum(count - 1, 1))
    return pd.Series(quantile * sd / np.sqrt(count), index=sd.index).where(count > 1)


def differences(scores: pd.DataFrame, reference: str | None = None) -> pd.DataFrame:
    """Every method minus every other on the same splits, dimension by dimension.

    Splits, links and negatives are the same for both, so the differences are paired. A method
    without latent dimensions meets every dimension of the others.

    Args:
        scores: what :func:`collect` returns.
        reference: every method minus this one instead.

    Returns:
        Columns ``method, reference, latent_dim, split, negatives, metric, difference, ci_low,
        ci_high, seeds``; positive where ``method`` has the higher value.
    """
    compared = [name for name, metric in METRICS.items() if metric.compared]
    overall = scores[(scores["by"] == OVERALL) & scores["metric"].isin(compared)]
    tables = []
    for place, rows in overall.groupby(["split", "negatives", "metric"]):
        dims = sorted(rows["latent_dim"].dropna().unique()) or [pd.NA]
        for dim in dims:
            meeting = rows[rows["latent_dim"].isna() | (rows["latent_dim"] == dim).fillna(False)]
            values = meeting.pivot_table(index="split_seed", columns="method", values="value")
            pairs = _paired(values, reference)
            undimensioned = set(rows.loc[rows["latent_dim"].isna(), "method"])
            repeated = pairs[["method", "reference"]].isin(undimensioned).all(axis=1)
            pairs = pairs[~repeated | (dim is dims[0])]
            split, negatives, metric = map(str, place)
            of_dim = pd.Series(pd.NA, index=pairs.index, dtype="Int64").mask(~repeated, dim)
            tables.append(
                pairs.assign(latent_dim=of_dim, split=split, negatives=negatives, metric=metric)
            )
    frame = pd.concat(tables, ignore_index=True)
    frame["latent_dim"] = frame["latent_dim"].astype("Int64")
    return frame[["method", "reference", "latent_dim", *_PLACE, *_PAIRED]]


_PLACE = ("split", "negatives", "metric")
_PAIRED = ("difference", "ci_low", "ci_high", "seeds")


def _paired(values: pd.DataFrame, reference: str | None) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    pairs: Iterable[tuple[Any, Any]] = combinations(values.columns, 2)
    if reference is not None:
        others = [name for name in values.columns if name != reference]
        pairs = [(name, reference) for name in others if reference in values.columns]
    for first, second in pairs:
        difference = (values[first] - values[second]).dropna()
        rows.append(
            {
                "method": first,
                "reference": second,
                "difference": difference.mean(),
                "sd": difference.std(),
                "seeds": len(difference),
            }
        )
    table = pd.DataFrame(rows, columns=["method", "reference", "difference", "sd", "seeds"])
    half = half_width(table["sd"].astype(float), table["seeds"].astype(int))
    return table.assign(ci_low=table["difference"] - half, ci_high=table["difference"] + half)


def calibration(runs: Sequence[Run]) -> pd.DataFrame:
    """Reliability curves, the bins of all splits pooled.

    Returns:
        Columns ``method, latent_dim, split, negatives, confidence, frequency, count``.
    """
    bins = collect(runs, CALIBRATION)
    bins["bin"] = bin_of(bins["confidence"].to_numpy())
    keys = ["method", "latent_dim", "split", "negatives", "bin"]
    for column in ("confidence", "frequency"):
        bins[column] *= bins["count"]
    sums = bins.groupby(keys, dropna=False, as_index=False)[
        ["confidence", "frequency", "count"]
    ].sum()
    for column in ("confidence", "frequency"):
        sums[column] /= sums["count"]
    return sums.drop(columns="bin")
