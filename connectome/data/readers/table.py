"""A user's own connectome, from an edge list or a square adjacency matrix."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from connectome.data.edges import Wanted, edges_of_object, plain_frame, read_edges
from connectome.data.graphs import Asked
from connectome.data.matrices import HEADERLESS
from connectome.data.neurons import given_table, read_tables
from connectome.data.readers.display import displayed
from connectome.data.readers.selection import selecting
from connectome.data.tabular import AUTO, REFUSE, Header, IdRules, connectome_of
from connectome.receipt import LeftOut
from connectome.types import Connectome, InputError
from connectome.user_files import require_files, user_file

LAYOUTS = (AUTO, "edges", "adjacency", HEADERLESS)
GIVEN = Path("neurons (DataFrame)")  # what a table from Python is called


@selecting
@displayed
def read_table(
    edges: Any,
    neurons: Any = None,
    layout: str = AUTO,
    pre: str = AUTO,
    post: str = AUTO,
    synapses: str | None = AUTO,
    neuron_id: str = AUTO,
    rename: Mapping[str, str] | None = None,
    min_synapses: float = 1,
    missing_ids: str = REFUSE,
    no_neuron: Sequence[int | str] | None = None,
    key: str | None = None,
) -> Connectome:
    """Read an edge list, a graph or a square matrix in any format of the field.

    An edge list (CSV, TSV, Parquet, Feather, XLSX) has one row a connection; rows that repeat a
    pair (one a neuropil, say) are added up before ``min_synapses`` applies. Ids stay as they are
    written: ``007`` is text. A matrix has presynaptic neurons in its rows; in tables the same ids
    are in its header and first column, and other formats (:data:`connectome.data.edges.GRAPHS`)
    say where theirs are. Neurons without edges are kept if ``neurons``, a matrix or a graph lists
    them. Edge lists but those of workbooks are read in batches: memory grows with the pairs, about
    60 bytes each while reading. What was read and what was left out is the ``receipt`` of the
    connectome, and a warning if anything was.

    Args:
        edges: the file; from Python also a DataFrame, a square array or sparse matrix, or a
            networkx graph.
        neurons: table of annotations with one row a neuron, any columns; or several files, which
            are joined by id; or, from Python, a DataFrame. Neurons without a row are kept, without
            annotations. Of a matrix without names it has a row a neuron, in order.
        layout: ``edges``, ``adjacency``, ``headerless`` (a matrix of numbers alone), or ``auto``:
            edges where the columns ``pre`` and ``post`` exist, a matrix otherwise.
        pre, post: columns with the ids of the presynaptic and the postsynaptic neuron; ``auto``
            takes those of a known tool or with usual names
            (:func:`connectome.data.tabular.headers.recognised`), else ``pre`` and ``post``.
        synapses: column (of graphs: edge attribute) with synapse counts; None counts each row as
            1; ``auto`` takes the column of that tool, or the only one with a usual name
            (``weight`` and the like), and counts each row as 1 if there is none.
        neuron_id: column of ``neurons`` with the ids (``auto``: the first of
            :data:`connectome.data.tabular.ID_COLUMNS`, or the only one with a usual name, which
            the receipt says); without ``neurons`` the node attribute of
            a graph or the list of names of a matrix, or ``id`` for those of the nodes themselves.
        rename: new names of columns of ``neurons``, such as ``{side: hemisphere}``.
        min_synapses: connections with fewer synapses are dropped.
        missing_ids: what becomes of a row whose id is empty or a word such as NA, nan, None or
            NULL: ``refuse``, ``drop``, or ``keep`` the word as a name (an empty id is refused).
        no_neuron: ids that stand for no neuron, such as 0, which is 'no segment' in CAVE; their
            rows are left out.
        key: sheet, array, variable or ``obsp`` matrix, of a file that has several.

    Raises:
        InputError: for a missing or corrupt file, a missing column, ids that are missing or were
            rounded or do not match, a matrix that is not square, counts that are NaN, infinite or
            negative, an empty result.
    """
    if layout not in LAYOUTS:
        raise InputError(f"data.layout={layout}: choose one of {', '.join(LAYOUTS)}")
    if not min_synapses >= 0:
        raise InputError(f"data.min_synapses={min_synapses}: must be 0 or more")
    rules = IdRules.of(missing_ids, no_neuron)
    source, tables = _sources(edges, neurons)
    annotations, left_out = _annotations(tables, rules, neuron_id, rename)
    asked = Asked(
        synapses,
        None if annotations is not None or neuron_id == AUTO else neuron_id,
        None if annotations is None else annotations.index,
        key,
    )
    wanted = Wanted(layout, Header("", pre, post, synapses), rules, asked)
    read = read_edges if isinstance(source, Path) else edges_of_object
    sums, listed, receipt = read(source, wanted)
    unlisted = None
    if annotations is not None:
        named = (str(GIVEN),) if isinstance(tables, pd.DataFrame) else tuple(map(str, tables))
        guessed = annotations.index.name
        receipt = replace(
            receipt,
            columns=receipt.columns | ({"neuron_id": str(guessed)} if guessed else {}),
            source=(*receipt.source, *named),
            left_out=(*left_out, *receipt.left_out),
        )
        unlisted = pd.Index([]) if listed is None else listed.index
        listed = annotations
    return connectome_of(sums.path, sums, listed, min_synapses, receipt, unlisted=unlisted)


def _sources(edges: Any, neurons: Any) -> tuple[Any, list[Path] | pd.DataFrame]:
    """The file of edges, or their object, and the files of neurons, or their table.

    Raises:
        InputError: naming all files that are missing, and for tables of another kind.
    """
    tables = neurons if isinstance(neurons, pd.DataFrame) else _listed(neurons)
    files = [] if isinstance(tables, pd.DataFrame) else tables
    paths = [user_file("data.neurons", table) for table in files]
    source = user_file("data.edges", edges) if isinstance(edges, str) else edges
    named = [source, *paths] if isinstance(edges, str) else paths
    require_files(named)
    return source, tables if isinstance(tables, pd.DataFrame) else paths


def _listed(neurons: Any) -> list[str]:
    """The files of neurons, of which there may be none, one or several."""
    files = [] if neurons is None else [neurons] if isinstance(neurons, str) else neurons
    if isinstance(files, list | tuple) and all(isinstance(file, str) for file in files):
        return list(files)
    raise InputError(
        f"data.neurons: is of type {type(neurons).__name__}; give the path of a file, a list of "
        "paths, or from Python a DataFrame"
    )


def _annotations(
    tables: Sequence[Path] | pd.DataFrame,
    rules: IdRules,
    neuron_id: str,
    rename: Mapping[str, str] | None,
) -> tuple[pd.DataFrame | None, tuple[LeftOut, ...]]:
    """The neuron tables as one, None if there are none, and rows that were left out."""
    if isinstance(tables, pd.DataFrame):
        return given_table(GIVEN, plain_frame(tables), rules, neuron_id, rename)
    if tables:
        return read_tables(tables, rules, neuron_id, rename)
    if rename:
        raise InputError("data.rename: there is no neuron table; name one with data.neurons=FILE")
    return None, ()
