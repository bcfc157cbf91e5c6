"""Annotations as they arrive: text without spaces around it, empty text missing, sides by one name.

Nothing is guessed: what is changed is one value spelt in two ways, and the log says so.
"""

import logging
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from connectome.data.neurons.annotations import HEMISPHERE_COLUMN, PAIR_COLUMN, TYPE_COLUMN, side_of
from connectome.data.tabular import EXACT, MISSING
from connectome.types import InputError

log = logging.getLogger(__name__)

SPACES = "spaces around it are left out, and empty text is missing"
NO_TYPE = {"unknown", "unclassified", "undefined", "untyped", "none", "na", "n/a", "nan", "?", "-"}


def tidy(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """The table, with a line in the log for every column whose values change or need a remark.

    Spaces around names and values are left out; what is empty then, or says ``NA`` as it would in
    a text table, is missing. Sides become ``left`` and ``right``. Text such as ``unknown`` stays a
    cell type, and a float above 2^53 what it is, but it is said.

    Args:
        path: the file, for the log.
        table: annotations, one row a neuron.

    Raises:
        InputError: if a cell type, side or homolog is a list.
    """
    table = _named(path, table)
    columns = []
    for name, column in table.items():
        _refuse_lists(path, column)
        column = _changed(path, column, _bare, SPACES)
        if name == HEMISPHERE_COLUMN:
            column = _changed(path, column, side_of, "called left and right here")
        columns.append(column)
        for remark in _remarks(column):
            log.warning("%s: %s", path, remark)
    if not columns:
        return table
    return pd.concat(columns, axis=1)


def _named(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    names = [name.strip() if isinstance(name, str) else name for name in table.columns]
    if names == list(table.columns) or len(set(names)) < len(names):
        return table
    log.warning("%s: spaces around names of columns are left out", path)
    return table.set_axis(names, axis=1)


def _bare(value: str) -> str | None:
    bare = value.strip()
    if not bare or (bare != value and bare in MISSING):
        return None
    return bare


def _changed(
    path: Path, column: pd.Series, change: Callable[[str], object], what: str
) -> pd.Series:
    """``column`` with its text changed; the same object if nothing is."""
    if column.dtype.kind not in "OU" or not len(texts := _texts(column)):
        return column
    new = {text: change(text) for text in texts}
    if not (changed := [text for text in texts if new[text] != text]):
        return column
    log.warning(
        "%s: '%s' of %d neurons, such as %r: %s",
        path, column.name, column.isin(changed).sum(), changed[0], what,
    )  # fmt: skip
    return column.astype(object).map(lambda v: new[v] if isinstance(v, str) else v).infer_objects()


def _refuse_lists(path: Path, column: pd.Series) -> None:
    """Refuse lists where the program reads a side, a type or a homolog.

    Raises:
        InputError: naming the column and the first list.
    """
    if column.name not in (PAIR_COLUMN, HEMISPHERE_COLUMN, TYPE_COLUMN) or column.dtype.kind != "O":
        return
    if has_lists(column):
        odd = column[column.map(pd.api.types.is_list_like)].iloc[0]
        raise InputError(
            f"{path}: '{column.name}' holds lists, such as {odd}; give each neuron one value"
        )


def has_lists(column: pd.Series) -> bool:
    """Whether a value is a list, an array or a mapping, which no neuron can be told by."""
    return bool(column.dtype.kind == "O" and column.map(pd.api.types.is_list_like).any())


def _texts(column: pd.Series) -> list[str]:
    """The different texts of a column, in the order in which they appear; none among lists."""
    try:
        return [value for value in column.unique() if isinstance(value, str)]
    except TypeError:
        return []


def _remarks(column: pd.Series) -> Iterator[str]:
    if column.dtype.kind == "f":
        large = column[(column.abs() >= EXACT) & (column.abs() < math.inf)].astype(float)
        if len(large) and (large % 1 == 0).all():
            yield (
                f"'{column.name}' has floating-point numbers above 2^53, such as "
                f"{large.iloc[0]:.0f}, of which the last digits are lost; write ids as integers or "
                "text"
            )
    if column.name == TYPE_COLUMN:
        yield from no_types(column)


def no_types(column: pd.Series) -> Iterator[str]:
    """A line on each word of a column of types that says that there is none, such as unknown."""
    for text in _texts(column):
        if text.casefold() in NO_TYPE:
            yield (
                f"'{column.name}' of {column.eq(text).sum()} neurons is {text!r}, which counts "
                "as a type; leave the cell empty where the type is not known"
            )
