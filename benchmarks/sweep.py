"""How long a whole sweep takes, here and elsewhere, and what Lightning costs.

    python benchmarks/sweep.py
    python benchmarks/sweep.py --data larva_brain --archive PATH --max-epochs 30 --ours 30 45
    python benchmarks/sweep.py --data flywire_right --root FOLDER --dims 8 24 --max-epochs 5 \\
        --scikit-solver lobpcg --overhead-epochs 5

The sweep: VGAE, GAE and spectral embedding at d = 2, 4, 8, 16, 24. Here it is ``train.py -m`` as it
is run (checkpoints, summary and figures are in its time), without a logger. Elsewhere it is one
script that loops over PyG's example and scikit-learn's SpectralEmbedding. Both get the same split,
hidden width, learning rate and biases of convolutions (those of PyG's example, unless
``--no-biases``), validate every 20 optimiser steps, stop after 10 validations without a better AUC,
end after ``--max-epochs`` of them at the latest, and test the best weights. ``--ours`` gives other
ends to ours, each a sweep of its own: what AUC part of the lead buys. Start-up is in all times.
Peak memory is that of the largest process of each side.

Then the steps of one module under Lightning's Trainer, with checkpoints and validation off, against
the same steps in a bare loop, in turns.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from common import (
    HERE,
    Cost,
    Spread,
    add_options,
    bare_trainer,
    held_out,
    measured,
    prepare,
    read,
)
from contract import Options
from embedders import scikit_learn
from ours import Ours
from pyg import PyG
from rich.console import Console
from rich.table import Table
from worker import load_arrays

from connectome.config import quiet_libraries
from connectome.data.splits import SplitConfig
from connectome.metrics.links import LinkMetrics, link_metrics
from connectome.training.batching import LinkDataModule
from connectome.training.modules.autoencoder import AutoencoderModule
from connectome.types import LinkSplit

TRAINED, UNTRAINED = ("vgae", "gae"), ("spectral",)
MODELS = TRAINED + UNTRAINED
STEPS = 20  # between two validations
PATIENCE = 10
Cells = dict[str, tuple[float, float]]  # test AUC and AP by 'model-d02'


def elsewhere(arrays: dict[str, Any], split: LinkSplit, given: argparse.Namespace) -> Cells:
    """The sweep as one would script it."""
    cells = {}
    for model in MODELS:
        for dim in given.dims:
            options = Options(
                dim,
                variational=model == "vgae",
                biases=given.biases,
                seed=given.seed,
                threads=given.threads,
                solver=given.scikit_solver,
            )
            if model == "spectral":
                peer = scikit_learn(arrays, options)
                peer.run(1)
                found = held_out(learned(peer.factors()), split)
            else:
                found = stopped_early(PyG(arrays, options), split, given)
            cells[f"{model}-d{dim:02}"] = found.auc, found.ap
    return cells


def learned(factors: tuple[Any, Any, str]) -> dict[str, Any]:
    """Factors as :func:`held_out` takes them."""
    source, target, score = factors
    return {"source": torch.from_numpy(source), "target": torch.from_numpy(target), "score": score}


def stopped_early(peer: PyG, split: LinkSplit, given: argparse.Namespace) -> LinkMetrics:
    """Test metrics at the validation that was best."""
    best, waited, at_best = -1.0, 0, None
    for _ in range(given.max_epochs):
        peer.run(STEPS)
        found = learned(peer.factors())
        latent = found["source"]
        positive, negative = (
            (latent[pairs[0]] * latent[pairs[1]]).sum(dim=1)
            for pairs in (split.val, split.val_negatives)
        )
        auc = link_metrics(positive, negative).auc
        waited += 1
        if auc > best:
            best, waited, at_best = auc, 0, held_out(found, split)
        if waited >= PATIENCE:
            break
    assert at_best is not None
    return at_best


def ours(folder: Path, given: argparse.Namespace, max_epochs: int) -> tuple[Cost, Cells]:
    """``train.py -m``, once with biases and once without a network: cost of both, and cells."""
    dims = ",".join(map(str, given.dims))
    data = [f"data={given.data}"]
    data += [f"data.archive={given.archive}"] if given.archive else []
    data += [f"data.root={given.root}"] if given.root else []
    biases = f"model.conv_bias={str(given.biases).lower()}"
    costs = [
        measured(
            [
                sys.executable, str(HERE.parent / "train.py"), "-m", f"latent_dim={dims}", *data,
                *models, "logger=none", "~callbacks.progress", f"steps_per_epoch={STEPS}",
                f"trainer.max_epochs={max_epochs}", f"output_root={folder}", "name=ours",
                f"seed={given.seed}", "split.seed=0",
            ],
            given.threads,
        )
        for models in ([f"model={','.join(TRAINED)}", biases], [f"model={','.join(UNTRAINED)}"])
    ]  # fmt: skip
    cells = {}
    for path in folder.glob("ours/*/metrics.json"):
        name = path.parent.name.rsplit("-seed", 1)[0]
        metrics = json.loads(path.read_text())
        cells[name] = metrics["test/auc"], metrics["test/ap"]
    peak = max(cost.peak for cost in costs)
    return Cost(sum(cost.wall for cost in costs), sum(cost.cpu for cost in costs), peak), cells


def compare(console: Console, cells: Cells, peer_cells: Cells, title: str) -> None:
    """Both sides, cell by cell."""
    table = Table(
        "cell", "AUC, ours", "AUC, PyG and scikit-learn", "AP, ours", "AP, theirs", title=title
    )
    for cell, theirs in peer_cells.items():
        mine = cells[cell]
        columns = (mine[0], theirs[0], mine[1], theirs[1])
        table.add_row(cell, *(f"{value:.4f}" for value in columns))
    console.print(table)


def overhead(given: argparse.Namespace, arrays: dict[str, Any], rounds: int) -> Spread:
    """CPU time of steps under the Trainer over that of as many in a bare loop."""
    data = LinkDataModule(read(given), SplitConfig(), steps_per_epoch=STEPS)
    ratios = []
    for _ in range(rounds):
        bare, taken = Ours(arrays, Options(16, biases=given.biases, threads=given.threads)), []
        trainer = bare_trainer(given.overhead_epochs, limit_val_batches=0)
        module = AutoencoderModule(16, variational=False, conv_bias=given.biases)
        bare.run(1)
        module.build(data.graph)
        for work in (
            lambda b=bare: b.run(STEPS * given.overhead_epochs),
            lambda t=trainer, m=module: t.fit(m, data),
        ):
            started = time.process_time()
            work()
            taken.append(time.process_time() - started)
        ratios.append(taken[1] / taken[0])
    return Spread.of(ratios)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser)
    parser.add_argument("--dims", type=int, nargs="+", default=[2, 4, 8, 16, 24])
    parser.add_argument("--max-epochs", type=int, default=100, help=f"of {STEPS} steps")
    parser.add_argument("--ours", type=int, nargs="+", help="most epochs of ours, if not the same")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--overhead-epochs", type=int, default=50)
    parser.add_argument("--peer", type=Path, help=argparse.SUPPRESS)  # the child that is the peer
    given = parser.parse_args()
    if given.smoke:
        given.dims, given.max_epochs, given.threads = [2], 1, 1
        given.rounds = given.overhead_epochs = 1
    return given


def main() -> None:
    """Measure and print."""
    given = parse()
    torch.set_num_threads(given.threads)
    quiet_libraries()
    if given.peer is not None:
        split = prepare(read(given), given.peer.with_suffix(".arrays.npz"))
        arrays = load_arrays(given.peer.with_suffix(".arrays.npz"))
        given.peer.write_text(json.dumps(elsewhere(arrays, split, given)))
        return
    console = Console(width=120)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mine = {
            epochs: ours(folder / str(epochs), given, epochs)
            for epochs in given.ours or [given.max_epochs]
        }
        child = [sys.executable, str(Path(__file__)), *sys.argv[1:], "--peer", f"{folder}/peer"]
        peer_cost = measured(child, given.threads)
        theirs = json.loads((folder / "peer").read_text())
        for epochs, (cost, cells) in mine.items():
            title = f"{read(given)}: epochs of ours {epochs}, of theirs {given.max_epochs}, at most"
            compare(console, cells, theirs, title)
            for kind, unit in (("wall", "s"), ("cpu", "s"), ("peak", "MB")):
                one, other = getattr(cost, kind), getattr(peer_cost, kind)
                console.print(
                    f"{kind}: ours {one:,.1f} {unit}, theirs {other:,.1f} {unit}: "
                    f"{other / one:.2f} times"
                )
        prepare(read(given), folder / "arrays.npz")
        arrays = load_arrays(folder / "arrays.npz")
        costs = overhead(given, arrays, given.rounds)
        steps = STEPS * given.overhead_epochs
        console.print(f"{steps} steps under Lightning, CPU time of a bare loop: {costs} times")


if __name__ == "__main__":
    main()
