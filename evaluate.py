"""Recompute the test metrics of finished runs from their embeddings and checkpoints."""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import hydra
from omegaconf import DictConfig
from rich.console import Console
from rich.progress import track

from connectome.analysis import (
    Inside,
    Recomputed,
    ReportSettings,
    Run,
    as_table,
    find_runs,
    flatten,
    from_embedding,
    latent_spaces,
    look_inside,
    print_report,
    score_test,
    send,
    write_report,
)
from connectome.config import build
from connectome.data.storage import load_data_config
from connectome.errors import clear_errors, run_program
from connectome.training import restore
from connectome.types import InputError

WANDB = ("none", "offline", "online")
SOURCES = ("both", "embedding", "checkpoint")


@hydra.main(version_base="1.3", config_path="conf", config_name="evaluate")
def main(config: DictConfig) -> None:
    """Recompute, compare and write; exits with a line if anything differs."""
    with clear_errors():
        evaluate(config)


def evaluate(config: DictConfig) -> None:
    """Recompute the runs that ``config`` names.

    Raises:
        InputError: if a run cannot be read, or a metric differs from what training wrote.
    """
    if config.source not in SOURCES:
        raise InputError(f"source={config.source}: choose one of {', '.join(SOURCES)}")
    path = Path(config.runs)
    data: dict[str, Any] = dict(config.data or {})
    if config.wandb not in WANDB:
        raise InputError(f"wandb={config.wandb}: choose one of {', '.join(WANDB)}")
    look = build(config.look)  # a wrong option is named before the work
    out = Path(config.out or (Path() if path.suffix == ".ckpt" else path) / "evaluation")
    failures: list[str] = []
    runs: list[Run] = []
    if path.suffix == ".ckpt":
        results = [from_checkpoint(path, data)]
    else:
        if not (runs := find_runs(path)):
            raise InputError(f"runs={path}: holds no complete run; let train.py finish one")
        results, failures = recompute_all(runs, config.source, data)
        print_report(write_report(runs, out, path.resolve().name), Console())
    out.mkdir(parents=True, exist_ok=True)
    table = as_table(results)
    table.to_csv(out / "evaluation.csv", index=False)
    print(table.to_string(index=False, max_rows=20))
    for failure in failures:
        print(f"error: {failure}", file=sys.stderr)
    different = table[table["difference"] > config.tolerance]
    if failures or len(different):
        raise InputError(
            f"{out / 'evaluation.csv'}: {len(failures)} runs could not be recomputed, "
            f"{len(different)} metrics differ from training by more than {config.tolerance}"
        )
    known = table["difference"].dropna()
    worst = f"{known.max():.1e}" if len(known) else "not known"
    if config.report:
        inside = report(path, runs, data, look, out)
        if config.wandb != "none":
            files = [*inside.figures, *([inside.explorer] if inside.explorer else [])]
            group = path.resolve().name
            place = (out, f"{group}-report", group, "connectome-latent")
            send(inside.tables, files, *place, offline=config.wandb == "offline")
    print(f"Recomputed: {out / 'evaluation.csv'} (largest difference to training: {worst})")


def report(
    path: Path, runs: list[Run], data: dict[str, Any], look: ReportSettings, out: Path
) -> Inside:
    """Look inside the embeddings of ``runs``, those below ``path``, and say what was written.

    Raises:
        InputError: if they are not of one data set.
    """
    if not runs:
        raise InputError(f"runs={path} report=true: give a run folder or a folder of runs")
    connectome = build(load_data_config(runs[0].path) | data)
    provenance = {
        "made by": f"connectome-latent {version('connectome-latent')}",
        "runs": ", ".join(run.path.name for run in runs),
        "data": f"{connectome.name}, fingerprint {connectome.fingerprint}",
        "cite": connectome.citation or "the publication of the data",
        "configuration": (runs[0].path / "config.yaml").read_text(),
    }
    spaces = latent_spaces(runs, connectome)
    inside = look_inside(connectome, spaces, out, look, provenance)
    for reason in inside.left_out:
        print(f"left out: {reason}", file=sys.stderr)
    for name in inside.tables:
        print(f"Table:    {out / name}.csv")
    for figure in inside.figures:
        print(f"Figure:   {figure}")
    if inside.explorer is not None:
        print(f"Explorer: {inside.explorer}")
    return inside


def recompute_all(
    runs: list[Run], source: str, data: dict[str, Any]
) -> tuple[list[Recomputed], list[str]]:
    """Recompute every run that can be; the second list says what is wrong with the others."""
    results: list[Recomputed] = []
    failures: list[str] = []
    for run in track(runs, "Recomputing", console=Console(stderr=True)):
        try:
            results += recompute(run, source, data)
        except InputError as error:
            failures.append(f"{run.path}: {error}")
    return results, failures


def recompute(run: Run, source: str, data: dict[str, Any]) -> list[Recomputed]:
    """Recompute one run from what ``source`` names."""
    results = []
    if source in ("both", "embedding"):
        results.append(from_embedding(run))
    if source in ("both", "checkpoint"):
        metrics = from_checkpoint(run.path / "checkpoints" / "best.ckpt", data).metrics
        results.append(Recomputed(run, "checkpoint", metrics))
    return results


def from_checkpoint(path: Path, data: dict[str, Any]) -> Recomputed:
    """Rebuild data, split and model from a checkpoint alone, and score."""
    restored = restore(path, build, data)
    run = Run(path, restored.scorer.method, flatten(restored.config), metrics={})
    metrics = score_test(restored.scorer, restored.datamodule.split)
    return Recomputed(run, "checkpoint", metrics)


if __name__ == "__main__":
    run_program(main)
