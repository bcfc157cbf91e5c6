"""Two processes against one, in mini-batches: training links per second, and the AUC.

    OMP_NUM_THREADS=1 python benchmarks/ddp.py
    OMP_NUM_THREADS=1 python benchmarks/ddp.py --archive PATH/Supplementary-Data-S1.zip
    OMP_NUM_THREADS=1 python benchmarks/ddp.py --generated 2e6 --passes 1 --epochs 4
    OMP_NUM_THREADS=1 python benchmarks/ddp.py --generated 2e6 --passes 1 --epochs 4 --share each

Every process has one thread. ``--share halves`` (the default): two have half a batch each, so that
both trainings take as many steps on as many links. ``--share each``: two have a whole batch each,
as when devices are added to a training; they take half as many steps, of twice the links. The
ratio needs two free cores. Times are of the second epoch on.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import pytorch_lightning as pl
import torch
from common import bare_trainer

from connectome.data.readers.larva_brain import read_larva_brain
from connectome.data.readers.mushroom_body import read_mushroom_body
from connectome.data.splits import SplitConfig
from connectome.data.synthetic.blockmodel import read_blockmodel
from connectome.metrics.links import scorer_metrics
from connectome.training.batching import EdgeBatches, LinkDataModule
from connectome.training.modules.autoencoder import AutoencoderModule


class Clock(pl.Callback):
    """Writes the seconds from the end of the first epoch to the end of the last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.first: float | None = None

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """One thread in each process."""
        torch.set_num_threads(1)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start, or write the time so far."""
        if self.first is None:
            self.first = time.perf_counter()
        elif trainer.is_global_zero:
            epochs = trainer.current_epoch
            self.path.write_text(json.dumps([time.perf_counter() - self.first, epochs]))


def measure(data: LinkDataModule, processes: int, epochs: int, encoder: str) -> tuple[float, float]:
    """Links per second and test AUC."""
    module = AutoencoderModule(8, variational=False, hidden_dim=32, encoder=encoder)
    module.build(data.graph)  # here too: spawned processes hand back weights only
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clock.json"
        trainer = bare_trainer(
            epochs,
            devices=processes,
            strategy="auto" if processes == 1 else "ddp_spawn",
            limit_val_batches=0,
            callbacks=[Clock(path)],
        )
        trainer.fit(module, data)
        seconds, counted = json.loads(path.read_text())
    assert data.batch is not None
    seen = counted * data.steps_per_epoch * data.batch.edges * processes
    held = data.split.test, data.split.test_negatives
    return seen / seconds, scorer_metrics(module.embed(data.graph), *held).auc


def batches(links: int, processes: int, options: argparse.Namespace) -> tuple[EdgeBatches, int]:
    """Batches of each process, and how many steps an epoch has."""
    parts = processes if options.share == "halves" else 1
    edges = EdgeBatches((options.edges or links // 10) // parts, options.fanouts)
    return edges, options.passes * links // (edges.edges * processes)


def main() -> None:
    """Measure one process and two, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--archive", type=Path, help="of the larval brain; else the mushroom body")
    parser.add_argument("--generated", type=float, help="edges of a generated connectome instead")
    parser.add_argument(
        "--encoder", choices=("gcn", "table"), default="gcn", help="table: no messages"
    )
    parser.add_argument("--edges", type=int, help="links of a step; a tenth of all by default")
    parser.add_argument("--share", choices=("halves", "each"), default="halves")
    parser.add_argument("--fanouts", type=int, nargs=2, default=(10, 10))
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--passes", type=int, default=20, help="over all links in an epoch")
    options = parser.parse_args()
    if options.generated:
        edges = round(options.generated)
        brain = read_blockmodel(neurons=edges // 107, edges=edges, types=60)
    else:
        brain = read_larva_brain(str(options.archive)) if options.archive else read_mushroom_body()
    results = []
    for processes in (1, 2):
        total = LinkDataModule(brain, SplitConfig(), 1).split.train.shape[1]
        batch, steps = batches(total, processes, options)
        data = LinkDataModule(brain, SplitConfig(), steps, batch=batch)
        speed, auc = measure(data, processes, options.epochs, options.encoder)
        results.append((speed, auc))
        print(f"{processes} process(es): {speed:,.0f} links/s, test AUC {auc:.4f}", flush=True)
    (one, before), (two, after) = results
    print(f"ratio {two / one:.2f}, AUC difference {after - before:+.4f}")


if __name__ == "__main__":
    main()
