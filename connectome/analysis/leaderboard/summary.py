"""Table and figures of a set of runs: to disk, to the terminal."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from connectome.analysis.leaderboard.ablation import ablation, ablation_markdown
from connectome.analysis.leaderboard.ablation_figures import plot_ablation
from connectome.analysis.leaderboard.figures import plot_against, plot_calibration, plot_regimes
from connectome.analysis.leaderboard.markdown import as_markdown
from connectome.analysis.leaderboard.tables import (
    HEAD,
    benchmarked,
    breakdown,
    calibration,
    collect,
    differences,
    leaderboard,
)
from connectome.analysis.plotting import plot_latent_dims, save_figure
from connectome.metrics.links import LinkMetrics, cautions
from connectome.runs import Run, save_table, save_text, summarise, tell
from connectome.types import InputError

CONSTANT = " constant"  # beside an AUC that is .5 because all scores of a run are equal
PARTS = {
    "test": "summary",
    "train": "fit",
    "val": "validation",
}  # file name of the summary of each part


@dataclass(frozen=True)
class Report:
    """What was written.

    Attributes:
        summaries: a row a method and dimension (columns: :func:`connectome.runs.summarise`), by
            part: ``test``, ``train`` of runs that held out nothing, ``val`` of runs that were not
            tested.
        tables: the paths of the CSV and Markdown files, the summaries first.
        figures: paths of the PNG and SVG files.
        leaderboard: by name, the leaderboard and its paired differences, with variants also the
            ablation, columns as in the CSV files; empty without a benchmark.
        failures: what could not be told, of which runs, and why.
    """

    summaries: dict[str, pd.DataFrame]
    tables: list[Path]
    figures: list[Path]
    leaderboard: dict[str, pd.DataFrame] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


def write_report(runs: list[Run], folder: Path, title: str) -> Report:
    """Write tables and figures of ``runs`` to ``folder``.

    ``summary.csv`` and ``latent_dims.png`` / ``.svg``; ``fit.csv`` instead of runs that held out
    nothing, since how well an embedding fits is no prediction, and ``validation.csv`` of runs with
    ``test=false``, which choose settings and are never reported; of runs with a benchmark also
    ``leaderboard.csv``, ``breakdown.csv``, ``differences.csv``, ``leaderboard.md`` and figures of
    each split protocol; of runs of variants ``ablation.csv``, ``ablation.md`` and a figure. Runs
    whose scores are damaged, or that cannot be compared, are in the summaries alone.
    """
    report = Report(*_summaries(runs, folder, title))
    scored = benchmarked(runs)
    report.failures.extend(scored.damaged)
    for write in (_write_leaderboard, _write_ablation):
        try:
            write(scored.runs, folder, title, report)
        except InputError as error:
            report.failures.append(f"{folder}: {error}")
            break
    return report


def _summaries(
    runs: list[Run], folder: Path, title: str
) -> tuple[dict[str, pd.DataFrame], list[Path], list[Path]]:
    summaries, tables, figures = {}, [], []
    for part, name in PARTS.items():
        if of_part := [run for run in runs if run.part == part]:
            summaries[part] = summarise(of_part)
            save_table(folder / f"{name}.csv", summaries[part])
            tables.append(folder / f"{name}.csv")
    if "test" in summaries:
        figures = save_figure(plot_latent_dims(summaries["test"], title), folder, "latent_dims")
    return summaries, tables, figures


def _write_leaderboard(runs: list[Run], folder: Path, title: str, report: Report) -> None:
    """Tables of all runs that a benchmark scored, and figures of each split protocol."""
    if not runs:
        return
    scores = collect(runs)
    board = leaderboard(scores)
    shown = {"leaderboard": board, "differences": differences(scores)}
    for name, table in (shown | {"breakdown": breakdown(scores)}).items():
        save_table(folder / f"{name}.csv", table)
        report.tables.append(folder / f"{name}.csv")
    save_text(folder / "leaderboard.md", _markdown(board, title))
    report.tables.append(folder / "leaderboard.md")
    report.leaderboard.update(shown)
    curves = calibration(runs)
    for split, rows in board.groupby("split"):
        of_split = curves[curves["split"] == split]
        report.figures.extend(_figures(rows, of_split, folder, f"{title}, {split} split"))


def _write_ablation(runs: list[Run], folder: Path, title: str, report: Report) -> None:
    """Tables, and a figure of each split protocol with something to compare."""
    if not any(run.variant for run in runs):
        return
    table = ablation(runs)
    save_table(folder / "ablation.csv", table)
    save_text(folder / "ablation.md", ablation_markdown(table, title))
    report.tables.extend([folder / "ablation.csv", folder / "ablation.md"])
    report.leaderboard["ablation"] = table
    for split, rows in table[table["difference"].notna()].groupby("split"):
        figure = plot_ablation(rows, f"{title}, {split} split")
        name = f"ablation_{split}".replace(" ", "_")
        report.figures.extend(save_figure(figure, folder, name))


def _figures(board: pd.DataFrame, curves: pd.DataFrame, folder: Path, title: str) -> list[Path]:
    end = str(board["split"].iloc[0]).replace(" ", "_")
    drawn = {}
    if board["latent_dim"].notna().any():  # else there is no axis
        drawn["by_dimension"] = plot_against(board, "latent_dim", "latent dimension $d$", title)
    drawn |= {
        "by_numbers": plot_against(board, "numbers_per_neuron", "numbers per neuron", title),
        "negatives": plot_regimes(board, title),
        "calibration": plot_calibration(curves, title),
    }
    return [
        path
        for name, figure in drawn.items()
        for path in save_figure(figure, folder, f"{name}_{end}")
    ]


def _markdown(board: pd.DataFrame, title: str) -> str:
    sections = [f"# {title}\n\nMean ± s.d. over split seeds, best first.\n"]
    for split in map(str, board["split"].unique()):
        sections.append(f"## {split} split, own score\n\n{as_markdown(board, split, head=False)}")
        if board["method"].str.endswith(HEAD).any():
            sections.append(f"## {split} split, head\n\n{as_markdown(board, split, head=True)}")
    return "\n".join(sections)


def print_report(report: Report, console: Console) -> None:
    """Print the table, where table and figures are, and on stderr what could not be told."""
    tell(report.failures)
    for part, summary in report.summaries.items():
        console.print(_as_table(part, summary))
        for line in _cautions(part, summary):
            console.print(f"warning: {line}", soft_wrap=True, highlight=False)
    for path in report.tables:
        console.print(f"Table:  {path}", soft_wrap=True)
    for figure in report.figures:
        console.print(f"Figure: {figure}", soft_wrap=True)


def _as_table(part: str, summary: pd.DataFrame) -> Table:
    table = Table()
    table.add_column("model", overflow="fold")
    for column in ("d", "seeds", "links", f"{part} AUC", f"{part} AP", "seconds"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in summary.to_dict("records"):
        auc = _spread(row[f"{part}/auc_mean"], row[f"{part}/auc_sd"])
        ap = _spread(row[f"{part}/ap_mean"], row[f"{part}/ap_sd"])
        if row[f"{part}/tied_max"] == 1:
            auc += CONSTANT
        counts = (row["latent_dim"], row["seeds"], row[f"{part}/links_min"])
        shown = ("" if pd.isna(count) else str(count) for count in counts)
        table.add_row(row["model"], *shown, auc, ap, f"{row['seconds_mean']:.2f}")
    return table


def _cautions(part: str, summary: pd.DataFrame) -> Iterator[str]:
    """Which rows of the table say little, and why, a line a reason."""
    rows: dict[str, list[str]] = {}
    for row in summary.to_dict("records"):
        rests_on = (row[f"{part}/{name}"] for name in ("links_min", "negatives_min", "tied_max"))
        metrics = LinkMetrics(0.0, 0.0, *rests_on)
        dims = "" if pd.isna(row["latent_dim"]) else f" d = {row['latent_dim']}"
        for caution in cautions(metrics):
            rows.setdefault(caution, []).append(f"{row['model']}{dims}")
    for caution, names in rows.items():
        which = names[0] if len(names) == 1 else f"{len(names)} rows, the first {names[0]}"
        yield f"{which}: {caution}"


def _spread(mean: float, sd: float) -> str:
    return f"{mean:.4f}" if pd.isna(sd) else f"{mean:.4f} ± {sd:.4f}"
