"""What docs/results/mouse.md draws on: products with edges on disk, and how well brains can be cut.

    OMP_NUM_THREADS=1 python benchmarks/mouse.py
    OMP_NUM_THREADS=1 python benchmarks/mouse.py --archive PATH --root FOLDER

Products: a random graph in files, multiplied by one vector and by 32, where a vector of all neurons
fits into caches and where it does not. Cuts: the share of links that lie within equal parts of the
mushroom body, of larva_brain and flywire_right where they are given, and of a block model; with
what the cut costs. Seconds are of processor time.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
from common import EDGES_A_NEURON
from rich.console import Console
from rich.table import Table

from connectome.data.readers.flywire import read_flywire_right
from connectome.data.readers.larva_brain import read_larva_brain
from connectome.data.readers.mushroom_body import read_mushroom_body
from connectome.data.synthetic.blockmodel import read_blockmodel
from connectome.models.clustering import leiden
from connectome.models.spectral import MappedGraph, adjacency
from connectome.types import Connectome

VECTORS = (1, 32)
PARTS = (5, 20, 100, 500)


class RandomEdges:
    """Batches ``[2, m]`` of uniformly random edges, the same whenever they are read."""

    def __init__(self, neurons: int, edges: int) -> None:
        self.neurons, self.edges = neurons, edges

    def __iter__(self) -> Iterator[np.ndarray]:
        """A million at a time."""
        rng = np.random.default_rng(0)
        for start in range(0, self.edges, 1_000_000):
            yield rng.integers(self.neurons, size=(2, min(1_000_000, self.edges - start)))


def products(given: argparse.Namespace) -> Table:
    """Nanoseconds an entry of writing a graph and multiplying it."""
    table = Table(title=f"{given.edges:,} random edges on disk, undirected: ns an entry")
    for name in ("neurons", "written", *(f"times {width} vector(s)" for width in VECTORS)):
        table.add_column(name, justify="right")
    for neurons in given.neurons:
        with tempfile.TemporaryDirectory() as folder:
            since = time.process_time()
            graph = MappedGraph.write(folder, RandomEdges(neurons, given.edges), neurons, False)
            cells = [time.process_time() - since]
            for width in VECTORS:
                vectors = np.random.default_rng(0).normal(size=(neurons, width))
                since = time.process_time()
                graph @ vectors
                cells.append(time.process_time() - since)
        table.add_row(f"{neurons:,}", *(f"{1e9 * cell / graph.num_edges:.1f}" for cell in cells))
    return table


def brains(given: argparse.Namespace) -> Iterator[tuple[str, Connectome]]:
    """Those at hand, by size."""
    yield "mushroom body", read_mushroom_body()
    if given.archive:
        yield "larval brain", read_larva_brain(given.archive)
    if given.root:
        yield "flywire_right", read_flywire_right(given.root)
    neurons = given.edges // EDGES_A_NEURON
    yield "block model", read_blockmodel(neurons=neurons, edges=given.edges, types=60)


def equal_parts(matrix: sp.csr_array, parts: int) -> np.ndarray:
    """The part of each neuron, ``[N]``: Leiden communities one after another, cut into equals."""
    labels = leiden(matrix, resolution=1.0, seed=0).labels
    part = np.empty(len(labels), dtype=np.int64)
    part[np.argsort(labels, kind="stable")] = np.arange(len(labels)) * parts // len(labels)
    return part


def cuts(given: argparse.Namespace) -> Table:
    """How many links the parts keep, and what it costs to find them."""
    table = Table(title="links within equal parts, %, and what a cut takes for an edge")
    for name in ("connectome", "edges", *(f"{parts} parts" for parts in PARTS), "us"):
        table.add_column(name, justify="right")
    for title, brain in brains(given):
        matrix = adjacency(brain.edge_index.numpy(), brain.num_neurons, directed=False)
        entries = matrix.tocoo()
        since, shares = time.process_time(), []
        for parts in PARTS:
            part = equal_parts(matrix, min(parts, brain.num_neurons))
            shares.append(np.mean(part[entries.row] == part[entries.col]))
        each = (time.process_time() - since) / len(PARTS) / brain.num_edges
        table.add_row(
            title,
            f"{brain.num_edges:,}",
            *(f"{100 * share:.1f}" for share in shares),
            f"{1e6 * each:.1f}",
        )
    return table


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--archive", help="Supplementary-Data-S1.zip of larva_brain")
    parser.add_argument("--root", help="folder of flywire_right")
    parser.add_argument("--neurons", type=int, nargs="+", default=[280_000, 10_000_000])
    parser.add_argument("--edges", type=int, default=15_000_000, help="of random and block graphs")
    parser.add_argument("--smoke", action="store_true", help="small ones")
    given = parser.parse_args()
    if given.smoke:
        given.neurons, given.edges = [2000], 120_000
    console = Console(width=110)
    console.print(products(given))
    console.print(cuts(given))


if __name__ == "__main__":
    main()
