"""``evaluate``: recompute the test metrics of finished runs, from embeddings and checkpoints."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig
from rich.console import Console
from rich.progress import track

from connectome.analysis.leaderboard import (
    Recomputed,
    as_table,
    check_tolerance,
    differing,
    from_embedding,
    print_report,
    score_test,
    write_report,
)
from connectome.analysis.report import log_inside, open_runs, report_inside
from connectome.cli.evaluate import EvaluateConfig
from connectome.config import build, require_known, require_part
from connectome.data.tabular import csv_text
from connectome.errors import clear_errors
from connectome.runs import (
    BEST,
    CONFIG,
    EMBEDDING,
    Found,
    Run,
    about,
    check_trust,
    find_runs,
    flatten,
    load_data_config,
    load_scorer,
    tell,
    using,
)
from connectome.runtime import save_text
from connectome.training.loop import restore
from connectome.types import Connectome, InputError

WANDB = ("none", "offline", "online")
SOURCES = ("both", "embedding", "checkpoint")
NO_RUN = "holds no complete run; let train.py finish one"
NO_TEST = "was trained with test=false, to choose settings; its test links are not to be scored"
NO_REPORT = "a checkpoint alone has no report; give a run folder or a folder of runs"


def job(config: DictConfig) -> None:
    """Recompute, compare and write; exits with a line if anything differs."""
    with clear_errors():
        evaluate(config)


def evaluate(config: DictConfig) -> None:
    """Recompute the runs that ``config`` names, and look inside their embeddings if it says so.

    Raises:
        InputError: if a run cannot be read, or a metric differs from what training wrote.
    """
    _check(config)
    path = Path(config.runs)
    stored = Stored(dict(config.data or {}), check_trust(config.trust))
    look = build(config.look)  # a wrong option is named before the work
    alone = path.suffix == ".ckpt"
    out = Path(config.out or (Path() if alone else path) / "evaluation")
    found = Found([]) if alone else _tested(path)
    if not found.runs and (config.report or not alone):
        tell(found.damaged)
        found.require_whole(f"runs={path}")
        raise InputError(f"runs={path}: {NO_REPORT if alone else NO_RUN}")
    subject, failures = None, [*found.damaged]
    if config.report:
        readable = found.intact(lambda run: load_scorer(run / EMBEDDING), stored.describe)
        failures = readable.damaged
        if readable.runs:
            subject = open_runs(readable.runs, stored.read, look)
    if alone:
        results = [from_checkpoint(path, stored)]
    else:
        results, failed = recompute_all(found.runs, config.source, stored)
        report = write_report(found.runs, out, path.resolve().name)
        print_report(report, Console())
        failures += failed + report.failures
    tell(failures)
    save_recomputed(results, out)
    if subject is not None:
        inside = report_inside(subject, out)
        if config.wandb != "none":
            log_inside(inside, out, path.resolve().name, offline=config.wandb == "offline")
    worst = judge(results, [*dict.fromkeys(failures)], out, config.tolerance)
    print(f"Recomputed: {out / 'evaluation.csv'} (largest difference to training: {worst})")


def _check(config: DictConfig) -> None:
    """What is wrong with the options by themselves, before anything is read."""
    require_known(config, EvaluateConfig)
    require_part(config.look, "look")
    for option, known in (("source", SOURCES), ("wandb", WANDB)):
        if config[option] not in known:
            raise InputError(f"{option}={config[option]}: choose one of {', '.join(known)}")
    if not str(config.runs):
        raise InputError("runs= is empty: name a run folder, a folder of runs or a checkpoint")
    check_tolerance(config.tolerance)


@dataclass(frozen=True)
class Stored:
    """How the data that a stored configuration describes are read.

    Attributes:
        replaced: options that are otherwise now.
        trust: modules of the user's own that it may name.
    """

    replaced: dict[str, Any]
    trust: tuple[str, ...] = ()

    def describe(self, run: Path) -> dict[str, Any]:
        """Configuration of the data of the run in a folder."""
        return load_data_config(run, self.replaced, self.trust)

    def read(self, run: Path) -> Connectome:
        """These data."""
        described = self.describe(run)
        with using(run / CONFIG):
            connectome: Connectome = build(described)
        return connectome


def _tested(path: Path) -> Found:
    """Complete runs that went on to the test part.

    Raises:
        InputError: if there are others only.
    """
    found = find_runs(path)
    runs = [run for run in found.runs if run.tested]
    if len(runs) < len(found.runs):
        print(f"left out: {len(found.runs) - len(runs)} runs with test=false", file=sys.stderr)
    if found.runs and not runs:
        raise InputError(f"runs={path}: {NO_TEST}")
    return Found(runs, found.damaged)


def save_recomputed(results: list[Recomputed], out: Path) -> None:
    """Write and print what was recomputed.

    Raises:
        InputError: if nothing was.
    """
    if not results:
        raise InputError(f"{out / 'evaluation.csv'}: not written, since nothing was recomputed")
    table = as_table(results)
    save_text(out / "evaluation.csv", csv_text(table))
    print(table.to_string(index=False, max_rows=20))


def judge(results: list[Recomputed], failures: list[str], out: Path, tolerance: float) -> str:
    """The largest absolute difference to training, in words.

    Raises:
        InputError: if there are ``failures`` or a difference is not within ``tolerance``.
    """
    different = differing(results, tolerance)
    if failures or different:
        raise InputError(
            f"{out / 'evaluation.csv'}: {len(failures)} runs or tables could not be used, "
            f"{len(different)} metrics differ from training by more than {tolerance}"
        )
    known = [result.difference for result in results if result.run.metrics]
    return f"{max(known):.1e}" if known else "not known"


def recompute_all(
    runs: list[Run], source: str, stored: Stored
) -> tuple[list[Recomputed], list[str]]:
    """Recompute every run that can be; the second list says what is wrong with the others."""
    results: list[Recomputed] = []
    failures: list[str] = []
    for run in track(runs, "Recomputing", console=Console(stderr=True)):
        try:
            results += recompute(run, source, stored)
        except InputError as error:
            failures.append(about(run, error))
    return results, failures


def recompute(run: Run, source: str, stored: Stored) -> list[Recomputed]:
    """Recompute one run from what ``source`` names."""
    results = []
    if source in ("both", "embedding"):
        results.append(from_embedding(run))
    if source in ("both", "checkpoint"):
        metrics = from_checkpoint(run.path / BEST, stored).metrics
        results.append(Recomputed(run, "checkpoint", metrics))
    return results


def from_checkpoint(path: Path, stored: Stored) -> Recomputed:
    """Rebuild data, split and model from a checkpoint alone, and score.

    Raises:
        InputError: if the run is one without a test, or the checkpoint cannot be used.
    """
    restored = restore(path, build, stored.replaced, stored.trust)
    if not restored.config.get("test", True):
        raise InputError(f"{path}: {NO_TEST}")
    run = Run(path, restored.scorer.method, flatten(restored.config), metrics={})
    metrics = score_test(restored.scorer, restored.datamodule.split)
    return Recomputed(run, "checkpoint", metrics)
