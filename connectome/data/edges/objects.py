"""Edges and neuron tables that exist in Python: DataFrames, matrices, graphs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pandas as pd
import scipy.sparse

from connectome.data.edges.lists import edges_of_frame, edges_of_graph
from connectome.data.edges.wanted import Found, Wanted
from connectome.data.graphs import graph_of, parts_of
from connectome.data.matrices import graph_of_matrix
from connectome.data.tabular import recognised
from connectome.receipt import Receipt
from connectome.types import InputError

KINDS = "the path of a file, a DataFrame, a square array or sparse matrix, or a networkx graph"


def edges_of_object(edges: Any, wanted: Wanted) -> Found:
    """Edges of an object, the neurons that it lists if it does, and what there is to tell.

    A DataFrame is an edge list, or a matrix whose index and columns hold the ids. Graphs and
    matrices follow the rules of those in files.

    Args:
        edges: the object, which is not changed.
        wanted: how it is to be read.

    Raises:
        InputError: for an object of another kind, and as the readers of files.
    """
    place = Path(f"edges ({type(edges).__name__})")
    told = Receipt("edges", (str(place),))
    if wanted.asked.key is not None:
        raise InputError(f"data.key={wanted.asked.key}: {place} has one part; leave it out")
    if isinstance(edges, pd.DataFrame):
        frame = _with_ids(edges, wanted)
        return edges_of_frame(place, frame, [*frame.columns], wanted, told)
    if isinstance(edges, networkx.Graph):
        graph = graph_of(place, "networkx graph", parts_of(edges), wanted.asked)
        return edges_of_graph(place, graph, wanted, replace(told, name=edges.name or told.name))
    if isinstance(edges, np.ndarray) or scipy.sparse.issparse(edges):
        kind = "array" if isinstance(edges, np.ndarray) else "sparse matrix"
        graph = graph_of_matrix(place, kind, edges, {}, wanted.asked)
        return edges_of_graph(place, graph, wanted, told)
    raise InputError(f"data.edges: is of type {type(edges).__name__}; give {KINDS}")


def plain_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with names of columns as text."""
    return frame.set_axis([str(name) for name in frame.columns], axis=1)


def _with_ids(edges: pd.DataFrame, wanted: Wanted) -> pd.DataFrame:
    """An edge list as it is; a matrix with its index, which holds ids, as the first column."""
    frame = plain_frame(edges)
    header = recognised([*frame.columns], wanted.columns)
    if wanted.layout == "edges" or {header.pre, header.post} <= set(frame.columns):
        return frame
    if frame.shape[0] != frame.shape[1]:
        return frame
    return frame.rename_axis(index="").reset_index(names="")
