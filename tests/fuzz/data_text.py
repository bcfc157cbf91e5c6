"""Edge lists in CSV and TSV: valid ones, and what spreadsheets make of them."""

from pathlib import Path

import numpy as np

from tests.fuzz.drafts import Draft, Makers, either, exact, refused, text_path
from tests.fuzz.tables import (
    NUMBERS,
    Edges,
    draw_edges,
    write_text,
)

Random = np.random.Generator
text = Makers()
MISSING = ("", "NA", "nan", "NaN", "None", "NULL", "null", "<NA>", "N/A")


def with_cell(
    rng: Random, edges: Edges, column: int, value: object
) -> tuple[list[list[object]], int]:
    """Rows as lists with one cell replaced, and the number of that row."""
    rows = [list(row) for row in edges.rows]
    number = int(rng.integers(len(rows)))
    rows[number][column] = value
    return rows, number


def _damaged(rng: Random, folder: Path, column: int, value: object) -> Draft:
    edges = draw_edges(rng)
    return refused(write_text(text_path(rng, folder), with_cell(rng, edges, column, value)[0]))


@text
def valid(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    return exact(write_text(text_path(rng, folder), edges.rows), edges.facts())


@text
def least_synapses(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    path = write_text(text_path(rng, folder), edges.rows)
    return exact(path, edges.facts(least=3), min_synapses=3)


@text
def each_row_counts_as_one(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    ones = Edges([(pre, post, 1) for pre, post, _ in edges.rows], edges.ids)
    return exact(write_text(text_path(rng, folder), edges.rows), ones.facts(), synapses=None)


@text
def rounded_ids(rng: Random, folder: Path) -> Draft:
    """As spreadsheets write long numbers."""
    edges = draw_edges(rng, NUMBERS)
    how = rng.choice(["{:.5e}", "{:.0f}.0", "{!r}", "{:.5E}"])
    columns = [(0,), (1,), (0, 1)][rng.integers(3)]
    rows = [list(row) for row in edges.rows]
    for row in rows:
        for column in columns:
            row[column] = str(how).format(float(row[column]))
    return refused(write_text(text_path(rng, folder), rows))


@text
def exponents_among_names(rng: Random, folder: Path) -> Draft:
    """Not all ids are numbers, so that ``1e5`` is a name."""
    edges = draw_edges(rng, ("text",))
    rows = [("1e5" if pre == edges.ids[0] else pre, post, c) for pre, post, c in edges.rows]
    rows = [(pre, "1e5" if post == edges.ids[0] else post, c) for pre, post, c in rows]
    path = write_text(text_path(rng, folder), rows)
    return either(path, Edges(rows, edges.ids).facts())


@text
def missing_ids(rng: Random, folder: Path) -> Draft:
    """Refused, or left out; never a neuron."""
    edges = draw_edges(rng)
    column, token = int(rng.integers(2)), str(rng.choice(MISSING))
    rows, number = with_cell(rng, edges, column, token)
    path = write_text(text_path(rng, folder), rows)
    return either(path, edges.without(number).facts())


@text
def zero_counts(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    rows = [(a, b, 0 if rng.random() < 0.3 else c) for a, b, c in edges.rows[1:]] + edges.rows[:1]
    path = write_text(text_path(rng, folder), rows)
    return exact(path, Edges(rows, edges.ids).facts())


@text
def fractional_counts(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    rows = [(a, b, c + 0.25) for a, b, c in edges.rows]
    return exact(write_text(text_path(rng, folder), rows), Edges(rows, edges.ids).facts())


@text
def bad_counts(rng: Random, folder: Path) -> Draft:
    bad = ("-3", "-0.5", "inf", "-inf", "abc", "1e", "1_0", "1;5", "1.2.3", "many", *MISSING)
    return _damaged(rng, folder, 2, rng.choice(bad))


@text
def counts_with_thousands(rng: Random, folder: Path) -> Draft:
    return _damaged(rng, folder, 2, '"1,234"')


@text
def sum_overflows(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    pre, post, _ = edges.rows[0]
    rows = [*edges.rows, (pre, post, "1e308"), (pre, post, "1.7e308")]
    return refused(write_text(text_path(rng, folder), rows))


@text
def huge_count(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    rows = [*edges.rows, (*edges.rows[0][:2], "1" + "0" * int(rng.integers(10, 40)))]
    return either(write_text(text_path(rng, folder), rows), Edges(rows, edges.ids).facts())


@text
def column_twice(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    header = [("pre", "pre", "syn"), ("pre", "post", "post"), ("pre", "post", "pre")]
    path = write_text(text_path(rng, folder), edges.rows, header[rng.integers(3)])
    return refused(path)


@text
def column_used_twice(rng: Random, folder: Path) -> Draft:
    path = write_text(text_path(rng, folder), draw_edges(rng).rows)
    options = ({"synapses": "pre"}, {"post": "pre"}, {"pre": "post"}, {"synapses": "post"})
    return refused(path, **options[rng.integers(4)])


@text
def column_absent(rng: Random, folder: Path) -> Draft:
    path = write_text(text_path(rng, folder), draw_edges(rng).rows)
    options = ({"synapses": "syns"}, {"post": "to"}, {"pre": ""}, {"synapses": ""}, {"pre": "PRE"})
    return refused(path, **options[rng.integers(5)])


@text
def other_columns_and_order(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    rows = [("note", c, b, "", a) for a, b, c in edges.rows]
    path = write_text(text_path(rng, folder), rows, ("note", "syn", "post", "", "pre"))
    return exact(path, edges.facts())


@text
def numbers_and_names(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng, ("small",))
    named = {edges.ids[0]: "DA1", edges.ids[1]: f"0{edges.ids[1]}"}
    rows = [(named.get(a, a), named.get(b, b), c) for a, b, c in edges.rows]
    return exact(write_text(text_path(rng, folder), rows), Edges(rows, edges.ids).facts())


@text
def padded_and_plain_ids(rng: Random, folder: Path) -> Draft:
    """``007`` and ``7`` are two neurons."""
    edges = draw_edges(rng, ("small",))
    rows = [(f"0{a}" if k % 3 else a, b, c) for k, (a, b, c) in enumerate(edges.rows)]
    return exact(write_text(text_path(rng, folder), rows), Edges(rows, edges.ids).facts())


@text
def ids_beyond_int64(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng, ("small",))
    rows = [(2**63 + a, 2**63 + b, c) for a, b, c in edges.rows]
    return exact(write_text(text_path(rng, folder), rows), Edges(rows, edges.ids).facts())


@text
def self_loops_or_one_neuron(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    ids = edges.ids[: int(rng.integers(1, 4))]
    rows = [(neuron, neuron, 2) for neuron in ids]
    return exact(write_text(text_path(rng, folder), rows), Edges(rows, ids).facts())


@text
def segment_zero(rng: Random, folder: Path) -> Draft:
    """CAVE's id of 'no segment' is kept unless one asks otherwise."""
    edges = draw_edges(rng, ("small",))
    rows = [(0 if k % 4 == 0 else a, b, c) for k, (a, b, c) in enumerate(edges.rows)]
    return exact(write_text(text_path(rng, folder), rows), Edges(rows, edges.ids).facts())


@text
def blanks_around_counts(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    rows = [(a, b, f" {c} ") for a, b, c in edges.rows]
    return either(write_text(text_path(rng, folder), rows), edges.facts())
