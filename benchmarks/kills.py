"""Kill training at random times, resume it, and compare with a run that nothing stopped.

    OMP_NUM_THREADS=1 PYTHONPATH=. python benchmarks/kills.py --kills 50

A run is killed with SIGKILL, so that nothing of it can tidy up. Every third time two processes
start the same run at once, and one of them is killed. Every result must then be the same to the
last bit, with nothing half written left. Exits with 1 if one is not. Needs fork, so Linux.
"""

import argparse
import hashlib
import json
import os
import random
import runpy
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

import connectome.analysis  # as train.py does, so that a fork starts at once
from connectome.runs import (
    CALIBRATION,
    EMBEDDING,
    METRICS,
    SCORES,
    SPLIT,
    STATUS,
    load_json,
    read_checkpoint,
)

ROOT = Path(__file__).parents[1]
METHODS = ("gae", "directed_factor", "spectral")
OPTIONS = (
    *("latent_dim=4", "logger=none", "~callbacks.progress", "split.directed=true"),
    *("trainer.max_epochs=20", "steps_per_epoch=10", "callbacks.early_stopping.patience=100"),
    *("benchmark=full", "benchmark.negatives=[uniform,degree_matched]"),
)
# What to wait for before the random time, since a machine is not always as fast.
SIGNS = ("", STATUS, "checkpoints/last.ckpt", SCORES)
LOG = "log.txt"


@dataclass
class Outcome:
    """What a killed run was at, and how the resumed one differs.

    Attributes:
        stage: how far it was when it was killed.
        parts: files that it left half written.
        faults: results that differ, or what else is wrong; empty if nothing is.
    """

    stage: str
    parts: int
    faults: list[str]


def start(folder: Path, method: str) -> int:
    """Fork a process that runs ``train.py`` in ``folder``; returns its number."""
    folder.mkdir(parents=True, exist_ok=True)
    if (pid := os.fork()) != 0:
        return pid
    code = 70  # of a defect
    try:
        os.setsid()
        os.chdir(folder)
        log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for stream in (1, 2):
            os.dup2(log, stream)
        sys.argv = ["train.py", f"model={method}", *OPTIONS]
        runpy.run_path(str(ROOT / "train.py"), run_name="__main__")
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def wait(pid: int) -> int:
    """Exit status of a process, negative if a signal ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def finish(folder: Path, method: str) -> float:
    """Run to the end; returns the seconds that it took."""
    began = time.monotonic()
    if (code := wait(start(folder, method))) != 0:
        raise SystemExit(f"{folder}: exit status {code}: {(folder / LOG).read_text()[-2000:]}")
    return time.monotonic() - began


def run_folder(folder: Path) -> Path | None:
    """The only run below ``folder``, None before there is one."""
    found = list(folder.glob("outputs/*/*/.lock"))  # a folder of negatives lies beside it
    return found[0].parent if found else None


def results(folder: Path) -> dict[str, Any]:
    """All that must be the same, by name: exact text, or a checksum of arrays."""
    run = run_folder(folder)
    assert run is not None
    metrics = {k: v for k, v in load_json(run / METRICS).items() if k != "seconds"}
    weights = read_checkpoint(run / "checkpoints" / "best.ckpt")["state_dict"]
    found = {METRICS: json.dumps(metrics, sort_keys=True)}
    for name in (EMBEDDING, SPLIT):
        with np.load(run / name) as file:
            found[name] = _sum({key: file[key] for key in file.files})
    found |= {name: (run / name).read_text() for name in (SCORES, CALIBRATION)}
    found["best.ckpt"] = _sum({key: value.numpy() for key, value in weights.items()})
    return found | {"state": load_json(run / STATUS)["state"]}


def _sum(arrays: dict[str, np.ndarray]) -> str:
    together = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        together.update(f"{name} {array.dtype} {array.shape}".encode() + array.tobytes())
    return together.hexdigest()


def stage(folder: Path) -> str:
    """How far a run had come when it was killed."""
    run = run_folder(folder)
    if run is None or not (run / STATUS).is_file():
        return "before its first status"
    if (run / METRICS).is_file():
        return "after its metrics"
    trained = (run / "checkpoints" / "last.ckpt").is_file()
    return "with a checkpoint" if trained else "before a checkpoint"


def killed(folder: Path, method: str, sign: str, after: float, twice: bool) -> bool:
    """Start a run, or ``twice`` the same at once, and kill one; whether it was.

    The other of two goes on to its end.

    Args:
        folder: new.
        method: to run.
        sign: file of the run to wait for; empty for its start.
        after: seconds to wait then.
        twice: whether to start two.
    """
    pids = [start(folder, method) for _ in range(1 + twice)]
    while sign and not list(folder.glob(f"outputs/*/*/{sign}")):
        if os.waitid(os.P_PID, pids[0], os.WEXITED | os.WNOHANG | os.WNOWAIT):
            break
        time.sleep(0.001)
    time.sleep(after)
    os.kill(pids[0], signal.SIGKILL)  # at the latest a process that waits for us
    codes = [wait(pid) for pid in pids]
    if twice and codes[1] != 0:
        raise SystemExit(f"{folder}: the other process: {(folder / LOG).read_text()[-2000:]}")
    return codes[0] == -signal.SIGKILL


def trial(
    folder: Path, method: str, when: tuple[str, float], twice: bool, expected: dict[str, Any]
) -> Outcome | None:
    """Kill, resume and compare; None if the run had ended before."""
    if not killed(folder, method, *when, twice):
        return None
    reached, parts = stage(folder), len(list(folder.rglob("*.part")))
    finish(folder, method)
    found = results(folder)
    faults = [name for name in expected if found[name] != expected[name]]
    faults += [path.name for path in folder.rglob("*.part")]
    return Outcome("beside another" if twice else reached, parts, faults)


def report(outcomes: dict[str, list[Outcome]], console: Console) -> None:
    """Print a row for each method and stage."""
    table = Table(title="Killed with SIGKILL, then resumed")
    for column in ("method", "killed", "times", "left half written", "identical"):
        table.add_column(column, justify="left" if column in ("method", "killed") else "right")
    for method, of_method in outcomes.items():
        for at, times in sorted(Counter(one.stage for one in of_method).items()):
            there = [one for one in of_method if one.stage == at]
            same = sum(not one.faults for one in there)
            table.add_row(method, at, str(times), str(sum(o.parts for o in there)), str(same))
    console.print(table)


def main() -> None:
    """Run all trials."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50, help="of all methods together")
    parser.add_argument("--seed", type=int, default=0, help="of the times")
    parser.add_argument("--methods", nargs="+", default=METHODS, metavar="MODEL")
    parser.add_argument("--smoke", action="store_true", help="two kills, to see that all runs")
    given = parser.parse_args()
    if (here := Path(connectome.__file__).parents[1]) != ROOT:
        raise SystemExit(f"connectome is imported from {here}; set PYTHONPATH={ROOT}")
    torch.set_num_threads(1)  # sums in one order
    kills, methods = (2, given.methods[:1]) if given.smoke else (given.kills, given.methods)
    drawn, console = random.Random(given.seed), Console()
    outcomes: dict[str, list[Outcome]] = {method: [] for method in methods}
    with tempfile.TemporaryDirectory(prefix="kills-") as scratch:
        expected, seconds = {}, {}
        for method in methods:
            seconds[method] = finish(Path(scratch) / method, method)
            expected[method] = results(Path(scratch) / method)
        for number in range(kills):
            method, outcome, tries = methods[number % len(methods)], None, 0
            twice = number // len(methods) % 3 == 1
            while outcome is None:  # a faster run may have ended first
                folder, tries = Path(scratch) / f"{number}-{tries}", tries + 1
                when = (drawn.choice(SIGNS), drawn.uniform(0, seconds[method] / 2))
                outcome = trial(folder, method, when, twice, expected[method])
            outcomes[method].append(outcome)
            if outcome.faults:
                at = f"{when[1]:.2f} s after {when[0] or 'its start'}"
                print(f"{method}, {at}, {outcome.stage}: {', '.join(outcome.faults)}")
    report(outcomes, console)
    ended = [outcome for several in outcomes.values() for outcome in several]
    different = sum(bool(outcome.faults) for outcome in ended)
    took = ", ".join(f"{method} {value:.1f} s" for method, value in seconds.items())
    console.print(f"{len(ended)} kills, {len(ended) - different} identical (a run takes {took})")
    if different:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
