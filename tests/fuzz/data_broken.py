"""Text files that broken pipes, editors and other programs leave."""

from pathlib import Path

import numpy as np

from tests.fuzz.data_text import with_cell
from tests.fuzz.drafts import Draft, Makers, either, exact, refused, text_path
from tests.fuzz.tables import (
    cut_short,
    draw_edges,
    flip_bit,
    write_bytes,
    write_text,
)

Random = np.random.Generator
broken_text = Makers()


@broken_text
def ragged_rows(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    rows = [list(row) for row in edges.rows]
    row = rows[rng.integers(len(rows))]
    if rng.random() < 0.5:
        row.append(7)
    else:
        row.pop()
    return refused(write_text(text_path(rng, folder), rows))


@broken_text
def truncated_gzip(rng: Random, folder: Path) -> Draft:
    return refused(cut_short(rng, write_text(folder / "edges.csv.gz", draw_edges(rng).rows)))


@broken_text
def gzip_without_its_end(rng: Random, folder: Path) -> Draft:
    """Without the checksum, or with a part of it."""
    path = write_text(folder / "edges.csv.gz", draw_edges(rng).rows)
    path.write_bytes(path.read_bytes()[: -int(rng.integers(1, 9))])
    return refused(path)


@broken_text
def flipped_gzip(rng: Random, folder: Path) -> Draft:
    """Its checksum says whether anything changed."""
    edges = draw_edges(rng)
    path = write_text(folder / "edges.csv.gz", edges.rows)
    return either(flip_bit(rng, path), edges.facts())


@broken_text
def flipped_text(rng: Random, folder: Path) -> Draft:
    path = write_text(folder / "edges.csv", draw_edges(rng).rows)
    return either(flip_bit(rng, path, int(rng.integers(1, 20))))


@broken_text
def truncated_text(rng: Random, folder: Path) -> Draft:
    return either(cut_short(rng, write_text(folder / "edges.tsv", draw_edges(rng).rows)))


@broken_text
def nothing_in_it(rng: Random, folder: Path) -> Draft:
    """No byte, no row, or a blank."""
    start = (b"", b"\n", b" ", b"pre,post,syn", b"pre,post,syn\n", b"\xef\xbb\xbf", b"\n\n\n")
    return refused(write_bytes(folder / "edges.csv", start[rng.integers(len(start))]))


@broken_text
def another_separator(rng: Random, folder: Path) -> Draft:
    path = text_path(rng, folder)
    other = (";", "|", "," if ".tsv" in path.name else "\t")[rng.integers(3)]
    edges = draw_edges(rng)
    return exact(write_text(path, edges.rows, separator=other), edges.facts())


@broken_text
def byte_order_mark(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    path = write_text(text_path(rng, folder), edges.rows, encoding="utf-8-sig")
    return exact(path, edges.facts())


@broken_text
def other_encodings(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng, ("unicode",))
    encoding = str(rng.choice(["utf-16", "utf-32", "utf-16-le", "gb18030"]))
    return refused(write_text(folder / "edges.csv", edges.rows, encoding=encoding))


@broken_text
def line_ends_and_quotes(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    rows = [(f'"{a}"', f'"{b}"', f'"{c}"') for a, b, c in edges.rows]
    rows = rows if rng.random() < 0.5 else edges.rows
    return exact(write_text(text_path(rng, folder), rows, newline="\r\n"), edges.facts())


@broken_text
def blank_lines(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    path = write_text(text_path(rng, folder), edges.rows, newline="\n\n")
    return either(path, edges.facts())


@broken_text
def odd_characters(rng: Random, folder: Path) -> Draft:
    """NUL, an open quote, a comment, a tab inside a cell."""
    odd = ("\x00", '"', "# a comment\n", "\t", "a\nb", "\x1a")
    rows, _ = with_cell(rng, draw_edges(rng), int(rng.integers(3)), odd[rng.integers(len(odd))])
    return either(write_text(folder / "edges.csv", rows))


@broken_text
def header_missing(rng: Random, folder: Path) -> Draft:
    rows = draw_edges(rng).rows
    return refused(write_text(text_path(rng, folder), rows[1:], tuple(map(str, rows[0]))))


@broken_text
def named_like_another_format(rng: Random, folder: Path) -> Draft:
    path = write_text(folder / "edges.csv", draw_edges(rng).rows)
    other = path.with_name(
        "edges" + str(rng.choice([".parquet", ".feather", ".graphml", ".csv.gz", ".xlsx", ""]))
    )
    return refused(path.rename(other))
