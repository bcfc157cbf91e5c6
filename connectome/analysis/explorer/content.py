"""What the explorer's page shows, checked."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from connectome.analysis.latent import FlatMap
from connectome.display import link_fault
from connectome.types import InputError

UNCERTAINTY = "embedding uncertainty"  # the colouring that a view with uncertainty adds
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_MARKUP = re.compile(r"</script|<!--", re.IGNORECASE)


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
        drawn, other: name of the map that is drawn, and another one to choose; None without.
    """

    method: str
    latent_dim: int
    position: np.ndarray
    latent: np.ndarray
    how: str
    uncertainty: np.ndarray | None = None
    drawn: str = "map"
    other: FlatMap | None = None

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
        colours: ``#rrggbb`` of each category; missing values are drawn grey.
        missing: what a neuron without a value is called.
    """

    name: str
    codes: np.ndarray
    labels: tuple[str, ...]
    colours: tuple[str, ...]
    missing: str = "missing"


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
class Prediction:
    """What the panel of a neuron says of its predicted type.

    Attributes:
        category: name of the categorical colouring with the predicted types.
        confidence: name of the continuous colouring with the confidence.
        runner_up: ``[N]`` int32 positions in the labels of ``category``, -1 for none.
        abstains: ``[N]`` bool, whether the prediction is too unsure to count.
    """

    category: str
    confidence: str
    runner_up: np.ndarray
    abstains: np.ndarray


@dataclass(frozen=True)
class Schema:
    """What the numbers of a block of content must be.

    Attributes:
        shape: of the array: numbers, ``N`` for the neurons, ``E`` for the edges, None for any.
        low, end: whole numbers lie from ``low`` to before ``end``; without ``end`` numbers are
            finite.
        missing: whether NaN may stand for a missing value.
    """

    shape: tuple[int | str | None, ...]
    low: int = 0
    end: int | str | None = None
    missing: bool = False

    def check(self, name: str, array: np.ndarray, sizes: dict[str, int]) -> None:
        """Check ``array`` ``[...]`` against the schema; ``sizes`` are what its names stand for.

        Raises:
            InputError: naming what does not fit.
        """
        shape = tuple(sizes[size] if isinstance(size, str) else size for size in self.shape)
        fits = len(shape) == array.ndim and all(
            wanted in (None, found) for wanted, found in zip(shape, array.shape, strict=True)
        )
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        comma = "," if len(shape) == 1 else ""
        _require(fits, f"{name} has shape {array.shape}; give ({wanted}{comma})")
        if self.end is not None:
            end = sizes[self.end] if isinstance(self.end, str) else self.end
            _within(name, array, self.low, end)
        else:
            _require(array.dtype.kind in "iuf", f"{name} of type {array.dtype}; give numbers")
            _finite(name, array, self.missing)


POSITION = Schema(("N", 2))
LATENT = Schema(("N", None))
QUANTITY = Schema(("N",), missing=True)
CODES = Schema(("N",), low=-1, end="labels")
EDGES = Schema((2, None), end="N")
SYNAPSES = Schema(("E",))
HOMOLOG = Schema(("N",), low=-1, end="N")


@dataclass(frozen=True, eq=False)
class Block:
    """Numbers of a panel: its script finds them as ``app.blocks[name]``, once they are read.

    Attributes:
        name: small letters, digits and hyphens.
        values: ``[...]`` as the schema says: int32 on the page where that has bounds, else float32.
        schema: what they must be.
        script: JavaScript that adds the panel to ``PANELS`` (``assets/panels.js``); empty where a
            script of the page shows the numbers.
    """

    name: str
    values: np.ndarray
    schema: Schema
    script: str = ""


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
        blocks: what panels show besides, such as the position of the left-right homolog.
        tables: metrics by title, shown with the columns they have.
        provenance: how the page was made: configuration, fingerprints, citation.
        prediction: predicted types with confidence and runner-up; None without.
        links: name and address of other pages on a neuron, with ``{id}`` for its id.
        found_pairs: whether left-right pairs were found from wiring.
    """

    title: str
    neuron_ids: np.ndarray
    views: tuple[MapView, ...]
    colours: tuple[Category | Quantity, ...]
    edge_index: np.ndarray
    synapses: np.ndarray
    blocks: tuple[Block, ...]
    tables: dict[str, pd.DataFrame]
    provenance: dict[str, str]
    prediction: Prediction | None = None
    links: tuple[tuple[str, str], ...] = ()
    found_pairs: bool = False


def check(page: Explorer) -> None:
    """Whether the page can be drawn.

    Raises:
        InputError: if shapes disagree, or something is missing or out of range.
    """
    sizes = {"N": len(page.neuron_ids), "E": page.edge_index.shape[-1]}
    _check_neurons(page)
    for view in page.views:
        _check_view(view, sizes)
    for colour in page.colours:
        _check_colour(colour, sizes)
    _check_edges(page, sizes)
    for block in page.blocks:
        _check_block(block, sizes)
    if page.prediction is not None:
        _check_prediction(page, page.prediction, sizes)
    for name, address in page.links:
        _require((fault := link_fault(address)) is None, f"link '{name}'={address}: {fault}")


def _check_prediction(page: Explorer, found: Prediction, sizes: dict[str, int]) -> None:
    labels = {one.name: len(one.labels) for one in page.colours if isinstance(one, Category)}
    _require(found.category in labels, f"prediction: no categories '{found.category}' to colour by")
    quantities = [one.name for one in page.colours if isinstance(one, Quantity)]
    _require(found.confidence in quantities, f"prediction: no quantity '{found.confidence}'")
    own = sizes | {"labels": labels[found.category]}
    CODES.check("prediction: runner_up", found.runner_up, own)
    QUANTITY.check("prediction: abstains", found.abstains.astype(np.int8), sizes)


def _check_neurons(page: Explorer) -> None:
    ids, n = page.neuron_ids, len(page.neuron_ids)
    _require(n > 0, "no neurons; give at least one")
    _require(ids.dtype.kind in "iuU", f"neuron ids of type {ids.dtype}; give integers or strings")
    _require(len(np.unique(ids)) == n, "neuron ids repeat; give each neuron one row")
    _require(bool(page.views), "no views; give at least one embedding")
    _require(bool(page.colours), "no colours; give at least one, such as the total degree")
    _unique("view", [view.name for view in page.views])
    own = [UNCERTAINTY for view in page.views if view.uncertainty is not None][:1]
    _unique("colour", own + [colour.name for colour in page.colours])
    _unique("block", [block.name for block in page.blocks])


def _check_view(view: MapView, sizes: dict[str, int]) -> None:
    name = f"view '{view.name}'"
    POSITION.check(f"{name}: position", view.position, sizes)
    LATENT.check(f"{name}: latent", view.latent, sizes)
    _require(view.latent.shape[1] > 0, f"{name}: latent has no columns; give at least one")
    POSITION.check(f"{name}: other map", (view.other or view).position, sizes)
    if view.uncertainty is not None:
        QUANTITY.check(f"{name}: uncertainty", view.uncertainty, sizes)


def _check_colour(colour: Category | Quantity, sizes: dict[str, int]) -> None:
    name = f"colour '{colour.name}'"
    if isinstance(colour, Quantity):
        QUANTITY.check(f"{name}: values", colour.values, sizes)
        negative = colour.log and bool((colour.values < 0).any())
        _require(not negative, f"{name}: negative values on a log scale; give log=False")
        return
    CODES.check(f"{name}: codes", colour.codes, sizes | {"labels": len(colour.labels)})
    counts = f"{len(colour.colours)} colours for {len(colour.labels)} labels"
    _require(len(colour.colours) == len(colour.labels), f"{name}: {counts}; give one a label")
    odd = [text for text in colour.colours if not _COLOUR.fullmatch(text)][:1]
    _require(not odd, f"{name}: colour {odd} is not of the form #rrggbb")


def _check_edges(page: Explorer, sizes: dict[str, int]) -> None:
    edges = page.edge_index
    EDGES.check("edge_index", edges, sizes)
    SYNAPSES.check("synapses", page.synapses, sizes)
    keys = edges[0].astype(np.int64) * sizes["N"] + edges[1]
    _require(len(np.unique(keys)) == len(keys), "an edge repeats; give each pair once")
    _require(bool((page.synapses > 0).all()), "an edge lacks a positive synapse count; omit it")


def _check_block(block: Block, sizes: dict[str, int]) -> None:
    named = _NAME.fullmatch(block.name) is not None
    _require(named, f"block '{block.name}'; name it with small letters, digits and hyphens")
    block.schema.check(f"block '{block.name}'", block.values, sizes)
    plain = block.script.isascii() and not _MARKUP.search(block.script)
    _require(plain, f"block '{block.name}': its script is not ASCII, or holds </script or <!--")


def _require(holds: bool, complaint: str) -> None:
    if not holds:
        raise InputError(f"explorer: {complaint}")


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
