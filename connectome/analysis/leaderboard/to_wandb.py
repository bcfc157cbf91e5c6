"""What a set of runs comes to, as a run of its own in W&B."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from connectome.analysis.leaderboard.summary import PARTS, Report
from connectome.data.tabular import EXACT
from connectome.runtime import tracking
from connectome.types import InputError

SCORES = {"auc": "ROC-AUC", "ap": "average precision"}


@dataclass(frozen=True)
class Place:
    """Where a run of W&B goes.

    Attributes:
        folder: in which ``wandb/`` is made.
        name: of the run.
        group: of the run, unless ``WANDB_RUN_GROUP`` says otherwise.
        job_type: what it is: ``summary`` of a sweep, ``report``, ``transfer`` ...
        offline: keep it on disk for ``wandb sync``; None asks ``WANDB_MODE``.
        project: of the run; ``WANDB_PROJECT`` or the usual one if None.
    """

    folder: Path
    name: str
    group: str
    job_type: str
    offline: bool | None
    project: str | None = None


def log_report(report: Report, place: Place) -> None:
    """Send tables, figures, and charts of AUC and AP against latent dimension, a line a method.

    Raises:
        InputError: if W&B does not start.
    """
    tables = {PARTS[part]: table for part, table in report.summaries.items()} | report.leaderboard
    send(tables, report.figures, place, dimension_charts(report.summaries))


def dimension_charts(summaries: Mapping[str, pd.DataFrame]) -> dict[str, object]:
    """Charts ``auc_by_latent_dim`` and ``ap_by_latent_dim`` of what was tested, by name.

    A line is a method's mean over seeds at each of its latent dimensions; methods without any have
    no line. None are made where nothing was tested.

    Args:
        summaries: as :func:`connectome.runs.summarise` makes them, by part.
    """
    if "test" not in summaries:
        return {}
    rows = summaries["test"].dropna(subset="latent_dim").sort_values("latent_dim")
    lines = list(rows.groupby("model"))
    if not lines:
        return {}
    import wandb

    return {
        f"{score}_by_latent_dim": wandb.plot.line_series(
            xs=[line["latent_dim"].astype(int).tolist() for _, line in lines],
            ys=[line[f"test/{score}_mean"].tolist() for _, line in lines],
            keys=[str(method) for method, _ in lines],
            title=f"{name} on held-out links, mean over seeds",
            xname="latent dimension",
        )
        for score, name in SCORES.items()
    }


def send(
    tables: Mapping[str, pd.DataFrame],
    files: Sequence[Path],
    place: Place,
    charts: Mapping[str, object] | None = None,
) -> None:
    """Send tables, PNG figures, HTML pages and charts to W&B as one run, unless it is off.

    Args:
        tables: by name.
        files: figures and pages; those of another kind are passed over.
        place: where it goes.
        charts: of W&B, by name.

    Raises:
        InputError: if W&B does not start.
    """
    if (settings := tracking.settings(place.offline)) is None:
        return
    import wandb  # takes a moment, and most programs send nothing

    folder = tracking.folder(place.folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        run = wandb.init(
            dir=folder,
            name=place.name,
            group=os.environ.get("WANDB_RUN_GROUP") or place.group,
            project=place.project or os.environ.get("WANDB_PROJECT") or tracking.PROJECT,
            job_type=place.job_type,
            settings=settings,
        )
    except wandb.Error as error:
        raise InputError(
            f"{place.folder}: the report is written but W&B did not start ({error}); check the "
            "network"
        ) from error
    log: dict[str, object] = {
        name: wandb.Table(dataframe=_for_wandb(table)) for name, table in tables.items()
    }
    log |= {path.stem: wandb.Image(str(path)) for path in files if path.suffix == ".png"}
    log |= {path.stem: wandb.Html(str(path)) for path in files if path.suffix == ".html"}
    run.log(log | dict(charts or {}))
    run.finish()


def _for_wandb(table: pd.DataFrame) -> pd.DataFrame:
    """W&B knows no nullable integers, nor integers beyond 2^53."""
    plain = table.copy()
    for name, values in table.items():
        if name == "neuron_id":
            plain[name] = values.astype(str)
        elif values.dtype.kind in "iu" and (values.abs() >= EXACT).any():
            plain[name] = values.map(str, na_action="ignore")
        elif str(values.dtype) in ("Int64", "UInt64"):
            plain[name] = values.astype("float64")
    return plain
