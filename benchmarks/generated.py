"""A generated connectome of FlyWire's size, end to end: time, memory, and AUC beside its ceiling.

    python benchmarks/generated.py model=gae batch=full trainer.max_epochs=15
    python benchmarks/generated.py model=gae batch=edges batch.edges=1048576 steps_per_epoch=13
    python benchmarks/generated.py model=spectral latent_dim=24
    python benchmarks/generated.py split.directed=true model=directed_factor latent_dim=8

Runs ``train.py data=blockmodel`` with the options given, under the protocol that keeps mirror
images together, in a process of its own. The ceiling is the AUC, on the same held-out links and
pairs, of each link's probability under the law that the connectome was drawn from: mirror images
and reverses being held out together, no score has a higher expected one.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from common import HERE, measured

from connectome.data.synthetic.settings import WiringSettings, wiring_law
from connectome.metrics.links import link_metrics
from connectome.scores import WiringLaw
from connectome.scores.wiring import PAIR, REVERSE

DIRECTED = "split.directed=true"


def ceiling(law: WiringLaw, positives: np.ndarray, negatives: np.ndarray, directed: bool) -> float:
    """AUC of the probability that each pair ``[2, P]`` is linked, undirected in any direction."""
    linked_by = (PAIR,) if directed else (PAIR, REVERSE)
    scores = []
    for pairs in (positives, negatives):
        linked = [
            1 - law.absent(law.orbit_rates(*part), *linked_by)
            for part in np.array_split(pairs, max(pairs.shape[1] // 100_000, 1), axis=1)
        ]
        scores.append(torch.from_numpy(np.concatenate(linked)))
    return float(link_metrics(*scores).auc)


def main() -> None:
    """Train, measure and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, default=140_000)
    parser.add_argument("--edges", type=int, default=15_000_000)
    parser.add_argument("--types", type=int, default=60)
    parser.add_argument("--threads", type=int, default=2, help="of torch")
    parser.add_argument("--smoke", action="store_true", help="a small one")
    given, options = parser.parse_known_args()
    if given.smoke:
        given.neurons, given.edges, given.types, given.threads = 600, 12_000, 10, 1
    settings = {"neurons": given.neurons, "edges": given.edges, "types": given.types}
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, str(HERE.parent / "train.py"), "data=blockmodel",
            *(f"data.{name}={value}" for name, value in settings.items()),
            "split.protocol=orbit", "logger=none", "callbacks.progress=null",
            f"hydra.run.dir={folder}/run", *options,
        ]  # fmt: skip
        cost = measured(command, given.threads, show=True)
        metrics = json.loads((Path(folder) / "run" / "metrics.json").read_text())
        with np.load(Path(folder) / "run" / "split.npz") as file:
            positives, negatives = file["test"], file["test_negatives"]
    law = wiring_law(WiringSettings(**settings))
    best = ceiling(law, positives, negatives, directed=DIRECTED in options)
    print(f"{cost.wall:.0f} s, {cost.cpu:.0f} CPU s, in all")
    print(f"{metrics['seconds']:.0f} s of training, peak {cost.peak / 1024:.2f} GiB")
    print(f"test AUC {metrics['test/auc']:.4f}, ceiling {best:.4f}")


if __name__ == "__main__":
    main()
