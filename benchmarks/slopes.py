"""What a generated connectome costs against its edges: seconds, memory and log-log slopes.

    python benchmarks/slopes.py
    python benchmarks/slopes.py --edges 1e5 1e6 1e7 3e7 --figure slopes.png

Connectomes are of the block model (``data=blockmodel``), with 107 edges a neuron as in FlyWire.
Each method and size is a process of its own that draws the connectome, splits it, trains and
embeds: ``full`` takes full-batch steps of a GAE, ``edges`` one pass over all training links in
``--steps-a-pass`` mini-batches, which grow with the graph (or of ``--batch`` links, whatever the
graph), ``spectral`` an ASE of d = 24; the total is of all four. Seconds are of all threads together
as the clock has them; memory is the peak of the whole process, less what its libraries took. Slopes
are least squares of logarithms over all sizes, and over the upper half, where constants weigh
little.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from common import EDGES_A_NEURON, bare_trainer
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table
from worker import memory

from connectome.config import quiet_libraries
from connectome.data.splits import SplitConfig
from connectome.data.synthetic.blockmodel import read_blockmodel
from connectome.training.batching import EdgeBatches, LinkDataModule
from connectome.training.modules.autoencoder import AutoencoderModule
from connectome.training.modules.spectral import SpectralModule

METHODS = ("full", "edges", "spectral")
PHASES = ("draw", "split", "train", "embed", "total")
TITLES = {"full": "GAE, one full-batch step", "edges": "GAE, a pass in mini-batches"}
TITLES |= {"spectral": "ASE, d = 24"}


def child(method: str, edges: int, given: argparse.Namespace) -> dict[str, Any]:
    """Seconds by phase and the peak, MB, of one method on one connectome."""
    torch.set_num_threads(given.threads)
    quiet_libraries()
    before, clock, taken = memory("VmRSS"), time.perf_counter(), {}

    def lap(phase: str) -> None:
        nonlocal clock
        now = time.perf_counter()
        taken[phase] = now - clock
        clock = now

    neurons = max(round(edges / EDGES_A_NEURON), 200)
    brain = read_blockmodel(neurons=neurons, edges=edges, types=60)
    lap("draw")
    data = LinkDataModule(brain, SplitConfig(), given.steps)
    links = data.split.train.shape[1]
    if method == "edges":
        size = min(given.batch or -(-links // given.steps_a_pass), links)
        data.batch, data.steps_per_epoch = EdgeBatches(size, (10, 10)), -(-links // size)
    lap("split")
    module: Any = SpectralModule(24)
    if method != "spectral":
        module = AutoencoderModule(8, variational=False, hidden_dim=32)
    bare_trainer(1, limit_val_batches=0).fit(module, data)
    lap("train")
    taken["train"] /= given.steps if method == "full" else 1
    module.embed(data.graph)
    lap("embed")
    taken["total"] = sum(taken.values())
    peak = memory("VmHWM") - before
    return {"edges": brain.num_edges, "neurons": neurons, "links": links, "own": peak, **taken}


def slope(edges: list[float], values: list[float]) -> float:
    """Slope of log(values) over log(edges)."""
    return float(np.polyfit(np.log(edges), np.log(values), 1)[0])


def draw(results: dict[str, list[dict[str, Any]]], path: Path) -> None:
    """Time and memory against edges, both axes logarithmic."""
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    for axes, key, label in zip(
        figure.subplots(1, 2), ("train", "own"), ("seconds", "peak memory, MB"), strict=True
    ):
        for method, rows in results.items():
            axes.loglog(
                [row["edges"] for row in rows], [row[key] for row in rows], "o-",
                label=TITLES[method],
            )  # fmt: skip
        axes.set_xlabel("edges")
        axes.set_ylabel(label)
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].legend(frameon=False)
    figure.savefig(path, dpi=150)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edges", type=float, nargs="+", default=[1e5, 3e5, 1e6, 3e6, 1e7, 3e7])
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--threads", type=int, default=2, help="of torch")
    parser.add_argument("--steps", type=int, default=3, help="full-batch steps, for their mean")
    parser.add_argument("--steps-a-pass", type=int, default=40, help="mini-batches of a pass")
    parser.add_argument("--batch", type=int, help="links of a mini-batch, for all graphs")
    parser.add_argument("--figure", type=Path, help="write the figure there")
    parser.add_argument("--json", type=Path, help="write all numbers there")
    parser.add_argument("--smoke", action="store_true", help="two small sizes")
    parser.add_argument("--child", choices=METHODS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.smoke:
        given.edges, given.threads = [1e5, 2e5], 1
    if len(given.edges) < 2 and given.child is None:
        parser.error("a slope needs two sizes at least")
    return given


def main() -> None:
    """Measure, print and draw."""
    given = parse()
    if given.child is not None:
        print(json.dumps(child(given.child, round(given.edges[0]), given)))
        return
    console, results = Console(width=130), {}
    options = [f"--threads={given.threads}", f"--steps={given.steps}"]
    options += [f"--steps-a-pass={given.steps_a_pass}"]
    options += [f"--batch={given.batch}"] if given.batch else []
    for method in given.methods:
        rows = results[method] = []
        for edges in sorted(given.edges):
            console.print(f"{method}, {edges:,.0f} edges ...", style="dim")
            command = [sys.executable, __file__, "--child", method, "--edges", str(edges)]
            done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise SystemExit(f"{method}, {edges:,.0f} edges: {done.stderr[-2000:]}")
            rows.append(json.loads(done.stdout.splitlines()[-1]))
        table = Table("edges", "neurons", *(f"{p}, s" for p in PHASES), "MB", title=TITLES[method])
        for row in rows:
            seconds = [f"{row[phase]:.2f}" for phase in PHASES]
            table.add_row(
                f"{row['edges']:,}", f"{row['neurons']:,}", *seconds, f"{row['own']:,.0f}"
            )
        for name, part in (("slope", rows), ("slope, upper half", rows[len(rows) // 2 - 1 :])):
            at = [row["edges"] for row in part]
            slopes = [f"{slope(at, [row[k] for row in part]):.2f}" for k in (*PHASES, "own")]
            table.add_row(name, "", *slopes)
        console.print(table)
    if given.figure is not None:
        draw(results, given.figure)
    if given.json is not None:
        given.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
