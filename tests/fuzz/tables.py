"""Small valid edge tables, what is known of them, and how they are written."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet

from tests.fuzz.cases import Facts

Row = tuple[Any, Any, Any]
HEADER = ("pre", "post", "syn")
LONG = 720575940600000000  # as long as ids of FlyWire, which no double holds
STYLES = ("small", "long", "text", "padded", "unicode")
NUMBERS = ("small", "long")
UNICODE = "αβγδεζηθικλμνξ神经元のäöüßçñ"


@dataclass(frozen=True)
class Edges:
    """Rows of an edge table, some of which repeat a pair.

    Attributes:
        rows: presynaptic id, postsynaptic id, synapses.
        ids: all ids, of which a row may name none.
    """

    rows: list[Row]
    ids: list[Any]

    def facts(self, least: float = 1, listed: int | None = None) -> Facts:
        """What must be read: pairs added up, those below ``least`` and zeros left out.

        ``listed`` neurons are kept whether they have edges or not.
        """
        sums: dict[tuple[str, str], float] = {}
        for pre, post, count in self.rows:
            pair = str(pre), str(post)
            sums[pair] = sums.get(pair, 0.0) + float(count)
        kept = {pair: total for pair, total in sums.items() if total >= least and total > 0}
        found = {neuron for pair in kept for neuron in pair}
        return Facts(listed or len(found), len(kept), sum(kept.values()))

    def without(self, *numbers: int) -> "Edges":
        """The same without some rows."""
        return replace(self, rows=[r for k, r in enumerate(self.rows) if k not in numbers])

    def column(self, number: int) -> list[Any]:
        """All values of a column."""
        return [row[number] for row in self.rows]


def draw_edges(
    rng: np.random.Generator, styles: Sequence[str] = STYLES, loops: bool = True
) -> Edges:
    """A few neurons and rows, with ids in one of ``styles``."""
    n, rows = int(rng.integers(4, 14)), int(rng.integers(15, 60))
    ids = draw_ids(rng, n, str(rng.choice(styles)))
    drawn = []
    while len(drawn) < rows:
        pre, post = rng.integers(0, n, 2)
        if loops or pre != post:
            drawn.append((ids[pre], ids[post], int(rng.integers(1, 10))))
    return Edges(drawn, ids)


def draw_ids(rng: np.random.Generator, n: int, style: str) -> list[Any]:
    """``n`` different ids."""
    numbers = rng.permutation(np.arange(100, 999))[:n]
    if style == "long":
        return [LONG + int(k) for k in numbers]
    if style == "text":
        return [f"n{k}-L" for k in numbers]
    if style == "padded":
        return [f"{k:06d}" for k in numbers]
    if style == "unicode":
        return [f"{rng.choice(list(UNICODE))}{k}" for k in numbers]
    return [int(k) for k in numbers]


def write_text(
    path: Path,
    rows: Sequence[Sequence[Any]],
    header: Sequence[str] = HEADER,
    newline: str = "\n",
    encoding: str = "utf-8",
    separator: str | None = None,
) -> Path:
    """Cells as they are, between the separator that the suffix tells."""
    sep = separator or ("\t" if ".tsv" in path.name else ",")
    text = newline.join(sep.join(map(str, row)) for row in (header, *rows)) + newline
    return write_bytes(path, text.encode(encoding))


def write_bytes(path: Path, data: bytes) -> Path:
    """``data``, compressed where the suffix says so."""
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


def write_columns(path: Path, columns: dict[str, Any]) -> Path:
    """Parquet or Feather of Arrow arrays or lists."""
    return write_arrow(path, pa.table(columns))


def write_arrow(path: Path, table: pa.Table) -> Path:
    """Parquet or Feather."""
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(table, path)
    else:
        pyarrow.feather.write_feather(table, str(path))
    return path


def write_graphml(
    path: Path,
    edges: Edges,
    directed: bool = True,
    default: float | None = None,
    bare: Sequence[int] = (),
    extra: str = "",
    weight_type: str = "double",
) -> Path:
    """GraphML with an attribute ``syn``, which the edges numbered in ``bare`` lack."""
    start = "" if default is None else f"<default>{default}</default>"
    nodes = "".join(f'<node id="{k}"/>' for k in edges.ids)
    lines = []
    for number, (pre, post, count) in enumerate(edges.rows):
        data = "" if number in bare else f'<data key="w">{count}</data>'
        lines.append(f'<edge source="{pre}" target="{post}">{data}</edge>')
    kind = "directed" if directed else "undirected"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
        f'<key id="w" for="edge" attr.name="syn" attr.type="{weight_type}">{start}</key>'
        f'<graph edgedefault="{kind}">{nodes}{"".join(lines)}{extra}</graph></graphml>',
        encoding="utf-8",
    )
    return path


def matrix_rows(edges: Edges) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of the adjacency matrix, ids in the first column."""
    place = {neuron: k for k, neuron in enumerate(edges.ids)}
    counts = np.zeros((len(place), len(place)), dtype=int)
    for pre, post, count in edges.rows:
        counts[place[pre], place[post]] += count
    rows = [[neuron, *counts[k].tolist()] for neuron, k in place.items()]
    return ["", *map(str, edges.ids)], rows


def flip_bit(rng: np.random.Generator, path: Path, times: int = 1) -> Path:
    """Change single bits of a file."""
    data = bytearray(path.read_bytes())
    for place in rng.integers(0, len(data), times):
        data[place] ^= 1 << int(rng.integers(0, 8))
    path.write_bytes(bytes(data))
    return path


def cut_short(rng: np.random.Generator, path: Path) -> Path:
    """Keep between 5 and 95% of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: max(1, int(len(data) * rng.uniform(0.05, 0.95)))])
    return path
