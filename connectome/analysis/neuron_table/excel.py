"""Tables as .xlsx workbooks that a spreadsheet program shows as they are.

Text is stored as text, whatever it looks like: ``=1+1`` is no formula and ``#N/A`` no error. Long
whole numbers (ids) become text, since such programs keep 15 digits and show 11. What a workbook
cannot hold is changed, and said.

The sheet is written as XML here. openpyxl takes ten times as long, makes formulas and errors of
such text, and leaves a file that nobody opens after text that XML cannot hold.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from connectome.analysis.neuron_table.workbook import (
    GENERAL,
    HEADER,
    TEXT,
    column_letters,
    number_cell,
    row,
    text_cell,
    truth_cell,
    without_controls,
    write_book,
)
from connectome.runtime import into_place
from connectome.types import InputError

MOST_ROWS, MOST_COLUMNS, MOST_CHARACTERS = 2**20 - 1, 2**14, 2**15 - 1  # rows without the header
LONG = 10**11  # whole numbers from here on are shown as 1E+11
CHUNK = 10_000  # rows that are in memory as XML at once
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def write_excel(path: Path, table: pd.DataFrame) -> list[str]:
    """Write ``table`` without its index, beside ``path`` and then moved into place.

    Numbers stay numbers and truth values truth values; all else becomes text, dates in ISO form
    too; missing values and NaN are empty cells. Columns of text whose name ends in ``id`` or begins
    with ``neighbour_``, and long whole numbers, have the format of text, so that no edited cell
    becomes a number.

    Returns:
        What was changed, a line each: text that was cut, or characters that were removed.

    Raises:
        InputError: if the table has more rows or columns than a sheet.
    """
    _require_room(path, table)
    columns = [_Column(str(name), table.iloc[:, k]) for k, name in enumerate(table)]
    with into_place(path) as beside:
        write_book(beside, _rows(columns, len(table)))
    return [f"{path}: {note}" for column in columns for note in column.notes()]


def _require_room(path: Path, table: pd.DataFrame) -> None:
    rows, columns = table.shape
    if rows > MOST_ROWS or columns > MOST_COLUMNS:
        raise InputError(
            f"{path}: {rows:,} rows and {columns:,} columns are more than a sheet holds "
            f"({MOST_ROWS:,} and {MOST_COLUMNS:,}); use the CSV file or Parquet"
        )


def _rows(columns: list["_Column"], count: int) -> Iterator[str]:
    letters = [column_letters(k) for k in range(len(columns))]
    yield row(1, letters, [text_cell(without_controls(column.name), HEADER) for column in columns])
    for start in range(0, count, CHUNK):
        cells = [column.cells(start, start + CHUNK) for column in columns]
        numbered = enumerate(zip(*cells, strict=True), start + 2)
        yield "".join([row(number, letters, values) for number, values in numbered])


@dataclass
class _Column:
    """A column, how its values become cells, and how many texts were changed so far."""

    name: str
    values: pd.Series
    cut: int = 0
    cleaned: int = 0

    def __post_init__(self) -> None:
        whole = self.values.dtype.kind in "iu"
        long = whole and not bool(self.values.fillna(0).between(-LONG + 1, LONG - 1).all())
        named = self.name.endswith("id") or self.name.startswith("neighbour_")
        self.style = TEXT if long or (named and not whole) else GENERAL
        if self.values.dtype.kind == "b":
            self.cell: Callable[[Any], str] = truth_cell
        elif self.values.dtype.kind == "f":
            self.cell = _real(self.values)
        else:
            self.cell = number_cell if whole and not long else self._text

    def cells(self, start: int, end: int) -> list[str]:
        """XML of each value from ``start`` to before ``end``, empty where it is missing."""
        part, make = self.values.iloc[start:end], self.cell
        missing = part.isna().tolist()
        return ["" if gap else make(v) for v, gap in zip(part.tolist(), missing, strict=True)]

    def _text(self, value: object) -> str:
        """A text as a cell can hold it."""
        text = str(value)
        clean = without_controls(text)
        short = _short(clean)
        self.cut, self.cleaned = self.cut + (short != clean), self.cleaned + (clean != text)
        return text_cell(short, self.style)

    def notes(self) -> Iterator[str]:
        """What was done to the texts."""
        if self.cut:
            yield f"column '{self.name}': {self.cut:,} texts cut to {MOST_CHARACTERS:,} characters"
        if self.cleaned:
            yield f"column '{self.name}': {self.cleaned:,} texts without their control characters"


def _real(values: pd.Series) -> Callable[[float], str]:
    """Numbers with the digits that they have; infinity, which a cell cannot hold, as text."""
    narrow = values.dtype.type if values.dtype in (np.float16, np.float32) else float

    def cell(value: float) -> str:
        return text_cell(str(value)) if abs(value) == np.inf else number_cell(str(narrow(value)))

    return cell


def _short(text: str) -> str:
    """As many characters as fit; those beyond 16 bits count twice."""
    if len(text) <= MOST_CHARACTERS // 2:
        return text
    wide = text if text.isascii() else _ASTRAL.sub(lambda found: "\0" + found[0], text)
    return wide[:MOST_CHARACTERS].replace("\0", "")
