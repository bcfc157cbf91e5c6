"""Folds that keep groups whole and types evenly dealt."""

from functools import lru_cache

import numpy as np

REMEMBERED = 64  # deals, of some 100 kB each: every feature set of a report meets the same ones
EQUAL = (1e-5, 1e-8)  # relative and absolute difference of spreads that counts as none

Folds = list[tuple[np.ndarray, np.ndarray]]


def stratified_folds(y: np.ndarray, group: np.ndarray, folds: int, seed: int) -> Folds:
    """Positions to train on and to test on, by types ``y`` and ``group`` ``[n]`` each.

    Those of ``StratifiedGroupKFold`` of scikit-learn, shuffled, in a fifth of the time: the groups
    of most uneven types first, each to the fold that leaves types most evenly spread. The arrays
    are shared between calls and read only.

    Args:
        y: ``[n]`` int types; one of them has ``folds`` neurons or more.
        group: ``[n]`` int.
        folds: how many, at most as many as groups.
        seed: of the order of groups.
    """
    y, group = (np.ascontiguousarray(codes, dtype=np.int64) for codes in (y, group))
    return list(_dealt(y.tobytes(), group.tobytes(), folds, seed))


@lru_cache(REMEMBERED)
def _dealt(
    types: bytes, groups: bytes, folds: int, seed: int
) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    _, code = np.unique(np.frombuffer(types, dtype=np.int64), return_inverse=True)
    _, group = np.unique(np.frombuffer(groups, dtype=np.int64), return_inverse=True)
    counts = np.zeros((group.max() + 1, code.max() + 1))
    np.add.at(counts, (group, code), 1)
    order = np.arange(len(counts))
    np.random.RandomState(seed).shuffle(order)
    fold = np.empty(len(counts), dtype=np.int64)
    fold[order] = _deal(counts[order], folds)
    mine = fold[group]
    dealt = [(np.flatnonzero(mine != k), np.flatnonzero(mine == k)) for k in range(folds)]
    for part in (part for both in dealt for part in both):
        part.flags.writeable = False
    return tuple(dealt)


def _deal(counts: np.ndarray, folds: int) -> np.ndarray:
    """Fold ``[G]`` of each group, of neurons of each type ``[G, K]``."""
    total, held = counts.sum(axis=0), np.zeros((folds, counts.shape[1]))
    fold = np.empty(len(counts), dtype=np.int64)
    itself = np.arange(folds)
    for group in np.argsort(-np.std(counts, axis=1), kind="stable"):
        proposed = np.repeat(held[None], folds, axis=0)
        proposed[itself, itself] += counts[group]
        uneven = np.std(proposed / total, axis=1).mean(axis=1)
        best = _best(uneven, held.sum(axis=1))
        held[best] += counts[group]
        fold[group] = best
    return fold


def _best(uneven: np.ndarray, sizes: np.ndarray) -> int:
    """The most even fold; of about equal ones the smaller, in the order of the folds."""
    best, relative, absolute = 0, *EQUAL
    for k in range(1, len(uneven)):
        value, least = uneven[k], uneven[best]
        close = abs(value - least) <= absolute + relative * abs(least)
        if value < least or (close and sizes[k] < sizes[best]):
            best = k
    return best
