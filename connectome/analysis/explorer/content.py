"""What the explorer's page shows, checked."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from connectome.types import InputError

UNCERTAINTY = "embedding uncertainty"  # the colouring that a view with uncertainty adds
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, eq=False)
class MapView:
    """One embedding that can be chosen in the page.

    Attributes:
        method: name of the method (``vgae``).
        latent_dim: its number of latent dimensions.
        position: ``[N, 2]`` float32, what is drawn.
        latent: ``[N, d]`` float32, for nearest neighbours; the page holds it in half precision.
        how: one sentence that says how the two drawn coordinates were made.
        uncertainty: ``[N]`` float32, such as the posterior standard deviation; None without.
    """

    method: str
    latent_dim: int
    position: np.ndarray
    latent: np.ndarray
    how: str
    uncertainty: np.ndarray | None = None

    @property
    def name(self) -> str:
        """Method and dimension, as the page lists the view."""
        return f"{self.method}, d = {self.latent_dim}"


@dataclass(frozen=True, eq=False)
class Category:
    """A categorical colouring.

    Attributes:
        name: such as ``cell type``.
        codes: ``[N]`` int32 positions in ``labels``, -1 where missing.
        labels: name of each category.
        colours: ``#rrggbb`` of each category; missing values are drawn dark grey.
    """

    name: str
    codes: np.ndarray
    labels: tuple[str, ...]
    colours: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Quantity:
    """A continuous colouring.

    Attributes:
        name: such as ``total degree``.
        values: ``[N]`` float32, NaN where missing.
        log: whether to colour on a log scale; zeros then take the lowest colour.
    """

    name: str
    values: np.ndarray
    log: bool = False


@dataclass(frozen=True, eq=False)
class Explorer:
    """Everything that the page shows of ``N`` neurons and ``E`` edges.

    Attributes:
        title: heading of the page.
        neuron_ids: ``[N]``, integers or strings, unique.
        views: the embeddings, the first of which is shown first.
        colours: the colourings, likewise.
        edge_index: ``[2, E]`` int64 positions (presynaptic, postsynaptic), each pair once.
        synapses: ``[E]`` synapses of each edge (> 0).
        homolog: ``[N]`` int64 position of the left-right homolog, -1 for none; None without.
        tables: metrics by title.
        provenance: how the page was made: configuration, fingerprints, citation.
    """

    title: str
    neuron_ids: np.ndarray
    views: tuple[MapView, ...]
    colours: tuple[Category | Quantity, ...]
    edge_index: np.ndarray
    synapses: np.ndarray
    homolog: np.ndarray | None
    tables: dict[str, pd.DataFrame]
    provenance: dict[str, str]


def check(page: Explorer) -> None:
    """Whether the page can be drawn.

    Raises:
        InputError: if shapes disagree, or something is missing or out of range.
    """
    n = len(page.neuron_ids)
    _check_neurons(page)
    for view in page.views:
        _check_view(view, n)
    for colour in page.colours:
        _check_colour(colour, n)
    _check_edges(page)


def _check_neurons(page: Explorer) -> None:
    ids, n = page.neuron_ids, len(page.neuron_ids)
    _require(n > 0, "no neurons; give at least one")
    kind = ids.dtype.kind
    _require(kind in "iuU", f"neuron ids of type {ids.dtype}; give integers or strings")
    _require(len(np.unique(ids)) == n, "neuron ids repeat; give each neuron one row")
    _require(bool(page.views), "no views; give at least one embedding")
    _require(bool(page.colours), "no colours; give at least one, such as the total degree")
    _unique("view", [view.name for view in page.views])
    own = [UNCERTAINTY for view in page.views if view.uncertainty is not None][:1]
    _unique("colour", own + [colour.name for colour in page.colours])
    if page.homolog is not None:
        _shape("homolog", page.homolog, (n,))
        _within("homolog", page.homolog, -1, n)


def _check_view(view: MapView, n: int) -> None:
    name = f"view '{view.name}'"
    _shape(f"{name}: position", view.position, (n, 2))
    _shape(f"{name}: latent", view.latent, (n, view.latent.shape[-1]))
    _require(view.latent.shape[1] > 0, f"{name}: latent has no columns; give at least one")
    _finite(f"{name}: position", view.position)
    _finite(f"{name}: latent", view.latent)
    if view.uncertainty is not None:
        _shape(f"{name}: uncertainty", view.uncertainty, (n,))
        _finite(f"{name}: uncertainty", view.uncertainty, missing=True)


def _check_colour(colour: Category | Quantity, n: int) -> None:
    name = f"colour '{colour.name}'"
    if isinstance(colour, Quantity):
        _shape(f"{name}: values", colour.values, (n,))
        _finite(f"{name}: values", colour.values, missing=True)
        negative = colour.log and bool((colour.values < 0).any())
        _require(not negative, f"{name}: negative values on a log scale; give log=False")
        return
    _shape(f"{name}: codes", colour.codes, (n,))
    _within(f"{name}: codes", colour.codes, -1, len(colour.labels))
    counts = f"{len(colour.colours)} colours for {len(colour.labels)} labels"
    _require(len(colour.colours) == len(colour.labels), f"{name}: {counts}; give one a label")
    odd = [text for text in colour.colours if not _COLOUR.fullmatch(text)]
    _require(not odd, f"{name}: colour {odd[:1]} is not of the form #rrggbb")


def _check_edges(page: Explorer) -> None:
    n, edges = len(page.neuron_ids), page.edge_index
    _shape("edge_index", edges, (2, edges.shape[-1]))
    _shape("synapses", page.synapses, (edges.shape[1],))
    _within("edge_index", edges, 0, n)
    keys = edges[0].astype(np.int64) * n + edges[1]
    _require(len(np.unique(keys)) == len(keys), "an edge repeats; give each pair once")
    positive = bool((page.synapses > 0).all())
    _require(positive, "an edge without a positive synapse count; leave it out")
    _finite("synapses", page.synapses)


def _require(holds: bool, complaint: str) -> None:
    if not holds:
        raise InputError(f"explorer: {complaint}")


def _shape(name: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    _require(array.shape == shape, f"{name} has shape {array.shape}; give {shape}")


def _finite(name: str, array: np.ndarray, missing: bool = False) -> None:
    bad = np.isinf(array) if missing else ~np.isfinite(array)
    remedy = "mark missing values with NaN" if missing else "leave out NaN and infinity"
    _require(not bad.any(), f"{name} has {int(bad.sum())} entries that are not finite; {remedy}")


def _within(name: str, array: np.ndarray, low: int, end: int) -> None:
    _require(array.dtype.kind in "iu", f"{name} of type {array.dtype}; give integers")
    outside = array[(array < low) | (array >= end)]
    _require(not len(outside), f"{name} has {outside[:1]}; give {low} to {end - 1}")


def _unique(what: str, names: list[str]) -> None:
    twice = [name for name in names if names.count(name) > 1]
    _require(not twice, f"{what} {twice[:1]} occurs twice; give each its own name")
