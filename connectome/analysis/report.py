"""Table and figures of a set of runs: to disk, to the terminal, to W&B."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import wandb
from rich.console import Console
from rich.table import Table

from connectome.analysis.figures import plot_latent_dims, save_figure
from connectome.analysis.runs import Run, summarise
from connectome.types import InputError


@dataclass(frozen=True)
class Report:
    """What was written.

    Attributes:
        summary: the table.
        table: path of ``summary.csv``.
        figures: paths of the PNG and SVG files.
    """

    summary: pd.DataFrame
    table: Path
    figures: list[Path]


def write_report(runs: list[Run], folder: Path, title: str) -> Report:
    """Write ``summary.csv`` and ``latent_dims.png`` / ``.svg`` to ``folder``."""
    summary = summarise(runs)
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "summary.csv"
    beside = table.with_name("summary.csv.part")
    summary.to_csv(beside, index=False, float_format="%.6g")
    beside.replace(table)
    return Report(
        summary, table, save_figure(plot_latent_dims(summary, title), folder, "latent_dims")
    )


def print_report(report: Report, console: Console) -> None:
    """Print the table, and where table and figures are."""
    table = Table()
    table.add_column("model", overflow="fold")
    for column in ("d", "seeds", "test AUC", "test AP", "seconds"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in report.summary.to_dict("records"):
        auc = _spread(row["test_auc_mean"], row["test_auc_sd"])
        ap = _spread(row["test_ap_mean"], row["test_ap_sd"])
        counts = (str(row["latent_dim"]), str(row["seeds"]))
        table.add_row(row["model"], *counts, auc, ap, f"{row['seconds_mean']:.2f}")
    console.print(table)
    console.print(f"Table:  {report.table}", soft_wrap=True)
    for figure in report.figures:
        console.print(f"Figure: {figure}", soft_wrap=True)


def _spread(mean: float, sd: float) -> str:
    return f"{mean:.4f}" if pd.isna(sd) else f"{mean:.4f} ± {sd:.4f}"


def log_report(report: Report, folder: Path, group: str, project: str, offline: bool) -> None:
    """Send the report to W&B as a run of its own in the group of the sweep.

    Raises:
        InputError: if W&B does not start.
    """
    try:
        run = _start_wandb(folder, group, project, offline)
    except wandb.Error as error:
        raise InputError(
            f"{report.table} is written but W&B did not start ({error}); check the network"
        ) from error
    log: dict[str, object] = {"summary": wandb.Table(dataframe=report.summary)}
    log |= {path.stem: wandb.Image(str(path)) for path in report.figures[:1]}
    run.log(log)
    run.finish()


def _start_wandb(folder: Path, group: str, project: str, offline: bool) -> wandb.Run:
    return wandb.init(
        dir=folder,
        name=f"{group}-summary",
        group=group,
        project=project,
        job_type="summary",
        mode="offline" if offline else "online",
        settings=wandb.Settings(silent=True, console="off"),
    )
