"""Generated connectomes as files for other programs."""

from collections.abc import Callable
from pathlib import Path

import networkx
import numpy as np
import pandas as pd

from connectome.analysis.neuron_table import of_one_type
from connectome.data.tabular import EXACT, csv_text
from connectome.runs import into_place, save_text
from connectome.types import Connectome, InputError


def _csv(table: pd.DataFrame, connectome: Connectome, beside: Path) -> None:
    beside.write_text(csv_text(table))


def _parquet(table: pd.DataFrame, connectome: Connectome, beside: Path) -> None:
    table.to_parquet(beside, index=False)


def _graphml(table: pd.DataFrame, connectome: Connectome, beside: Path) -> None:
    graph = networkx.DiGraph(name=connectome.name)
    columns = {str(name): _plain(column) for name, column in connectome.neurons.items()}
    for row, neuron in enumerate(connectome.neuron_ids.tolist()):
        values = ((name, column[row]) for name, column in columns.items())
        graph.add_nodes_from([(neuron, {k: v for k, v in values if v is not None})])
    graph.add_weighted_edges_from(table.itertuples(index=False, name=None), weight="synapses")
    networkx.write_graphml(graph, beside)


def _plain(column: pd.Series) -> list[bool | int | float | str | None]:
    """Values of one type, as other readers of GraphML ask for; None where missing.

    Integers above 2^53 become text: GraphML holds them, but igraph reads all numbers as floats.
    """
    column = of_one_type(column)
    make = {"b": bool, "i": int, "u": int, "f": float}.get(column.dtype.kind, str)
    values = [None if pd.isna(value) else make(value) for value in column]
    if make is int and any(v is not None and abs(v) > EXACT for v in values):
        return [None if v is None else str(v) for v in values]
    return values


FORMATS: dict[str, Callable[[pd.DataFrame, Connectome, Path], None]] = {
    "parquet": _parquet,
    "csv": _csv,
    "graphml": _graphml,
}


def write_neurons(path: Path, connectome: Connectome) -> Path:
    """Write the neuron table as CSV with the ids in ``neuron_id``, as ``data=table`` reads it."""
    table = connectome.neurons.copy()
    table.insert(0, "neuron_id", connectome.neuron_ids)
    save_text(path, csv_text(table))
    return path


def write_brain(
    path: Path, connectome: Connectome, edges: np.ndarray, synapses: np.ndarray
) -> Path:
    """Write links as the suffix of ``path`` says: an edge list, or GraphML with the annotations.

    The columns are ``pre``, ``post`` and ``synapses``, as ``data=table`` reads them. The file is
    written beside ``path`` and moved into place.

    Args:
        path: ends in ``.parquet``, ``.csv`` or ``.graphml``.
        connectome: whose neurons these are.
        edges: ``[2, E]`` positions.
        synapses: ``[E]`` synapse counts.

    Raises:
        InputError: for another suffix.
    """
    suffix = path.suffix.removeprefix(".")
    if suffix not in FORMATS:
        raise InputError(f"{path}: no such format; choose one of {', '.join(FORMATS)}")
    ids = connectome.neuron_ids
    columns = {"pre": ids[edges[0]], "post": ids[edges[1]], "synapses": synapses.astype(np.int64)}
    with into_place(path) as beside:
        FORMATS[suffix](pd.DataFrame(columns), connectome, beside)
    return path
