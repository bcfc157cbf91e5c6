"""A user's own connectome, from an edge list or a square adjacency matrix."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from connectome.data.neurons import by_id, read_tables
from connectome.data.readers.display import display_of, with_display
from connectome.data.readers.graphml import read_graphml
from connectome.data.readers.matrix import read_matrix
from connectome.data.readers.selection import selecting
from connectome.data.tabular import (
    AUTO,
    REFUSE,
    SEPARATORS,
    EdgeBatch,
    EdgeSums,
    Header,
    IdRules,
    column_names,
    connectome_of,
    edge_batches,
    file_format,
    read_frame,
    recognised,
    require_column,
    require_different,
    separator,
    table_schema,
    user_file,
)
from connectome.receipt import LeftOut, Receipt
from connectome.types import Connectome, InputError

LAYOUTS = (AUTO, "edges", "adjacency")
NODE = "id of the node"  # of GraphML, whose attributes may be called id


@selecting
def read_table(
    edges: str,
    neurons: str | Sequence[str] | None = None,
    layout: str = AUTO,
    pre: str = AUTO,
    post: str = AUTO,
    synapses: str | None = AUTO,
    neuron_id: str = AUTO,
    rename: Mapping[str, str] | None = None,
    min_synapses: float = 1,
    missing_ids: str = REFUSE,
    no_neuron: Sequence[int | str] | None = None,
    display: Mapping[str, Any] | None = None,
) -> Connectome:
    """Read CSV, TSV, Parquet, Feather or GraphML (``.csv.gz`` and ``.tsv.gz`` too).

    An edge list has one row a connection; rows that repeat a pair (one a neuropil, say) are added
    up before ``min_synapses`` applies. Ids stay as they are written: ``007`` is text. An adjacency
    matrix has presynaptic neurons in its rows and the same ids in its header and first column.
    Neurons without edges are kept if ``neurons``, a matrix or GraphML lists them. Edge lists are
    read in batches: memory grows with the pairs, about 60 bytes each while reading. What was read
    and what was left out is the ``receipt`` of the connectome, and a warning if anything was.

    Args:
        edges: the file.
        neurons: table of annotations with one row a neuron, any columns; or several, which are
            joined by id. Neurons without a row are kept, without annotations.
        layout: ``edges``, ``adjacency``, or ``auto``: edges where the columns ``pre`` and ``post``
            exist, adjacency otherwise.
        pre, post: columns with the ids of the presynaptic and the postsynaptic neuron; ``auto``
            takes those of a known tool (:data:`connectome.data.tabular.headers.HEADERS`), else
            ``pre`` and ``post``.
        synapses: column (GraphML: edge attribute) with synapse counts; None counts each row as 1;
            ``auto`` takes the column of that tool, and counts each row as 1 if it has none.
        neuron_id: column of ``neurons`` with the ids (``auto``: the first of
            :data:`connectome.data.tabular.ID_COLUMNS`); of GraphML without ``neurons`` the node
            attribute with them, or ``id`` for those of the nodes themselves.
        rename: new names of columns of ``neurons``, such as ``{side: hemisphere}``.
        min_synapses: connections with fewer synapses are dropped.
        missing_ids: what becomes of a row whose id is empty or a word such as NA, nan, None or
            NULL: ``refuse``, ``drop``, or ``keep`` the word as a name (an empty id is refused).
        no_neuron: ids that stand for no neuron, such as 0, which is 'no segment' in CAVE; their
            rows are left out.
        display: how figures look (:func:`connectome.data.readers.display.display_of`).

    Raises:
        InputError: for a missing or corrupt file, a missing column, ids that are missing or were
            rounded or do not match, a matrix that is not square, counts that are NaN, infinite or
            negative, an empty result, a wrong ``display``.
    """
    if layout not in LAYOUTS:
        raise InputError(f"data.layout={layout}: choose one of {', '.join(LAYOUTS)}")
    if not min_synapses >= 0:
        raise InputError(f"data.min_synapses={min_synapses}: must be 0 or more")
    rules, look = IdRules.of(missing_ids, no_neuron), display_of(display)
    path, *tables = _files(edges, neurons)
    annotations, unlisted, left_out = None, None, tuple[LeftOut, ...]()
    if tables:
        annotations, left_out = read_tables(tables, rules, neuron_id, rename)
    elif rename:
        raise InputError("data.rename: there is no neuron table; name one with data.neurons=FILE")
    chosen = None if tables or neuron_id == AUTO else neuron_id
    given = None if annotations is None else annotations.index
    asked = Header("", pre, post, synapses)
    sums, listed, receipt = _read_edges(path, layout, asked, rules, chosen, given)
    if annotations is not None:
        source = (*receipt.source, *map(str, tables))
        receipt = replace(receipt, source=source, left_out=(*left_out, *receipt.left_out))
        unlisted = pd.Index([]) if listed is None else listed.index
        listed = annotations
    brain = connectome_of(path, sums, listed, min_synapses, receipt, unlisted=unlisted)
    return with_display(brain, look)


def _files(edges: str, neurons: str | Sequence[str] | None) -> list[Path]:
    """The files that are named, edges first.

    Raises:
        InputError: naming all that are missing, if several are.
    """
    tables = [] if neurons is None else [neurons] if isinstance(neurons, str) else list(neurons)
    paths = [user_file("data.edges", edges)]
    paths += [user_file("data.neurons", table) for table in tables]
    missing = [str(path) for path in paths if not path.exists()]
    if len(missing) > 1:
        raise InputError(f"{', '.join(missing)}: no such files; check the paths")
    return paths


def _read_edges(
    path: Path,
    layout: str,
    asked: Header,
    rules: IdRules,
    neuron_id: str | None,
    given: pd.Index | None,
) -> tuple[EdgeSums, pd.DataFrame | None, Receipt]:
    """Edges of a file, the neurons that it lists if it does, and what there is to tell.

    ``neuron_id`` and the ids ``given`` by a neuron table are for GraphML.
    """
    told = Receipt(path.name.split(".")[0], (str(path),))
    if file_format(path) == ".graphml":
        counts = None if asked.synapses == AUTO else asked.synapses
        nodes, pairs, notes = read_graphml(path, counts, neuron_id, given)
        nodes, left_out = by_id(path, nodes.reset_index(names=NODE), NODE, rules)
        graph = {"pre": "source", "post": "target"} | ({"synapses": counts} if counts else {})
        told = replace(told, layout="GraphML", columns=graph, each_row=_each_row(counts))
        told = replace(told, left_out=left_out, notes=notes)
    else:
        names = column_names(path)
        header = recognised(names, asked)
        columns = header.columns
        require_different("data.", columns)
        if layout == "edges" or (layout == AUTO and {header.pre, header.post} <= set(names)):
            sums = edge_list(path, columns, "data.", rules)
            notes = () if header.synapses is not None else _hint(path, columns)
            told = replace(told, layout=_written(path, header.writer), columns=columns, notes=notes)
            return sums, None, replace(told, each_row=_each_row(header.synapses))
        nodes, pairs, left_out = read_matrix(path, columns, layout, rules)
        each_row = "a cell that is not zero"
        told = replace(told, layout="adjacency matrix", each_row=each_row, left_out=left_out)
    sums = EdgeSums(path, rules=rules)
    sums.add(EdgeBatch.of(pairs))
    return sums, nodes, told


def _written(path: Path, writer: str) -> str:
    """Whose columns the edges have, and what separates them if the suffix does not say."""
    promised = SEPARATORS.get(file_format(path))
    parted = promised is not None and separator(path) != promised
    sign = f", separated by {separator(path)!r}" if parted else ""
    return f"edge list{f' of {writer}' if writer else ''}{sign}"


def _each_row(counts: str | None) -> str:
    return "1 synapse" if counts is None else f"the synapses in its '{counts}'"


def edge_list(
    path: Path,
    columns: Mapping[str, str],
    option: str,
    rules: IdRules,
    listed: np.ndarray | None = None,
) -> EdgeSums:
    """The edges of a table, added up.

    Args:
        path: the file.
        columns: names of the columns ``pre``, ``post`` and, if there are counts, ``synapses``.
        option: what comes before these in the name of their option, for messages.
        rules: which ids are no neurons.
        listed: ``[N]`` ids of the only neurons to keep; None keeps all.

    Raises:
        InputError: for a missing column, and as :class:`EdgeSums` and :func:`edge_batches`.
    """
    names = column_names(path)
    for role, column in columns.items():
        remedy = f"name the right one with {option}{role}=COLUMN"
        require_column(path, names, column, remedy)
    pre, post = columns["pre"], columns["post"]
    sums = EdgeSums(path, listed, rules, (pre, post))
    for batch in edge_batches(path, pre, post, columns.get("synapses")):
        sums.add(batch)
    return sums


def _hint(path: Path, columns: Mapping[str, str]) -> tuple[str, ...]:
    """Which column would have counts, if one looks like that."""
    numbers = _count_columns(path, columns["pre"], columns["post"])
    return (f"each row counts as 1; data.synapses={numbers[0]} reads counts",) if numbers else ()


def _count_columns(path: Path, pre: str, post: str) -> list[str]:
    """Columns that look like counts in the first rows."""
    if file_format(path) in SEPARATORS:
        first = read_frame(path, (pre, post), rows=1000)
        return [str(c) for c in first.select_dtypes("number") if c not in (pre, post)]
    numbers = (pa.types.is_integer, pa.types.is_floating)
    return [
        field.name
        for field in table_schema(path)
        if field.name not in (pre, post) and any(test(field.type) for test in numbers)
    ]
