"""Ids of neurons: exact whatever their size, and numbered as they come."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from connectome.types import InputError


def exact_ids(path: Path, ids: pd.Series) -> pd.Series:
    """Ids as int64 if that changes none of them (``007`` stays text), else as text.

    Raises:
        InputError: for floating-point ids, which have lost digits or never had them.
    """
    if ids.dtype.kind == "f":
        if not (ids == ids.round()).all() or (ids.abs() > 2**53).any():
            raise InputError(f"{path}: ids such as {ids.iloc[0]} are floating-point numbers")
        return ids.astype(np.int64)
    if ids.dtype.kind in "iu" and (ids <= np.iinfo(np.int64).max).all():
        return ids.astype(np.int64)
    text = ids.astype(str)
    try:
        numbers = text.astype(np.int64)
    except (ValueError, OverflowError):
        return text
    return numbers if (numbers.astype(str) == text).all() else text


def id_array(ids: pd.Series) -> np.ndarray:
    """``[N]`` int64 or unicode, as a :class:`~connectome.types.Connectome` holds them."""
    return ids.to_numpy(dtype=np.int64 if ids.dtype.kind == "i" else np.str_)


def same_kind(columns: list[pd.Series]) -> list[pd.Series]:
    """All as they are if all hold integers, else all as text."""
    if all(column.dtype.kind == "i" for column in columns):
        return columns
    return [column.astype(str) for column in columns]  # numbers here and names there


class IdCodes:
    """Numbers the ids of a column, in the order in which they appear.

    Only distinct ids ever become objects of their own; a column of a large table stays in Arrow's
    buffers.

    Args:
        listed: if given, these ids have the numbers ``0 .. N - 1`` and all others have -1.
    """

    def __init__(self, listed: np.ndarray | None = None) -> None:
        self._listed = listed
        self._known: pd.Index | None = None

    @property
    def ids(self) -> pd.Series:
        """The ids so far; number ``k`` is row ``k``."""
        return pd.Series([]) if self._known is None else self._known.to_series(index=None)

    def encode(self, column: pa.Array) -> np.ndarray:
        """Numbers ``[B]`` int64 of the ids in ``column``, which must not have nulls."""
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        encoded = column.dictionary_encode()
        distinct = pd.Index(encoded.dictionary.to_pandas())
        if self._known is None:
            self._known = self._start(distinct)
        number = self._known.get_indexer(distinct)
        if self._listed is None and (number < 0).any():
            new = distinct[number < 0]
            number[number < 0] = len(self._known) + np.arange(len(new))
            self._known = self._known.append(new)
        indices = encoded.indices.to_numpy(zero_copy_only=False)
        return np.asarray(number, dtype=np.int64)[indices]

    def _start(self, like: pd.Index) -> pd.Index:
        """The listed ids, of the type of the column; none if there is no list."""
        if self._listed is None:
            return like[:0]
        if like.dtype.kind in "iu":
            if self._listed.dtype.kind == "i":
                return pd.Index(self._listed)
            return pd.Index(exact_ids(Path(), pd.Series(self._listed)))
        return pd.Index(self._listed.astype(np.str_)).astype(str)
