"""Connectomes in GraphML files (Brandes et al. 2002, http://graphml.graphdrawing.org)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import networkx
from networkx.readwrite.graphml import GraphMLReader

from connectome.data.graphs.attributes import graph_of
from connectome.data.graphs.contents import Asked, Graph
from connectome.data.graphs.files import content_of, parsed, parts_of, require_nodes
from connectome.types import InputError

SPACE = "{http://graphml.graphdrawing.org/xmlns}"
_DIRECTED = {"true": True, "1": True, "false": False, "0": False}


def read_graphml(path: Path, asked: Asked) -> Graph:
    """The graph of a GraphML file, or of one that is gzipped.

    Defaults of the file count where a node or an edge says nothing, and empty text is missing.

    Args:
        path: the file.
        asked: what one wants of it.

    Raises:
        InputError: for a broken file, edges with and without a direction, and as
            :func:`connectome.data.graphs.attributes.graph_of`.
    """
    return graph_of(path, "GraphML", parts_of(parsed(path, "GraphML", _parsed)), asked)


def _parsed(path: Path) -> networkx.Graph:
    """The graph with defaults filled in, which networkx leaves out."""
    content = content_of(path)
    xml = fromstring(content.replace(b"<graphml>", f'<graphml xmlns="{SPACE[1:-1]}">'.encode(), 1))
    graphs = xml.findall(f"{SPACE}graph")
    if len(graphs) != 1:
        raise InputError(f"{path}: holds {len(graphs)} graphs of GraphML; keep one in the file")
    _check(path, graphs[0])
    _direct(path, graphs[0])
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
    return graph


def _check(path: Path, graph: Element) -> None:
    """Refuse what networkx leaves out or joins in silence."""
    nodes = list(graph.iter(f"{SPACE}node"))
    edges = graph.iter(f"{SPACE}edge")
    ends = (edge.get(end) for edge in edges for end in ("source", "target"))
    require_nodes(path, (node.get("id") for node in nodes), ends)
    groups = any(node.get("yfiles.foldertype") == "group" for node in nodes)  # networkx opens them
    if len(nodes) > len(graph.findall(f"{SPACE}node")) and not groups:
        raise InputError(f"{path}: holds a graph within a node; write all nodes into one graph")


def _is_for(key: Mapping[str, Any], part: str) -> bool:
    return key["for"] in (part, "all", None)


def _direct(path: Path, graph: Element) -> None:
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
    if found:
        graph.set("edgedefault", "directed" if True in found else "undirected")
