"""What a map of the plane keeps of the neighbours in a wider space."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from connectome.draws import generator
from connectome.types import InputError

BLOCK = 2**24  # distances at a time, 128 MB


@dataclass(frozen=True)
class MapQuality:
    """How far a map can be trusted.

    Attributes:
        trustworthiness: 1 where all neighbours on the map are neighbours in the space, about 0.5
            for neurons that are strewn at random.
        recall: share of the nearest neighbours in the space that are among those on the map.
        neighbours: how many are looked at.
        queries: neurons whose neighbours were looked at.
    """

    trustworthiness: float
    recall: float
    neighbours: int
    queries: int


def map_qualities(
    factors: np.ndarray,
    positions: Sequence[np.ndarray],
    neighbours: int = 15,
    most_queries: int = 1000,
    seed: int = 0,
) -> list[MapQuality]:
    """Trustworthiness and neighbour recall of maps of one space, over a sample of neurons.

    Trustworthiness as Venna & Kaski 2001 (doi:10.1007/3-540-44668-0_68): neighbours on the map
    that are none in the space cost how far down the order of the space they are. Of several
    neurons at equal distance each counts as the nearest.

    Args:
        factors: ``[N, d]`` places in the space, in which distances are measured once for all maps.
        positions: ``[N, 2]`` places on each map.
        neighbours: ``k`` of each neuron; at most ``(N - 1) / 2`` are looked at.
        most_queries: with more neurons, this many are drawn.
        seed: of the draw.

    Raises:
        InputError: with fewer than three neurons.
    """
    n = len(factors)
    if n < 3:
        raise InputError(f"{n} neurons: a map of fewer than three has no neighbours to keep")
    k = max(1, min(neighbours, (n - 1) // 2))
    wide, *maps = (_centred(places) for places in (factors, *positions))
    asked = np.arange(n)
    if n > most_queries:
        asked = np.sort(generator(seed, "map quality").choice(n, most_queries, replace=False))
    found = np.zeros((len(maps), 2))  # ranks too far down, and neighbours kept
    for rows in np.array_split(asked, -(-len(asked) * n // BLOCK)):
        there = _squares(wide, rows)
        within = np.partition(there, k - 1, axis=1)[:, k - 1 : k]
        found += [_of_rows(there, within, _squares(flat, rows), k) for flat in maps]
    worst = k * (2 * n - 3 * k - 1) / 2  # of one neuron, whose map neighbours are its farthest
    return [
        MapQuality(1 - far / len(asked) / worst, kept / len(asked) / k, k, len(asked))
        for far, kept in found.tolist()
    ]


def _centred(places: np.ndarray) -> np.ndarray:
    wide = np.asarray(places, dtype=np.float64)
    return np.asarray(wide - wide.mean(axis=0))


def _of_rows(
    there: np.ndarray, within: np.ndarray, here: np.ndarray, k: int
) -> tuple[float, float]:
    """Ranks beyond ``k`` of the neighbours on the map, and neighbours that are on it too.

    Args:
        there, here: ``[Q, N]`` squared distances in the space and on the map.
        within: ``[Q, 1]`` that of the ``k``-th neighbour in the space.
        k: neighbours.
    """
    near = np.argpartition(here, k - 1, axis=1)[:, :k]
    away = np.take_along_axis(there, near, axis=1)
    rank = np.stack([np.count_nonzero(there < far, axis=1) + 1 for far in away.T[:, :, None]])
    edge = np.take_along_axis(here, near, axis=1).max(axis=1, keepdims=True)
    both = np.minimum(np.count_nonzero((there <= within) & (here <= edge), axis=1), k)
    return float(np.maximum(rank - k, 0).sum()), float(both.sum())


def _squares(places: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """``[Q, N]`` squared distances, infinite to the neuron itself."""
    asked = places[rows]
    square = (places**2).sum(axis=1)
    found = square[rows][:, None] - 2 * (asked @ places.T) + square
    found[np.arange(len(rows)), rows] = np.inf
    return np.asarray(found)
