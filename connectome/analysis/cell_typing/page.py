"""A page to look at predicted types in: a map by partner types, coloured by type and confidence."""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from sklearn.decomposition import TruncatedSVD

from connectome.analysis.cell_typing.tables import abstains
from connectome.analysis.cell_typing.tasks import Typed, score_table, synapse_matrix
from connectome.analysis.explorer import (
    Category,
    Explorer,
    MapView,
    Quantity,
    type_colours,
    write_explorer,
)

WIDTH = 16  # dimensions that the page finds neighbours in
HOW = (
    "First two of {width} principal directions of log synapse counts to and from each predicted "
    "type, in units of the neuron's own length."
)


def write_page(path: Path, typed: Typed, precision: float, origin: str) -> Path:
    """Write the page; returns ``path``.

    Args:
        path: the file.
        typed: what came of a task.
        precision: of the abstention.
        origin: what is known of the label, shown with the provenance.
    """
    brain = typed.connectome
    factors = partner_space(typed)
    view = MapView("partner types", factors.shape[1], factors[:, :2], factors, _how(factors))
    made = {
        "made by": f"connectome-latent {version('connectome-latent')}",
        "data": f"{brain.name}, fingerprint {brain.fingerprint}",
        "label": origin,
        "cite": brain.citation or "the publications of the data",
    }
    scores = score_table(typed.scores)
    return write_explorer(
        path,
        Explorer(
            title=f"{brain.name}: cell types from wiring",
            neuron_ids=brain.neuron_ids,
            views=(view,),
            colours=tuple(_colours(typed, precision)),
            edge_index=brain.edge_index.numpy(),
            synapses=brain.synapses.numpy(),
            blocks=(),
            tables={"scores": scores} if len(scores) else {},
            provenance=made,
        ),
    )


def _how(factors: np.ndarray) -> str:
    return HOW.format(width=factors.shape[1])


def partner_space(typed: Typed) -> np.ndarray:
    """``[N, d]`` float32: principal directions of each neuron's synapses by type of the partner."""
    synapses, best = synapse_matrix(typed.connectome), typed.typing.best
    n, k = len(best), len(typed.labels.names)
    has = np.flatnonzero(best >= 0)
    member = sp.csr_array((np.ones(len(has)), (has, best[has])), shape=(n, k))
    profile = sp.csr_array(sp.hstack([synapses @ member, synapses.T @ member]))
    profile.data = np.log1p(profile.data)
    length = np.sqrt(np.asarray(profile.multiply(profile).sum(axis=1)).ravel())
    scaled = sp.diags_array(1 / np.where(length > 0, length, 1.0)) @ profile
    width = max(2, min(WIDTH, k, n - 1))
    if min(scaled.shape) <= width:
        factors = np.asarray(scaled.todense())[:, :width]
    else:
        factors = TruncatedSVD(width, random_state=0).fit_transform(scaled)
    return np.asarray(factors - factors.mean(axis=0), dtype=np.float32)


def _colours(typed: Typed, precision: float) -> Iterator[Category | Quantity]:
    labels, typing = typed.labels, typed.typing
    present = np.unique(np.concatenate([typing.best, labels.truth]))
    present = present[present >= 0]
    names = tuple(labels.names[code] for code in present)
    place = np.full(len(labels.names) + 1, -1, dtype=np.int32)
    place[present] = np.arange(len(present))
    colours = type_colours(names, typed.connectome.display)
    rests = abstains(typing, labels.known, precision)
    yield Category("predicted type", place[typing.best], names, colours)
    sure = np.where(rests, -1, typing.best)
    yield Category(f"type, sure enough for {precision:g}", place[sure], names, colours)
    yield Quantity("confidence", typing.confidence.astype(np.float32))
    if (labels.truth >= 0).any():
        yield Category("type in the data", place[labels.truth], names, colours)
    if typed.judged.any():
        right = (typed.tested.best == labels.truth).astype(np.int32)
        code = np.where(typed.judged, right, -1).astype(np.int32)
        yield Category("right", code, ("wrong", "right"), ("#D55E00", "#0072B2"))
    state = np.where(labels.known >= 0, 0, np.where(rests, 2, 1)).astype(np.int32)
    yield Category("told", state, ("told", "typed", "abstains"), ("#332288", "#44AA99", "#DDCC77"))
    degree = np.bincount(typed.connectome.edge_index.numpy().ravel(), minlength=len(rests))
    yield Quantity("total degree", degree.astype(np.float32), log=True)
