"""Published connectomes from the files of their release, as a configuration describes them."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from connectome.data.batches import edge_batches
from connectome.data.edge_sums import EdgeSums
from connectome.data.files import column_names, read_frame, require_column
from connectome.data.ids import exact_ids, id_array
from connectome.data.integers import nullable
from connectome.data.table import by_id, connectome_of
from connectome.types import Connectome, InputError

log = logging.getLogger(__name__)

_EDGE_OPTIONS = {"file", "pre", "post", "synapses"}
_TABLE_OPTIONS = {"file", "id", "columns", "repeats", "no_neuron"}


def read_release(
    root: str,
    name: str,
    source: str,
    edges: Mapping[str, str | None],
    tables: Sequence[Mapping[str, Any]],
    values: Mapping[str, Mapping[str, str]] | None = None,
    keep: Mapping[str, Sequence[str] | None] | None = None,
    min_synapses: float = 1,
    citation: str = "",
) -> Connectome:
    """Read an edge table and tables of annotations that are joined by id.

    The first of ``tables`` lists the neurons; what the others say of them is added. Edges are read
    batch by batch (CSV, TSV, Parquet, Feather, ``.gz`` too), rows of a pair are added up, and rows
    of other neurons than those kept are left out and counted in the log, so that memory grows with
    the connections kept and not with the table.

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
        keep: by column (name here), the values of the neurons to keep; None keeps all.
        min_synapses: weaker connections are dropped.
        citation: the publication to cite.

    Raises:
        InputError: for a file that is missing or corrupt, a missing column, an id that repeats, and
            where nothing is left.
    """
    _check_options(name, edges, _EDGE_OPTIONS, "edges")
    for table in tables:
        _check_options(name, table, _TABLE_OPTIONS, "tables")
    folder = Path(root).expanduser()
    paths = [_find(folder, str(part["file"]), name, source) for part in (edges, *tables)]
    neurons = _neurons(paths[1:], tables)
    for column, names in (values or {}).items():
        _require(name, neurons, column, "values")
        neurons[column] = neurons[column].replace(dict(names))
    neurons = _kept(name, neurons, keep or {})
    sums = _edges(paths[0], edges, neurons.index.to_series())
    connectome = connectome_of(paths[0], sums, neurons, min_synapses)
    return replace(connectome, name=name, citation=citation)


def _check_options(name: str, part: Mapping[str, Any], known: set[str], what: str) -> None:
    if unknown := sorted(set(part) - known):
        raise InputError(
            f"{name}: data.{what} has no option '{unknown[0]}'; use {', '.join(sorted(known))}"
        )


def _find(folder: Path, pattern: str, name: str, source: str) -> Path:
    found = sorted(folder.glob(pattern)) if folder.is_dir() else []
    if not found:
        raise InputError(f"{folder / pattern}: no such file; get it from {source} (data of {name})")
    if len(found) > 1:
        names = " and ".join(path.name for path in found[:2])
        raise InputError(f"{folder / pattern}: fits {names}; leave one or give its whole name")
    return found[0]


def _neurons(paths: Sequence[Path], tables: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Annotations of the neurons that the first table lists, with their ids as index."""
    listed = _table(paths[0], tables[0])
    for path, table in zip(paths[1:], tables[1:], strict=True):
        more = _table(path, table)
        if twice := sorted(set(listed.columns) & set(more.columns)):
            raise InputError(f"{path}: another table has '{twice[0]}' too; call it otherwise")
        if more.index.dtype.kind != listed.index.dtype.kind:
            more.index, listed.index = more.index.astype(str), listed.index.astype(str)
        listed = listed.join(nullable(more))
    return listed


def _table(path: Path, table: Mapping[str, Any]) -> pd.DataFrame:
    key, columns = str(table["id"]), dict(table.get("columns") or {})
    present = column_names(path)
    for column in (key, *columns):
        require_column(path, present, column, "this release may be another version")
    frame = read_frame(path, (key,))[[key, *columns]].rename(columns=columns)
    for column in columns.values():
        frame[column] = frame[column].mask(frame[column] == "")
    frame = frame[~frame[key].astype(str).isin([str(i) for i in table.get("no_neuron") or ()])]
    if table.get("repeats", "refuse") == "drop":
        repeated = frame[key].duplicated(keep=False)
        if repeated.any():
            log.warning("%s: %d rows of repeated ids left out", path, int(repeated.sum()))
        frame = frame[~repeated]
    frame = by_id(path, frame, key)
    return frame.set_index(pd.Index(exact_ids(path, frame.index.to_series()).to_numpy()))


def _require(name: str, neurons: pd.DataFrame, column: str, option: str) -> None:
    if column not in neurons:
        raise InputError(
            f"{name}: data.{option} names the column '{column}', but there are only "
            f"{', '.join(neurons.columns)}"
        )


def _kept(
    name: str, neurons: pd.DataFrame, keep: Mapping[str, Sequence[str] | None]
) -> pd.DataFrame:
    for column, wanted in keep.items():
        if wanted is None:
            continue
        _require(name, neurons, column, "keep")
        fits = neurons[column].isin(wanted)
        if not fits.any():
            given = ", ".join(map(str, neurons[column].dropna().unique()[:6])) or "nothing"
            raise InputError(
                f"{name}: data.keep.{column}={list(wanted)} fits no neuron; the column has {given}"
            )
        neurons = neurons[fits]
    return neurons


def _edges(path: Path, edges: Mapping[str, str | None], ids: pd.Series) -> EdgeSums:
    pre, post, synapses = str(edges["pre"]), str(edges["post"]), edges.get("synapses")
    present = column_names(path)
    for option, column in (("pre", pre), ("post", post), ("synapses", synapses)):
        if column is not None:
            require_column(path, present, column, f"set data.edges.{option}=COLUMN")
    sums = EdgeSums(path, listed=id_array(ids))
    for batch in edge_batches(path, pre, post, synapses):
        sums.add(batch)
    if sums.rows and sums.strays == sums.rows:
        example = np.asarray(ids)[0]
        raise InputError(
            f"{path}: no row connects two of the {len(ids)} neurons, such as {example}; "
            "the files may be of different versions"
        )
    if sums.strays:
        log.warning(
            "%s: %d of %d rows left out, since a neuron is not listed",
            path, sums.strays, sums.rows,
        )  # fmt: skip
    return sums
