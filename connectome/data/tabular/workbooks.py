"""Sheets of ``.xlsx`` workbooks, whose numbers have 15 digits at most and are no ids beyond that.

Formulas are never evaluated: the value that the spreadsheet program saved is read.
"""

import datetime
import logging
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from connectome.data.tabular.integers import EXACT, typed
from connectome.types import InputError

log = logging.getLogger(__name__)

Cells = tuple[Any, ...]
DATES = (datetime.date, datetime.time, datetime.timedelta)


@dataclass(frozen=True, eq=False)
class Sheet:
    """One sheet of a workbook.

    Attributes:
        path: the file, for messages.
        title: what it is called.
        sheets: the names of all sheets of the workbook.
        names: names of its columns, empty where there is none.
        rows: the cells below the header, one row a tuple.
    """

    path: Path
    title: str
    sheets: tuple[str, ...]
    names: list[str]
    rows: list[Cells]

    def frame(self, id_columns: Sequence[str]) -> pd.DataFrame:
        """The table, in which columns of ids (else the first column) hold integers or text.

        Raises:
            InputError: for ids that are dates, truth values, or numbers of more than 15 digits.
        """
        ids = [name for name in self.names if name in id_columns] or self.names[:1]
        columns = {}
        for place, name in enumerate(self.names):
            cells = [row[place] for row in self.rows]
            is_id = name in ids
            columns[name or f"Unnamed: {place}"] = (
                _ids(self.path, name, cells) if is_id else typed(map(_plain, cells))
            )
        return pd.DataFrame(columns)


def read_sheet(path: Path, key: str | None = None) -> Sheet:
    """The sheet called ``key``, the first one by default.

    Raises:
        InputError: for a broken workbook, an empty sheet, one that is not there, and formulas
            whose values were not saved.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and drawings, which are not read
            return _sheet(path, key)
    except InputError:
        raise
    except Exception as error:  # zip, XML and openpyxl raise many types
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"{path}: cannot be read as xlsx ({reason}); it may be damaged or cut off, so write or "
            "fetch it again"
        ) from error


def _sheet(path: Path, key: str | None) -> Sheet:
    book = _book(path, data_only=True)
    try:
        titles = tuple(sheet.title for sheet in book.worksheets)
        if key is not None and key not in titles:
            raise InputError(
                f"{path}: has no sheet '{key}' (data.key); choose one of {', '.join(titles)}"
            )
        title = titles[0] if key is None else key
        rows = [row for row in book[title].iter_rows(values_only=True) if any(map(_is_there, row))]
    finally:
        book.close()
    if not rows:
        raise InputError(f"{path}: its sheet '{title}' is empty; name another with data.key=SHEET")
    width = max(place + 1 for row in rows for place, cell in enumerate(row) if _is_there(cell))
    rows = [(*row, *(None for _ in range(width - len(row))))[:width] for row in rows]
    if any(cell is None for row in rows for cell in row):
        _refuse_unsaved(path, title)
    return Sheet(path, title, titles, _names(path, rows[0]), rows[1:])


def _book(path: Path, data_only: bool) -> Any:
    """The workbook, with the saved values of its formulas or with these themselves."""
    import openpyxl  # takes a moment, and most programs read no workbook

    return openpyxl.load_workbook(path, read_only=True, data_only=data_only)


def _is_there(cell: object) -> bool:
    return cell is not None and cell != ""


def _refuse_unsaved(path: Path, title: str) -> None:
    """Refuse formulas without a value, which look like empty cells."""
    book, values = _book(path, data_only=False), _book(path, data_only=True)
    try:
        for formulas, found in zip(book[title].iter_rows(), values[title].iter_rows(), strict=True):
            for cell, saved in zip(formulas, found, strict=True):
                if cell.data_type == "f" and saved.value is None:
                    raise InputError(
                        f"{path}: cell {cell.coordinate} of '{title}' holds a formula whose value "
                        "was not saved; open and save it in a spreadsheet program"
                    )
    finally:
        book.close()
        values.close()


def _names(path: Path, cells: Cells) -> list[str]:
    return ["" if cell is None else str(_id(path, "the header", cell)) for cell in cells]


def _ids(path: Path, name: str, cells: Sequence[object]) -> pd.Series:
    """Integers if all are, else text, missing where a cell is empty."""
    where = f"column '{name}'" if name else "the first column"
    ids = [None if cell is None else _id(path, where, cell) for cell in cells]
    if all(isinstance(one, int) for one in ids if one is not None):
        return typed(ids)
    return pd.Series([None if one is None else str(one) for one in ids], dtype=object)


def _id(path: Path, where: str, cell: object) -> int | str:
    """Text as it is, and whole numbers that a workbook holds exactly.

    Raises:
        InputError: for anything else.
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if abs(cell) >= EXACT:
            raise InputError(
                f"{path}: ids in {where} such as {cell} are numbers, of which a workbook keeps 15 "
                "digits, so different neurons may have become one; store ids as text"
            )
        if cell == round(cell):
            return int(cell)
    kind = "dates" if isinstance(cell, DATES) else f"of type {type(cell).__name__}"
    raise InputError(f"{path}: ids in {where} such as {cell} are {kind}; store ids as text")


def _plain(cell: object) -> object:
    return None if cell == "" else cell


def sheet_notes(sheet: Sheet) -> Iterator[str]:
    """Which sheet was read, if there are others."""
    if len(sheet.sheets) > 1:
        others = ", ".join(one for one in sheet.sheets if one != sheet.title)
        yield f"sheet '{sheet.title}' was read; data.key=SHEET reads another of {others}"
