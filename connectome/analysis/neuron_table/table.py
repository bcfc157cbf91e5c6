"""The table of all that is known of each neuron."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from connectome.analysis.neuron_table.columns import columns_of
from connectome.types import Connectome

NOTES = "notes"  # of ``attrs``: what was called otherwise than in the data
NEIGHBOURS = 5
# What tables of predicted types call their columns, and what this one calls them.
_TYPED = {
    "predicted": "predicted_type",
    "type": "predicted_type",
    "confidence": "confidence",
    "abstains": "abstains",
    "second": "runner_up",
    "runner_up": "runner_up",
    "told": "told",
    "by": "predicted_by",
    "partner_type": "partner_type",
    "partner_confidence": "partner_confidence",
    "decided": "decided",
}


@dataclass(frozen=True, eq=False)
class TableParts:
    """What a table of ``N`` neurons is made of; what is not there makes no columns.

    Attributes:
        connectome: ids and annotations.
        maps: places ``[N, 2]`` by name of the map.
        clusters: ``[N]`` cluster of each neuron by name of the clustering, -1 where it has none.
        types: predicted types of all neurons or of some, a row each: ``neuron_id``, ``type`` or
            ``predicted``, and what there is of ``confidence, abstains, runner_up`` (or ``second``),
            ``told, by``.
        neighbours: ``[N, k]`` positions of the nearest others, nearest first.
    """

    connectome: Connectome
    maps: Mapping[str, np.ndarray] = field(default_factory=dict)
    clusters: Mapping[str, np.ndarray] = field(default_factory=dict)
    types: pd.DataFrame | None = None
    neighbours: np.ndarray | None = None


def neuron_table(parts: TableParts) -> pd.DataFrame:
    """One row a neuron, in the order of the data.

    Returns:
        ``neuron_id`` as text; the annotations; ``predicted_type, confidence, abstains, runner_up``
        and what else ``types`` has, NA where nothing is predicted; ``cluster_NAME`` (nullable
        integers); ``x_NAME`` and ``y_NAME`` (float32) of each map; ``neighbour_1 ..`` (ids as text,
        the nearest first). Names are in small letters, digits and underscores. An annotation that
        has a name of ours is called ``data_NAME``; ``attrs["notes"]`` says so.

    Raises:
        InputError: if two annotations have one name.
    """
    ids = pd.Series(parts.connectome.neuron_ids.astype(str), dtype="string")
    ours = dict(_ours(parts, ids))
    given: dict[str, pd.Series] = {}
    notes: list[str] = []
    for name, column in columns_of(parts.connectome).items():
        free = _free(name, "data_", {"neuron_id", *ours, *given})
        given[free] = column
        if free != name:
            notes.append(f"annotation '{name}' is called '{free}', since the table has its own")
    frame = pd.DataFrame({"neuron_id": ids} | given | ours)
    frame.attrs[NOTES] = notes
    return frame


def _ours(parts: TableParts, ids: pd.Series) -> Iterator[tuple[str, pd.Series]]:
    if parts.types is not None:
        yield from _predicted(parts.types, ids)
    for name, codes in _slugs("cluster", parts.clusters):
        yield name, pd.Series(codes, dtype="Int64").mask(codes < 0)
    for name, place in _slugs("", parts.maps):
        for axis, values in zip("xy", place.T, strict=True):
            yield f"{axis}{name}", pd.Series(values, dtype="float32")
    near = np.empty((len(ids), 0), dtype=int) if parts.neighbours is None else parts.neighbours
    for k, row in enumerate(near.T):
        yield f"neighbour_{k + 1}", ids.iloc[row].reset_index(drop=True)


def _predicted(types: pd.DataFrame, ids: pd.Series) -> Iterator[tuple[str, pd.Series]]:
    """Columns of ``types`` in the order of ``ids``, nothing (no text of no letters) as NA."""
    row = pd.Index(types["neuron_id"].astype(str)).get_indexer(pd.Index(ids.astype(str)))
    for name, called in _TYPED.items():
        if name in types:
            column = types[name].reset_index(drop=True).reindex(row).reset_index(drop=True)
            if called in ("told", "abstains"):
                yield called, column.astype("boolean")
            elif called in ("confidence", "partner_confidence"):
                yield called, column.astype("float64").round(6)
            else:
                text = column.astype("string")
                yield called, text.mask(text == "")


def _slugs(prefix: str, named: Mapping[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    """Names as ``prefix_name`` that every program takes; equal ones are numbered."""
    taken: set[str] = set()
    for name, values in named.items():
        slug = f"{prefix}_{re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_')}"
        number = next(k for k in range(1, len(named) + 1) if _numbered(slug, k) not in taken)
        taken.add(_numbered(slug, number))
        yield _numbered(slug, number), values


def _numbered(slug: str, number: int) -> str:
    return slug if number == 1 else f"{slug}_{number}"


def _free(name: str, prefix: str, taken: set[str]) -> str:
    while name in taken:
        name = prefix + name
    return name
