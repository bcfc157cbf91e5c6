"""The colourings of a page: annotations, predicted types, clusters, degrees."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from connectome.analysis.explorer.content import (
    UNCERTAINTY,
    Category,
    Prediction,
    Quantity,
)
from connectome.analysis.latent import Labelled, LatentSpace
from connectome.analysis.plotting import HUES, apart, in_order, styles
from connectome.data.neurons import has_lists
from connectome.display import MOST_COLUMNS, MOST_ROWS, Display
from connectome.types import Connectome, degrees

MOST_LABELS = 250  # a column with more values than that may be an identifier, not a colouring
PER_LABEL = 4  # neurons, which a label of such a column has at least on the average
PREDICTED, CONFIDENCE = "predicted type", "confidence of predicted type"
Colour = Category | Quantity


@dataclass(frozen=True, eq=False)
class Colours:
    """The colourings of a page.

    Attributes:
        shown: in the order of the page, each with a name of its own.
        prediction: what is said of predicted types; None without.
        left_out: a line on each column that colours nothing.
    """

    shown: tuple[Colour, ...]
    prediction: Prediction | None
    left_out: tuple[str, ...]


def colours_of(
    connectome: Connectome,
    shown: LatentSpace,
    types: Labelled | None,
    clusterings: dict[str, np.ndarray],
    predicted: pd.DataFrame | None,
    confidence: np.ndarray | None,
) -> Colours:
    """Cell types first, then predicted ones, other annotations, clusters and degrees.

    Args:
        connectome: the data.
        shown: the embedding that is shown first.
        types: cell types; None without.
        clusterings: clusters ``[N]`` of our own, by name.
        predicted: columns ``neuron_id, predicted, confidence, second, abstains``; None without.
        confidence: ``[N]`` of the predicted type, NaN where there is none; None without.
    """
    left_out: list[str] = []
    first: list[Colour] = [] if types is None else [_of_types(types, connectome.display)]
    prediction = None
    if predicted is not None and len(predicted):
        guessed, confidence, prediction = _predictions(connectome, types, predicted)
        first.append(guessed)
    last: list[Colour] = [_of_clusters(name, codes) for name, codes in clusterings.items()]
    last += _quantities(connectome, shown, confidence)
    taken = {UNCERTAINTY, *(one.name for one in [*first, *last])}
    columns = _own_names(_columns(connectome, left_out.append), taken)
    return Colours((*first, *columns, *last), prediction, tuple(left_out))


def type_colours(
    names: tuple[str, ...], display: Display, sizes: np.ndarray | None = None
) -> tuple[str, ...]:
    """A colour for each cell type.

    Up to 54 types have the colours of the house. Of more, those that the data set gives a place
    keep it, and the others have hues that are far apart, the largest first.

    Args:
        names: of the types.
        display: how the data set looks.
        sizes: ``[K]`` neurons of each type; None takes them in the order of their names.
    """
    if len(names) <= MOST_ROWS * MOST_COLUMNS:
        look = styles(names, display)
        return tuple(look[name].colour for name in names)
    places = display.places()
    fixed = styles([name for name in names if name in places], display)
    spread = apart(np.zeros(len(names)) if sizes is None else sizes)
    return tuple(
        fixed[name].colour if name in fixed else colour
        for name, colour in zip(names, spread, strict=True)
    )


def many(sizes: np.ndarray) -> tuple[str, ...]:
    """A colour for each group of ``sizes`` ``[K]``: distinct hues while they last."""
    return HUES[: len(sizes)] if len(sizes) <= len(HUES) else apart(sizes)


def _of_types(types: Labelled, display: Display) -> Category:
    sizes = np.bincount(types.code + 1, minlength=len(types.names) + 1)[1:]
    colours = type_colours(types.names, display, sizes)
    return Category("cell type", types.code.astype(np.int32), types.names, colours)


def _of_clusters(name: str, codes: np.ndarray) -> Category:
    sizes = np.bincount(codes + 1)[1:]
    return Category(name, codes.astype(np.int32), tuple(map(str, range(len(sizes)))), many(sizes))


def _predictions(
    connectome: Connectome, types: Labelled | None, table: pd.DataFrame
) -> tuple[Category, np.ndarray, Prediction]:
    """The types of neurons without one, coloured like those of the others; ``[N]`` confidence."""
    display, n = connectome.display, connectome.num_neurons
    both = pd.concat([table["predicted"], table["second"]]).dropna().astype(str)
    names = tuple(sorted({*both, *(types.names if types else ())}))
    place = pd.Index(connectome.neuron_ids).get_indexer(pd.Index(table["neuron_id"]))
    best, second = (np.full(n, -1, dtype=np.int32) for _ in range(2))
    abstains, confidence = np.zeros(n, dtype=bool), np.full(n, np.nan)
    code = pd.Index(names)
    best[place] = code.get_indexer(pd.Index(table["predicted"].astype(str)))
    second[place] = code.get_indexer(pd.Index(table["second"].astype(str)))
    abstains[place] = table["abstains"].to_numpy(bool)
    confidence[place] = table["confidence"]
    fresh = type_colours(names, display, np.bincount(best + 1, minlength=len(names) + 1)[1:])
    look = dict(zip(names, fresh, strict=True))
    if types is not None:
        look |= dict(zip(types.names, _of_types(types, display).colours, strict=True))
    category = Category(
        PREDICTED, best, names, tuple(map(look.__getitem__, names)), "no prediction"
    )
    return category, confidence, Prediction(PREDICTED, CONFIDENCE, second, abstains)


def _columns(connectome: Connectome, leave_out: Callable[[str], None]) -> Iterator[Colour]:
    """Annotations; those that would colour nothing are told to ``leave_out``."""
    for column, values in connectome.neurons.items():
        name = str(column).replace("_", " ")
        if column in ("cell_type", "pair_id"):
            continue
        if values.dtype.kind == "f":
            yield Quantity(name, np.where(np.isfinite(values), values, np.nan).astype(np.float32))
            continue
        if has_lists(values):
            leave_out(f"{column}: lists")
            continue
        codes, labels = pd.factorize(values, sort=True)
        most = max(MOST_LABELS, connectome.num_neurons // PER_LABEL)
        if not 2 <= len(labels) <= most:
            one = "one value" if len(labels) == 1 else f"{len(labels):,} values"
            leave_out(f"{column}: {one if len(labels) else 'no value'}")
            continue
        sizes = np.bincount(codes + 1, minlength=len(labels) + 1)[1:]
        colours = in_order(len(labels)) if values.dtype.kind == "i" else many(sizes)
        yield Category(name, codes.astype(np.int32), tuple(map(str, labels)), colours)


def _own_names(columns: Iterable[Colour], taken: set[str]) -> Iterator[Colour]:
    """A column may be called like a colouring of ours, which keeps its name, or like another."""
    for one in columns:
        name = one.name
        while name in taken:
            name += " (annotation)"
        taken.add(name)
        yield replace(one, name=name)


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
        yield Quantity(CONFIDENCE, confidence.astype(np.float32))
