"""Numbers for the ids of a column, in the order in which they appear."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from connectome.data.tabular.ids import (
    ABSENT,
    IdRules,
    exact_ids,
    plain_ids,
    refuse_rounded,
    refuse_unseen,
)


class IdCodes:
    """Numbers the ids of a column, in the order in which they appear.

    Only distinct ids ever become objects of their own; a column of a large table stays in Arrow's
    buffers.

    Args:
        path: the file, for messages.
        where: where in it.
        rules: which ids are no neurons.
        listed: ``[N]``; if given, these ids have the numbers ``0 .. N - 1``, and all others are
            UNLISTED.
    """

    def __init__(
        self, path: Path, where: str, rules: IdRules, listed: np.ndarray | None = None
    ) -> None:
        self.path, self.where = path, where
        self._rules = rules
        self._listed = listed
        self._known: pd.Index | None = None

    @property
    def ids(self) -> pd.Series:
        """The ids so far; number ``k`` is row ``k``."""
        return pd.Series([]) if self._known is None else self._known.to_series(index=None)

    def encode(self, column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        """Numbers ``[B]`` int64 of the ids in ``column``, and where the id is 0, ``[B]`` bool.

        The number of a missing id is ABSENT, of an id that stands for no neuron NOBODY.
        """
        encoded = plain_ids(self.path, self.where, column).dictionary_encode()
        distinct = encoded.dictionary
        if self._listed is not None:
            refuse_rounded(self.path, self.where, distinct)
        number = self._rules.codes(distinct)
        somebody = number == 0
        refuse_unseen(self.path, self.where, distinct.filter(pa.array(somebody)))
        number[somebody] = self._numbers(pd.Index(distinct.filter(pa.array(somebody)).to_pandas()))
        rows = encoded.indices.fill_null(len(distinct)).to_numpy(zero_copy_only=False)
        zero = pc.index(distinct, pa.scalar(0).cast(distinct.type)).as_py()
        return np.append(number, ABSENT)[rows], rows == zero if zero >= 0 else rows < 0

    def _numbers(self, distinct: pd.Index) -> np.ndarray:
        if self._known is None:
            self._known = self._start(distinct)
        number = np.asarray(self._known.get_indexer(distinct), dtype=np.int64)
        if self._listed is None and (number < 0).any():
            new = distinct[number < 0]
            number[number < 0] = len(self._known) + np.arange(len(new))
            self._known = self._known.append(new)
        return number

    def _start(self, like: pd.Index) -> pd.Index:
        """The listed ids, of the type of the column; none if there is no list."""
        if self._listed is None:
            return like[:0]
        if like.dtype.kind in "iu":
            if self._listed.dtype.kind == "i":
                return pd.Index(self._listed)
            return pd.Index(exact_ids(self.path, pd.Series(self._listed)))
        return pd.Index(self._listed.astype(np.str_)).astype(str)
