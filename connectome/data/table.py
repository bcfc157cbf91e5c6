"""A user's own connectome, from an edge list or a square adjacency matrix."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from connectome.data.assemble import from_keys, positions
from connectome.data.batches import EdgeBatch, edge_batches
from connectome.data.edge_sums import EdgeSums
from connectome.data.files import (
    SEPARATORS,
    column_names,
    file_format,
    read_frame,
    require_column,
    table_schema,
)
from connectome.data.graphml import read_graphml
from connectome.data.ids import exact_ids, id_array, same_kind
from connectome.data.tidy import tidy
from connectome.types import Connectome, InputError

log = logging.getLogger(__name__)

LAYOUTS = ("auto", "edges", "adjacency")


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
    """Read CSV, TSV, Parquet, Feather or GraphML (``.csv.gz`` and ``.tsv.gz`` too).

    An edge list has one row a connection; rows that repeat a pair (one a neuropil, say) are added
    up before ``min_synapses`` applies. Ids stay as they are written: ``007`` is text. An adjacency
    matrix has presynaptic neurons in its rows and the same ids in its header and first column.
    Neurons without edges are kept if ``neurons``, a matrix or GraphML lists them. Edge lists are
    read in batches: memory grows with the pairs, about 60 bytes each while reading.

    Args:
        edges: the file.
        neurons: table of annotations with one row a neuron, any columns.
        layout: ``edges``, ``adjacency``, or ``auto``: edges where the columns ``pre`` and ``post``
            exist, adjacency otherwise.
        pre, post: columns with the ids of the presynaptic and the postsynaptic neuron.
        synapses: column (GraphML: edge attribute) with synapse counts; None counts each row as 1.
        neuron_id: column of ``neurons`` with the ids; of GraphML without ``neurons`` the node
            attribute with them, or ``id`` for those of the nodes themselves.
        min_synapses: weaker connections are dropped.

    Raises:
        InputError: for a missing or corrupt file, a missing column, ids that do not match, a
            matrix that is not square, counts that are NaN or negative, an empty result.
    """
    if layout not in LAYOUTS:
        raise InputError(f"data.layout={layout}: choose one of {', '.join(LAYOUTS)}")
    if not min_synapses >= 0:
        raise InputError(f"data.min_synapses={min_synapses}: must be 0 or more")
    path = Path(edges).expanduser()
    annotations = None if neurons is None else _annotations(Path(neurons).expanduser(), neuron_id)
    if file_format(path) == ".graphml":
        chosen = neuron_id if neurons is None and neuron_id != "neuron_id" else None
        given = None if annotations is None else annotations.index
        listed, pairs = read_graphml(path, synapses, chosen, given)
        annotations = listed if annotations is None else annotations
    elif layout == "edges" or (layout == "auto" and {pre, post} <= set(column_names(path))):
        return connectome_of(path, _edge_list(path, pre, post, synapses), annotations, min_synapses)
    else:
        ids, pairs = _matrix(path, read_frame(path, (pre, post)), pre, post, layout)
        annotations = pd.DataFrame(index=ids) if annotations is None else annotations
    sums = EdgeSums(path)
    sums.add(EdgeBatch.of(pairs))
    return connectome_of(path, sums, annotations, min_synapses)


def connectome_of(
    path: Path, sums: EdgeSums, annotations: pd.DataFrame | None, min_synapses: float
) -> Connectome:
    """The pairs with enough synapses, of the neurons of ``annotations`` or else their own.

    Args:
        path: file that the edges are from; names the data set.
        sums: the edges.
        annotations: one row a neuron, with the ids as index.
        min_synapses: weaker connections are dropped.

    Raises:
        InputError: if no connection is left, and for ids of edges that are not listed.
    """
    pre, post, synapses = sums.total()
    if not len(synapses):
        raise InputError(f"{path}: holds no connection; check that it is the right file")
    columns = [exact_ids(path, codes.ids) for codes in (sums.pre, sums.post)]
    kept = synapses >= max(min_synapses, np.finfo(float).tiny)
    if not kept.any():
        raise InputError(f"{path}: no connection has data.min_synapses={min_synapses} or more")
    if not kept.all():
        if (synapses[~kept] % 1).any():  # weights, not counts
            log.warning(
                "%s: %d of %d connections weigh less than data.min_synapses=%g and are left out",
                path, (~kept).sum(), len(kept), min_synapses,
            )  # fmt: skip
        pre, post, synapses = pre[kept], post[kept], synapses[kept]
    if annotations is not None:
        annotations = annotations.set_index(exact_ids(path, annotations.index.to_series()))
        columns.append(annotations.index.to_series())
    used = [np.unique(pre), np.unique(post)]  # ids of dropped connections are no neurons
    columns = same_kind(columns)
    senders, receivers = (id_array(c.iloc[u]) for c, u in zip(columns[:2], used, strict=True))
    ids = id_array(columns[2]) if annotations is not None else np.union1d(senders, receivers)
    name = path.name.split(".")[0]
    try:
        rows = [positions(name, ids, found) for found in (senders, receivers)]
        keys = _spread(rows[0], used[0])[pre] * len(ids)
        keys += _spread(rows[1], used[1])[post]
        del pre, post  # a large table has little room for both
        return from_keys(name, ids, keys, synapses, annotations)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _spread(rows: np.ndarray, used: np.ndarray) -> np.ndarray:
    """``rows`` of the numbers ``used``, at those numbers."""
    spread = np.full(used[-1] + 1, -1, dtype=np.int64)
    spread[used] = rows
    return spread


def _edge_list(path: Path, pre: str, post: str, synapses: str | None) -> EdgeSums:
    names = column_names(path)
    for option, column in (("pre", pre), ("post", post), ("synapses", synapses)):
        if column is not None:
            remedy = f"name the right one with data.{option}=COLUMN"
            require_column(path, names, column, remedy)
    sums = EdgeSums(path)
    for batch in edge_batches(path, pre, post, synapses):
        sums.add(batch)
    if synapses is None and (unused := _count_columns(path, pre, post)):
        log.warning("%s: each row counts as 1; data.synapses=%s reads counts", path, unused[0])
    return sums


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


def _annotations(path: Path, neuron_id: str) -> pd.DataFrame:
    frame = read_frame(path, (neuron_id,))
    remedy = "name the right one with data.neuron_id=COLUMN"
    require_column(path, list(frame.columns), neuron_id, remedy)
    return by_id(path, frame, neuron_id)


def by_id(path: Path, frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """The table with ``column`` as its index.

    Raises:
        InputError: if an id is empty or repeats.
    """
    ids = frame[column]
    empty = (ids.isna() | (ids.astype(str) == "")).any()
    if empty or ids.duplicated().any():
        fault = "is empty" if empty else f"'{ids[ids.duplicated()].iloc[0]}' repeats"
        raise InputError(f"{path}: an id in column '{column}' {fault}; give each neuron one row")
    return tidy(path, frame.drop(columns=column)).set_index(pd.Index(ids))
