"""The larval mushroom body (Eichler et al. 2017), embedded with the package."""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from connectome.data.readers.collection import join
from connectome.data.readers.display import display_of, with_display
from connectome.data.readers.selection import selecting
from connectome.data.tabular import assemble
from connectome.display import Display
from connectome.receipt import Receipt
from connectome.types import Connectome, InputError

CELL_TYPES = {"K": "Kenyon", "P": "projection", "I": "input", "O": "output"}
SIDES = ("left", "right")
BOTH = "both"
CITATION = (
    "Eichler K, et al. (2017) The complete connectome of a learning and memory centre in an "
    "insect brain. Nature 548:175-182. doi:10.1038/nature23455"
)


@selecting
def read_mushroom_body(side: str = "right", display: Mapping[str, Any] | None = None) -> Connectome:
    """The larval mushroom body of one hemisphere, or of both as two brains, with synapse counts.

    The left one has 209 neurons, the right one 213; no edge between them is published. The
    published adjacency matrices carry no skeleton ids, so a neuron is called by side, class letter
    and its rank in the file (``R-K-017``). The neuron table holds ``hemisphere`` and ``cell_type``
    (Kenyon, projection, input, output).

    Args:
        side: ``left``, ``right`` or ``both``.
        display: how figures look (:func:`connectome.data.readers.display.display_of`).

    Raises:
        InputError: for any other ``side``, or a wrong ``display``.
    """
    if side not in (*SIDES, BOTH):
        raise InputError(f"data.side={side}: choose one of {', '.join(SIDES)}, {BOTH}")
    return _read(side, display_of(display))


@lru_cache
def _read(side: str, display: Display) -> Connectome:
    """Cached: the jobs of a sweep share the object, and what was prepared of it."""
    if side == BOTH:
        return join("mushroom_body", {one: _read(one, display) for one in SIDES})
    with (files("connectome.data") / "assets" / "mushroom_body.csv").open() as file:
        edges = pd.read_csv(file)
    edges = edges[edges["pre"].str.startswith(side[0].upper())]
    pre, post = (edges[column].to_numpy(dtype=str) for column in ("pre", "post"))
    ids = np.union1d(pre, post)
    cell_type = [CELL_TYPES[neuron_id.split("-")[1]] for neuron_id in ids]
    brain = assemble(
        name=f"mushroom_body_{side}",
        ids=ids,
        pre=pre,
        post=post,
        synapses=edges["synapses"].to_numpy(),
        neurons=pd.DataFrame({"hemisphere": side, "cell_type": cell_type}),
        citation=CITATION,
        receipt=Receipt(
            f"mushroom_body_{side}",
            ("mushroom_body.csv of this package",),
            layout="edge list",
            columns={name: name for name in ("pre", "post", "synapses")},
            each_row="the synapses in its 'synapses'",
        ),
    )
    return with_display(brain, display)
