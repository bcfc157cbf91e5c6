"""How long a training step takes, here and elsewhere.

    python benchmarks/steps.py
    python benchmarks/steps.py --data larva_brain --archive PATH/Supplementary-Data-S1.zip
    python benchmarks/steps.py --data flywire_right --root FOLDER --models gae

Every method is a child process; they take turns (A, B, C, A, B, C ...) on the same split, so that
what else the machine does meets them alike. Times are medians over the rounds with quartiles;
ratios are taken within a round. The test AUC is that after equal numbers of optimiser steps.
Memory is the peak of the child, and how much of it came after its libraries and data were loaded.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from common import Spread, Worker, add_options, held_out, interpreter, prepare, read
from contract import Options
from rich.console import Console
from rich.table import Table
from roofline import roofline

from connectome.types import LinkSplit

TITLES = {
    "ours": "ours",
    "pyg": "PyG, examples/autoencoder.py",
    "pyg-cached": "the same, normalisation cached",
    "dense": "dense loss, Kipf & Welling's code",
    "ours-ase": "ours, ASE",
    "ours-laplacian": "ours, Laplacian eigenmaps",
    "scikit-learn": "scikit-learn SpectralEmbedding",
    "graspologic": "graspologic AdjacencySpectralEmbed",
    "node2vec": "node2vec",
}
DENSE_MATRICES = 5  # N x N at a time: labels, logits, and what their loss and gradient need
AUTOENCODERS = ("ours", "pyg", "pyg-cached", "dense")
EMBEDDERS = ("ours-laplacian", "scikit-learn", "ours-ase", "graspologic", "node2vec")


def compare(
    names: list[str],
    pythons: dict[str, str],
    arrays: Path,
    split: LinkSplit,
    options: Options,
    rounds: int,
    steps: int,
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Results by method, and by method what kept it from having one."""
    workers: dict[str, Worker] = {}
    failed: dict[str, str] = {}
    times: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    try:
        for name in names:
            try:
                workers[name] = Worker(name, arrays, options, pythons[name])
            except RuntimeError as error:
                failed[name] = str(error)
        for turn in range(rounds + 1):
            for name in [name for name in workers if name not in failed]:
                try:
                    taken = workers[name].run(1 if turn == 0 else steps)
                except RuntimeError as error:
                    failed[name] = str(error)
                    continue
                if turn > 0:  # the first warms up
                    times[name].append(taken)
        done = [name for name in workers if name not in failed]
        learned = {name: workers[name].finish() for name in done}
    finally:
        for worker in workers.values():
            worker.stop()
    return {
        name: {
            "wall": [1e3 * taken["wall"] for taken in times[name]],
            "cpu": [1e3 * taken["cpu"] for taken in times[name]],
            "auc": held_out(learned[name], split).auc,
            "peak": learned[name]["peak"],
            "own": learned[name]["own"],
        }
        for name in done
    }, failed


def show(
    console: Console, title: str, results: dict[str, dict[str, Any]], missing: dict[str, str]
) -> None:
    """One table: every method against the first that has a result."""
    table = Table(
        "method", "ms", "CPU ms", "times first", "times first, CPU", "test AUC", "peak MB",
        "own MB", title=title,
    )  # fmt: skip
    base = next(iter(results.values()), None)
    for name, result in results.items():
        assert base is not None
        ratios = [
            Spread.of([a / b for a, b in zip(result[kind], base[kind], strict=True)])
            for kind in ("wall", "cpu")
        ]
        table.add_row(
            TITLES[name], str(Spread.of(result["wall"])), str(Spread.of(result["cpu"])),
            *map(str, ratios), f"{result['auc']:.4f}", f"{result['peak']:,.0f}",
            f"{result['own']:,.0f}",
        )  # fmt: skip
    for name, reason in missing.items():
        table.add_row(TITLES[name], reason)
    if results or missing:
        console.print(table)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser)
    parser.add_argument("--models", nargs="*", choices=["gae", "vgae"], default=["gae", "vgae"])
    parser.add_argument("--skip", nargs="*", choices=list(TITLES), default=[])
    parser.add_argument("--latent-dim", type=int, default=16)
    parser.add_argument("--hidden-dim", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=20, help="optimiser steps in a round")
    parser.add_argument("--graspologic-python", help="interpreter with graspologic, node2vec")
    parser.add_argument("--memory", type=float, default=4.0, help="GB that the dense loss may take")
    parser.add_argument("--json", type=Path, help="write all times there, too")
    options = parser.parse_args()
    if options.smoke:
        options.rounds, options.steps, options.latent_dim, options.hidden_dim = 2, 2, 4, 8
        options.threads, options.models = 1, options.models[:1]
    return options


def main() -> None:
    """Measure and print."""
    chosen = parse()
    torch.set_num_threads(chosen.threads)
    console = Console(width=150)
    connectome = read(chosen)
    given = Options(
        latent_dim=chosen.latent_dim,
        hidden_dim=chosen.hidden_dim,
        biases=chosen.biases,
        seed=chosen.seed,
        threads=chosen.threads,
        solver=chosen.scikit_solver,
    )
    record: dict[str, Any] = {"options": {k: str(v) for k, v in vars(chosen).items()}}
    with tempfile.TemporaryDirectory() as folder:
        arrays = Path(folder) / "arrays.npz"
        split = prepare(connectome, arrays)
        number, links = connectome.num_neurons, split.train.shape[1]
        console.print(f"{connectome}; {links:,} training links; {chosen.threads} threads")
        for model in chosen.models:
            options = replace(given, variational=model == "vgae")
            names = [name for name in AUTOENCODERS if name not in chosen.skip]
            missing = {}
            needed = DENSE_MATRICES * 4e-9 * number**2
            if "dense" in names and needed > chosen.memory:
                names.remove("dense")
                missing["dense"] = f"left out: needs about {needed:.0f} GB (--memory)"
            pythons = dict.fromkeys(names, sys.executable)
            results, failed = compare(
                names, pythons, arrays, split, options, chosen.rounds, chosen.steps
            )
            taken = 1 + chosen.rounds * chosen.steps
            title = f"{model}, d = {chosen.latent_dim}: one step; AUC after {taken} steps"
            show(console, title, results, missing | failed)
            record[model] = results
            if "ours" in results:
                middle = Spread.of(results["ours"]["wall"]).middle
                console.print(roofline(number, links, options, middle))
        record["embeddings"] = embeddings(console, chosen, arrays, split, given)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(record, indent=1))


def embeddings(
    console: Console, chosen: argparse.Namespace, arrays: Path, split: LinkSplit, options: Options
) -> dict[str, Any]:
    """The methods that have no steps."""
    missing, pythons = {}, {}
    for name in (name for name in EMBEDDERS if name not in chosen.skip):
        python: str | None = sys.executable
        if name in ("graspologic", "node2vec"):
            python = interpreter(name, chosen.graspologic_python)
        if python is None:
            missing[name] = f"not installed: pip install {name} (--graspologic-python)"
        else:
            pythons[name] = python
    results, failed = compare(
        list(pythons), pythons, arrays, split, options, min(chosen.rounds, 5), 1
    )
    title = f"d = {chosen.latent_dim}: one embedding"
    show(console, title, results, missing | failed)
    return results


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"{time.monotonic() - started:.0f} s in all")
