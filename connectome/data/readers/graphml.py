"""Connectomes in GraphML files (Brandes et al. 2002, http://graphml.graphdrawing.org)."""

import gzip
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import networkx
import pandas as pd
from networkx.readwrite.graphml import GraphMLReader

from connectome.data.tabular import typed
from connectome.types import InputError

SPACE = "{http://graphml.graphdrawing.org/xmlns}"
OWN_IDS = "id"  # names the ids of the nodes themselves, as `neuron_id` may
NAME = "name"  # where igraph has the names of nodes that it numbers n0, n1 ..
NUMBERS = (int, float)
_NUMBERED = re.compile(r"n\d+")
_DIRECTED = {"true": True, "1": True, "false": False, "0": False}

Keys = Mapping[str, Mapping[str, Any]]


def read_graphml(
    path: Path,
    synapses: str | None,
    neuron_id: str | None = None,
    listed: Iterable[object] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """Attributes of the nodes with ids as index; columns ``pre, post, synapses``; remarks.

    Defaults of the file count where a node or an edge says nothing, empty text is missing, and an
    undirected edge counts both ways. Nodes that are only numbered (``n0``, ``n1`` ..), as igraph
    writes them, go by their attribute ``name`` if it tells them apart.

    Args:
        path: the file, or one that is gzipped.
        synapses: edge attribute with the counts; None counts each edge as 1.
        neuron_id: node attribute with the ids, or ``id`` for those of the file; None chooses.
        listed: ids of a neuron table; where they are those of the file, these are kept.

    Raises:
        InputError: for a broken file, edges with and without a direction, an edge without
            ``synapses``, and ids that are missing or repeat.
    """
    notes: list[str] = []
    try:
        graph, keys = _parsed(path, notes)
    except InputError:
        raise
    except Exception as error:  # the XML parser and networkx raise many types
        raise InputError(f"{path}: cannot be read as GraphML ({error}); write it again") from error
    table = _table(graph)
    name = _names(path, table, neuron_id, listed, notes)
    edges = _edges(path, graph, keys, synapses, notes)
    if name is not None:
        ids = dict(zip(table.index, table[name].astype(str), strict=True))
        edges = edges.assign(pre=edges["pre"].map(ids), post=edges["post"].map(ids))
        table = table.set_index(pd.Index(list(ids.values()))).drop(columns=name)
    return table, edges, tuple(notes)


def _parsed(path: Path, notes: list[str]) -> tuple[networkx.Graph, Keys]:
    """The graph with defaults filled in, which networkx leaves out, and the declared attributes."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    xml = fromstring(content.replace(b"<graphml>", f'<graphml xmlns="{SPACE[1:-1]}">'.encode(), 1))
    graphs = xml.findall(f"{SPACE}graph")
    if len(graphs) != 1:
        raise InputError(f"{path}: holds {len(graphs)} graphs of GraphML; keep one in the file")
    _check(path, graphs[0])
    _direct(path, graphs[0], notes)
    for key in xml.findall(f"{SPACE}key"):
        for default in key.findall(f"{SPACE}default"):
            if not default.text:  # networkx reads it as 'None'
                key.remove(default)
    reader = GraphMLReader()
    keys, defaults = reader.find_graphml_keys(xml)
    graph = reader.make_graph(graphs[0], keys, defaults)
    for part, things in (("node", graph.nodes(data=True)), ("edge", graph.edges(data=True))):
        usual = {keys[k]["name"]: v for k, v in defaults.items() if _is_for(keys[k], part)}
        for *_, values in things:
            filled = usual | values
            values.clear()
            values.update({name: value for name, value in filled.items() if value != ""})
    return graph, keys


def _check(path: Path, graph: Element) -> None:
    """Refuse what networkx leaves out or joins in silence."""
    nodes = list(graph.iter(f"{SPACE}node"))
    counts = Counter(node.get("id") for node in nodes)
    if None in counts or len(counts) < len(nodes):
        twice = next((node for node, count in counts.items() if count > 1), None)
        fault = "has no id" if None in counts else f"'{twice}' occurs twice"
        raise InputError(f"{path}: a node {fault}; give each neuron one node with an id")
    ends = {edge.get(end) for edge in graph.iter(f"{SPACE}edge") for end in ("source", "target")}
    if absent := sorted(map(str, ends - set(counts))):
        raise InputError(
            f"{path}: an edge leads to or from {absent[0]}, which is no node; list it as a node"
        )
    groups = any(node.get("yfiles.foldertype") == "group" for node in nodes)  # networkx opens them
    if len(nodes) > len(graph.findall(f"{SPACE}node")) and not groups:
        raise InputError(f"{path}: holds a graph within a node; write all nodes into one graph")


def _is_for(key: Mapping[str, Any], part: str) -> bool:
    return key["for"] in (part, "all", None)


def _direct(path: Path, graph: Element, notes: list[str]) -> None:
    """Let all edges have the one direction that the file gives them, or refuse it."""
    usual = graph.get("edgedefault")
    if usual not in ("directed", "undirected"):
        raise InputError(
            f'{path}: edgedefault is {usual!r}; write edgedefault="directed" or "undirected"'
        )
    found: dict[bool, Element] = {}
    for edge in graph.iter(f"{SPACE}edge"):
        own = edge.attrib.pop("directed", str(usual == "directed")).strip().lower()
        if own not in _DIRECTED:
            raise InputError(f'{path}: an edge has directed="{own}"; write true or false')
        found.setdefault(_DIRECTED[own], edge)
    if len(found) == 2:
        ends = " - ".join(str(found[False].get(end)) for end in ("source", "target"))
        raise InputError(
            f"{path}: edge {ends} is undirected and others are directed; write it as two directed "
            "edges"
        )
    if False in found:
        notes.append("edges are undirected; each counts both ways")
    if found:
        graph.set("edgedefault", "directed" if True in found else "undirected")


def _table(graph: networkx.Graph) -> pd.DataFrame:
    """One row a node, one column an attribute."""
    rows = list(graph.nodes(data=True))
    names = dict.fromkeys(name for _, values in rows for name in values)
    columns = {name: typed(values.get(name) for _, values in rows).array for name in names}
    return pd.DataFrame(columns, index=pd.Index([node for node, _ in rows], dtype=object))


def _names(
    path: Path,
    table: pd.DataFrame,
    neuron_id: str | None,
    listed: Iterable[object] | None,
    notes: list[str],
) -> str | None:
    """The attribute with the ids of neurons; None for the ids of the file."""
    if neuron_id == OWN_IDS:
        return None
    if neuron_id is not None:
        if neuron_id not in table:
            known = ", ".join((OWN_IDS, *map(str, table)))
            raise InputError(
                f"{path}: nodes have no attribute '{neuron_id}' (data.neuron_id); choose among "
                f"{known}"
            )
        if not _tells_apart(table[neuron_id]):
            raise InputError(
                f"{path}: '{neuron_id}' is missing of a node or repeats; data.neuron_id=id takes "
                "the ids of the file"
            )
        return neuron_id
    given = set() if listed is None else set(map(str, listed))
    numbered = len(table) and all(_NUMBERED.fullmatch(str(node)) for node in table.index)
    if not numbered or NAME not in table or set(table.index) & given:
        return None
    first = table.index[0]
    if not _tells_apart(table[NAME]):
        notes.append(f"neurons are called {first} .., since names repeat or lack")
        return None
    notes.append(
        f"neurons go by their attribute 'name' ({first} is {table[NAME].iloc[0]}); "
        "data.neuron_id=id keeps the numbers"
    )
    return NAME


def _tells_apart(column: pd.Series) -> bool:
    return bool(column.notna().all() and not column.astype(str).duplicated().any())


def _edges(
    path: Path, graph: networkx.Graph, keys: Keys, synapses: str | None, notes: list[str]
) -> pd.DataFrame:
    both = graph if graph.is_directed() else graph.to_directed()
    rows = []
    for pre, post, values in both.edges(data=True):
        if synapses is not None and synapses not in values:
            raise InputError(
                f"{path}: edge {pre} -> {post} has no attribute '{synapses}', only "
                f"{', '.join(values) or 'none'}; name the right one with data.synapses=NAME"
            )
        rows.append((pre, post, values[synapses] if synapses is not None else 1.0))
    counts = [str(k["name"]) for k in keys.values() if _is_for(k, "edge") and k["type"] in NUMBERS]
    if synapses is None and counts:
        notes.append(f"each edge counts as 1; data.synapses={counts[0]} reads counts")
    return pd.DataFrame(rows, columns=["pre", "post", "synapses"])
