"""A small page whose every answer can be worked out, for the tests of the explorer."""

import numpy as np
import pandas as pd

from connectome.analysis.explorer import HOMOLOG, Block, Category, Explorer, MapView, Quantity

N = 40
FIRST_ID = 2**53 + 1  # as JavaScript numbers, neighbouring ids would be the same
COLOURS = ("#0072b2", "#d55e00", "#009e73")
TABLE = pd.DataFrame(
    {
        "method": ["vgae", "ase", "gae", "lse"],
        "AUC": [0.9, 0.10123456, np.nan, 0.95],
        "d": [8, 2, 16, 4],
    }
)


def small_page(**changes: object) -> Explorer:
    rng = np.random.default_rng(0)
    # On a jittered lattice: dots that do not overlap.
    lattice = np.stack([np.arange(N) % 8, np.arange(N) // 8], axis=1) + rng.uniform(
        -0.2, 0.2, (N, 2)
    )
    pairs = rng.permutation(N * N)[:300]
    homolog = np.full(N, -1)
    homolog[:10], homolog[20:30] = np.arange(20, 30), np.arange(10)
    degree = np.bincount(np.concatenate([pairs // N, pairs % N]), minlength=N).astype(np.float32)
    degree[3] = np.nan
    views = (
        MapView("vgae", 5, lattice.astype(np.float32), latent(rng, 5), "Drawn by hand."),
        MapView(
            "ase", 2, (lattice[::-1] * [1, 2]).astype(np.float32), latent(rng, 2), "Turned over.",
            uncertainty=rng.random(N).astype(np.float32),
        ),
    )  # fmt: skip
    fields = {
        "title": "A small page",
        "neuron_ids": FIRST_ID + np.arange(N),
        "views": views,
        "colours": (
            Category("cell type", np.arange(N) % 4 - 1, ("KC", "PN", "MBON"), COLOURS),
            Quantity("total degree", degree, log=True),
        ),
        "edge_index": np.stack([pairs // N, pairs % N]),
        "synapses": rng.integers(1, 30, 300),
        "blocks": (Block("homolog", homolog, HOMOLOG),),
        "tables": {"Held-out links": TABLE},
        "provenance": {"data": "made up"},
    }
    return Explorer(**(fields | changes))  # type: ignore[arg-type]


def latent(rng: np.random.Generator, dim: int) -> np.ndarray:
    return (3 + rng.normal(size=(N, dim))).astype(np.float32)
