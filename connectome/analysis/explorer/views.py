"""From embeddings and annotations to what the explorer's page shows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from connectome.analysis.explorer.colours import colours_of
from connectome.analysis.explorer.content import HOMOLOG, Block, Explorer, MapView
from connectome.analysis.latent import Labelled, LatentSpace
from connectome.data.neurons import FOUND_REMARK, homologs
from connectome.types import Connectome, NotApplicableError

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
        tables: to show, by name; ``predicted_types`` is shown neuron by neuron.
        provenance: how it was made.
    """
    predicted = tables.get("predicted_types")
    colours = colours_of(connectome, spaces[0], types, clusterings, predicted, confidence)
    if colours.left_out:
        provenance = provenance | {"colours nothing": "\n".join(colours.left_out)}
    if connectome.found_pairs:
        provenance = provenance | {"homologs": FOUND_REMARK}
    material = Material(connectome, spaces, types, clusterings, confidence, tables)
    return Explorer(
        title=connectome.name,
        neuron_ids=connectome.neuron_ids,
        views=tuple(_view(space) for space in spaces),
        colours=colours.shown,
        edge_index=connectome.edge_index.numpy(),
        synapses=connectome.synapses.numpy(),
        blocks=tuple(block for make in BLOCKS if (block := make(material)) is not None),
        tables={
            name.replace("_", " "): table
            for name, table in tables.items()
            if name not in PER_NEURON and len(table)
        },
        provenance=provenance,
        prediction=colours.prediction,
        links=connectome.display.links,
        found_pairs=connectome.found_pairs,
    )


def _view(space: LatentSpace) -> MapView:
    return MapView(
        method=space.method,
        latent_dim=space.latent_dim,
        position=space.position,
        latent=space.factors[0].astype(np.float32),
        how=space.how,
        uncertainty=space.uncertainty,
        drawn=space.flat.name,
        other=space.flat.beside,
    )
