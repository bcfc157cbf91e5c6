"""Integers of annotations, exact where values are missing and above 2^53, where floats are not.

An annotation may well be an id: ``pair_id`` of the homolog, a nucleus, a neuron of another release.
"""

from collections.abc import Iterable, Sequence

import pandas as pd
import pyarrow as pa

EXACT = 2**53  # a float holds every integer up to here
KINDS = {"i": pd.Int64Dtype(), "u": pd.UInt64Dtype()}
_INTEGER, _PADDED = r"[+-]?\d+", r"[+-]?0\d+"


def as_written(column: pd.Series, text: pd.Series) -> pd.Series:
    """The values of a column of numbers, as its text says: integers stay integers.

    Args:
        column: integers or floats, as pandas understood the text.
        text: the same cells as they are written, NA where missing.

    Returns:
        Nullable integers where ``column`` would have rounded them; the text where zeros lead
        (``007``); else ``column``.
    """
    written = text.dropna()
    if not len(written) or not written.str.fullmatch(_INTEGER).all():
        return column
    if written.str.fullmatch(_PADDED).any():
        return text
    if column.dtype.kind != "f":
        return column
    return typed(None if pd.isna(cell) else int(cell) for cell in text)


def from_arrow(table: pa.Table) -> pd.DataFrame:
    """As ``table.to_pandas()``, but integer columns with gaps are nullable, not floats."""
    frame = table.to_pandas()
    for field in table.schema:
        if pa.types.is_integer(field.type) and field.name in frame and table[field.name].null_count:
            frame[field.name] = typed(table[field.name].to_pylist()).array
    return frame


def typed(values: Iterable[object]) -> pd.Series:
    """Values, NA where missing, as a column; integers stay integers, nullable if one is missing."""
    column = pd.Series(list(values), dtype=object)
    if pd.api.types.infer_dtype(column, skipna=True) != "integer":
        return column.infer_objects()
    for kind in KINDS.values():
        try:
            exact = column.astype(kind)
        except (OverflowError, TypeError):
            continue
        return exact if exact.isna().any() else pd.Series(exact.to_numpy(kind.type))
    return column.map(str, na_action="ignore")


def nullable(table: pd.DataFrame) -> pd.DataFrame:
    """The table with nullable integer columns, which a join does not turn into floats."""
    return table.astype({k: KINDS[c.dtype.kind] for k, c in table.items() if c.dtype.kind in KINDS})


def stacked(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables below each other, rows numbered anew, as ``pd.concat`` but for its rounded integers.

    It makes floats of integers where another table lacks the column or its values.
    """
    whole = {k for table in tables for k, column in table.items() if column.dtype.kind in "iu"}
    loose = [table.astype({k: object for k in table if k in whole}) for table in tables]
    joined = pd.concat(loose, ignore_index=True)
    for name in whole:
        joined[name] = typed(joined[name])
    return joined
