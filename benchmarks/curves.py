"""Quality against CPU seconds of training: every trained model, and other packages beside it.

    python benchmarks/curves.py --threads 1 --data larva_brain --archive PATH \
        --python IMPLICIT/bin/python --table rows.csv --figure learning_curves.png

Directed split of seed 0; methods that know no direction see its links both ways round and are
scored on the same pairs. Models are trained as by ``train.py``, early stopping included. The clock
(``process_time``, user and system) begins at the set-up of a module and stands still while anything
is scored. At some epochs, ever further apart, and after the last one the embedding of that moment
is scored on test links; nothing is chosen by that. PyG's example takes as many steps an epoch.
Other packages are fitted anew for each number of iterations, in processes of their own, by those
interpreters of ``--python`` that have them. What stands in ``--table FILE`` is not run again.
"""

import argparse
import itertools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytorch_lightning as pl
import torch
from common import SILENT, Worker, add_options, interpreter, prepare, read
from contract import Options
from matplotlib.figure import Figure
from pyg import PyG
from worker import load_arrays

from connectome.analysis.plotting import LINES, MARKERS, PALETTE
from connectome.arguments import change_options, fit_config, set_options
from connectome.config import build, quietly
from connectome.data.splits import SplitConfig
from connectome.data.tabular import csv_text
from connectome.metrics.links import rank_test_links, scorer_metrics
from connectome.scores import Embedding, Scorer
from connectome.training.batching import LinkDataModule
from connectome.types import LinkSplit

STEPS = 20  # of an epoch, as in train.py
SCORED = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)  # epochs, beside the last one
FREE = ("factor", "directed_factor", "directed_distance")  # which two solvers train
OTHERS = ("gae", "vgae", "linear_gae", "directed_gae", "deepwalk", "spectral", "lse")
MODELS = (*FREE, *OTHERS)
SWEEPS = (1, 2, 5, 15, 30)  # of least squares
PEERS: dict[str, tuple[str, str, tuple[int, ...]]] = {  # title, package, iterations or epochs
    "pyg": ("PyG, GAE of its example", "torch_geometric", (20,)),
    "svd": ("scikit-learn TruncatedSVD", "sklearn", (1, 5, 20)),
    "nmf": ("scikit-learn NMF", "sklearn", (10, 50, 200)),
    "als-links-1": ("implicit ALS, links, alpha 1", "implicit", SWEEPS),
    "als-links-40": ("implicit ALS, links, alpha 40", "implicit", SWEEPS),
    "als-synapses": ("implicit ALS, synapses, alpha 1", "implicit", SWEEPS),
    "graspologic": ("graspologic ASE", "graspologic", (1,)),
}
*COLOURS, GREY = PALETTE
Given, Rows = argparse.Namespace, list[dict[str, Any]]


def point(scorer: Scorer, split: LinkSplit, seconds: float, iterations: int) -> dict[str, Any]:
    """AUC against uniform negatives and average precision among all pairs, of test links."""
    auc = scorer_metrics(scorer, split.test, split.test_negatives).auc
    ap = rank_test_links(scorer, split).average_precision
    return {"seconds": seconds, "iterations": iterations, "auc": auc, "ap": ap}


class Curve(pl.Callback):
    """CPU seconds of training and the quality so far; the clock stops from validation to epoch."""

    def __init__(self, split: LinkSplit) -> None:
        self.split, self.rows = split, Rows()
        self.seconds, self.epochs = 0.0, 0
        self.began: float | None = None

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Start: the module is built next."""
        self.began = time.process_time()

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Go on, unless it is the first epoch."""
        self.began = self.began or time.process_time()

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop."""
        assert self.began is not None
        self.seconds, self.began = self.seconds + time.process_time() - self.began, None
        self.epochs += 1

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Keep the embedding of this moment, and score it if it is its turn."""
        self.last = pl_module.embed(trainer.datamodule.graph)  # type: ignore[attr-defined]
        if self.epochs in SCORED:
            self.score()

    def score(self) -> None:
        """Add a point, unless this epoch has one."""
        if not self.rows or self.rows[-1]["iterations"] != self.epochs:
            self.rows.append(point(self.last, self.split, self.seconds, self.epochs))


def trained(data: LinkDataModule, model: str, solver: str, d: int, epochs: int | None) -> Rows:
    """The curve of a model, each option as it is by default."""
    limits = {"max_epochs": epochs} if epochs else {}
    config = fit_config(model, data.split.protocol, limits, {})
    set_options(config, latent_dim=d, seed=data.split.seed, name="curves")
    change_options(config.model, **({"solver": solver} if solver else {}))
    with quietly():
        module, curve = build(config.model), Curve(data.split)
        stopping = [] if module.scheduled else [build(config.callbacks.early_stopping)]
        options = SILENT | module.trainer_limits | {"callbacks": [*stopping, curve]}
        build(config.trainer)(**options).fit(module, data)
    curve.score()
    return curve.rows


def embedding(name: str, data: LinkDataModule, source: Any, target: Any, score: str) -> Embedding:
    """What another package has learned, as one of ours."""
    sides = [torch.as_tensor(side).float() for side in (source, target)]
    return Embedding(name, data.graph.neuron_ids, *sides, score)


def of_pyg(data: LinkDataModule, name: str, arrays: Path, options: Options, given: Given) -> Rows:
    """PyG's example: undirected pairs, both ways round in its graph and once in its loss."""
    pairs = np.unique(np.sort(data.split.train.numpy(), axis=0), axis=1)
    both = {"edges": np.concatenate([pairs, pairs[::-1]], axis=1), "train": pairs}
    peer = PyG(load_arrays(arrays) | both, options)
    rows, seconds, epochs = Rows(), 0.0, 2 if given.smoke else PEERS[name][2][0]
    for epoch in range(1, epochs + 1):
        began = time.process_time()
        peer.run(STEPS)
        seconds += time.process_time() - began
        if epoch in SCORED or epoch == epochs:
            made = embedding(name, data, *peer.factors())
            rows.append(point(made, data.split, seconds, epoch))
    return rows


def anew(data: LinkDataModule, name: str, arrays: Path, options: Options, given: Given) -> Rows:
    """A package without epochs: a fit for each number of iterations; none if it is not there."""
    _, package, counts = PEERS[name]
    found = (interpreter(package, other) for other in (None, *given.python))
    python, rows = next((path for path in found if path is not None), None), Rows()
    if python is None:
        print(f"{name}: no interpreter has {package} (--python)")
        return rows
    for count in counts[: 2 if given.smoke else None]:
        worker = Worker(name, arrays, options, python)
        seconds = worker.run(count)["cpu"] * count
        learned = worker.finish()
        made = embedding(name, data, learned["source"], learned["target"], learned["score"])
        rows.append(point(made, data.split, seconds, count))
    return rows


def curves(given: Given, arrays: Path, done: set[str]) -> Iterator[tuple[str, Rows]]:
    """Name and curve of each method that is not done."""
    protocol = "reciprocal" if given.smoke else "orbit"
    brain, split = read(given), SplitConfig(directed=True, protocol=protocol)
    data = LinkDataModule(brain, split, STEPS)
    prepare(brain, arrays, split)
    options = Options(given.dim, biases=given.biases, seed=given.seed, threads=given.threads)
    for first in ("gae", "factor"):  # what is imported and compiled at the first call
        trained(data, first, "", given.dim, 1)
    free = itertools.product(FREE, ("newton", "adam"))
    for model, solver in (*free, *((name, "") for name in OTHERS)):
        name = ", ".join(filter(None, (model, solver)))
        if model in given.models and name not in done:
            yield name, trained(data, model, solver, given.dim, 2 if given.smoke else None)
    for name in PEERS:
        if name in given.peers and name not in done:
            fit = of_pyg if name == "pyg" else anew
            yield name, fit(data, name, arrays, options, given)


def measure(given: Given) -> pd.DataFrame:
    """A row a method and moment: ``seconds``, ``iterations``, ``auc``, ``ap``."""
    path = given.table
    rows = pd.read_csv(path).to_dict("records") if path and path.is_file() else []
    with tempfile.TemporaryDirectory() as folder:
        done = {row["method"] for row in rows}
        for name, curve in curves(given, Path(folder) / "arrays.npz", done):
            rows += [{"method": name} | row for row in curve]
            print(name, *curve[-1:], flush=True)
            if path:
                path.write_text(csv_text(pd.DataFrame(rows)))
    return pd.DataFrame(rows)


def show(table: pd.DataFrame) -> None:
    """The end of each curve, and when it was nearly there."""
    print("| method | CPU s | epochs or iterations | AUC | AP | CPU s to .002 below both |")
    print("|-|-|-|-|-|-|")
    for name, rows in table.groupby("method", sort=False):
        end = rows.iloc[-1]
        near = rows[(rows.auc >= end.auc - 0.002) & (rows.ap >= end.ap - 0.002)].iloc[0]
        cells = f"{end.seconds:.2f} | {end.iterations} | {end.auc:.4f} | {end.ap:.4f}"
        print(f"| {PEERS.get(str(name), [name])[0]} | {cells} | {near.seconds:.2f} |")


def look(name: str) -> dict[str, Any]:
    """Ours by colour, dashed where Adam is one of two solvers; others grey and dotted."""
    model, _, solver = name.partition(", ")
    if name in PEERS:
        place, style = [*PEERS].index(name), {"color": GREY, "linestyle": ":"}
    else:
        place = MODELS.index(model)
        style = {"color": COLOURS[place % len(COLOURS)], "linestyle": LINES[solver == "adam"]}
    return style | {"marker": MARKERS[place % len(MARKERS)]}


def draw(table: pd.DataFrame, path: Path) -> None:
    """AUC and AP against seconds."""
    figure = Figure(figsize=(10, 5.6), layout="constrained")
    labels = {"auc": "ROC-AUC, uniform negatives", "ap": "average precision, all pairs"}
    for axes, (measure, what) in zip(figure.subplots(1, 2), labels.items(), strict=True):
        for name, rows in table.groupby("method", sort=False):
            label, style = PEERS.get(str(name), [name])[0], look(str(name))
            axes.plot(rows.seconds, rows[measure], label=label, ms=4, lw=1.2, **style)
        axes.set(xscale="log", xlabel="CPU seconds of training", ylabel=what)
        axes.grid(axis="y", color="0.9")
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].set_ylim(bottom=0.85)  # below that all are at their beginning
    handles, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4, fontsize="small")
    figure.savefig(path, dpi=150)


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser)
    parser.add_argument("--dim", type=int, default=24)
    parser.add_argument("--models", nargs="*", default=MODELS)
    parser.add_argument("--peers", nargs="*", default=[*PEERS])
    parser.add_argument("--python", nargs="*", default=[], help="interpreters of other packages")
    for what in ("table", "figure"):
        parser.add_argument(f"--{what}", type=Path, help="write it there")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    table = measure(given)
    show(table)
    if given.figure is not None:
        draw(table, given.figure)


if __name__ == "__main__":
    main()
