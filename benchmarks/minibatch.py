"""Mini-batches against full batches on a random graph: seconds of a pass, and peak memory.

    OMP_NUM_THREADS=2 python benchmarks/minibatch.py --batch edges
    OMP_NUM_THREADS=2 python benchmarks/minibatch.py --batch full
    OMP_NUM_THREADS=2 python benchmarks/minibatch.py --neurons 2000000 --edges 4096 --steps 50

Degrees are heavy-tailed. Prints seconds, seconds of processor time, and the peak memory of the
process after the graph is made, after one pass over all links (or ``--steps``), and after the whole
graph is embedded; of mini-batches also what one of them draws, and what a link of it costs. Each
kind wants a process of its own.
"""

import argparse
import resource
import time

import numpy as np
import pytorch_lightning as pl
import torch
from common import bare_trainer

from connectome.models.nn import HOPS
from connectome.training.batching import EdgeBatches, TrainBatch
from connectome.training.batching.datamodule import AbsentPairs, Batches
from connectome.training.modules.autoencoder import AutoencoderModule
from connectome.types import LinkSplit, MessageGraph


def random_links(neurons: int, links: int, seed: int = 0) -> torch.Tensor:
    """About ``links`` unique pairs ``(smaller, larger)``, ``[2, L]``; chances are log-normal."""
    rng = np.random.default_rng(seed)
    upto = rng.lognormal(0.0, 1.0, neurons).cumsum()
    ends = np.searchsorted(upto, rng.random((2, links)) * upto[-1])
    ends.sort(axis=0)
    keys = np.unique((ends[0] * neurons + ends[1])[ends[0] != ends[1]])
    return torch.from_numpy(np.stack([keys // neurons, keys % neurons]))


class Data(pl.LightningDataModule):
    """The graph alone: nothing is held out."""

    def __init__(self, links: torch.Tensor, neurons: int, batch: EdgeBatches | None) -> None:
        super().__init__()
        none = torch.empty(2, 0, dtype=torch.int64)
        self.split = LinkSplit(neurons, False, "whole", 0, links, none, none, none, none)
        edges = torch.cat([links, links.flip(0)], dim=1)
        self.graph = MessageGraph(np.arange(neurons), edges, directed=False)
        self.batch = batch

    def train_dataloader(self) -> Batches:
        """One pass."""
        links = self.split.train
        if self.batch is not None:
            steps = -(-links.shape[1] // self.batch.edges)
            return Batches(self.batch.source(self.graph, self.split, steps))
        absent = AbsentPairs.of(links, self.split.num_neurons, directed=False)
        return Batches(TrainBatch(self.graph, links, absent, 1, 0))


def report(what: str, since: tuple[float, float]) -> tuple[float, float]:
    """Print times and peak memory; returns the times of now."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    now = time.perf_counter(), time.process_time()
    wall, processor = (after - before for before, after in zip(since, now, strict=True))
    print(f"{what:28s} {wall:7.1f} s  {processor:7.1f} CPU s  peak {peak:.2f} GiB", flush=True)
    return now


def main() -> None:
    """Make the graph, train one pass, embed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", choices=("edges", "full"), default="edges")
    parser.add_argument("--neurons", type=int, default=140_000)
    parser.add_argument("--links", type=int, default=15_000_000)
    parser.add_argument("--edges", type=int, default=262_144)
    parser.add_argument("--steps", type=int, help="a whole pass by default")
    parser.add_argument("--fanouts", type=int, nargs=2, default=(10, 10))
    parser.add_argument(
        "--encoder", choices=("gcn", "table"), default="gcn", help="table: no messages"
    )
    options = parser.parse_args()
    since = time.perf_counter(), time.process_time()
    links = random_links(options.neurons, options.links)
    since = report("random graph", since)
    batch = EdgeBatches(options.edges, options.fanouts) if options.batch == "edges" else None
    data = Data(links, options.neurons, batch)
    print(f"{links.shape[1]} links, largest degree {int(torch.bincount(links.flatten()).max())}")
    if batch is not None:
        loader = data.train_dataloader().batch
        loader.messages, loader.links, loader.absent, loader.weights  # noqa: B018
        loader.steps = options.steps or loader.steps
        data.train_dataloader = lambda: Batches(loader)  # type: ignore[method-assign]
    since = report("what steps draw from", since)
    module = AutoencoderModule(8, variational=False, hidden_dim=32, encoder=options.encoder)
    trainer = bare_trainer(1)
    trainer.fit(module, data)
    steps, before = trainer.global_step, since[0]
    since = report(f"{steps} step(s)", since)
    if batch is not None:
        drawn = loader.draw(0, 0, HOPS[type(module.network.encoder)], torch.Generator())
        entries = sum(len(hop.columns) for hop in drawn.hops)
        seen = steps * drawn.positives.shape[1]
        each = 1e6 * (since[0] - before) / seen
        print(f"a batch: {len(drawn.neurons)} ends, {entries} entries; {each:.1f} us a link")
    module.embed(data.graph)
    report("embedding of all neurons", since)


if __name__ == "__main__":
    main()
