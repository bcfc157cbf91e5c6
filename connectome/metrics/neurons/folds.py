"""Folds that keep groups whole and types evenly dealt."""

import warnings
from functools import lru_cache

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

REMEMBERED = 64  # deals, of some 100 kB each: every feature set of a report meets the same ones

Folds = list[tuple[np.ndarray, np.ndarray]]


def stratified_folds(y: np.ndarray, group: np.ndarray, folds: int, seed: int) -> Folds:
    """Positions to train on and to test on, by types ``y`` and ``group`` ``[n]`` each.

    ``StratifiedGroupKFold`` of scikit-learn, shuffled, dealt once for equal arguments. The arrays
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
    y, group = (np.frombuffer(codes, dtype=np.int64) for codes in (types, groups))
    deal = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():  # of types with fewer neurons than folds: they are told apart
        warnings.filterwarnings("ignore", message="The least populated class")
        dealt = tuple(deal.split(y, y, group))
    for part in (part for both in dealt for part in both):
        part.flags.writeable = False
    return dealt
