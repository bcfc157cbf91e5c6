"""A user's own connectome, from an edge list or a square adjacency matrix."""

import logging
from collections.abc import Sequence
from pathlib import Path

import networkx
import numpy as np
import pandas as pd
import pyarrow

from connectome.data.assemble import assemble
from connectome.types import Connectome, InputError

log = logging.getLogger(__name__)

LAYOUTS = ("auto", "edges", "adjacency")
MISSING = ["", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None"]
FORMATS = (".csv", ".tsv", ".parquet", ".graphml")


def read_table(
    edges: str,
    neurons: str | None = None,
    layout: str = "auto",
    pre: str = "pre",
    post: str = "post",
    synapses: str | None = None,
    neuron_id: str = "neuron_id",
    min_synapses: float = 1,
) -> Connectome:
    """Read CSV, TSV, Parquet or GraphML (``.csv.gz`` and ``.tsv.gz`` too).

    An edge list has one row a connection; rows that repeat a pair (one a neuropil, say) are added
    up before ``min_synapses`` applies. Ids stay as they are written: ``007`` is text. An adjacency
    matrix has presynaptic neurons in its rows and the same ids in its header and first column.
    Neurons without edges are kept if ``neurons``, a matrix or GraphML lists them.

    Args:
        edges: the file.
        neurons: table of annotations with one row a neuron, any columns.
        layout: ``edges``, ``adjacency``, or ``auto``: edges where the columns ``pre`` and ``post``
            exist, adjacency otherwise.
        pre, post: columns with the ids of the presynaptic and the postsynaptic neuron.
        synapses: column (GraphML: edge attribute) with synapse counts; None counts each row as 1.
        neuron_id: column of ``neurons`` with the ids.
        min_synapses: weaker connections are dropped.

    Raises:
        InputError: for a missing or corrupt file, a missing column, ids that do not match, a
            matrix that is not square, counts that are NaN or negative, an empty result.
    """
    if layout not in LAYOUTS:
        raise InputError(f"data.layout={layout}: choose one of {', '.join(LAYOUTS)}")
    path = Path(edges).expanduser()
    annotations = None if neurons is None else _annotations(Path(neurons).expanduser(), neuron_id)
    if _format(path) == ".graphml":
        listed, pairs = _graphml(path, synapses)
        annotations = listed if annotations is None else annotations
    else:
        frame = _frame(path, (pre, post))
        if layout == "edges" or (layout == "auto" and {pre, post} <= set(frame.columns)):
            pairs = _edge_rows(path, frame, pre, post, synapses)
        else:
            ids, pairs = _matrix(path, frame, pre, post, layout)
            annotations = pd.DataFrame(index=ids) if annotations is None else annotations
    return _connectome(path, annotations, pairs, min_synapses)


def _connectome(
    path: Path, annotations: pd.DataFrame | None, pairs: pd.DataFrame, min_synapses: float
) -> Connectome:
    _check_counts(path, pairs)
    pairs = pairs.assign(pre=_ids(path, pairs["pre"]), post=_ids(path, pairs["post"]))
    pairs = pairs.groupby(["pre", "post"], sort=False).sum().reset_index()
    pairs = pairs[pairs["synapses"] >= max(min_synapses, np.finfo(float).tiny)]
    if pairs.empty:
        raise InputError(f"{path}: no connection has data.min_synapses={min_synapses} or more")
    columns = [pairs["pre"], pairs["post"]]
    if annotations is not None:
        annotations = annotations.set_index(_ids(path, annotations.index.to_series()))
        columns.append(annotations.index.to_series())
    if not all(column.dtype.kind == "i" for column in columns):
        columns = [column.astype(str) for column in columns]  # numbers here and names there
    pre, post, *listed = (column.to_numpy(dtype=_dtype(column)) for column in columns)
    try:
        return assemble(
            name=path.name.split(".")[0],
            ids=listed[0] if listed else np.union1d(pre, post),
            pre=pre,
            post=post,
            synapses=pairs["synapses"].to_numpy(dtype=float),
            neurons=annotations,
        )
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _dtype(column: pd.Series) -> type:
    return np.int64 if column.dtype.kind == "i" else np.str_


def _ids(path: Path, ids: pd.Series) -> pd.Series:
    """Ids as int64 if that changes none of them (``007`` stays text), else as text.

    Raises:
        InputError: for floating-point ids, which have lost digits or never had them.
    """
    if ids.dtype.kind == "f":
        if not (ids == ids.round()).all() or (ids.abs() > 2**53).any():
            raise InputError(f"{path}: ids such as {ids.iloc[0]} are floating-point numbers")
        return ids.astype(np.int64)
    if ids.dtype.kind in "iu" and (ids <= np.iinfo(np.int64).max).all():
        return ids.astype(np.int64)
    text = ids.astype(str)
    try:
        numbers = text.astype(np.int64)
    except (ValueError, OverflowError):
        return text
    return numbers if (numbers.astype(str) == text).all() else text


def _check_counts(path: Path, pairs: pd.DataFrame) -> None:
    """Checked before rows are added up, where a negative count could hide in a sum."""
    if pairs.empty:
        raise InputError(f"{path}: holds no connection; check that it is the right file")
    for column in ("pre", "post"):
        empty = pairs[column].isna() | (pairs[column].astype(str) == "")
        if empty.any():
            row = int(np.flatnonzero(empty)[0]) + 1
            raise InputError(f"{path}: row {row} has no {column} id; remove the row")
    counts = pairs["synapses"]
    if not pd.api.types.is_numeric_dtype(counts):
        raise InputError(f"{path}: synapse counts such as {counts.iloc[0]!r} are not numbers")
    bad = ~np.isfinite(counts.to_numpy(dtype=float)) | (counts.to_numpy(dtype=float) < 0)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        pair = f"{pairs['pre'].iloc[row]} -> {pairs['post'].iloc[row]}"
        raise InputError(
            f"{path}: synapse count {counts.iloc[row]} of {pair}; "
            "counts must be zero or more, so correct or remove it"
        )


def _format(path: Path) -> str:
    """Suffix that tells the format, ``.gz`` aside."""
    suffix = (path.with_suffix("") if path.suffix == ".gz" else path).suffix.lower()
    if suffix not in FORMATS:
        raise InputError(f"{path}: unknown format '{suffix}'; use {', '.join(FORMATS)}")
    if not path.is_file():
        raise InputError(f"{path}: no such file; check the path")
    return suffix


def _frame(path: Path, id_columns: Sequence[str]) -> pd.DataFrame:
    """A table; in text formats the columns of ids (else the first one) are kept as text."""
    file_format = _format(path)
    if file_format == ".graphml":
        raise InputError(f"{path}: is GraphML; give a CSV, TSV or Parquet table here")
    try:
        if file_format == ".parquet":
            frame = pd.read_parquet(path)
            unnamed = isinstance(frame.index, pd.RangeIndex)
            return frame if unnamed else frame.reset_index()
        separator = "\t" if file_format == ".tsv" else ","
        header = pd.read_csv(path, sep=separator, header=None, nrows=1, dtype=str).iloc[0]
        names = header.fillna("").tolist()
        if repeated := [name for name in names if names.count(name) > 1]:
            raise InputError(f"{path}: column '{repeated[0]}' occurs twice; rename one of them")
        ids = [name for name in names if name in id_columns]
        others = [name for name in names if name not in ids] if ids else names[1:]
        frame = pd.read_csv(
            path,
            sep=separator,
            index_col=None if ids else 0,
            dtype=dict.fromkeys(ids or [names[0] or "Unnamed: 0"], str),
            keep_default_na=False,  # a neuron may be called NA
            na_values=dict.fromkeys(others, MISSING),
        )
        return frame if ids else frame.rename_axis("id").reset_index()
    except InputError:
        raise
    except (ValueError, OSError, EOFError, pyarrow.ArrowException) as error:
        raise InputError(f"{path}: cannot be read as {file_format[1:]} ({error})") from error


def _require(path: Path, frame: pd.DataFrame, column: str, option: str) -> None:
    if column not in frame.columns:
        raise InputError(
            f"{path}: has no column '{column}', only {', '.join(map(str, frame.columns[:12]))}; "
            f"name the right one with data.{option}=COLUMN"
        )


def _edge_rows(
    path: Path, frame: pd.DataFrame, pre: str, post: str, synapses: str | None
) -> pd.DataFrame:
    _require(path, frame, pre, "pre")
    _require(path, frame, post, "post")
    counts = pd.Series(1.0, index=frame.index)
    if synapses is not None:
        _require(path, frame, synapses, "synapses")
        counts = frame[synapses]
    elif unused := [str(c) for c in frame.select_dtypes("number") if c not in (pre, post)]:
        log.warning("%s: each row counts as 1; data.synapses=%s reads counts", path, unused[0])
    return pd.DataFrame({"pre": frame[pre], "post": frame[post], "synapses": counts})


def _matrix(
    path: Path, frame: pd.DataFrame, pre: str, post: str, layout: str
) -> tuple[pd.Index, pd.DataFrame]:
    """Ids and nonzero cells of a square matrix whose header and first column hold the ids."""
    if frame.shape[1] != frame.shape[0] + 1:
        hint = "" if layout == "adjacency" else f" and has no columns '{pre}' and '{post}'"
        raise InputError(
            f"{path}: {frame.shape[0]} rows and {frame.shape[1] - 1} columns of counts are not a "
            f"square adjacency matrix{hint} (columns: {', '.join(map(str, frame.columns[:6]))}); "
            "for an edge list set data.pre=COLUMN data.post=COLUMN"
        )
    rows = frame.iloc[:, 0].astype(str)
    columns = pd.Index(frame.columns[1:].astype(str))
    different = sorted(set(rows).symmetric_difference(columns))
    if different or rows.duplicated().any():
        which = f"'{different[0]}' is in one only" if different else "an id repeats"
        raise InputError(f"{path}: header and first column must name the same neurons; {which}")
    try:
        counts = frame.iloc[:, 1:].to_numpy(dtype=float)
    except ValueError as error:
        raise InputError(f"{path}: the adjacency matrix has a cell that is no number") from error
    first, second = counts.nonzero()  # NaN counts as nonzero, so it reaches the check
    pre_ids, post_ids = rows.to_numpy()[first], columns.to_numpy()[second]
    return pd.Index(rows), pd.DataFrame(
        {"pre": pre_ids, "post": post_ids, "synapses": counts[first, second]}
    )


def _graphml(path: Path, synapses: str | None) -> tuple[pd.DataFrame, pd.DataFrame]:
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


def _annotations(path: Path, neuron_id: str) -> pd.DataFrame:
    frame = _frame(path, (neuron_id,))
    _require(path, frame, neuron_id, "neuron_id")
    ids = frame[neuron_id]
    empty = (ids.isna() | (ids.astype(str) == "")).any()
    if empty or ids.duplicated().any():
        fault = "is empty" if empty else f"'{ids[ids.duplicated()].iloc[0]}' repeats"
        raise InputError(f"{path}: an id in column '{neuron_id}' {fault}; give each neuron one row")
    return frame.drop(columns=neuron_id).set_index(pd.Index(ids))
