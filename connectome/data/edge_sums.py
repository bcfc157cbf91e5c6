"""Rows of edges added up by pair, batch by batch."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectome.data.batches import EdgeBatch
from connectome.data.ids import IdCodes
from connectome.types import InputError

_SHIFT = 32  # a pair is one number: sender above, receiver below
_FEWEST = 1 << 22  # rows that wait before they are sorted in


class EdgeSums:
    """Synapses of each pair of neurons, from rows in any order that may repeat a pair.

    Rows become two integers and a count; whenever those that wait outgrow half of the pairs so
    far, they are sorted in and equal pairs are added up. At most about 60 bytes a distinct pair
    are in use at any time, however many rows the table has.

    Args:
        path: the file, for messages.
        listed: ``[N]`` ids; rows of other neurons are left out and counted.

    Attributes:
        pre, post: the ids of senders and of receivers.
        rows: rows so far.
        strays: rows left out, since a neuron is not listed.
    """

    def __init__(self, path: Path, listed: np.ndarray | None = None) -> None:
        self.path = path
        self.pre, self.post = IdCodes(listed), IdCodes(listed)
        self.rows = self.strays = 0
        self._keys, self._sums = np.empty(0, dtype=np.int64), np.empty(0)
        self._waiting: list[tuple[np.ndarray, np.ndarray]] = []
        self._listed = listed is not None

    def add(self, batch: EdgeBatch) -> None:
        """Add the rows of ``batch``.

        Raises:
            InputError: for a row without an id, and for a count that is no number, missing,
                infinite or negative.
        """
        if not len(batch.pre):
            return
        for name, column in (("pre", batch.pre), ("post", batch.post)):
            self._require_ids(name, column)
        counts = self._counts(batch)
        pre, post = self.pre.encode(batch.pre), self.post.encode(batch.post)
        self.rows += len(counts)
        if self._listed:
            known = (pre >= 0) & (post >= 0)
            self.strays += int((~known).sum())
            pre, post, counts = pre[known], post[known], counts[known]
        self._waiting.append(((pre << _SHIFT) | post, counts))
        if sum(len(keys) for keys, _ in self._waiting) > max(_FEWEST, len(self._keys) // 2):
            self._sort_in()

    def total(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Numbers of sender and receiver ``[E]`` int64 and synapses ``[E]`` float64 of each pair.

        Sorted by sender and receiver. Nothing is kept, so that they are in memory once.
        """
        self._sort_in()
        keys, sums = self._keys, self._sums
        self._keys, self._sums = keys[:0].copy(), sums[:0].copy()
        post = keys & ((1 << _SHIFT) - 1)
        keys >>= _SHIFT
        return keys, post, sums

    def _sort_in(self) -> None:
        if not self._waiting:
            return
        keys = np.concatenate([self._keys, *(keys for keys, _ in self._waiting)])
        sums = np.concatenate([self._sums, *(counts for _, counts in self._waiting)])
        self._waiting, self._keys, self._sums = [], keys[:0].copy(), sums[:0].copy()
        order = keys.argsort(kind="stable")
        keys = keys[order]
        sums = sums[order]
        del order
        first = np.flatnonzero(np.concatenate([[len(keys) > 0], keys[1:] != keys[:-1]]))
        self._keys = keys[first]
        self._sums = np.add.reduceat(sums, first) if len(first) else sums

    def _require_ids(self, name: str, column: pa.Array) -> None:
        empty = pc.is_null(column, nan_is_null=True)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            empty = pc.or_(empty, pc.equal(column, "").fill_null(True))
        if pc.any(empty).as_py():
            row = self.rows + pc.index(empty, True).as_py() + 1
            raise InputError(f"{self.path}: row {row} has no {name} id; remove the row")

    def _counts(self, batch: EdgeBatch) -> np.ndarray:
        """Checked before rows are added up, where a negative count could hide in a sum."""
        column = batch.synapses
        if column is None:
            return np.ones(len(batch.pre))
        kind = column.type
        number = (
            pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
        )
        if not (number or pa.types.is_boolean(kind)):
            odd = column[0].as_py()
            raise InputError(f"{self.path}: synapse counts such as {odd!r} are not numbers")
        counts = column.cast(pa.float64(), safe=False).fill_null(np.nan)
        counts = counts.to_numpy(zero_copy_only=False)
        bad = ~(np.isfinite(counts) & (counts >= 0))
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            count = column[row].as_py()
            raise InputError(
                f"{self.path}: synapse count {'nan' if count is None else count} of "
                f"{batch.pre[row]} -> {batch.post[row]}; "
                "counts must be zero or more, so correct or remove it"
            )
        return counts
