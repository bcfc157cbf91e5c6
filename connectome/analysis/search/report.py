"""What a search found: a table of its trials, a figure, and the settings of the best."""

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from hydra.core.override_parser.overrides_parser import OverridesParser
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from omegaconf import DictConfig, OmegaConf
from rich.console import Console

from connectome.analysis.leaderboard import Jobs, SweepSummary
from connectome.analysis.plotting import PALETTE, save_figure
from connectome.analysis.search.study import JOB, Search, check_parts, check_space
from connectome.runs import find_runs, save_table, tell
from connectome.types import InputError

USAGE_EXIT = 2
COLUMNS = 4  # panels in a row of the figure


class SearchSummary(SweepSummary):
    """Hydra callback: checks a search before its first job, and tells at its end what it found.

    A trial that fails does not end the search, nor is it a failure of the program; one that could
    not be started or recorded is.
    """

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Refuse what no trial could do.

        Raises:
            SystemExit: with status 2 after a line on stderr.
        """
        super().on_multirun_start(config, **kwargs)
        try:
            check_parts(config)
            check_space(_search(config).options, config)
            _require_single_values(config.hydra.overrides.task)
        except InputError as error:
            print(f"error: {error}", file=sys.stderr)
            raise SystemExit(USAGE_EXIT) from error

    def _summarise(self, config: DictConfig, folders: list[Path]) -> int:
        search = _search(config)
        folder = search.path.parent
        damaged = find_runs(folder).damaged
        tell(damaged)
        table = trial_table(search, folder)
        save_table(folder / "trials.csv", table)
        console = Console()
        console.print(f"Table:  {folder / 'trials.csv'}", soft_wrap=True)
        if table["objective"].notna().any():
            figure = plot_trials(table, search, folder.name)
            for path in save_figure(figure, folder, "trials"):
                console.print(f"Figure: {path}", soft_wrap=True)
            console.print(best_line(table, [*search.options]), soft_wrap=True)
        return len(damaged)

    def _verdict(self, config: DictConfig, jobs: Jobs, failed: Jobs) -> str | None:
        trials = _search(config).trials()
        failing = {t.user_attrs[JOB] for t in trials if t.state.is_finished() and t.value is None}
        if not any(trial.value is not None for trial in trials):
            return "no trial is complete"
        others = {p: s for p, s in failed.items() if _trial(s) not in failing}
        return super()._verdict(config, jobs, others) if others else None


def _trial(status: dict[str, Any]) -> int | None:
    number: int | None = status.get("identity", {}).get("trial")
    return number


def _require_single_values(overrides: Sequence[str]) -> None:
    """The trials are the only jobs of a search."""
    for given in OverridesParser.create().parse_overrides([*overrides]):
        if given.is_sweep_override():
            raise InputError(
                f"{given.input_line}: a search takes one value of each option; what to vary stands "
                "in search.space"
            )


def _search(config: DictConfig) -> Search:
    options = OmegaConf.to_container(config.search, resolve=True)
    assert isinstance(options, dict)
    return Search(**{str(k): v for k, v in options.items() if k != "_target_"})


def trial_table(search: Search, folder: Path) -> pd.DataFrame:
    """One row a trial, in the order of their numbers.

    Args:
        search: the study.
        folder: where its runs are.

    Returns:
        Columns ``trial, state`` (``complete``, ``fail``, ``running``), ``objective``, the
        validation metrics that it is made of, ``seconds``, an option each, ``run`` (name of the
        folder).
    """
    runs = {run.identity.get("trial"): run for run in find_runs(folder).runs}
    rows = []
    for trial in search.trials():
        job = trial.user_attrs[JOB]
        run = runs.get(job)
        metrics = {} if run is None else run.metrics
        measured = {
            k: v for k, v in metrics.items() if k.startswith("val/") and k != "val/objective"
        }
        row = {"trial": job, "state": trial.state.name.lower(), "objective": trial.value}
        row |= measured | {"seconds": metrics.get("seconds")} | trial.params
        rows.append(row | {"run": None if run is None else run.path.name})
    table = pd.DataFrame(rows)
    kept = ["trial", "state", "objective"]
    kept += sorted(c for c in map(str, table) if c.startswith("val/"))
    return table[[*kept, "seconds", *search.options, "run"]]


def best_line(table: pd.DataFrame, options: list[str]) -> str:
    """Number, objective and settings of the best trial, as they go on a command line."""
    best = table.sort_values("objective").dropna(subset="objective").iloc[-1].to_dict()
    settings = " ".join(f"{key}={_text(best[key])}" for key in options)
    return f"Best:   trial {best['trial']}, {best['objective']:.4f}: {settings}"


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "null"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def plot_trials(table: pd.DataFrame, search: Search, title: str) -> Figure:
    """The objective against each option, and what share of its variance each explains."""
    shares = search.importances()
    rows = math.ceil((len(search.options) + 1) / COLUMNS)
    figure = Figure(figsize=(3 * COLUMNS, 2.6 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    places = list(figure.subplots(rows, COLUMNS, squeeze=False).flat)
    done = table[table["objective"].notna()]
    for place, key in zip(places, search.options, strict=False):
        _plot_option(place, done, key, search.options[key])
    _plot_shares(places[len(search.options)], shares)
    for place in places[len(search.options) + 1 :]:
        place.set_axis_off()
    figure.suptitle(f"{title}: objective on validation links, {len(done)} trials, best ringed")
    return figure


def _plot_option(axes: Axes, done: pd.DataFrame, key: str, how: dict[str, Any]) -> None:
    best = done["objective"] == done["objective"].max()
    values: Any = done[key]
    if "choices" in how:
        names = [_text(choice) for choice in how["choices"]]
        values = [names.index(_text(value)) for value in values]
        axes.set_xticks(range(len(names)), names)
        axes.set_xlim(-0.5, len(names) - 0.5)
    elif how.get("log"):
        axes.set_xscale("log")
        axes.set_xlim(how["low"] / 1.2, how["high"] * 1.2)
        axes.minorticks_off()  # their labels would overlap
    axes.scatter(values, done["objective"], s=14, color=PALETTE[0], alpha=0.7)
    ringed = pd.Series(list(values), index=done.index)[best]
    axes.scatter(ringed, done["objective"][best], s=60, facecolors="none", edgecolors=PALETTE[1])
    axes.set_xlabel(key)
    axes.grid(axis="y", color="0.92")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _plot_shares(axes: Axes, shares: dict[str, float]) -> None:
    if not shares:
        axes.set_axis_off()
        return
    names = sorted(shares, key=lambda name: shares[name])
    axes.barh(names, [shares[name] for name in names], color=PALETTE[2])
    axes.set_xlabel("share of variance (fANOVA)")
    axes.tick_params(axis="y", labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
