"""Tables as .xlsx workbooks that a spreadsheet program shows as they are.

Text is stored as text, whatever it looks like: ``=1+1`` is no formula and ``#N/A`` no error. Long
whole numbers (ids) become text, since such programs keep 15 digits and show 11. What a workbook
cannot hold is changed, and said. XlsxWriter writes a row at a time; openpyxl would make formulas
and errors of such text.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from connectome.runtime import into_place
from connectome.types import InputError

MOST_ROWS, MOST_COLUMNS, MOST_CHARACTERS = 2**20 - 1, 2**14, 2**15 - 1  # rows without the header
LONG = 10**11  # whole numbers from here on are shown as 1E+11
ID_WIDTH = 22  # of the first column, in characters
MADE = datetime(2000, 1, 1)  # equal tables give equal files
OPTIONS = {"constant_memory": True, "use_zip64": True, "default_date_format": None}
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")

Cell = str | int | float | bool | None
Write = Callable[..., int]


def without_controls(text: str) -> str:
    """``text`` without the characters that XML 1.0 cannot hold."""
    return text if text.isascii() and text.isprintable() else _REFUSED.sub("", text)


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
        _write(beside, columns, len(table))
    return [f"{path}: {note}" for column in columns for note in column.notes()]


def _require_room(path: Path, table: pd.DataFrame) -> None:
    rows, columns = table.shape
    if rows > MOST_ROWS or columns > MOST_COLUMNS:
        raise InputError(
            f"{path}: {rows:,} rows and {columns:,} columns are more than a sheet holds "
            f"({MOST_ROWS:,} and {MOST_COLUMNS:,}); use the CSV file or Parquet"
        )


def _write(beside: Path, columns: list["_Column"], count: int) -> None:
    from xlsxwriter import Workbook  # only those who write one wait for it

    with Workbook(beside, OPTIONS) as book:
        book.set_properties({"created": MADE})
        sheet = book.add_worksheet("neurons")
        bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, ID_WIDTH)
        for place, column in enumerate(columns):
            sheet.write_string(0, place, without_controls(column.name), bold)
        ways: dict[str, Write] = {
            "text": sheet.write_string,
            "number": sheet.write_number,
            "truth": sheet.write_boolean,
        }
        prepared = [(ways[c.kind], text if c.kept_as_text else None, iter(c)) for c in columns]
        for row in range(1, count + 1):
            for place, (write, look, values) in enumerate(prepared):
                value = next(values)
                if value is None:
                    continue
                if isinstance(value, str):
                    sheet.write_string(row, place, value, look)
                else:
                    write(row, place, value, look)


@dataclass
class _Column:
    """A column as cells, and how many texts were changed on the way."""

    name: str
    values: pd.Series
    cut: int = 0
    cleaned: int = 0

    def __post_init__(self) -> None:
        kind = self.values.dtype.kind
        whole = kind in "iu"
        long = whole and not bool(self.values.fillna(0).between(-LONG + 1, LONG - 1).all())
        named = self.name.endswith("id") or self.name.startswith("neighbour_")
        self.kept_as_text = long or (named and not whole)
        number = kind == "f" or (whole and not long)
        self.kind = "truth" if kind == "b" else "number" if number else "text"

    def __iter__(self) -> Iterator[Cell]:
        """Each value, None where it is missing; infinity, which no cell can hold, is text."""
        shown: Callable[[Any], Cell] = self._text
        if self.kind == "truth":
            shown = bool
        elif self.kind == "number":
            shown = int if self.values.dtype.kind in "iu" else _real(self.values)
        for value, missing in zip(self.values, self.values.isna(), strict=True):
            yield None if missing else shown(value)

    def _text(self, value: object) -> str:
        """A text as a cell can hold it."""
        text = str(value)
        clean = without_controls(text)
        short = _short(clean)
        self.cut, self.cleaned = self.cut + (short != clean), self.cleaned + (clean != text)
        return short

    def notes(self) -> Iterator[str]:
        """What was done to the texts."""
        if self.cut:
            yield f"column '{self.name}': {self.cut:,} texts cut to {MOST_CHARACTERS:,} characters"
        if self.cleaned:
            yield f"column '{self.name}': {self.cleaned:,} texts without their control characters"


def _real(values: pd.Series) -> Callable[[float], Cell]:
    """Numbers with the digits that they have."""
    narrow = values.dtype.type if values.dtype in (np.float16, np.float32) else float

    def cell(value: float) -> Cell:
        return str(float(value)) if abs(value) == np.inf else float(str(narrow(value)))

    return cell


def _short(text: str) -> str:
    """As many characters as fit; those beyond 16 bits count twice."""
    if len(text) <= MOST_CHARACTERS // 2:
        return text
    wide = text if text.isascii() else _ASTRAL.sub(lambda found: "\0" + found[0], text)
    return wide[:MOST_CHARACTERS].replace("\0", "")
