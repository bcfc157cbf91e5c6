"""Neurons, factors and edges as GraphML (Brandes et al. 2002, http://graphml.graphdrawing.org)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pandas as pd

from connectome.analysis.export.frame import to_frame
from connectome.analysis.neuron_table import without_controls
from connectome.runtime import into_place
from connectome.scores import Embedding
from connectome.types import Connectome, InputError

EXACT = 2**53  # igraph holds all numbers as doubles
CHUNK = 10_000  # nodes or edges that are in memory as text at once
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation='
    '"http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">'
    "\n"
)


def write_graphml(path: Path, embedding: Embedding, connectome: Connectome | None) -> None:
    """Write a directed graph: ids as those of nodes, edges with ``synapses``.

    Attributes of nodes are the columns of :func:`connectome.analysis.export.frame.to_frame`.
    What is missing is left out. Long whole numbers (ids) and truth values with gaps become text:
    igraph rounds the first and takes a gap for false.

    Raises:
        InputError: without a connectome, of other data, or with an id that XML cannot hold.
    """
    if connectome is None:
        raise InputError(f"{path}: GraphML holds the edges too; give the data of the embedding")
    frame = to_frame(embedding, connectome).drop(columns="neuron_id")
    ids = connectome.neuron_ids.astype(str)
    if odd := [one for one in ids.tolist() if without_controls(one) != one]:
        raise InputError(f"{path}: id {odd[0]!r} has characters that XML cannot hold; rename it")
    with into_place(path) as beside, beside.open("w", encoding="utf-8", newline="\n") as file:
        for piece in _pieces(frame, [quoteattr(one) for one in ids.tolist()], connectome):
            file.write(piece)


def _pieces(frame: pd.DataFrame, ids: list[str], connectome: Connectome) -> Iterator[str]:
    whole = bool((connectome.synapses == connectome.synapses.round()).all())
    kinds = [_kind(frame.iloc[:, k]) for k in range(frame.shape[1])]
    yield _HEAD
    for k, (name, (kind, _)) in enumerate(zip(frame, kinds, strict=True)):
        yield _key(f"n{k}", "node", without_controls(str(name)), kind)
    yield _key("e0", "edge", "synapses", "long" if whole else "double")
    yield f'<graph id={quoteattr(without_controls(connectome.name))} edgedefault="directed">\n'
    for start in range(0, len(ids), CHUNK):
        yield "".join(_nodes(frame.iloc[start : start + CHUNK], ids[start : start + CHUNK], kinds))
    counts = connectome.synapses.numpy()
    counts = counts.astype(np.int64) if whole else counts
    for start in range(0, len(counts), CHUNK):
        ends = connectome.edge_index[:, start : start + CHUNK].tolist()
        edges = zip(*ends, counts[start : start + CHUNK].tolist(), strict=True)
        yield "".join([_edge(ids[pre], ids[post], count) for pre, post, count in edges])
    yield "</graph>\n</graphml>\n"


def _edge(pre: str, post: str, count: float) -> str:
    return f'<edge source={pre} target={post}><data key="e0">{count!r}</data></edge>\n'


def _key(key: str, part: str, name: str, kind: str) -> str:
    return f'<key id="{key}" for="{part}" attr.name={quoteattr(name)} attr.type="{kind}"/>\n'


def _nodes(
    frame: pd.DataFrame, ids: list[str], kinds: list[tuple[str, Callable[[Any], str]]]
) -> Iterator[str]:
    columns = []
    for k, (_, write) in enumerate(kinds):
        column = frame.iloc[:, k]
        gaps = column.isna().tolist()
        columns.append(
            [
                "" if gap else f'<data key="n{k}">{write(value)}</data>'
                for value, gap in zip(column.tolist(), gaps, strict=True)
            ]
        )
    for place, one in enumerate(ids):
        yield f"<node id={one}>{''.join([column[place] for column in columns])}</node>\n"


def _kind(column: pd.Series) -> tuple[str, Callable[[Any], str]]:
    """Type of an attribute in GraphML, and how a value is written."""
    kind = column.dtype.kind
    if kind == "b" and not column.isna().any():
        return "boolean", lambda value: str(bool(value)).lower()
    if kind in "iu" and bool(column.fillna(0).between(-EXACT, EXACT).all()):
        return "long", str
    if kind == "f" and not np.isinf(column.to_numpy(dtype=float, na_value=np.nan)).any():
        size = column.dtype.itemsize if isinstance(column.dtype, np.dtype) else 8
        return "double", (lambda value: f"{value:.9g}") if size <= 4 else repr
    return "string", lambda value: escape(without_controls(str(value)))
