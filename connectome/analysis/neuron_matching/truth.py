"""What a column says of which neuron of one brain is which of another; used to score only."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from connectome.data.neurons import labels_of
from connectome.receipt import many
from connectome.types import Connectome, InputError


@dataclass(frozen=True, eq=False)
class Truth:
    """True pairs and types of two brains.

    Attributes:
        pairs: ``[P, 2]`` int64 positions (data, home) of neurons that are each other's homolog.
        code: ``[N]`` int64 types of the neurons of data, -1 where unknown or not in home.
        code_home: ``[M]`` int64 the same types of home, -1 where unknown.
        how: where this is from, in words.
    """

    pairs: np.ndarray
    code: np.ndarray
    code_home: np.ndarray
    how: str


def read_truth(brain: Connectome, home: Connectome, column: str) -> Truth:
    """The truth in a column that both brains have.

    Where its values name neurons of the other brain by id, each the other, these are the pairs, and
    there are no types. Else a value that one neuron on each side has makes a pair, and a value that
    any have on both sides is a type.

    Raises:
        InputError: without the column, or if its values tie nothing together or tell nothing apart.
    """
    mine, theirs = (labels_of(each, column, "truth") for each in (brain, home))
    named = _named(brain, mine, home, theirs)
    values = sorted({*mine} & {*theirs} - {None})
    if len(named) > len(values):
        how = f"{many(len(named), 'pair')}, in which '{column}' is the id of the other"
        return Truth(named, np.full(len(mine), -1), np.full(len(theirs), -1), how)
    if not values:
        raise InputError(
            f"truth={column}: no value of it is found in both {brain.name} and {home.name}, nor is "
            "any the id of a neuron of the other; name a column that both write alike"
        )
    index = pd.Index(values, dtype=object)
    code, code_home = (index.get_indexer(pd.Index(c)).astype(np.int64) for c in (mine, theirs))
    pairs = _once(code, code_home, len(values))
    if len(values) == 1 and not len(pairs):
        raise InputError(
            f"truth={column}: the only value on both sides is {values[0]}, which several neurons "
            "have, so that it tells none apart; name another column"
        )
    how = (
        f"{many(len(pairs), 'pair')} of neurons that alone have their '{column}'; "
        f"{many(len(values), 'value')} on both sides"
    )
    return Truth(pairs, code, code_home, how)


def _once(code: np.ndarray, code_home: np.ndarray, count: int) -> np.ndarray:
    """``[P, 2]`` neurons whose value occurs once on each side."""
    places = []
    once = np.ones(count, dtype=bool)
    for each in (code, code_home):
        rows = np.flatnonzero(each >= 0)
        once &= np.bincount(each[rows], minlength=count) == 1
        place = np.zeros(count, dtype=np.int64)
        place[each[rows]] = rows
        places.append(place)
    return np.stack(places, axis=1)[once]


def _named(brain: Connectome, mine: np.ndarray, home: Connectome, theirs: np.ndarray) -> np.ndarray:
    """``[P, 2]`` neurons that name each other by id."""
    ids, ids_home = (each.neuron_ids.astype(str).astype(object) for each in (brain, home))
    there = pd.Index(ids_home).get_indexer(pd.Index(mine))
    rows = np.flatnonzero(there >= 0)
    rows = rows[theirs[there[rows]] == ids[rows]]
    return np.stack([rows, there[rows]], axis=1).astype(np.int64)
