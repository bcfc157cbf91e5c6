"""Edge lists in Parquet and Feather: every type that a column may have."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from tests.fuzz.drafts import Draft, Makers, columnar_path, either, exact, refused
from tests.fuzz.tables import (
    NUMBERS,
    Edges,
    cut_short,
    draw_edges,
    flip_bit,
    write_arrow,
    write_columns,
)

Random = np.random.Generator
columnar = Makers()


def _write(
    rng: Random, folder: Path, edges: Edges, pre: object = None, post: object = None,
    syn: object = None,
) -> Path:  # fmt: skip
    given = {"pre": pre, "post": post, "syn": syn}
    columns = {
        name: edges.column(k) if (value := given[name]) is None else value
        for k, name in enumerate(given)
    }
    return write_columns(columnar_path(rng, folder), columns)


def _ids(edges: Edges, kind: pa.DataType) -> dict[str, pa.Array]:
    return {"pre": pa.array(edges.column(0), kind), "post": pa.array(edges.column(1), kind)}


@columnar
def valid(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    return exact(_write(rng, folder, edges), edges.facts())


@columnar
def whole_types(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng, ("small",))
    kinds = (pa.int16(), pa.int32(), pa.int64(), pa.uint16(), pa.uint32(), pa.uint64())
    return exact(_write(rng, folder, edges, **_ids(edges, kinds[rng.integers(6)])), edges.facts())


@columnar
def text_types(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng, ("text", "unicode", "padded"))
    found = _ids(edges, pa.string())
    kind = (pa.large_string(), pa.dictionary(pa.int32(), pa.string()))[rng.integers(2)]
    cast = {name: array.cast(kind) for name, array in found.items()}
    return exact(_write(rng, folder, edges, **cast), edges.facts())


@columnar
def dictionary_of_numbers(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng, NUMBERS)
    found = _ids(edges, pa.int64())
    coded = {name: array.dictionary_encode() for name, array in found.items()}
    return exact(_write(rng, folder, edges, **coded), edges.facts())


@columnar
def ids_beyond_int64(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng, ("small",))
    rows = [(2**63 + a, 2**63 + b, c) for a, b, c in edges.rows]
    big = Edges(rows, edges.ids)
    return exact(_write(rng, folder, big, **_ids(big, pa.uint64())), big.facts())


@columnar
def long_float_ids(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng, ("long",))
    kind = np.float64 if rng.random() < 0.7 else np.float32
    ids = {name: np.array(edges.column(k)).astype(kind) for k, name in enumerate(("pre", "post"))}
    return refused(_write(rng, folder, edges, **ids))


@columnar
def half_ids(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng, ("small",))
    return refused(_write(rng, folder, edges, pre=[a + 0.5 for a in edges.column(0)]))


@columnar
def small_float_ids(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng, ("small",))
    return either(_write(rng, folder, edges, **_ids(edges, pa.float64())), edges.facts())


@columnar
def missing_ids(rng: Random, folder: Path) -> Draft:
    """Null, or NaN of a float column."""
    edges = draw_edges(rng, ("small", "long", "text"))
    number, column = int(rng.integers(len(edges.rows))), int(rng.integers(2))
    values = edges.column(column)
    values[number] = None
    if rng.random() < 0.3 and isinstance(values[number - 1], int):
        values = pd.Series(values, dtype=float)
        path = _write(rng, folder, edges, **{("pre", "post")[column]: pa.array(values)})
        return either(path, edges.without(number).facts()) if edges.ids[0] < 1000 else refused(path)
    path = _write(rng, folder, edges, **{("pre", "post")[column]: values})
    return either(path, edges.without(number).facts())


@columnar
def infinite_id(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng, ("small",))
    values = [float(a) for a in edges.column(0)]
    values[rng.integers(len(values))] = float("inf")
    return refused(_write(rng, folder, edges, pre=values))


@columnar
def nested_ids(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    nested = ([[a] for a in edges.column(0)], [{"id": a} for a in edges.column(0)])
    return refused(_write(rng, folder, edges, pre=nested[rng.integers(2)]))


@columnar
def nested_counts(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    nested = ([[c] for c in edges.column(2)], [{"n": c} for c in edges.column(2)])
    return refused(_write(rng, folder, edges, syn=nested[rng.integers(2)]))


@columnar
def odd_id_types(rng: Random, folder: Path) -> Draft:
    """Dates, bytes, truth values, durations, decimals."""
    edges = draw_edges(rng, ("small",))
    numbers = pa.array(edges.column(0), pa.int64())
    odd = (
        numbers.cast(pa.timestamp("ns")),
        pa.array([str(a).encode() for a in edges.column(0)]),
        pa.array([a % 2 == 0 for a in edges.column(0)]),
        numbers.cast(pa.duration("s")),
        pa.array([Decimal(a) for a in edges.column(0)]),
        numbers.cast(pa.int32()).cast(pa.date32()),
        pa.array([Decimal(a) / 4 for a in edges.column(0)]),
    )
    return either(_write(rng, folder, edges, pre=odd[rng.integers(len(odd))]))


@columnar
def empty_id_column(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    return refused(_write(rng, folder, edges, pre=pa.nulls(len(edges.rows))))


@columnar
def number_types_of_counts(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    kinds = (pa.uint8(), pa.int32(), pa.uint64(), pa.float32(), pa.float16(), pa.decimal128(15, 2))
    counts = pa.array(edges.column(2), pa.int32()).cast(kinds[rng.integers(len(kinds))])
    return exact(_write(rng, folder, edges, syn=counts), edges.facts())


@columnar
def odd_types_of_counts(rng: Random, folder: Path) -> Draft:
    """Text and dates are no counts; truth values may be."""
    edges = draw_edges(rng)
    counts = pa.array(edges.column(2), pa.int64())
    kinds = (counts.cast(pa.string()), counts.cast(pa.timestamp("s")), pa.nulls(len(counts)))
    path = _write(rng, folder, edges, syn=kinds[int(rng.integers(3))])
    return either(path, edges.facts())


@columnar
def bad_counts(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    counts = [float(c) for c in edges.column(2)]
    bad = (float("nan"), float("inf"), -float("inf"), -1.0, -0.01)
    counts[rng.integers(len(counts))] = bad[rng.integers(len(bad))]
    return refused(_write(rng, folder, edges, syn=counts))


@columnar
def missing_count(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    counts = edges.column(2)
    counts[rng.integers(len(counts))] = None
    return refused(_write(rng, folder, edges, syn=counts))


@columnar
def sum_overflows(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    rows = [*edges.rows, (*edges.rows[0][:2], 1e308), (*edges.rows[0][:2], 1.7e308)]
    floats = [(a, b, float(c)) for a, b, c in rows]
    return refused(_write(rng, folder, Edges(floats, edges.ids)))


@columnar
def column_twice(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    arrays = [pa.array(edges.column(k)) for k in range(3)]
    table = pa.Table.from_arrays([*arrays, arrays[0]], names=["pre", "post", "syn", "pre"])
    return refused(write_arrow(columnar_path(rng, folder), table))


@columnar
def column_used_twice(rng: Random, folder: Path) -> Draft:
    path = _write(rng, folder, draw_edges(rng, ("small",)))
    return refused(path, **({"synapses": "pre"}, {"post": "pre"})[rng.integers(2)])


@columnar
def other_columns(rng: Random, folder: Path) -> Draft:
    """Lists and structs that nobody asked for are not read."""
    edges = draw_edges(rng)
    columns = {
        "path": [[1, 2]] * len(edges.rows),
        "syn": edges.column(2),
        "where": [{"x": 1}] * len(edges.rows),
        "post": edges.column(1),
        "pre": edges.column(0),
    }
    return exact(write_columns(columnar_path(rng, folder), columns), edges.facts())


@columnar
def index_of_pandas(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    frame = pd.DataFrame(edges.rows, columns=["pre", "post", "syn"]).set_index("pre")
    path = folder / "edges.parquet"
    frame.to_parquet(path)
    return exact(path, edges.facts())


@columnar
def numbers_here_text_there(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng, ("small",))
    return exact(_write(rng, folder, edges, post=list(map(str, edges.column(1)))), edges.facts())


@columnar
def no_rows(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    nothing = {name: pa.array([], pa.int64()) for name in ("pre", "post", "syn")}
    return refused(_write(rng, folder, edges, **nothing))


@columnar
def truncated(rng: Random, folder: Path) -> Draft:
    return refused(cut_short(rng, _write(rng, folder, draw_edges(rng))))


@columnar
def flipped(rng: Random, folder: Path) -> Draft:
    return either(flip_bit(rng, _write(rng, folder, draw_edges(rng)), int(rng.integers(1, 6))))


@columnar
def no_byte(rng: Random, folder: Path) -> Draft:
    path = columnar_path(rng, folder)
    path.write_bytes(b"")
    return refused(path)


@columnar
def named_like_another_format(rng: Random, folder: Path) -> Draft:
    path = _write(rng, folder, draw_edges(rng))
    other = ".feather" if path.suffix == ".parquet" else ".parquet"
    suffix = str(rng.choice([".csv", ".tsv", ".csv.gz", ".graphml", other]))
    return refused(path.rename(folder / f"other{suffix}"))


@columnar
def missing_tokens_in_text(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng, ("text",))
    values, number = edges.column(0), int(rng.integers(len(edges.rows)))
    values[number] = str(rng.choice(["NA", "nan", "None", "NULL", "<NA>", ""]))
    return either(_write(rng, folder, edges, pre=values), edges.without(number).facts())


@columnar
def rounded_text_ids(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng, ("long",))
    how = str(rng.choice(["{:.5e}", "{:.1f}"]))
    rounded = [how.format(float(a)) for a in edges.column(0)]
    return refused(_write(rng, folder, edges, pre=rounded, post=rounded))


@columnar
def many_batches(rng: Random, folder: Path) -> Draft:
    """Feather of several record batches, Parquet of several row groups."""
    edges = draw_edges(rng)
    path = folder / "edges.parquet"
    table = pa.table(dict(zip(("pre", "post", "syn"), zip(*edges.rows, strict=True), strict=True)))
    pa.parquet.write_table(table, path, row_group_size=3)
    return exact(path, edges.facts())
