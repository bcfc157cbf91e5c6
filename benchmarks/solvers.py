"""Other steps against Adam: five figures of merit and CPU seconds, paired by split.

    python benchmarks/solvers.py --data larva_brain --archive PATH --dims 2 8 24
    python benchmarks/solvers.py --data larva_brain --archive PATH --part val --seeds 100 101 102 \
        --solvers newton --dropout .01 .03 .06 .1 .15 .2 .3
    python benchmarks/solvers.py --data larva_brain --archive PATH --model gae --dims 2 24 \
        --solvers adam muon
    python benchmarks/solvers.py --data larva_brain --archive PATH --model directed_blend \
        --solvers default

Every run is that of ``train.py split.directed=true`` with the option ``model.solver``, without a
logger; autoencoders without a solver have ``optimizer=muon`` and what goes with it, and ``default``
sets none. ``--table FILE`` keeps the rows: what stands there is not run again. CPU seconds are
those of the fit, validations included.
"""

import argparse
import itertools
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytorch_lightning as pl
import torch
from common import add_options, read
from scipy import stats

from connectome.arguments import change_options, fit_config, set_options
from connectome.config import build, plain, quietly
from connectome.data.splits import SplitConfig, make_evaluation_pairs
from connectome.data.tabular import csv_text
from connectome.metrics.links import link_metrics, rank_test_links
from connectome.runs import EMBEDDING, RunFolder, load_scorer
from connectome.scores import Scorer
from connectome.training.batching import LinkDataModule
from connectome.training.loop import Benchmark, fit_and_test
from connectome.types import Connectome, LinkSplit

REGIMES = ("uniform", "degree_matched", "reversed")
RANKED = ("ap", "mrr")
MEASURES = (*REGIMES, *RANKED)
DEFAULT = "default"
# Models without a solver, and what they are told for optimizer=muon.
STEPPED = ("gae", "vgae", "linear_gae", "linear_vgae", "source_target_gae")
MUON = {"optimizer": {"name": "muon"}, "scheduler": {"name": "cosine"}}
MUON_RATE, MUON_EPOCHS = 0.1, 20
KEYS = ["data", "model", "part", "d", "seed", "solver", "dropout"]


class Clock(pl.Callback):
    """CPU seconds of the fit, and how many steps it took."""

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note the time."""
        self.began = time.process_time()

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take it."""
        self.seconds, self.steps = time.process_time() - self.began, trainer.global_step


class Judge:
    """The pairs of one part of a split; scores what a run leaves behind."""

    def __init__(self, connectome: Connectome, split: LinkSplit, part: str) -> None:
        self.pairs = {
            name: make_evaluation_pairs(connectome, split, name, part) for name in REGIMES
        }
        ranked = split if part == "test" else replace(split, val=split.test, test=split.val)
        self.split = ranked  # links of the other parts are no candidates

    def __call__(self, scorer: Scorer) -> dict[str, float]:
        """AUC against each kind of negatives; AP and MRR among all unconnected pairs."""
        found = {
            name: link_metrics(*map(scorer.score_pairs, (pairs.positives, pairs.negatives))).auc
            for name, pairs in self.pairs.items()
        }
        ranking = rank_test_links(scorer, self.split, Benchmark().max_sources)
        return found | {"ap": ranking.average_precision, "mrr": ranking.reciprocal}


def run(
    data: LinkDataModule, judge: Judge, model: str, d: int, options: dict[str, Any], trainer: Any
) -> dict[str, float]:
    """Train as ``train.py`` does, and score."""
    groups: dict[str, Any] = {}
    if model in STEPPED and options.pop("solver", None) == "muon":
        groups, options = MUON, options | {"learning_rate": MUON_RATE}
        trainer = {"max_epochs": MUON_EPOCHS} | trainer
    config = fit_config(model, data.split.protocol, trainer, groups)
    set_options(config, latent_dim=d, seed=data.split.seed, name="solvers")
    change_options(config.model, **options)
    config.callbacks.progress = None
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder, quietly():
        set_options(config, run_dir=folder, data={"name": "solvers"})
        watching = [one for one in build(config.callbacks).values() if one]
        fit_and_test(
            RunFolder(Path(folder), plain(config), identity={}), data, build(config.model),
            build(config.trainer), [*watching, clock], [], Benchmark(), test=False,
        )  # fmt: skip
        scorer = load_scorer(Path(folder) / EMBEDDING)
    return {"cpu": clock.seconds, "steps": clock.steps} | judge(scorer)


def wanted(given: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Keys of all rows, those of one split beside each other."""
    for seed, d, solver in itertools.product(given.seeds, given.dims, given.solvers):
        of_adam = solver == "adam" or not given.dropout
        for dropout in [DEFAULT] if of_adam else given.dropout:
            values = (given.data, given.model, given.part, d, seed, solver, str(dropout))
            yield dict(zip(KEYS, values, strict=True))


def measure(given: argparse.Namespace) -> pd.DataFrame:
    """A row a run."""
    path = given.table
    rows = pd.read_csv(path).to_dict("records") if path and path.is_file() else []
    done = {tuple(str(row[key]) for key in KEYS) for row in rows}
    connectome, prepared = None, -1
    for key in wanted(given):
        if tuple(map(str, key.values())) in done:
            continue
        connectome = connectome or read(given)
        if prepared != key["seed"]:
            split = SplitConfig(directed=True, protocol=given.protocol, seed=key["seed"])
            data, prepared = LinkDataModule(connectome, split, 20), key["seed"]
            judge = Judge(connectome, data.split, given.part)
        said = key["solver"] != DEFAULT
        options: dict[str, Any] = {"solver": key["solver"]} if said else {}
        if key["dropout"] != DEFAULT:
            options["dropout"] = float(key["dropout"])
        sizes = {"rows": given.block, "columns": given.block, "link_weight": given.link_weight}
        if likelihood := {name: value for name, value in sizes.items() if value}:
            options["likelihood"] = likelihood
        trainer = {"max_epochs": given.epochs} if given.epochs else {}
        rows.append(key | run(data, judge, given.model, key["d"], options, trainer))
        print(" ".join(f"{v:.4f}" if isinstance(v, float) else str(v) for v in rows[-1].values()))
        if path:
            path.write_text(csv_text(pd.DataFrame(rows)))
    return pd.DataFrame(rows).astype({"dropout": str})


def show(table: pd.DataFrame) -> None:
    """Means over the splits, and differences from Adam with paired 95% intervals."""
    setting = ["d", "solver", "dropout"]
    print(table.groupby(setting)[["cpu", "steps", *MEASURES]].mean().round(4).to_string())
    adam = table[table.solver == "adam"].set_index(["d", "seed"])
    for (d, solver, dropout), rows in table[table.solver != "adam"].groupby(setting):
        other = rows.set_index(["d", "seed"])
        both = other.index.intersection(adam.index)
        if len(both) < 2:
            continue
        change = other.loc[both, list(MEASURES)] - adam.loc[both, list(MEASURES)]
        half = stats.t.ppf(0.975, len(both) - 1) * change.sem()
        middle = zip(change.mean(), half, strict=True)
        words = (f"{mean:+.4f} ({mean - by:+.4f}, {mean + by:+.4f})" for mean, by in middle)
        seconds = f"{adam.loc[both].cpu.mean():.1f} | {other.loc[both].cpu.mean():.1f}"
        print(f"| {d} | {solver} | {dropout} | {' | '.join(words)} | {seconds} |")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser)
    parser.add_argument("--model", default="directed_factor")
    parser.add_argument("--protocol", default="orbit")
    parser.add_argument("--part", choices=("val", "test"), default="test")
    parser.add_argument("--solvers", nargs="+", default=["adam", "newton"])
    parser.add_argument("--dims", nargs="+", type=int, default=[2, 8, 24])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--dropout", nargs="+", type=float, help="of Newton; as it is by default")
    parser.add_argument("--block", type=int, help="rows and columns of model.likelihood")
    parser.add_argument("--link-weight", type=float, help="of model.likelihood")
    parser.add_argument("--epochs", type=int, help="at most, of 20 of Adam's steps or one sweep")
    parser.add_argument("--table", type=Path, help="CSV file of the rows")
    given = parser.parse_args()
    if given.smoke:
        given.seeds, given.dims, given.protocol, given.epochs = [0, 1], [2], "reciprocal", 1
    torch.set_num_threads(given.threads)
    show(measure(given))


if __name__ == "__main__":
    main()
