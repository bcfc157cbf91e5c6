"""A brain of FlyWire's size mapped by one command: seconds of each step, memory.

    python benchmarks/whole_brain.py --threads 2
    python benchmarks/whole_brain.py --edges-file FILE --neurons-file FILE

Draws a block model with types, a fifth of them hidden, and writes it as a table of edges (Parquet)
and one of neurons (CSV), or takes yours. A process of its own then does what ``python -m connectome
map`` does. A step is what the bar of the command calls one; what is printed before belongs to
reading.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from common import measured

from connectome.cli.jobs.map import drawn
from connectome.cli.jobs.map.read import map_file
from connectome.cli.map import parser as command_parser
from connectome.data.synthetic.blockmodel import read_blockmodel
from connectome.data.tabular import csv_text

FIRST_ID = 720575940600000000  # as long as those of FlyWire
HIDDEN = 0.2  # share of the neurons


def draw(folder: Path, neurons: int, edges: int, types: int) -> tuple[Path, Path]:
    """Files of a drawn brain in ``folder``: edges and neurons."""
    brain = read_blockmodel(neurons=neurons, edges=edges, types=types)
    pre, post = brain.edge_index.numpy()
    ids = FIRST_ID + brain.neuron_ids
    columns = {"pre": ids[pre], "post": ids[post], "synapses": brain.synapses.numpy().astype(int)}
    wiring, table = folder / "edges.parquet", folder / "neurons.csv"
    pd.DataFrame(columns).to_parquet(wiring, index=False)
    told = np.random.default_rng(0).random(neurons) >= HIDDEN
    shown = {"cell_type": brain.neurons["cell_type"].where(told)}
    shown["hemisphere"] = brain.neurons["hemisphere"]
    table.write_text(csv_text(pd.DataFrame({"neuron_id": ids} | shown)))
    return wiring, table


class Steps:
    """Says how long each step took when the next begins."""

    def __init__(self) -> None:
        self.name, self.began = "imports", (0.0, 0.0)
        self._go(time.perf_counter(), "reading")

    def _go(self, now: float, name: str) -> None:
        used = time.process_time()
        if self.name != "imports":
            wall, cpu = now - self.began[0], used - self.began[1]
            print(f"  {self.name}: {wall:.1f} s, {cpu:.1f} CPU s", flush=True)
        self.name, self.began = name, (now, used)

    @contextmanager
    def progress(self, *_: Any) -> Iterator[Callable[[str], None]]:
        """Stands for the bar of the command."""
        yield lambda what: self._go(time.perf_counter(), what)
        self._go(time.perf_counter(), "the rest")


def child(words: Sequence[str]) -> None:
    """The command ``map``, with its steps."""
    steps = Steps()
    drawn.progress = steps.progress
    map_file(command_parser().parse_args(words))


def main() -> None:
    """Draw, map and measure."""
    if sys.argv[1:2] == ["child"]:
        child(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, default=140_000)
    parser.add_argument("--edges", type=int, default=3_000_000)
    parser.add_argument("--types", type=int, default=2_000)
    parser.add_argument("--edges-file", type=Path, help="instead of a drawn brain")
    parser.add_argument("--neurons-file", type=Path, help="annotations of its neurons")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--smoke", action="store_true", help="a small one")
    given = parser.parse_args()
    if given.smoke:
        given.neurons, given.edges, given.types = 400, 8_000, 10
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.edges_file is None:
            wiring, table = draw(folder, given.neurons, given.edges, given.types)
        else:
            wiring, table = given.edges_file, given.neurons_file
        words = [str(wiring), *(["--neurons", str(table)] if table else [])]
        command = [sys.executable, __file__, "child", *words, "--out", str(folder / "map")]
        cost = measured(command, given.threads, show=True)
        pages = {path.name: path.stat().st_size for path in (folder / "map").glob("*.*")}
    print(f"{cost.wall:.0f} s, {cost.cpu:.0f} CPU s, peak {cost.peak / 1024:.2f} GiB, in all")
    for name, size in sorted(pages.items()):
        print(f"{name}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
