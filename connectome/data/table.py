"""A user's own connectome, from an edge list or a square adjacency matrix."""

from pathlib import Path

import networkx
import numpy as np
import pandas as pd
import pyarrow

from connectome.data.assemble import assemble
from connectome.types import Connectome, InputError

LAYOUTS = ("auto", "edges", "adjacency")
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
    up before ``min_synapses`` applies. An adjacency matrix has presynaptic neurons in its rows and
    the same ids in its header and first column. Neurons without edges are kept if ``neurons``
    lists them.

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
        frame = _frame(path)
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
    pairs = pairs.groupby(["pre", "post"], sort=False).sum().reset_index()
    ids = _ids(pd.concat([pairs["pre"], pairs["post"]]).unique())
    if annotations is not None:
        annotations.index, pairs = _same_id_type(annotations.index, pairs)
        ids = annotations.index.to_numpy()
    pairs = pairs[pairs["synapses"] >= max(min_synapses, np.finfo(float).tiny)]
    if pairs.empty:
        raise InputError(f"{path}: no connection has data.min_synapses={min_synapses} or more")
    return assemble(
        name=path.name.split(".")[0],
        ids=_ids(ids),
        pre=_ids(pairs["pre"].to_numpy()),
        post=_ids(pairs["post"].to_numpy()),
        synapses=pairs["synapses"].to_numpy(dtype=float),
        neurons=annotations,
    )


def _ids(ids: np.ndarray) -> np.ndarray:
    """Integers stay int64 (ids past 2^53 survive), anything else becomes text."""
    return ids.astype(np.int64) if ids.dtype.kind in "iu" else np.asarray(ids, dtype=np.str_)


def _same_id_type(index: pd.Index, pairs: pd.DataFrame) -> tuple[pd.Index, pd.DataFrame]:
    """Compare as text where one file holds numbers and the other names."""
    numeric = [pd.api.types.is_integer_dtype(ids) for ids in (index, pairs["pre"], pairs["post"])]
    if all(numeric):
        return index, pairs
    return index.astype(str), pairs.astype({"pre": str, "post": str})


def _check_counts(path: Path, pairs: pd.DataFrame) -> None:
    """Checked before rows are added up, where a negative count could hide in a sum."""
    for column in ("pre", "post"):
        if pairs[column].isna().any():
            row = int(np.flatnonzero(pairs[column].isna())[0]) + 1
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
    name = path.with_suffix("") if path.suffix == ".gz" else path
    if name.suffix not in FORMATS:
        raise InputError(f"{path}: unknown format '{name.suffix}'; use {', '.join(FORMATS)}")
    if not path.is_file():
        raise InputError(f"{path}: no such file; check the path")
    return name.suffix


def _frame(path: Path) -> pd.DataFrame:
    try:
        match _format(path):
            case ".parquet":
                return pd.read_parquet(path)
            case ".tsv":
                return pd.read_csv(path, sep="\t")
            case ".csv":
                return pd.read_csv(path)
    except InputError:
        raise
    except (ValueError, OSError, EOFError, pyarrow.ArrowException) as error:
        raise InputError(f"{path}: cannot be read as {_format(path)[1:]} ({error})") from error
    raise InputError(f"{path}: GraphML holds edges only; give a table here")


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
    return pd.DataFrame({"pre": frame[pre], "post": frame[post], "synapses": counts})


def _matrix(
    path: Path, frame: pd.DataFrame, pre: str, post: str, layout: str
) -> tuple[pd.Index, pd.DataFrame]:
    """Ids and nonzero cells of a square matrix whose header and first column hold the ids."""
    if frame.shape[1] != frame.shape[0] + 1:
        hint = "" if layout == "adjacency" else f" and has no columns '{pre}' and '{post}'"
        raise InputError(
            f"{path}: {frame.shape[0]} rows and {frame.shape[1] - 1} columns of counts are not a "
            f"square adjacency matrix{hint}; for an edge list set data.pre=COLUMN data.post=COLUMN"
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
    ids = frame.iloc[:, 0].to_numpy() if frame.iloc[:, 0].dtype.kind == "i" else rows.to_numpy()
    header = ids[pd.Index(rows).get_indexer(columns)]
    pairs = {"pre": ids[first], "post": header[second], "synapses": counts[first, second]}
    return pd.Index(ids), pd.DataFrame(pairs)


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
    frame = _frame(path)
    _require(path, frame, neuron_id, "neuron_id")
    ids = frame[neuron_id]
    if ids.isna().any() or ids.duplicated().any():
        fault = "is empty" if ids.isna().any() else f"'{ids[ids.duplicated()].iloc[0]}' repeats"
        raise InputError(f"{path}: an id in column '{neuron_id}' {fault}; give each neuron one row")
    return frame.drop(columns=neuron_id).set_index(pd.Index(ids))
