"""From embeddings and annotations to what the explorer's page shows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.colors import to_hex

from connectome.analysis.explorer.content import (
    HOMOLOG,
    Block,
    Category,
    Explorer,
    MapView,
    Quantity,
)
from connectome.analysis.latent import Labelled, LatentSpace
from connectome.analysis.plotting import HUES, in_order, styles
from connectome.data.neurons import homologs
from connectome.display import Display
from connectome.types import Connectome, NotApplicableError, degrees

MOST_LABELS = 250  # a column with more values than that is an identifier, not a colouring
PER_NEURON = ("clusters", "predicted_types")  # tables that the page shows neuron by neuron


@dataclass(frozen=True, eq=False)
class Material:
    """What the blocks of a page are made of; see :func:`make_explorer`.

    Attributes:
        connectome: the data.
        spaces: the embeddings.
        types: cell types, or None.
        clusterings: ``[N]`` cluster of each neuron, by name.
        confidence: ``[N]`` confidence of the predicted type, NaN where none is, or None.
        tables: metrics by title, with the columns to show.
    """

    connectome: Connectome
    spaces: list[LatentSpace]
    types: Labelled | None
    clusterings: dict[str, np.ndarray]
    confidence: np.ndarray | None
    tables: dict[str, pd.DataFrame]


def homolog_block(material: Material) -> Block | None:
    """``[N]`` position of the left-right homolog, -1 for none; None without pairs."""
    try:
        return Block("homolog", homologs(material.connectome).numpy(), HOMOLOG)
    except NotApplicableError:
        return None


# Makes a block of each page, or None where the data have nothing for it. A panel of one's own is a
# function here whose block has a script.
BLOCKS: list[Callable[[Material], Block | None]] = [homolog_block]


def make_explorer(
    connectome: Connectome,
    spaces: list[LatentSpace],
    types: Labelled | None,
    clusterings: dict[str, np.ndarray],
    confidence: np.ndarray | None,
    tables: dict[str, pd.DataFrame],
    provenance: dict[str, str],
) -> Explorer:
    """The page of ``connectome``.

    Args:
        connectome: the data.
        spaces: the embeddings, the first of which is shown first.
        types: cell types; None without.
        clusterings: clusters ``[N]`` of our own, by name.
        confidence: ``[N]`` of the predicted cell type, NaN where there is none; None without.
        tables: to show, by name.
        provenance: how it was made.
    """
    material = Material(connectome, spaces, types, clusterings, confidence, tables)
    return Explorer(
        title=connectome.name,
        neuron_ids=connectome.neuron_ids,
        views=tuple(_view(space) for space in spaces),
        colours=(
            *_categories(connectome, types, clusterings),
            *_quantities(connectome, spaces[0], confidence),
        ),
        edge_index=connectome.edge_index.numpy(),
        synapses=connectome.synapses.numpy(),
        blocks=tuple(block for make in BLOCKS if (block := make(material)) is not None),
        tables={
            name.replace("_", " "): table
            for name, table in tables.items()
            if name not in PER_NEURON and len(table)
        },
        provenance=provenance,
    )


def _view(space: LatentSpace) -> MapView:
    return MapView(
        method=space.method,
        latent_dim=space.latent_dim,
        position=space.position,
        latent=space.factors[0].astype(np.float32),
        how=space.how,
        uncertainty=space.uncertainty,
    )


def _categories(
    connectome: Connectome, types: Labelled | None, clusterings: dict[str, np.ndarray]
) -> Iterator[Category]:
    """Cell types first, then every other label, then clusters of our own."""
    if types is not None and len(types.names) <= MOST_LABELS:
        colours = type_colours(types.names, connectome.display)
        yield Category("cell type", types.code.astype(np.int32), types.names, colours)
    for column, values in connectome.neurons.items():
        if str(column) in ("cell_type", "pair_id") or values.dtype.kind == "f":
            continue
        codes, labels = pd.factorize(values, sort=True)
        if not 2 <= len(labels) <= MOST_LABELS:
            continue
        colours = in_order(len(labels)) if values.dtype.kind == "i" else _many(len(labels))
        names = tuple(map(str, labels))
        yield Category(str(column).replace("_", " "), codes.astype(np.int32), names, colours)
    for name, codes in clusterings.items():
        count = int(codes.max()) + 1
        yield Category(name, codes.astype(np.int32), tuple(map(str, range(count))), _many(count))


def type_colours(names: tuple[str, ...], display: Display) -> tuple[str, ...]:
    """A colour for each cell type; beyond 54 types colours repeat."""
    look = styles(names, display)
    return tuple(look[name].colour for name in names)


def _many(count: int) -> tuple[str, ...]:
    """Distinct hues while they last, then hues around a circle."""
    if count <= len(HUES):
        return HUES[:count]
    return tuple(to_hex(colour) for colour in colormaps["hsv"](np.arange(count) / count * 0.97))


def _quantities(
    connectome: Connectome, shown: LatentSpace, confidence: np.ndarray | None
) -> Iterator[Quantity]:
    n, (pre, post) = connectome.num_neurons, connectome.edge_index.numpy()
    sent, received = degrees(connectome.edge_index, n)
    yield Quantity("total degree", (sent + received).numpy(), log=True)
    weights = connectome.synapses.numpy()
    yield Quantity("input synapses", np.bincount(post, weights, n).astype(np.float32), log=True)
    yield Quantity("output synapses", np.bincount(pre, weights, n).astype(np.float32), log=True)
    if shown.instability is not None:
        yield Quantity(f"movement over {len(shown.repeats)} seeds", shown.instability)
    if confidence is not None:
        yield Quantity("confidence of predicted type", confidence.astype(np.float32))
