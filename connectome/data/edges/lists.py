"""Edges of tables, a batch at a time or in memory, and of graphs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from connectome.data.edges.wanted import Found, Wanted
from connectome.data.graphs import Graph
from connectome.data.matrices import CELL, ROWS, read_matrix
from connectome.data.neurons import by_id
from connectome.data.tabular import (
    AUTO,
    CAVE,
    SEPARATORS,
    USUAL_COUNTS,
    EdgeBatch,
    EdgeSums,
    Header,
    IdRules,
    column_names,
    edge_batches,
    file_format,
    not_numbers,
    plain_name,
    read_frame,
    recognised,
    require_column,
    require_different,
    table_schema,
)
from connectome.receipt import Receipt
from connectome.types import InputError

NODE = "id of the node"  # beside attributes that may be called id


def edges_of_graph(path: Path, graph: Graph, wanted: Wanted, told: Receipt) -> Found:
    """Edges and neurons of a graph or a matrix.

    Raises:
        InputError: for ids that are missing, repeat or were rounded, and counts that are none.
    """
    listed = graph.nodes.reset_index(names=NODE)
    nodes, left_out = by_id(path, listed, NODE, wanted.rules)
    sums = _added(path, graph.pairs, wanted.rules)
    if graph.numbered:
        sums.zero_ids = 0  # which would ask whether 0 is 'no segment'
    told = replace(told, layout=graph.layout, columns=graph.columns, each_row=graph.each_row)
    return sums, nodes, replace(told, left_out=left_out, notes=(*told.notes, *graph.notes))


def edges_of_frame(
    path: Path, frame: pd.DataFrame, names: list[str], wanted: Wanted, told: Receipt
) -> Found:
    """Edges of a table in memory, an edge list or a matrix with ids.

    Args:
        path: where it is from, for messages.
        frame: the table.
        names: what its columns are called at the source.
        wanted: how it is to be read.
        told: what is known of it.

    Raises:
        InputError: as :func:`read_edges`.
    """
    if twice := [name for name in names if name and names.count(name) > 1]:
        raise InputError(f"{path}: column '{twice[0]}' occurs twice; rename one of them")
    if not is_edge_list(names, wanted):
        return edges_of_matrix(path, frame, names, wanted, told)
    header = recognised(names, wanted.columns)
    _require_columns(path, names, header.columns, "data.")
    ends = frame[[header.pre, header.post]].set_axis(["pre", "post"], axis=1)
    counts = 1.0 if header.synapses is None else frame[header.synapses]
    sums = _added(path, ends.assign(synapses=counts), wanted.rules, (header.pre, header.post))
    if header.synapses is None:
        numbers = frame.select_dtypes("number").columns
        others = [str(c) for c in numbers if c not in (header.pre, header.post)]
        told = replace(told, notes=(*told.notes, *hint(others)))
    return sums, None, of_edge_list(told, header, "")


def edge_list(
    path: Path,
    columns: Mapping[str, str],
    option: str,
    rules: IdRules,
    listed: np.ndarray | None = None,
    header: Sequence[str] = (),
) -> EdgeSums:
    """The edges of a table, added up.

    Args:
        path: the file.
        columns: names of the columns ``pre``, ``post`` and, if there are counts, ``synapses``.
        option: what comes before these in the name of their option, for messages.
        rules: which ids are no neurons.
        listed: ``[N]`` ids of the only neurons to keep; None keeps all.
        header: names of the columns of a text table whose first line has none.

    Raises:
        InputError: for a missing column, and as :class:`EdgeSums` and :func:`edge_batches`.
    """
    _require_columns(path, [*header] or column_names(path), columns, option)
    pre, post = columns["pre"], columns["post"]
    sums = EdgeSums(path, listed, rules, (pre, post))
    for batch in edge_batches(path, pre, post, columns.get("synapses"), header):
        sums.add(batch)
    return sums


def _require_columns(path: Path, names: list[str], columns: Mapping[str, str], option: str) -> None:
    for role, column in columns.items():
        remedy = f"name the right one with {option}{role}=COLUMN"
        require_column(path, names, column, remedy)


def is_edge_list(names: list[str], wanted: Wanted) -> bool:
    """Whether it is to be read as an edge list, whose columns have one role each."""
    header = recognised(names, wanted.columns)
    require_different("data.", header.columns)
    if wanted.layout != AUTO:
        return wanted.layout == "edges"
    return {header.pre, header.post} <= set(names)


def edges_of_matrix(
    path: Path, frame: pd.DataFrame, header: list[str], wanted: Wanted, told: Receipt
) -> Found:
    """Edges and neurons of a matrix whose header and first column have the ids.

    Args:
        path: where it is from, for messages.
        frame: the table.
        header: names of its columns as they are at the source.
        wanted: how it is to be read.
        told: what is known of it.

    Raises:
        InputError: as :func:`connectome.data.matrices.read_matrix`.
    """
    columns = recognised(header, wanted.columns).columns
    nodes, pairs, left_out = read_matrix(path, frame, header, columns, wanted.layout, wanted.rules)
    layout, each_row = f"adjacency matrix, {ROWS}", CELL
    told = replace(told, layout=layout, each_row=each_row, left_out=left_out)
    return _added(path, pairs, wanted.rules), nodes, told


def of_edge_list(told: Receipt, header: Header, sign: str) -> Receipt:
    """The receipt with whose columns the edges have, and what separates them if that is odd."""
    writer = f" of {header.writer}" if header.writer else ""
    guessed = f" ({header.guessed} guessed by their names)" if header.guessed else ""
    layout = f"edge list{writer}{guessed}{sign}"
    counts = header.synapses
    each_row = "1 synapse" if counts is None else f"the synapses in its '{counts}'"
    return replace(told, layout=layout, columns=header.columns, each_row=each_row)


def _added(
    path: Path, pairs: pd.DataFrame, rules: IdRules, columns: tuple[str, str] = ("pre", "post")
) -> EdgeSums:
    """Columns ``pre``, ``post`` and ``synapses``, added up."""
    sums = EdgeSums(path, rules=rules, columns=columns)
    pre, post = (_ids(path, pairs[end], columns[k]) for k, end in enumerate(("pre", "post")))
    sums.add(EdgeBatch(pre, post, _counts(path, pairs["synapses"])))
    return sums


def _ids(path: Path, ids: pd.Series, name: str) -> pa.Array:
    try:
        return pa.array(ids)
    except pa.ArrowException as error:
        raise InputError(
            f"{path}: ids in column '{name}' are of several kinds; make all of them integers or "
            "all of them text"
        ) from error


def _counts(path: Path, counts: pd.Series) -> pa.Array:
    try:
        return pa.array(counts)
    except pa.ArrowException as error:
        odd = next((one for one in counts if not isinstance(one, int | float)), counts.dtype)
        raise not_numbers(path, odd) from error


def hint(numbers: list[str]) -> tuple[str, ...]:
    """Which column would have counts, if one looks like that."""
    return (f"each row counts as 1; data.synapses={numbers[0]} reads counts",) if numbers else ()


def count_columns(path: Path, header: Header) -> list[str]:
    """Columns that look like counts in the first rows; of a tool, those with usual names alone.

    CAVE numbers its synapses and has their size, which count nothing.
    """
    ends = (header.pre, header.post)
    if file_format(path) in SEPARATORS:
        first = read_frame(path, ends, rows=1000)
        found = [str(c) for c in first.select_dtypes("number") if c not in ends]
    else:
        numbers = (pa.types.is_integer, pa.types.is_floating)
        found = [
            field.name
            for field in table_schema(path)
            if field.name not in ends and any(test(field.type) for test in numbers)
        ]
    return [c for c in found if plain_name(c) in USUAL_COUNTS] if header.writer == CAVE else found
