"""What happens around a sweep: a mark for its jobs, a summary and a verdict at its end."""

import gc
import os
import sys
import traceback
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from hydra._internal.core_plugins import basic_sweeper
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf
from rich.console import Console

from connectome.analysis.leaderboard.summary import print_report, write_report
from connectome.analysis.leaderboard.to_wandb import Place, log_report
from connectome.runs import STATUS, SWEEP_ID, find_runs, read_status, tell
from connectome.runtime import (
    forget_single_run,
    save_text,
    shared_memory_fault,
    tracking,
)
from connectome.types import InputError

Jobs = dict[Path, dict[str, Any]]  # status of each by its folder


class WholeRecord(OmegaConf):
    """Hydra's sweeper writes ``multirun.yaml`` in place, and offers no other place to mend that."""

    @staticmethod
    def save(config: Any, f: Any, resolve: bool = False) -> None:
        """Write ``config`` beside ``f`` and move it into place."""
        save_text(Path(f), OmegaConf.to_yaml(config, resolve=resolve))


class SweepSummary(Callback):
    """Hydra callback: summarises every folder that jobs of the sweep wrote to.

    A folder's summary covers all complete runs in it, those of earlier sweeps too. The program
    ends with status 1 if a job of this sweep did not complete.
    """

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Mark the jobs to come; launchers hand the environment on to them."""
        gc.enable()  # configurations are made of cycles
        os.environ[SWEEP_ID] = f"{datetime.now():%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:8]}"
        for line in _caveats(config, forget_single_run()):
            print(f"warning: {line}", file=sys.stderr)
        basic_sweeper.OmegaConf = WholeRecord  # type: ignore[misc]

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Write and print the summaries.

        Raises:
            SystemExit: with status 1 if a job failed, or the summary did. Hydra would turn any
                other exception into a warning and report success.
        """
        jobs = self._jobs(Path(config.output_root))
        if not jobs and (elsewhere := OmegaConf.select(config, "hydra.sweep.dir")):
            jobs = self._jobs(Path(elsewhere))
        left_out = {p: s for p, s in jobs.items() if s["state"] == "not applicable"}
        _tell("left out", {Path(path.name): _why(status) for path, status in left_out.items()})
        done = ("complete", "not applicable")
        failed: Jobs = {
            path: status
            for path, status in jobs.items()
            if status["state"] not in done or (status["state"] == "complete" and "error" in status)
        }
        _tell("error", {path: _why(status) for path, status in failed.items()})
        try:
            damaged = self._summarise(config, sorted({path.parent for path in jobs}))
        except (InputError, OSError) as error:
            raise SystemExit(f"error: no summary: {error}") from error
        except Exception as error:
            traceback.print_exc()
            raise SystemExit(1) from error
        verdict = self._verdict(config, jobs, failed)
        if verdict is None and damaged:
            verdict = f"{damaged} damaged runs or tables were left out of the summary, see above"
        if verdict is not None:
            raise SystemExit(f"error: {verdict}")

    def _verdict(self, config: DictConfig, jobs: Jobs, failed: Jobs) -> str | None:
        """What is wrong with the sweep as a whole."""
        if failed or not jobs:
            return f"{len(failed)} of {len(jobs)} jobs did not complete"
        if all(status["state"] == "not applicable" for status in jobs.values()):
            return f"none of {len(jobs)} jobs applies to the data"
        return None

    def _summarise(self, config: DictConfig, folders: list[Path]) -> int:
        """Summarise each folder; returns how many runs or tables had to be left out."""
        console, left_out = Console(), 0
        for folder in folders:
            found = find_runs(folder)
            tell(found.damaged)
            left_out += len(found.damaged)
            if not found.runs:
                console.print(f"{folder}: no complete run, so no summary")
                continue
            report = write_report(found.runs, folder, folder.name)
            print_report(report, console)
            left_out += len(report.failures)
            if _uses_wandb(config):
                logger = config.logger
                group = logger.group or tracking.group(folder.name, os.environ[SWEEP_ID])
                name, offline, project = f"{group}-summary", logger.offline, logger.project
                log_report(report, Place(folder, name, group, "summary", offline, project))
        return left_out

    @staticmethod
    def _jobs(root: Path) -> Jobs:
        """Folder and status of every job of this sweep; files of others may be damaged."""
        jobs = {}
        for path in sorted(file.parent for file in root.rglob(STATUS)):
            try:
                status = read_status(path)
            except InputError as error:
                print(f"warning: {error}", file=sys.stderr)
                continue
            if status.get("sweep") == os.environ[SWEEP_ID]:
                jobs[path] = status
        return jobs


def _uses_wandb(config: DictConfig) -> bool:
    """Whether jobs log to W&B: only its loggers can be offline."""
    return "offline" in (OmegaConf.select(config, "logger") or {})


def _caveats(config: DictConfig, forgotten: list[str]) -> Iterator[str]:
    """What jobs do otherwise than asked, in a line each."""
    if forgotten and _uses_wandb(config):
        names = ", ".join(forgotten)
        yield f"{names}: not used, since each job of a sweep is a W&B run of its own"
    launcher = str(OmegaConf.select(config, "hydra.launcher._target_"))
    if "joblib" in launcher and (fault := shared_memory_fault()) is not None:
        yield f"{fault}, so jobs run one after another; mount it (docker run --shm-size=1g)"


def _why(status: dict[str, Any]) -> str:
    return str(status.get("error", status["state"]))


def _tell(what: str, messages: dict[Path, str]) -> None:
    """Print each message once, with the jobs that ended with it: their number and the first."""
    jobs: dict[str, list[Path]] = {}
    for path, message in messages.items():
        for spelt in (path.resolve(), path):
            message = message.replace(f"{spelt}: ", "")
        jobs.setdefault(message, []).append(path)
    for message, paths in jobs.items():
        which = f"{paths[0]}" if len(paths) == 1 else f"{len(paths)} jobs, the first {paths[0]}"
        print(f"{what}: {which}: {message}", file=sys.stderr)
