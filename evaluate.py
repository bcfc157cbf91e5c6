"""Recompute the test metrics of finished runs from their embeddings and checkpoints."""

import sys
from pathlib import Path
from typing import Any

import hydra
from omegaconf import DictConfig
from rich.console import Console
from rich.progress import track

from connectome.analysis import (
    Recomputed,
    Run,
    about,
    as_table,
    find_runs,
    flatten,
    from_embedding,
    log_inside,
    open_runs,
    print_report,
    report_inside,
    score_test,
    write_report,
)
from connectome.build import build
from connectome.config import EvaluateConfig
from connectome.errors import clear_errors, run_program
from connectome.options import require_known
from connectome.training import restore
from connectome.types import InputError

WANDB = ("none", "offline", "online")
SOURCES = ("both", "embedding", "checkpoint")
NO_RUN = "holds no complete run; let train.py finish one"
NO_TEST = "was trained with test=false, to choose settings; its test links are not to be scored"
NO_REPORT = "a checkpoint alone has no report; give a run folder or a folder of runs"


@hydra.main(version_base="1.3", config_path="conf", config_name="evaluate")
def main(config: DictConfig) -> None:
    """Recompute, compare and write; exits with a line if anything differs."""
    with clear_errors():
        evaluate(config)


def evaluate(config: DictConfig) -> None:
    """Recompute the runs that ``config`` names, and look inside their embeddings if it says so.

    Raises:
        InputError: if a run cannot be read, or a metric differs from what training wrote.
    """
    require_known(config, EvaluateConfig)
    for option, known in (("source", SOURCES), ("wandb", WANDB)):
        if config[option] not in known:
            raise InputError(f"{option}={config[option]}: choose one of {', '.join(known)}")
    if not str(config.runs):
        raise InputError("runs= is empty: name a run folder, a folder of runs or a checkpoint")
    path = Path(config.runs)
    data: dict[str, Any] = dict(config.data or {})
    look = build(config.look)  # a wrong option is named before the work
    alone = path.suffix == ".ckpt"
    out = Path(config.out or (Path() if alone else path) / "evaluation")
    found = [] if alone else find_runs(path)
    runs = [run for run in found if run.tested]
    if found and len(runs) < len(found):
        print(f"left out: {len(found) - len(runs)} runs with test=false", file=sys.stderr)
    if found and not runs:
        raise InputError(f"runs={path}: {NO_TEST}")
    if not runs and (config.report or not alone):
        raise InputError(f"runs={path}: {NO_REPORT if alone else NO_RUN}")
    subject = open_runs(runs, lambda stored: build(stored | data), look) if config.report else None
    failures: list[str] = []
    if runs:
        results, failures = recompute_all(runs, config.source, data)
        print_report(write_report(runs, out, path.resolve().name), Console())
    else:
        results = [from_checkpoint(path, data)]
    worst = compare(results, failures, out, config.tolerance)
    if subject is not None:
        inside = report_inside(subject, out)
        if config.wandb != "none":
            log_inside(inside, out, path.resolve().name, offline=config.wandb == "offline")
    print(f"Recomputed: {out / 'evaluation.csv'} (largest difference to training: {worst})")


def compare(results: list[Recomputed], failures: list[str], out: Path, tolerance: float) -> str:
    """Write and print what was recomputed; returns the largest difference to training.

    Raises:
        InputError: if there are ``failures`` or a difference is above ``tolerance``.
    """
    for failure in failures:
        print(f"error: {failure}", file=sys.stderr)
    if not results:
        raise InputError(f"{out / 'evaluation.csv'}: not written, since nothing was recomputed")
    out.mkdir(parents=True, exist_ok=True)
    table = as_table(results)
    table.to_csv(out / "evaluation.csv", index=False)
    print(table.to_string(index=False, max_rows=20))
    different = table[table["difference"] > tolerance]
    if failures or len(different):
        raise InputError(
            f"{out / 'evaluation.csv'}: {len(failures)} runs could not be recomputed, "
            f"{len(different)} metrics differ from training by more than {tolerance}"
        )
    known = table["difference"].dropna()
    return f"{known.max():.1e}" if len(known) else "not known"


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
            failures.append(about(run, error))
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
    if not restored.config.get("test", True):
        raise InputError(f"{path}: {NO_TEST}")
    run = Run(path, restored.scorer.method, flatten(restored.config), metrics={})
    metrics = score_test(restored.scorer, restored.datamodule.split)
    return Recomputed(run, "checkpoint", metrics)


if __name__ == "__main__":
    run_program(main)
