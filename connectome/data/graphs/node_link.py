"""Connectomes in node-link JSON, as networkx writes it and D3 reads it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectome.data.graphs.attributes import Parts, graph_of
from connectome.data.graphs.contents import Asked, Graph
from connectome.data.graphs.files import content_of, parsed, require_nodes
from connectome.types import InputError

EDGES = ("edges", "links")  # networkx from 3.6 on, and before
ENDS = ("source", "target")


def read_node_link(path: Path, asked: Asked) -> Graph:
    """The graph of a file of ``nodes`` with an ``id`` and of ``edges`` or ``links``.

    Integers keep all their digits. A graph that does not say ``directed: true`` is undirected.

    Args:
        path: the file, or one that is gzipped.
        asked: what one wants of it.

    Raises:
        InputError: for a broken file, JSON of another form, and as
            :func:`connectome.data.graphs.attributes.graph_of`.
    """
    return graph_of(path, "node-link JSON", parsed(path, "JSON", _parts), asked)


def _parts(path: Path) -> Parts:
    content = json.loads(content_of(path).decode("utf-8-sig"))
    if not isinstance(content, dict) or "nodes" not in content or not {*EDGES} & set(content):
        keys = ", ".join(list(content)[:6]) if isinstance(content, dict) else type(content).__name__
        raise InputError(
            f"{path}: is JSON, but no node-link graph (nodes, and edges or links), only "
            f"{keys or 'nothing'}; write it with networkx.node_link_data"
        )
    nodes = _records(path, content["nodes"], "nodes")
    name = next(name for name in EDGES if name in content)
    edges = _records(path, content[name], name)
    for edge in edges:
        if lacking := [end for end in ENDS if end not in edge]:
            raise InputError(f"{path}: an edge has no '{lacking[0]}'; give it source and target")
    require_nodes(
        path,
        (_id(path, node.get("id")) for node in nodes),
        (edge[e] for edge in edges for e in ENDS),
    )
    return Parts(
        [(node["id"], _others(node, ("id",))) for node in nodes],
        [(edge["source"], edge["target"], _others(edge, ENDS)) for edge in edges],
        content.get("directed") is True,
    )


def _records(path: Path, given: Any, name: str) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise InputError(f"{path}: '{name}' is no list of records; write [{{...}}, ...]")
    return given


def _id(path: Path, given: Any) -> Any:
    if isinstance(given, str | int | float | None) and not isinstance(given, bool):
        return given
    raise InputError(f"{path}: a node has the id {given}; give integers or text")


def _others(record: Mapping[str, Any], own: tuple[str, ...]) -> dict[str, Any]:
    """Attributes that say something; nested ones become text."""
    kept = {k: v for k, v in record.items() if k not in own and v is not None and v != ""}
    return {k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in kept.items()}
