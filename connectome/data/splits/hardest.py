"""The columns that scores rank highest, without sorting those that they do not."""

from collections.abc import Iterable

import numpy as np


def hardest(scores: Iterable[np.ndarray], count: int) -> np.ndarray:
    """Columns that stand highest by any of the scores, the best first, ``[S, k]`` int64.

    A column's place is the best of its ranks. Equal scores, and equal places, go by column.

    Args:
        scores: ``[S, N]`` each; higher is harder.
        count: how many columns of a row are wanted; ``k`` is ``N`` where there are no more.
    """
    found = [_highest(score, min(count, score.shape[1])) for score in scores]
    k = found[0].shape[1]
    column, rank = np.concatenate(found, axis=1), np.tile(np.arange(k), len(found))
    column, rank = np.divmod(np.sort(column * k + rank, axis=1), k)
    n = column.max() + 1
    place = rank * n + column
    place[:, 1:][column[:, 1:] == column[:, :-1]] = k * n  # the same column at a worse rank
    return np.sort(place, axis=1)[:, :k] % n


def _highest(score: np.ndarray, k: int) -> np.ndarray:
    """Columns ``[S, k]`` of the highest scores of each row, in falling order."""
    last = score.shape[1] - k
    least = np.partition(score, last, axis=1)[:, last, None]
    above, level = score > least, score == least
    room = k - above.sum(axis=1, keepdims=True)
    chosen = above | (level & (level.cumsum(axis=1, dtype=np.int32) <= room))
    column = chosen.nonzero()[1].reshape(-1, k)
    order = np.argsort(-np.take_along_axis(score, column, axis=1), axis=1, kind="stable")
    return np.take_along_axis(column, order, axis=1)
