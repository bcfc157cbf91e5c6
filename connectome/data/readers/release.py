"""Published connectomes from the files of their release, as a configuration describes them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from connectome.data.edges import edge_list
from connectome.data.neurons import REPEATS, by_id, same_ids
from connectome.data.readers.selection import choose, with_origins
from connectome.data.tabular import (
    REFUSE,
    EdgeSums,
    IdRules,
    column_names,
    connectome_of,
    id_array,
    nullable,
    read_frame,
    require_column,
    require_different,
    user_path,
)
from connectome.receipt import LeftOut, Receipt
from connectome.types import Connectome, InputError

_EDGE_OPTIONS = {"file", "pre", "post", "synapses"}
_TABLE_OPTIONS = {"file", "id", "columns", "repeats", "no_neuron"}


def read_release(
    root: str,
    name: str,
    source: str,
    edges: Mapping[str, str | None],
    tables: Sequence[Mapping[str, Any]],
    values: Mapping[str, Mapping[str, str]] | None = None,
    keep: Mapping[str, Any] | None = None,
    drop: Mapping[str, Any] | None = None,
    min_synapses: float = 1,
    citation: str = "",
    missing_ids: str = REFUSE,
    drawn_by_connectivity: Mapping[str, bool] | None = None,
) -> Connectome:
    """Read an edge table and tables of annotations that are joined by id.

    The first of ``tables`` lists the neurons; what the others say of them is added. Edges are read
    batch by batch (CSV, TSV, Parquet, Feather, ``.gz`` too), rows of a pair are added up, and rows
    of other neurons than those kept are left out, so that memory grows with the connections kept
    and not with the table. What was left out is in the ``receipt`` of the connectome and a warning.

    Args:
        root: folder with the files.
        name: name of the data set.
        source: where the files are to be had, for the message when one is missing.
        edges: ``file``, the columns ``pre`` and ``post`` of ids, and ``synapses`` of counts (None:
            each row is one synapse). A file name may be a pattern that fits one file.
        tables: ``file``, ``id`` (column of ids), ``columns`` (name in the file to name here),
            ``repeats`` of ids that occur more than once (``refuse``, the default, or ``drop``) and
            ``no_neuron`` (ids that stand for none, such as 0).
        values: by column (name here), what a value is called here, such as ``L: left``.
        keep, drop: by column (name here), the values of the neurons to keep, and to leave out
            (:func:`connectome.data.readers.selection.selected`).
        min_synapses: connections with fewer synapses are dropped.
        citation: the publication to cite.
        missing_ids: what becomes of rows whose id is empty or a word such as NA, nan, None or
            NULL: ``refuse``, ``drop``, or ``keep`` the word as a name.
        drawn_by_connectivity: of columns with labels, whether those were drawn by connectivity.

    Raises:
        InputError: for a file that is missing or corrupt, a missing column, an id that is missing,
            was rounded or repeats, and where nothing is left.
    """
    _check_options(name, edges, _EDGE_OPTIONS, "edges")
    for table in tables:
        _check_options(name, table, _TABLE_OPTIONS, "tables")
    rules = IdRules.of(missing_ids, None)
    folder = user_path("data.root", root)
    paths = [_find(folder, str(part["file"]), name, source) for part in (edges, *tables)]
    columns = {key: str(edges[key]) for key in ("pre", "post", "synapses") if edges.get(key)}
    require_different("data.edges.", columns)
    neurons, left_out = _neurons(paths[1:], tables, missing_ids)
    for column, names in (values or {}).items():
        _require(name, neurons, column, "values")
        neurons[column] = neurons[column].replace(dict(names))
    rows, unwanted, notes = choose(name, neurons, keep, drop)
    neurons = neurons[rows]
    sums = edge_list(paths[0], columns, "data.edges.", rules, id_array(neurons.index.to_series()))
    _require_some(paths[0], sums, neurons.index)
    counts = columns.get("synapses")
    receipt = Receipt(
        name,
        tuple(map(str, paths)),
        layout="edge list",
        columns=columns,
        each_row="1 synapse" if counts is None else f"the synapses in its '{counts}'",
        left_out=(*left_out, *unwanted),
        notes=notes,
    )
    brain = connectome_of(paths[0], sums, neurons, min_synapses, receipt, citation)
    return with_origins(brain, drawn_by_connectivity)


def _check_options(name: str, part: Mapping[str, Any], known: set[str], what: str) -> None:
    if unknown := sorted(set(part) - known):
        raise InputError(
            f"{name}: data.{what} has no option '{unknown[0]}'; use {', '.join(sorted(known))}"
        )


def _find(folder: Path, pattern: str, name: str, source: str) -> Path:
    found = sorted(folder.glob(pattern)) if folder.is_dir() else []
    if not found:
        raise InputError(
            f"{folder / pattern}: no such file; get it from {source} (data of {name})"
            f"{_instead(folder, pattern)}"
        )
    if len(found) > 1:
        names = " and ".join(path.name for path in found[:2])
        raise InputError(f"{folder / pattern}: fits {names}; leave one or give its whole name")
    return found[0]


def _instead(folder: Path, pattern: str) -> str:
    """Tables of connections that are there, where one of another name is missing."""
    there = sorted(path.name for path in folder.glob("*connections*"))
    if "connections" not in pattern or not there:
        return ""
    return f", or take what is there: data.edges.file={there[0]}"


def _neurons(
    paths: Sequence[Path], tables: Sequence[Mapping[str, Any]], missing_ids: str
) -> tuple[pd.DataFrame, tuple[LeftOut, ...]]:
    """Annotations of the neurons that the first table lists, with their ids as index."""
    listed, left_out = _table(paths[0], tables[0], missing_ids)
    for path, table in zip(paths[1:], tables[1:], strict=True):
        more, lost = _table(path, table, missing_ids)
        left_out += lost
        if twice := sorted(set(listed.columns) & set(more.columns)):
            raise InputError(f"{path}: another table has '{twice[0]}' too; call it otherwise")
        listed, more = same_ids(listed, more)
        listed = listed.join(nullable(more))
    return listed, left_out


def _table(
    path: Path, table: Mapping[str, Any], missing_ids: str
) -> tuple[pd.DataFrame, tuple[LeftOut, ...]]:
    key, columns = str(table["id"]), dict(table.get("columns") or {})
    if (repeats := table.get("repeats", REFUSE)) not in REPEATS:
        raise InputError(f"{path}: repeats: {repeats}; choose one of {', '.join(REPEATS)}")
    present = column_names(path)
    for column in (key, *columns):
        require_column(
            path, present, column, "this release may be another version; name its column in "
            "data.tables",
        )  # fmt: skip
    here = list(columns.values())
    if twice := [name for name in here if here.count(name) > 1]:
        raise InputError(f"{path}: columns: two are called '{twice[0]}'; name each once")
    require_different(f"{path}: ", {here: there for there, here in columns.items()} | {"id": key})
    frame = read_frame(path, (key,))[[key, *columns]].rename(columns=columns)
    for column in columns.values():
        frame[column] = frame[column].mask(frame[column] == "")
    return by_id(path, frame, key, IdRules.of(missing_ids, table.get("no_neuron")), repeats)


def _require(name: str, neurons: pd.DataFrame, column: str, option: str) -> None:
    if column not in neurons:
        raise InputError(
            f"{name}: data.{option} names the column '{column}'; choose one of "
            f"{', '.join(neurons.columns)}"
        )


def _require_some(path: Path, sums: EdgeSums, ids: pd.Index) -> None:
    if sums.rows and sums.strays == sums.rows:
        raise InputError(
            f"{path}: no row connects two of the {len(ids)} neurons, such as {ids[0]}; the files "
            "may be of different versions, so get them all anew from one"
        )
