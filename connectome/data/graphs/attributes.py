"""What all graph files share: which attribute names the neurons, and which counts synapses."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from connectome.data.graphs.contents import Asked, Graph
from connectome.data.tabular import AUTO, not_numbers, typed
from connectome.types import InputError

OWN_IDS = "id"  # names the ids of the nodes themselves, as `neuron_id` may
NAMES = ("name", "label")  # where writers that number their nodes keep what they are called
COUNTS = ("weight", "synapses", "syn_count", "count")
BOTH_WAYS = "edges are undirected; each counts both ways"
_NUMBERED = re.compile(r"n\d+")

Values = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Parts:
    """A graph as a file lists it.

    Attributes:
        nodes: id and attributes of each node.
        edges: source, target and attributes of each edge, as often as it is there.
        directed: whether edges have a direction.
    """

    nodes: Sequence[tuple[object, Values]]
    edges: Sequence[tuple[object, object, Values]]
    directed: bool


def graph_of(path: Path, layout: str, parts: Parts, asked: Asked) -> Graph:
    """The neurons and connections of a graph.

    Nodes that are only numbered, as igraph, GML and Gephi do, go by their attribute ``name`` or
    ``label`` if it tells them apart; so do nodes whose names are the ids of a neuron table and
    whose own ids are not. ``auto`` counts by the first of ``weight``, ``synapses``, ``syn_count``
    and ``count`` that has numbers. An undirected edge counts both ways.

    Args:
        path: the file, for messages.
        layout: what it is.
        parts: what it lists.
        asked: what one wants of it.

    Raises:
        InputError: for an edge without a count, and ids that are missing or repeat.
    """
    notes = [] if parts.directed or not parts.edges else [BOTH_WAYS]
    parts = _one_kind(parts)
    table = _table(parts.nodes)
    name = _names(path, table, asked, notes)
    counts = _count_attribute(path, parts.edges, asked.synapses, notes)
    edges = _edges(path, parts, counts)
    if name is not None:
        ids = dict(zip(table.index, table[name].astype(str), strict=True))
        edges = edges.assign(pre=edges["pre"].map(ids), post=edges["post"].map(ids))
        table = table.set_index(pd.Index(list(ids.values()))).drop(columns=name)
    columns = {"pre": "source", "post": "target"} | ({"synapses": counts} if counts else {})
    each_row = "1 synapse" if counts is None else f"the synapses in its '{counts}'"
    return Graph(layout, _without_own_names(table), edges, each_row, columns, tuple(notes))


def _one_kind(parts: Parts) -> Parts:
    """With ids that are all numbers or all text, since a column holds one kind."""
    ids = [node for node, _ in parts.nodes]
    if all(_is_number(node) for node in ids) or all(isinstance(node, str) for node in ids):
        return parts
    nodes = [(str(node), values) for node, values in parts.nodes]
    edges = [(str(pre), str(post), values) for pre, post, values in parts.edges]
    return Parts(nodes, edges, parts.directed)


def _table(nodes: Sequence[tuple[object, Values]]) -> pd.DataFrame:
    """One row a node, one column an attribute."""
    names = dict.fromkeys(name for _, values in nodes for name in values)
    columns = {name: typed(values.get(name) for _, values in nodes).array for name in names}
    return pd.DataFrame(columns, index=pd.Index([node for node, _ in nodes], dtype=object))


def _without_own_names(table: pd.DataFrame) -> pd.DataFrame:
    """Without a label that says the id again, as networkx writes it."""
    ids = table.index.astype(str)
    same = [c for c in NAMES if c in table and bool((table[c].astype(str) == ids).all())]
    return table.drop(columns=same)


def _names(path: Path, table: pd.DataFrame, asked: Asked, notes: list[str]) -> str | None:
    """The attribute with the ids of neurons; None for the ids of the file."""
    wanted = asked.neuron_id
    if wanted == OWN_IDS:
        return None
    if wanted is not None:
        if wanted not in table:
            known = ", ".join((OWN_IDS, *map(str, table)))
            raise InputError(
                f"{path}: nodes have no attribute '{wanted}' (data.neuron_id); choose among {known}"
            )
        if not _tells_apart(table[wanted]):
            raise InputError(
                f"{path}: '{wanted}' is missing of a node or repeats; data.neuron_id=id takes the "
                "ids of the file"
            )
        return wanted
    return _chosen(table, set() if asked.listed is None else set(map(str, asked.listed)), notes)


def _chosen(table: pd.DataFrame, listed: set[str], notes: list[str]) -> str | None:
    """The attribute with the ids, where nobody named one."""
    own = set(map(str, table.index))
    there = [name for name in NAMES if name in table]
    good = [name for name in there if _tells_apart(table[name])]
    good = [name for name in good if set(table[name].astype(str)) != own]
    known = [name for name in good if listed & set(table[name].astype(str))]
    if not there or own & listed or not (known or _numbered(own)):
        return None
    first = table.index[0]
    if not (known or good):
        if all(set(table[name].astype(str)) != own for name in there):
            notes.append(f"neurons are called {first} .., since names repeat or lack")
        return None
    name = (known or good)[0]
    notes.append(
        f"neurons go by their attribute '{name}' ({first} is {table[name].iloc[0]}); "
        "data.neuron_id=id keeps the numbers"
    )
    return name


def _numbered(ids: set[str]) -> bool:
    """Whether they are ``n0, n1 ..``, or all numbers from 0 or from 1 on."""
    if not ids or all(_NUMBERED.fullmatch(node) for node in ids):
        return bool(ids)
    return ids in ({*map(str, range(len(ids)))}, {*map(str, range(1, len(ids) + 1))})


def _tells_apart(column: pd.Series) -> bool:
    if not column.notna().all() or column.map(pd.api.types.is_list_like).any():
        return False
    text = column.astype(str)
    return bool((text != "").all() and not text.duplicated().any())


def _count_attribute(
    path: Path,
    edges: Sequence[tuple[object, object, Values]],
    wanted: str | None,
    notes: list[str],
) -> str | None:
    """The attribute with the counts, None if each edge is one synapse."""
    if wanted not in (AUTO, None):
        return wanted
    numbers = dict.fromkeys(k for *_, values in edges for k, v in values.items() if _is_number(v))
    found = next((name for name in COUNTS if name in numbers), None)
    if wanted == AUTO and found is not None:
        _require_counts(path, edges, found, "data.synapses=null counts each edge as 1")
        return found
    if numbers:
        first = found or next(iter(numbers))
        notes.append(f"each edge counts as 1; data.synapses={first} reads counts")
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _require_counts(
    path: Path,
    edges: Sequence[tuple[object, object, Values]],
    name: str,
    remedy: str,
) -> None:
    for pre, post, values in edges:
        if values.get(name) is None:
            raise InputError(
                f"{path}: edge {pre} -> {post} has no attribute '{name}', only "
                f"{', '.join(map(str, values)) or 'none'}; {remedy}"
            )


def _edges(path: Path, parts: Parts, counts: str | None) -> pd.DataFrame:
    if counts is not None:
        remedy = "name the right one with data.synapses=NAME"
        _require_counts(path, parts.edges, counts, remedy)
    rows = [
        (pre, post, 1.0 if counts is None else _count(path, values[counts]))
        for pre, post, values in parts.edges
    ]
    if not parts.directed:
        rows += [(post, pre, count) for pre, post, count in rows if pre != post]
    return pd.DataFrame(rows, columns=["pre", "post", "synapses"])


def _count(path: Path, value: Any) -> float:
    if isinstance(value, int | float | np.number | np.bool_):
        return float(value)
    raise not_numbers(path, value)
