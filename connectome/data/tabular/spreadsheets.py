"""Text in CSV files that no spreadsheet takes for a formula, and back.

A spreadsheet runs what begins like a formula (``=1+1``, ``-LN``) though it came as text. Such text
gets an apostrophe in front in every CSV that is written here, and loses it where one is read. Text
that begins with apostrophes before such a sign gets one more, so that nothing is lost; numbers, in
columns of numbers or as text, stay as they are.
"""

import re
from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

SIGNS = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"  # the last four are the wide forms of the first
UNGUARDED = "%s: text with an apostrophe before = + - @, a guard for spreadsheets, loses it here"
_FORMULA, _GUARDED = re.compile(f"'*[{SIGNS}]"), re.compile(f"'+[{SIGNS}]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def csv_text(table: pd.DataFrame, float_format: str | None = None) -> str:
    """The table as CSV without its index, guarded."""
    guarded = _each_text(table, guard)
    return str(guarded.to_csv(index=False, float_format=float_format, lineterminator="\n"))


def unguarded(table: pd.DataFrame) -> pd.DataFrame:
    """A table that was read from CSV, its columns without the apostrophes of :func:`csv_text`."""
    return _each_text(table, unguard)


def guard(text: str) -> str:
    """``text``, with an apostrophe in front if a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def unguard(text: str) -> str:
    """What :func:`guard` was given."""
    return text[1:] if _GUARDED.match(text) else text


def without_guards(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Columns of text as :func:`unguard` has them; the same object if nothing changes."""
    guarded = f"^'('*[{SIGNS}])"
    if not any(_quoted(c) and pc.any(pc.match_substring_regex(c, guarded)).as_py() for c in batch):
        return batch
    columns = [pc.replace_substring_regex(c, guarded, r"\1") if _quoted(c) else c for c in batch]
    return pa.record_batch(columns, batch.schema.names)


def _quoted(column: pa.Array) -> bool:
    """Whether it is text, some of which begins with an apostrophe."""
    return pa.types.is_string(column.type) and bool(pc.any(pc.starts_with(column, "'")).as_py())


def _each_text(table: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    """The table with all its text changed, names of columns too; itself if nothing is."""
    columns = {}
    for place, (_, column) in enumerate(table.items()):
        if column.dtype.kind not in "OU":
            continue
        new = {v: change(v) for v in column.tolist() if isinstance(v, str)}
        if any(old != text for old, text in new.items()):
            cells = [new[v] if isinstance(v, str) else v for v in column.tolist()]
            columns[place] = pd.Series(cells, index=column.index, dtype=object).infer_objects()
    names = [change(name) if isinstance(name, str) else name for name in table.columns]
    if not columns and names == list(table.columns):
        return table
    parts = [columns.get(place, column) for place, (_, column) in enumerate(table.items())]
    return pd.concat(parts, axis=1).set_axis(names, axis=1)
