"""What the speed benchmarks share: data, child processes, spreads and ratios."""

import argparse
import importlib.util
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from contract import Options

from connectome.data.readers.flywire import read_flywire_right
from connectome.data.readers.larva_brain import read_larva_brain
from connectome.data.readers.mushroom_body import read_mushroom_body
from connectome.data.splits import SplitConfig, message_graph, split_links
from connectome.metrics.links import LinkMetrics, link_metrics
from connectome.types import Connectome, LinkSplit

HERE = Path(__file__).parent
EDGES_A_NEURON = 107  # as in FlyWire
USUAL = SplitConfig()
SILENT = dict.fromkeys(  # options of Lightning's Trainer
    ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False
)
DATA = ("mushroom_body", "larva_brain", "flywire_right")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which connectome, where it lies, and what all methods are told."""
    parser.add_argument("--data", choices=DATA, default="mushroom_body")
    parser.add_argument("--archive", help="Supplementary-Data-S1.zip of larva_brain")
    parser.add_argument("--root", help="folder of flywire_right")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of torch")
    parser.add_argument("--seed", type=int, default=0, help="of weights, negatives and noise")
    parser.add_argument(
        "--no-biases",
        dest="biases",
        action="store_false",
        help="none in graph convolutions, as in Kipf & Welling's code",
    )
    parser.add_argument(
        "--scikit-solver",
        choices=("arpack", "lobpcg"),
        default="arpack",
        help="of its SpectralEmbedding; arpack, its default, factorises a matrix that need not fit",
    )
    parser.add_argument("--smoke", action="store_true", help="a few steps, to see that all runs")


def read(options: argparse.Namespace) -> Connectome:
    """The connectome that was asked for."""
    if options.data == "mushroom_body":
        return read_mushroom_body()
    if options.data == "larva_brain":
        if options.archive is None:
            raise SystemExit("--data larva_brain needs --archive PATH/Supplementary-Data-S1.zip")
        return read_larva_brain(options.archive)
    if options.root is None:
        raise SystemExit("--data flywire_right needs --root FOLDER")
    return read_flywire_right(options.root)


def prepare(connectome: Connectome, path: Path, config: SplitConfig = USUAL) -> LinkSplit:
    """A split, by default that of ``train.py``; what methods see of it goes to ``path``."""
    split = split_links(connectome, config)
    graph = message_graph(connectome, split)
    number = np.arange(connectome.num_neurons)
    edges, train = graph.edge_index.numpy(), split.train.numpy()
    synapses = {} if graph.synapses is None else {"synapses": graph.synapses.numpy()}
    np.savez(path, neuron_ids=number, edges=edges, train=train, **synapses)
    return split


class Worker:
    """A method in a child process.

    Raises:
        RuntimeError: if the method cannot be made or fails, with its own words.
    """

    def __init__(
        self, peer: str, arrays: Path, options: Options, python: str = sys.executable
    ) -> None:
        self.peer = peer
        self.output = arrays.with_name(f"{peer}-{options.variational}.npz")
        environment = os.environ | {
            "OMP_NUM_THREADS": str(options.threads),
            "OPENBLAS_NUM_THREADS": str(options.threads),
        }
        self.process = subprocess.Popen(
            [python, str(HERE / "worker.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        order = {"arrays": str(arrays), "factors": str(self.output), "options": asdict(options)}
        self._ask(json.dumps(order | {"peer": peer}))

    def run(self, steps: int) -> dict[str, float]:
        """Wall-clock and CPU seconds a step."""
        return self._ask(str(steps))

    def finish(self) -> dict[str, Any]:
        """Peak memory, and the learned ``source`` and ``target`` with their ``score``."""
        answer = self._ask("0")
        with np.load(self.output) as file:
            answer |= {key: torch.from_numpy(file[key]).double() for key in file}
        self.process.communicate()
        return answer

    def stop(self) -> None:
        """End the child, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def _ask(self, line: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            answer: dict[str, Any] = json.loads(self.process.stdout.readline() or "{}")
        except BrokenPipeError:
            answer = {}
        if not answer or "error" in answer:
            raise RuntimeError(answer.get("error", "the process died, perhaps for want of memory"))
        return answer


@dataclass(frozen=True)
class Cost:
    """What a program and its children took: seconds, CPU seconds, and the largest peak, MB."""

    wall: float
    cpu: float
    peak: float


def measured(command: list[str], threads: int, show: bool = False) -> Cost:
    """Run a program to its end; what it prints is seen if it fails, or always (``show``)."""
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        where = None if show else output
        child = subprocess.Popen(command, stdout=where, stderr=where, env=environment)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0 and show:
            raise SystemExit(child.returncode)  # it has said why
        if child.returncode != 0:
            output.seek(0)
            raise SystemExit(f"{' '.join(command)}: {output.read().decode()[-2000:]}")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / unit)


@dataclass(frozen=True)
class Spread:
    """Median and quartiles."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Of at least one value."""
        return cls(*(float(value) for value in np.percentile(values, [25, 50, 75])))

    def __str__(self) -> str:
        digits = 0 if self.middle >= 100 else 1 if self.middle >= 10 else 2
        low, middle, high = (f"{value:,.{digits}f}" for value in (self.low, self.middle, self.high))
        return f"{middle} [{low}, {high}]"


def held_out(learned: dict[str, Any], split: LinkSplit) -> LinkMetrics:
    """Metrics of test links against as many unconnected pairs."""
    source, target = learned["source"], learned["target"]

    def score(pairs: torch.Tensor) -> torch.Tensor:
        left, right = source[pairs[0]], target[pairs[1]]
        if learned["score"] == "distance":
            return -(left - right).norm(dim=1)
        return (left * right).sum(dim=1)

    return link_metrics(score(split.test), score(split.test_negatives))


def bare_trainer(epochs: int, **options: Any) -> pl.Trainer:
    """Lightning's Trainer on the CPU with nothing but the training; it prints nothing."""
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    usual = {"accelerator": "cpu", "devices": 1, "max_epochs": epochs}
    return pl.Trainer(**(usual | SILENT | options))


def interpreter(module: str, other: str | None) -> str | None:
    """A Python that can import ``module``: this one or ``other``; None if neither can."""
    if importlib.util.find_spec(module) is not None:
        return sys.executable
    if other is None:
        return None
    path = shutil.which(other)
    if path is None:
        raise SystemExit(f"{other}: no such program, which should have {module}")
    found = subprocess.run([path, "-c", f"import {module}"], capture_output=True, check=False)
    return path if found.returncode == 0 else None
