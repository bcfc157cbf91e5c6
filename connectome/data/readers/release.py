"""Published connectomes from the files of their release, as a configuration describes them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from connectome.data.edges import edge_list
from connectome.data.neurons import REPEATS, by_id, same_ids
from connectome.data.readers.display import displayed
from connectome.data.readers.options import paired
from connectome.data.readers.selection import choose, with_origins
from connectome.data.tabular import (
    REFUSE,
    SEPARATORS,
    EdgeSums,
    IdRules,
    column_names,
    connectome_of,
    file_format,
    id_array,
    nullable,
    read_frame,
    require_column,
    require_different,
    text_header,
)
from connectome.receipt import LeftOut, Receipt
from connectome.types import Connectome, InputError
from connectome.user_files import user_path

_EDGE_OPTIONS = {"file", "pre", "post", "synapses", "header"}
_TABLE_OPTIONS = {"file", "id", "columns", "extra", "repeats", "no_neuron"} | {
    "optional",
    "lists",
    "predicted",
}


@displayed
@paired
def read_release(
    root: str,
    name: str,
    source: str,
    edges: Mapping[str, Any],
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

    The first of ``tables`` that is there and ``lists`` the neurons does so; what the others say of
    them is added. Edges are read
    batch by batch (CSV, TSV, Parquet, Feather, ``.gz`` too), rows of a pair are added up, and rows
    of other neurons than those kept are left out, so that memory grows with the connections kept
    and not with the table. What was left out is in the ``receipt`` of the connectome and a warning.

    Args:
        root: folder with the files.
        name: name of the data set.
        source: where the files are to be had, for the message when one is missing.
        edges: ``file``, the columns ``pre`` and ``post`` of ids, and ``synapses`` of counts (None:
            each row is one synapse). A file name may be a pattern that fits one file, or a list of
            which the first that is there is read. ``header`` has the names of the columns for a
            text table without any, whose first line begins with an id of digits.
        tables: ``file``, ``id`` (column of ids, or a list likewise), ``columns`` (name in the file
            to name here), ``extra`` (likewise, of those that not every version has), ``repeats`` of
            ids that occur more than once (``refuse``, the default, or ``drop``), ``no_neuron`` (ids
            that stand for none, such as 0), ``optional`` (whether it may be missing, which the
            receipt says), ``lists`` (whether it has all neurons, true by default) and ``predicted``
            (how text begins that is no annotation but a prediction: it goes without that to a
            column of its own, ``NAME_predicted``).
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
    path = _find(folder, edges["file"], name, source)
    present, absent = _present(folder, tables, name, source)
    columns = {key: str(edges[key]) for key in ("pre", "post", "synapses") if edges.get(key)}
    require_different("data.edges.", columns)
    neurons, left_out, remarks = _neurons(present, missing_ids)
    for column, names in (values or {}).items():
        if column not in neurons and column in _columns(absent):
            continue
        _require(name, neurons, column, "values")
        neurons[column] = neurons[column].replace(dict(names))
    rows, unwanted, notes = choose(name, neurons, keep, drop)
    neurons = neurons[rows]
    header, headerless = _header(path, edges.get("header"))
    listed = id_array(neurons.index.to_series())
    sums = edge_list(path, columns, "data.edges.", rules, listed, header)
    _require_some(path, sums, neurons.index)
    counts = columns.get("synapses")
    receipt = Receipt(
        name,
        (str(path), *(str(one) for one, _ in present)),
        layout="edge list",
        columns=columns,
        each_row=each_row(counts, min_synapses),
        left_out=(*left_out, *unwanted),
        notes=(*headerless, *_missing(absent), *remarks, *notes),
    )
    brain = connectome_of(path, sums, neurons, min_synapses, receipt, citation)
    return with_origins(brain, drawn_by_connectivity)


def _header(path: Path, names: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """Names of the columns of a table that has none, else nothing; and what to say of it.

    Raises:
        InputError: if it has another number of columns.
    """
    if not names or file_format(path) not in SEPARATORS:
        return [], []
    first = text_header(path)
    if not first[0].isdigit():
        return [], []
    if len(first) != len(names):
        raise InputError(
            f"{path}: has no header and {len(first)} columns, not the {len(names)} of "
            "data.edges.header; name all of them there, in order"
        )
    return [*names], [f"no header: columns are {', '.join(names)} (data.edges.header)"]


def _check_options(name: str, part: Mapping[str, Any], known: set[str], what: str) -> None:
    if unknown := sorted(set(part) - known):
        raise InputError(
            f"{name}: data.{what} has no option '{unknown[0]}'; use {', '.join(sorted(known))}"
        )


def each_row(counts: str | None, min_synapses: float) -> str:
    """What a row of the edges counts for, and from how many synapses on pairs are kept."""
    row = "1 synapse" if counts is None else f"the synapses in its '{counts}'"
    return row if min_synapses <= 1 else f"{row}; pairs of {min_synapses:g} and more are kept"


def _choices(wanted: Any) -> list[str]:
    return [wanted] if isinstance(wanted, str) else [str(one) for one in wanted]


def _present(
    folder: Path, tables: Sequence[Mapping[str, Any]], name: str, source: str
) -> tuple[list[tuple[Path, Mapping[str, Any]]], list[Mapping[str, Any]]]:
    """The tables that are there with their files, one that lists the neurons first; the others.

    Raises:
        InputError: if one that is not optional is missing, or none lists the neurons.
    """
    present, absent = [], []
    for table in tables:
        there = any(any(folder.glob(pattern)) for pattern in _choices(table["file"]))
        if table.get("optional") and not there:
            absent.append(table)
        else:
            present.append((_find(folder, table["file"], name, source), table))
    present.sort(key=lambda one: not one[1].get("lists", True))  # stable
    if not present or not present[0][1].get("lists", True):
        listing = [_choices(table["file"])[0] for table in absent if table.get("lists", True)]
        raise InputError(
            f"{folder}: no file lists the neurons; get {' or '.join(listing)} from {source} (data "
            f"of {name})"
        )
    return present, absent


def _columns(tables: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names here of the columns that tables have."""
    return [str(here) for table in tables for here in dict(table.get("columns") or {}).values()]


def _missing(tables: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is not among the data since a file is missing."""
    return [
        f"{_choices(table['file'])[0]} is not there, and with it {', '.join(_columns([table]))}"
        for table in tables
    ]


def _find(folder: Path, wanted: Any, name: str, source: str) -> Path:
    patterns = _choices(wanted)
    found = next((there for one in patterns if (there := sorted(folder.glob(one)))), [])
    pattern = next((one for one in patterns if any(folder.glob(one))), patterns[0])
    if not found:
        other = f" (or {' or '.join(patterns[1:])})" if patterns[1:] else ""
        raise InputError(
            f"{folder / pattern}: no such file{other}; get it from {source} (data of {name})"
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
    tables: Sequence[tuple[Path, Mapping[str, Any]]], missing_ids: str
) -> tuple[pd.DataFrame, tuple[LeftOut, ...], list[str]]:
    """Annotations of the neurons that the first table lists, with their ids as index; remarks."""
    remarks: list[str] = []
    listed, left_out = _table(*tables[0], missing_ids, remarks)
    for path, table in tables[1:]:
        more, lost = _table(path, table, missing_ids, remarks)
        left_out += lost
        if twice := sorted(set(listed.columns) & set(more.columns)):
            raise InputError(f"{path}: another table has '{twice[0]}' too; call it otherwise")
        listed, more = same_ids(listed, more)
        listed = listed.join(nullable(more))
    return listed, left_out, remarks


def _table(
    path: Path, table: Mapping[str, Any], missing_ids: str, remarks: list[str]
) -> tuple[pd.DataFrame, tuple[LeftOut, ...]]:
    columns = dict(table.get("columns") or {})
    if (repeats := table.get("repeats", REFUSE)) not in REPEATS:
        raise InputError(f"{path}: repeats: {repeats}; choose one of {', '.join(REPEATS)}")
    present = column_names(path)
    keys = _choices(table["id"])
    key = next((one for one in keys if one in present), keys[0])
    columns |= {
        there: here for there, here in dict(table.get("extra") or {}).items() if there in present
    }
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
    if prefix := table.get("predicted"):
        remarks += _apart(frame, list(columns.values()), str(prefix))
    return by_id(path, frame, key, IdRules.of(missing_ids, table.get("no_neuron")), repeats)


def _apart(frame: pd.DataFrame, columns: Sequence[str], prefix: str) -> Iterator[str]:
    """Move what begins with ``prefix`` to columns of its own, and say how much that is."""
    for column in columns:
        text = frame[column].astype("string")
        predicted = text.str.startswith(prefix).fillna(False).astype(bool)
        if predicted.any():
            frame[f"{column}_predicted"] = text.str.removeprefix(prefix).where(predicted)
            frame[column] = frame[column].mask(predicted)
            yield (
                f"{int(predicted.sum()):,} values of '{column}' begin with '{prefix}', and are in "
                f"'{column}_predicted'"
            )


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
