"""Connectomes in GraphML files."""

from pathlib import Path

import networkx
import pandas as pd

from connectome.types import InputError


def read_graphml(path: Path, synapses: str | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Node attributes and edges; an undirected graph counts both ways."""
    try:
        graph = networkx.read_graphml(path)
    except Exception as error:  # the XML parser and networkx raise many types
        raise InputError(f"{path}: cannot be read as GraphML ({error})") from error
    nodes = pd.DataFrame.from_dict(dict(graph.nodes(data=True)), orient="index")
    nodes = nodes.reindex(list(graph.nodes))
    edges = graph if graph.is_directed() else graph.to_directed()
    rows = []
    for pre, post, attributes in edges.edges(data=True):
        if synapses is not None and synapses not in attributes:
            raise InputError(
                f"{path}: edge {pre} -> {post} has no attribute '{synapses}', only "
                f"{', '.join(attributes) or 'none'}; name the right one with data.synapses=NAME"
            )
        rows.append((pre, post, attributes[synapses] if synapses is not None else 1.0))
    return nodes, pd.DataFrame(rows, columns=["pre", "post", "synapses"])
