"""Rows of edges added up by pair, batch by batch."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from connectome.data.tabular.batches import EdgeBatch, not_numbers
from connectome.data.tabular.id_codes import IdCodes
from connectome.data.tabular.ids import ABSENT, DROP, NOBODY, IdRules, no_id
from connectome.receipt import MOST_SYNAPSES
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
        rules: which ids are no neurons, and what becomes of their rows.
        columns: names of the columns with the ids, for messages.

    Attributes:
        pre, post: the ids of senders and of receivers.
        rows: rows so far.
        missing, nobody: rows left out, since an id is missing or stands for no neuron.
        strays, stray_synapses: rows left out, since a neuron is not listed, and their synapses.
        zero_ids: rows of a neuron with the id 0, whether it is listed or not.
        zero_counts: rows with a count of 0.
        kept, kept_synapses: rows that were added up, and their synapses.
    """

    def __init__(
        self,
        path: Path,
        listed: np.ndarray | None = None,
        rules: IdRules = IdRules(),  # noqa: B008 - frozen
        columns: tuple[str, str] = ("pre", "post"),
    ) -> None:
        self.path = path
        self._rules = rules
        self.pre, self.post = (
            IdCodes(path, f"column '{column}'", rules, listed) for column in columns
        )
        self.rows = self.missing = self.nobody = self.strays = self.kept = 0
        self.zero_ids = self.zero_counts = 0
        self.stray_synapses = self.kept_synapses = 0.0
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
        pre, first_zero = self.pre.encode(batch.pre)
        post, second_zero = self.post.encode(batch.post)
        named = self._named(batch, pre, post)
        self.rows += len(pre)
        self.zero_ids += int(((first_zero | second_zero) & named).sum())
        if not named.all():
            pre, post, batch = pre[named], post[named], batch.filter(named)
        counts = self._counts(batch)
        self.zero_counts += int((counts == 0).sum())
        if self._listed:
            known = (pre >= 0) & (post >= 0)
            self.strays += int((~known).sum())
            self.stray_synapses += float(counts[~known].sum())
            pre, post, counts = pre[known], post[known], counts[known]
        self.kept += len(counts)
        self.kept_synapses += float(counts.sum())
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

    def _named(self, batch: EdgeBatch, pre: np.ndarray, post: np.ndarray) -> np.ndarray:
        """Rows whose two ids are both there and of neurons, ``[B]`` bool; others are counted."""
        absent = (pre == ABSENT) | (post == ABSENT)
        if self._rules.missing != DROP and absent.any():
            row = int(np.flatnonzero(absent)[0])
            codes, ids = (self.pre, batch.pre) if pre[row] == ABSENT else (self.post, batch.post)
            raise no_id(self.path, self.rows + row + 1, codes.where, ids[row].as_py())
        nobody = ((pre == NOBODY) | (post == NOBODY)) & ~absent
        self.missing += int(absent.sum())
        self.nobody += int(nobody.sum())
        return ~(absent | nobody)

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
            raise not_numbers(self.path, column[0].as_py() if len(column) else str(kind))
        counts = column.cast(pa.float64(), safe=False).fill_null(np.nan)
        counts = counts.to_numpy(zero_copy_only=False)
        bad = ~((counts >= 0) & (counts <= MOST_SYNAPSES))
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            count = column[row].as_py()
            raise InputError(
                f"{self.path}: synapse count {'nan' if count is None else count} of "
                f"{batch.pre[row]} -> {batch.post[row]}; counts must be zero or more and "
                f"{MOST_SYNAPSES:g} at most, so correct or remove it"
            )
        return counts
