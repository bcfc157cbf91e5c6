"""Connectomes in GEXF files, as Gephi and networkx write them (https://gexf.net)."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

from connectome.data.graphs.attributes import Parts, graph_of
from connectome.data.graphs.contents import Asked, Graph
from connectome.data.graphs.files import content_of, parsed, require_nodes
from connectome.types import InputError

_TRUE = {"true": True, "1": True, "false": False, "0": False}
TYPES: dict[str, Callable[[str], object]] = {
    **dict.fromkeys(("integer", "int", "long", "short", "byte", "biginteger"), int),
    **dict.fromkeys(("float", "double", "bigdecimal"), float),
    "boolean": lambda text: _TRUE[text.strip().lower()],
}  # anything else is text
Column = tuple[str, Callable[[str], object]]


def read_gexf(path: Path, asked: Asked) -> Graph:
    """The graph of a GEXF file of any version, or of one that is gzipped.

    An edge without a weight has 1, as the format says. A ``mutual`` edge counts both ways.
    networkx's reader leaves out defaults and makes nodes of the ends of edges that are none.

    Args:
        path: the file.
        asked: what one wants of it.

    Raises:
        InputError: for a broken file, one that changes over time, edges with and without a
            direction, and as :func:`connectome.data.graphs.attributes.graph_of`.
    """
    return graph_of(path, "GEXF", parsed(path, "GEXF", _parts), asked)


def _parts(path: Path) -> Parts:
    xml = fromstring(content_of(path))
    for element in xml.iter():
        element.tag = element.tag.rpartition("}")[2]  # each version has its own namespace
    graphs = list(xml.iter("graph"))
    if len(graphs) != 1:
        raise InputError(f"{path}: holds {len(graphs)} graphs of GEXF; keep one in the file")
    graph = graphs[0]
    if graph.get("mode") == "dynamic":
        raise InputError(f"{path}: changes over time (mode is dynamic); export one static graph")
    nodes, edges = list(graph.iter("node")), list(graph.iter("edge"))
    ends = (edge.get(end) for edge in edges for end in ("source", "target"))
    require_nodes(path, (node.get("id") for node in nodes), ends)
    columns, usual = _columns(graph, "node")
    listed = [(node.get("id"), usual | _values(node, columns)) for node in nodes]
    named = [node.get("label") for node in nodes]
    if any(named):
        labels = zip(listed, named, strict=True)
        listed = [(i, v | ({"label": label} if label else {})) for (i, v), label in labels]
    directed = _directed(path, graph, edges)
    return Parts(listed, list(_edges(graph, edges)), directed)


def _columns(graph: Element, part: str) -> tuple[dict[str | None, Column], dict[str, object]]:
    """Name and type of each attribute by its id, and the values of those that have a default."""
    columns: dict[str | None, Column] = {}
    usual: dict[str, object] = {}
    for group in graph.iter("attributes"):
        for one in group.iter("attribute") if group.get("class") == part else ():
            name = one.get("title") or str(one.get("id"))
            kind = TYPES.get(str(one.get("type")).lower(), str)
            columns[one.get("id")] = (name, kind)
            default = one.find("default")
            if default is not None and default.text:
                usual[name] = kind(default.text)
    return columns, usual


def _values(thing: Element, columns: Mapping[str | None, Column]) -> dict[str, object]:
    found = {}
    for value in thing.iter("attvalue"):
        name, kind = columns[value.get("for") or value.get("id")]
        if text := value.get("value"):
            found[name] = kind(text)
    return found


def _edges(graph: Element, edges: list[Element]) -> Iterator[tuple[object, object, dict]]:
    columns, usual = _columns(graph, "edge")
    weighted = any(edge.get("weight") for edge in edges)
    for edge in edges:
        values = usual | _values(edge, columns)
        if weighted:
            values["weight"] = float(edge.get("weight") or 1)
        yield edge.get("source"), edge.get("target"), values
        if edge.get("type") == "mutual" and edge.get("source") != edge.get("target"):
            yield edge.get("target"), edge.get("source"), values


def _directed(path: Path, graph: Element, edges: list[Element]) -> bool:
    """Whether edges have a direction; all of them or none.

    Raises:
        InputError: naming an edge that differs from the others.
    """
    usual = graph.get("defaultedgetype") or "undirected"
    found = {edge.get("type") or usual: edge for edge in edges}
    if unknown := set(found) - {"directed", "undirected", "mutual"}:
        raise InputError(
            f'{path}: an edge is "{unknown.pop()}"; write directed, undirected or mutual'
        )
    if "undirected" in found and len(found) > 1:
        odd = found["undirected"]
        raise InputError(
            f"{path}: edge {odd.get('source')} - {odd.get('target')} is undirected and others are "
            "directed; write it as two directed edges"
        )
    return "undirected" not in found
