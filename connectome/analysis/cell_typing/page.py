"""A page to look at predicted types in: a map by partner types, coloured by type and confidence."""

from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from sklearn.decomposition import TruncatedSVD
from sklearn.manifold import TSNE

from connectome.analysis.cell_typing.tables import abstains, predicted_confidence
from connectome.analysis.cell_typing.tasks import Typed, score_table
from connectome.analysis.explorer import (
    Category,
    Explorer,
    MapView,
    Prediction,
    Quantity,
    type_colours,
    write_explorer,
)
from connectome.analysis.latent import synapse_matrix
from connectome.models.sparse import one_hot

TYPE, PREDICTED = "told or predicted type", "predicted type"  # colourings
CONFIDENCE = "confidence of predicted type"
WIDTH = 16  # dimensions that the page finds neighbours in
MAPPED = 64  # dimensions that the map of types is made of
MOST_DENSE = 4000  # columns of a profile whose products fit a dense matrix
LANDMARKS = range(12, 2001)  # how many types make a map
NEAREST = 4  # types between which a neuron is placed
SHARPNESS = 20.0  # of the weights, per unit of cosine
MAP = (
    "Types are placed by t-SNE of their mean partner types, and a neuron among the four types that "
    "its own partners are most like, whatever type it was given."
)
HOW = (
    "First two of {width} principal directions of log synapse counts to and from each predicted "
    "type, in units of the neuron's own length."
)


def type_views(typed: Typed) -> tuple[MapView, ...]:
    """Maps by partner types, the one to be shown first; all have the same latent places."""
    best = typed.typing.best
    wide = partner_space(synapse_matrix(typed.connectome), best, len(typed.labels.names))
    factors = wide[:, :WIDTH]
    flat = MapView("partner types", factors.shape[1], factors[:, :2], factors, _how(factors))
    if (place := type_map(wide, best)) is None:
        return (flat,)
    return replace(flat, method="map of types", position=place, how=MAP), flat


def write_page(
    path: Path, typed: Typed, views: tuple[MapView, ...], precision: float, origin: str
) -> Path:
    """Write the page; returns ``path``.

    Args:
        path: the file.
        typed: what came of a task.
        views: as of :func:`type_views`.
        precision: of the abstention.
        origin: what is known of the label, shown with the provenance.
    """
    brain = typed.connectome
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
            views=views,
            colours=tuple(_colours(typed, precision)),
            edge_index=brain.edge_index.numpy(),
            synapses=brain.synapses.numpy(),
            blocks=(),
            tables={"scores": scores} if len(scores) else {},
            provenance=made,
            prediction=_prediction(typed, precision),
            links=brain.display.links,
        ),
    )


def _prediction(typed: Typed, precision: float) -> Prediction | None:
    """What the panel of a neuron says that was not told; None where all were."""
    if (typed.labels.known >= 0).all():
        return None
    second = _present(typed)[0][typed.typing.runner_up]
    rests = abstains(typed.typing, typed.labels.known, precision)
    return Prediction(PREDICTED, CONFIDENCE, second, rests)


def _how(factors: np.ndarray) -> str:
    return HOW.format(width=factors.shape[1])


def type_map(factors: np.ndarray, best: np.ndarray) -> np.ndarray | None:
    """``[N, 2]`` float32 places among types; None with too few types for a map.

    t-SNE (van der Maaten & Hinton 2008, https://jmlr.org/papers/v9/vandermaaten08a.html) of the
    means of the 2000 largest types at most; neurons go to the weighted mean of the types that they
    are most like by cosine.

    Args:
        factors: ``[N, d]`` principal directions of partner types.
        best: ``[N]`` predicted types, -1 for none.
    """
    sizes = np.bincount(best[best >= 0])
    types = np.argsort(-sizes, kind="stable")[: LANDMARKS.stop - 1]
    types = types[sizes[types] > 0]
    if len(types) < LANDMARKS.start:
        return None
    row = np.full(len(sizes) + 1, -1)
    row[types] = np.arange(len(types))
    means = _unit(one_hot(row[best], len(types)).T @ factors)
    flat = TSNE(init="pca", random_state=0, perplexity=min(30, len(types) / 4)).fit_transform(means)
    likeness = _unit(factors) @ means.T
    near = np.argpartition(-likeness, NEAREST, axis=1)[:, :NEAREST]
    close = np.take_along_axis(likeness, near, 1)
    weight = np.exp(SHARPNESS * (close - close.max(axis=1, keepdims=True)))
    weight /= weight.sum(axis=1, keepdims=True)
    return np.asarray((flat[near] * weight[:, :, None]).sum(axis=1), dtype=np.float32)


def _unit(values: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.where(length > 0, length, 1.0), dtype=np.float32)


def partner_space(synapses: sp.csr_array, best: np.ndarray, num_types: int) -> np.ndarray:
    """``[N, d]`` float32: principal directions of each neuron's synapses by type of the partner.

    Args:
        synapses: ``[N, N]`` counts of synapses, row presynaptic.
        best: ``[N]`` types, or groups that nobody named; -1 for none.
        num_types: number of types ``K``.
    """
    n, k = len(best), num_types
    member = one_hot(best, k)
    profile = sp.csr_array(sp.hstack([synapses @ member, synapses.T @ member]))
    profile.data = np.log1p(profile.data)
    length = np.sqrt(np.asarray(profile.multiply(profile).sum(axis=1)).ravel())
    scaled = sp.diags_array(1 / np.where(length > 0, length, 1.0)) @ profile
    width = max(2, min(MAPPED, k, n - 1))
    factors = _directions(sp.csr_array(scaled), width)
    return np.asarray(factors - factors.mean(axis=0), dtype=np.float32)


def _directions(profile: sp.csr_array, width: int) -> np.ndarray:
    """``[N, width]``: ``profile`` ``[N, C]`` on its principal directions, largest first."""
    if profile.shape[1] > MOST_DENSE:
        return np.asarray(TruncatedSVD(width, random_state=0).fit_transform(profile))
    _, vectors = np.linalg.eigh((profile.T @ profile).todense())
    return np.asarray(profile @ vectors[:, : -width - 1 : -1])


def _present(typed: Typed) -> tuple[np.ndarray, tuple[str, ...]]:
    """``[K + 1]`` place of each type in a legend, -1 for one that no neuron has; their names."""
    labels, typing = typed.labels, typed.typing
    present = np.unique(np.concatenate([typing.best, typing.runner_up, labels.truth]))
    present = present[present >= 0]
    place = np.full(len(labels.names) + 1, -1, dtype=np.int32)
    place[present] = np.arange(len(present))
    return place, tuple(labels.names[code] for code in present)


def _colours(typed: Typed, precision: float) -> Iterator[Category | Quantity]:
    labels, typing = typed.labels, typed.typing
    place, names = _present(typed)
    sizes = np.bincount(place[typing.best] + 1, minlength=len(names) + 1)[1:]
    colours = type_colours(names, typed.connectome.display, sizes)
    rests = abstains(typing, labels.known, precision)
    yield Category(TYPE, place[typing.best], names, colours, "no type")
    sure = np.where(rests, -1, typing.best)
    told = f"type, sure enough for {precision:g}"
    yield Category(told, place[sure], names, colours, "too unsure")
    if (labels.known < 0).any():
        guess = np.where(labels.known >= 0, -1, typing.best)
        yield Category(PREDICTED, place[guess], names, colours, "no prediction")
        yield Quantity(CONFIDENCE, predicted_confidence(typed).astype(np.float32))
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
