"""A page to look at two matched brains in: both on one map, each neuron with its partner."""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from connectome.analysis.explorer import (
    HOMOLOG,
    Block,
    Category,
    Explorer,
    MapView,
    Quantity,
    type_colours,
    write_explorer,
)
from connectome.analysis.latent import synapse_matrix
from connectome.analysis.neuron_matching.controls import SPREAD
from connectome.analysis.neuron_matching.tasks import Matched, score_table
from connectome.data.neurons import TYPE_COLUMN, labels_of
from connectome.models.matching import joint_roles

WIDTH = 16  # dimensions that the page finds neighbours in
STATES = ("told", "mutual", "one of several", "no partner")
STATE_COLOURS = ("#332288", "#0072B2", "#DDCC77", "#D55E00")
HOW = (
    "First two of {width} principal components of the degrees of partners and of theirs, of both "
    "brains, each standardised by itself. Partners stand near each other if they play like parts; "
    "the matching does not follow from the map."
)


def write_page(path: Path, matched: Matched, label: str) -> Path:
    """Write the page of all neurons of both brains; returns ``path``.

    Args:
        path: the file.
        matched: what came of the matching.
        label: what is known of the truth's origin, shown with the provenance.
    """
    brain, home = matched.brain, matched.home
    both = synapse_matrix(brain), synapse_matrix(home)
    factors = np.concatenate(joint_roles(*both, SPREAD, WIDTH))[:, ::-1]
    flat = np.asarray(factors[:, :2], dtype=np.float32)
    how = HOW.format(width=factors.shape[1])
    view = MapView("roles", factors.shape[1], flat, np.asarray(factors, dtype=np.float32), how)
    offset = brain.num_neurons
    edges = [brain.edge_index.numpy(), home.edge_index.numpy() + offset]
    made = {
        "made by": f"connectome-latent {version('connectome-latent')}",
        "data": "; ".join(f"{each.name}, fingerprint {each.fingerprint}" for each in (brain, home)),
        "label": label or "no truth was named",
        "cite": brain.citation or home.citation or "the publications of the data",
    }
    return write_explorer(
        path,
        Explorer(
            title=f"{brain.name} and {home.name}: partners from wiring",
            neuron_ids=_names(matched),
            views=(view,),
            colours=tuple(_colours(matched)),
            edge_index=np.concatenate(edges, axis=1),
            synapses=np.concatenate([brain.synapses.numpy(), home.synapses.numpy()]),
            blocks=(Block("homolog", partners_of_all(matched), HOMOLOG),),
            tables={"scores": score_table(matched.scores)},
            provenance=made,
        ),
    )


def partners_of_all(matched: Matched) -> np.ndarray:
    """``[N + M]`` position of the partner of each neuron of both brains, -1 for none.

    Neurons of home have the one that is mutual.
    """
    best, offset = matched.pairing.best, matched.brain.num_neurons
    partner = np.full(offset + matched.home.num_neurons, -1, dtype=np.int64)
    partner[:offset] = np.where(best >= 0, best + offset, -1)
    rows = np.flatnonzero((best >= 0) & (matched.pairing.mutual | matched.told))
    partner[offset + best[rows]] = rows
    return partner


def _names(matched: Matched) -> np.ndarray:
    """``[N + M]`` ids; where both brains have one of a name, with that of the brain."""
    both = [each.neuron_ids.astype(str) for each in (matched.brain, matched.home)]
    if np.isin(both[0], both[1]).any():
        names = matched.brain.name, matched.home.name
        both = [
            np.array([f"{name}: {one}" for one in ids])
            for name, ids in zip(names, both, strict=True)
        ]
    return np.concatenate(both)


def _colours(matched: Matched) -> Iterator[Category | Quantity]:
    brain, home = matched.brain, matched.home
    sizes = brain.num_neurons, home.num_neurons
    code = np.repeat(np.arange(2, dtype=np.int32), sizes)
    yield Category("brain", code, (brain.name, home.name), ("#0072B2", "#E69F00"))
    nothing = np.full(sizes[1], np.nan)
    sure = np.where(matched.told, np.nan, matched.pairing.confidence)
    yield Quantity("confidence", np.concatenate([sure, nothing]).astype(np.float32))
    best, mutual = matched.pairing.best, matched.pairing.mutual
    state = np.where(matched.told, 0, np.where(best < 0, 3, np.where(mutual, 1, 2)))
    whole = np.concatenate([state, np.full(sizes[1], -1)]).astype(np.int32)
    yield Category("partner", whole, STATES, STATE_COLOURS, "of the other brain")
    if all(TYPE_COLUMN in each.neurons for each in (brain, home)):
        said = np.concatenate([labels_of(each, TYPE_COLUMN, "truth") for each in (brain, home)])
        types, names = pd.factorize(said, sort=True)
        if len(names):
            text = tuple(map(str, names))
            colours = type_colours(text, brain.display, np.bincount(types[types >= 0]))
            yield Category("cell type", types.astype(np.int32), text, colours)
