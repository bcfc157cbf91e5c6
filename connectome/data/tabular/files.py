"""Tables in files: which format, which columns, and small ones as a whole."""

import csv
import gzip
import logging
import re
import zlib
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow
import pyarrow.feather
import pyarrow.parquet

from connectome.data.tabular.ids import refuse_rounded
from connectome.data.tabular.integers import as_written, from_arrow
from connectome.data.tabular.spreadsheets import UNGUARDED, unguarded
from connectome.data.tabular.workbooks import read_sheet
from connectome.types import InputError
from connectome.user_files import require_files

log = logging.getLogger(__name__)

MISSING = ["", "NA", "N/A", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "None"]
SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}  # what the name promises
OTHERS = (",", "\t", ";", "|", " ")  # what else is found there
FIRST_ROWS = 100  # that tell whether the header is short
WORKBOOK = ".xlsx"
TABLES = (*SEPARATORS, ".parquet", ".feather", WORKBOOK)
# What a broken file raises.
BROKEN = (ValueError, OSError, EOFError, zlib.error, MemoryError, pyarrow.ArrowException)


def file_format(path: Path, known: Sequence[str] = TABLES) -> str:
    """Suffix that tells the format, ``.gz`` aside.

    Args:
        path: the file.
        known: the formats that will do.

    Raises:
        InputError: if the suffix is not among them or there is no such file.
    """
    suffix = (path.with_suffix("") if path.suffix == ".gz" else path).suffix.lower()
    if suffix not in known:
        tables = " of a table" if known == TABLES else ""
        raise InputError(f"{path}: unknown format '{suffix}'{tables}; use {', '.join(known)}")
    require_files([path])
    if not path.stat().st_size:
        raise InputError(f"{path}: is empty; write or fetch it again")
    return suffix


def separator(path: Path) -> str:
    """What stands between the columns of a text table, by its first line.

    That which the name promises (a comma in ``.csv``), or else the first of comma, tab, semicolon,
    bar and space that is there.
    """
    promised = SEPARATORS[file_format(path)]
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        first = file.readline(1 << 20)
    signs = (promised, *OTHERS)
    return next((sign for sign in signs if sign.encode() in first), promised)


def broken(path: Path, error: Exception) -> InputError:
    """What to tell of a file that its own format does not describe."""
    reason = " ".join(str(error).split())
    text = file_format(path) in SEPARATORS and re.search("utf-?8", reason, re.IGNORECASE)
    remedy = "it may be damaged or cut off, so write or fetch it again"
    if text:
        remedy = "if its letters are of another encoding, save it as UTF-8; else fetch it again"
    return InputError(f"{path}: cannot be read as {file_format(path)[1:]} ({reason}); {remedy}")


def table_schema(path: Path) -> pyarrow.Schema:
    """Names and types of the columns of a Parquet or Feather file."""
    if file_format(path) == ".parquet":
        return pyarrow.parquet.read_schema(path)
    with pyarrow.OSFile(str(path)) as source:
        return pyarrow.ipc.open_file(source).schema


def read_binary(path: Path) -> pyarrow.Table:
    """A Parquet or Feather file as a whole, whose every offset and code points into it."""
    if file_format(path) == ".parquet":
        table = pyarrow.parquet.read_table(path, page_checksum_verification=True)
    else:
        table = pyarrow.feather.read_table(path)
    table.validate(full=True)
    return table


def column_names(path: Path) -> list[str]:
    """Names of the columns, without reading the rows; unnamed ones are empty.

    Raises:
        InputError: for a broken file, a column that occurs twice, and ids that were rounded.
    """
    suffix = file_format(path)
    try:
        names = _header(path, suffix)
    except BROKEN as error:
        raise broken(path, error) from error
    refuse_rounded(path, "the header", pyarrow.array(names[1:], pyarrow.string()))
    if repeated := [name for name in names if name and names.count(name) > 1]:
        raise InputError(f"{path}: column '{repeated[0]}' occurs twice; rename one of them")
    return names


def _header(path: Path, suffix: str) -> list[str]:
    if suffix == WORKBOOK:
        return read_sheet(path).names
    if suffix not in SEPARATORS:
        return [str(name) for name in table_schema(path).names]
    return text_header(path)


def text_header(path: Path) -> list[str]:
    """Names of the columns of a text table.

    R's ``write.table`` leaves out that of the first column, which has the names of rows and is
    called nothing here.
    """
    options: dict[str, Any] = {"header": None, "dtype": str, "keep_default_na": False}
    sign = separator(path)
    first = pd.read_csv(path, sep=sign, nrows=1, **options)
    names = [str(name) for name in first.iloc[0].tolist()]
    return ["", *names] if _is_short(path, sign, len(names)) else names


def _is_short(path: Path, sign: str, width: int) -> bool:
    """Whether the first rows have one cell more than the header has."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        try:
            lines = csv.reader(islice(file, 1 + FIRST_ROWS), delimiter=sign)
            widths = [len(row) for row in lines if row]
        except (csv.Error, UnicodeError):
            return False  # what reads the table tells
    return len(widths) > 1 and widths[0] == width and {*widths[1:]} == {width + 1}


def read_frame(path: Path, id_columns: Sequence[str], rows: int | None = None) -> pd.DataFrame:
    """A table, in which the columns of ids are exact.

    In text formats they (else the first column) are kept as text.

    Args:
        path: the file.
        id_columns: names of columns that hold ids, if the table has them.
        rows: of text formats, read only so many.

    Raises:
        InputError: for a broken file.
    """
    suffix = file_format(path)
    try:
        if suffix == WORKBOOK:
            return read_sheet(path).frame(id_columns)
        if suffix in SEPARATORS:
            return _text_frame(path, separator(path), id_columns, rows)
        frame = from_arrow(read_binary(path))
        return frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index()
    except InputError:
        raise
    except BROKEN as error:
        raise broken(path, error) from error


def _text_frame(
    path: Path, separator: str, id_columns: Sequence[str], rows: int | None
) -> pd.DataFrame:
    # What pandas calls a column without a name, such as the index that it wrote itself.
    names = [name or f"Unnamed: {k}" for k, name in enumerate(column_names(path))]
    ids = [name for name in names if name in id_columns]
    others = [name for name in names if name not in ids] if ids else names[1:]
    options: dict[str, Any] = {
        "sep": separator,
        "keep_default_na": False,  # a neuron may be called NA
        "na_values": dict.fromkeys(others, MISSING),
        "nrows": rows,
        "low_memory": False,  # a column has one type, however long the table
    }
    if names[0] == "Unnamed: 0":  # R writes nothing there
        options |= {"header": 0, "names": names}
    frame = pd.read_csv(
        path,
        index_col=None if ids else 0,
        dtype=dict.fromkeys(ids or names[:1], str),
        **options,
    )
    numbers = [name for name in others if ids and frame[name].dtype.kind in "iuf"]
    if numbers:  # not of a matrix, whose cells are counts
        text = pd.read_csv(path, usecols=numbers, dtype=str, **options)
        for name in numbers:
            frame[name] = as_written(frame[name], text[name])
    frame = frame if ids else frame.rename_axis("id").reset_index()
    plain = unguarded(frame)
    if plain is not frame:
        log.warning(UNGUARDED, path)
    return plain


def require_column(path: Path, names: Sequence[str], column: str, remedy: str) -> None:
    """Refuse a table without ``column``.

    Raises:
        InputError: names the columns there are, and ``remedy``.
    """
    if column not in names:
        raise InputError(
            f"{path}: has no column '{column}', only {', '.join(map(str, names[:12]))}; {remedy}"
        )


def require_different(option: str, columns: Mapping[str, str]) -> None:
    """Refuse a column that has two roles.

    Args:
        option: what comes before the roles in the name of their option, for the message.
        columns: the column of each role.

    Raises:
        InputError: names both roles.
    """
    first: dict[str, str] = {}
    for role, column in columns.items():
        if column in first:
            raise InputError(
                f"{option}{role}={column}: {option}{first[column]} is that column too; name "
                "another one"
            )
        first[column] = role
