"""Connectomes in GML files, as networkx, igraph and Gephi write them."""

import re
from collections.abc import Mapping
from pathlib import Path

import networkx

from connectome.data.graphs.attributes import Parts, graph_of
from connectome.data.graphs.contents import Asked, Graph
from connectome.data.graphs.files import content_of, parsed, parts_of
from connectome.types import InputError

_GRAPH = re.compile(r"^(\s*graph\s*\[)", re.MULTILINE)
_WIDE = re.compile(r"[+-]?[1-9]\d{8,}")


def read_gml(path: Path, asked: Asked) -> Graph:
    """The graph of a GML file, or of one that is gzipped.

    Edges may repeat, whether the file says so or not, and text may hold any letter of UTF-8, both
    of which networkx refuses. Counts beyond 32 bits, which networkx writes as text, are numbers.
    A graph that does not say so is undirected.

    Args:
        path: the file.
        asked: what one wants of it.

    Raises:
        InputError: for a broken file, and as
            :func:`connectome.data.graphs.attributes.graph_of`.
    """
    return graph_of(path, "GML", parsed(path, "GML", _parts), asked)


def _parts(path: Path) -> Parts:
    text = content_of(path).decode("utf-8-sig")
    if not _GRAPH.search(text):
        raise InputError(f"{path}: cannot be read as GML; it holds no 'graph [ ... ]'")
    repeating = _GRAPH.sub(r"\1 multigraph 1", text, count=1)
    parts = parts_of(networkx.parse_gml(repeating.splitlines(), label=None))
    nodes = [(node, _plain(values)) for node, values in parts.nodes]
    edges = [(pre, post, _with_wide(_plain(values))) for pre, post, values in parts.edges]
    return Parts(nodes, edges, parts.directed)


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    """Without drawings and empty text."""
    return {k: v for k, v in values.items() if v != "" and not isinstance(v, dict)}


def _with_wide(values: dict[str, object]) -> dict[str, object]:
    """With integers where networkx wrote text, since they take more than 32 bits."""
    wide = {k: int(v) for k, v in values.items() if isinstance(v, str) and _WIDE.fullmatch(v)}
    return values | wide
