"""Graph files as bytes, and what to tell of those that cannot be read."""

import gzip
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import TypeVar

import networkx

from connectome.data.graphs.attributes import Parts
from connectome.types import InputError

Found = TypeVar("Found")


def content_of(path: Path) -> bytes:
    """The file, unpacked if it is gzipped."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def parsed(path: Path, what: str, parse: Callable[[Path], Found]) -> Found:
    """What ``parse`` makes of the file.

    Args:
        path: the file.
        what: its format, for the message.
        parse: the parser, which may raise anything.

    Raises:
        InputError: in one line, if it raises.
    """
    try:
        return parse(path)
    except InputError:
        raise
    except Exception as error:  # parsers raise many types
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"{path}: cannot be read as {what} ({reason}); it may be damaged or cut off, so write "
            "or fetch it again"
        ) from error


def parts_of(graph: networkx.Graph) -> Parts:
    """What a graph of networkx lists, with or without direction, simple or not."""
    return Parts(
        list(graph.nodes(data=True)), list(graph.edges(data=True)), bool(graph.is_directed())
    )


def require_nodes(path: Path, nodes: Iterable[Hashable], ends: Iterable[Hashable]) -> None:
    """Refuse nodes without an id or with that of another, and edges of no node.

    Args:
        path: the file, for messages.
        nodes: id of each node, None if it has none.
        ends: ids at the ends of edges.

    Raises:
        InputError: naming the first.
    """
    known: set[Hashable] = set()
    for node in nodes:
        if node is None or node in known:
            fault = "has no id" if node is None else f"'{node}' occurs twice"
            raise InputError(f"{path}: a node {fault}; give each neuron one node with an id")
        known.add(node)
    for end in ends:
        if end not in known:
            raise InputError(
                f"{path}: an edge leads to or from {end}, which is no node; list it as a node"
            )
