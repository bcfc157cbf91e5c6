"""What a map of the plane keeps of the neighbours in a wider space."""

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


def map_quality(
    factors: np.ndarray,
    position: np.ndarray,
    neighbours: int = 15,
    most_queries: int = 1000,
    seed: int = 0,
) -> MapQuality:
    """Trustworthiness and neighbour recall of a map, over a sample of neurons.

    Trustworthiness as Venna & Kaski 2001 (doi:10.1007/3-540-44668-0_68): neighbours on the map
    that are none in the space cost how far down the order of the space they are. Of several
    neurons at equal distance each counts as the nearest.

    Args:
        factors: ``[N, d]`` places in the space.
        position: ``[N, 2]`` places on the map.
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
    wide, flat = np.asarray(factors, dtype=np.float64), np.asarray(position, dtype=np.float64)
    wide, flat = wide - wide.mean(axis=0), flat - flat.mean(axis=0)
    asked = np.arange(n)
    if n > most_queries:
        asked = np.sort(generator(seed, "map quality").choice(n, most_queries, replace=False))
    cost, kept = 0.0, 0.0
    for rows in np.array_split(asked, -(-len(asked) * n // BLOCK)):
        far, found = _of_rows(wide, flat, rows, k)
        cost, kept = cost + far, kept + found
    worst = k * (2 * n - 3 * k - 1) / 2  # of one neuron, whose map neighbours are its farthest
    return MapQuality(1 - cost / len(asked) / worst, kept / len(asked) / k, k, len(asked))


def _of_rows(wide: np.ndarray, flat: np.ndarray, rows: np.ndarray, k: int) -> tuple[float, float]:
    """Ranks beyond ``k`` of the neighbours on the map, and neighbours that are on it too."""
    there, here = _squares(wide, rows), _squares(flat, rows)
    near = np.argpartition(here, k - 1, axis=1)[:, :k]
    away = np.take_along_axis(there, near, axis=1)
    rank = np.stack([(there < away[:, [j]]).sum(axis=1) + 1 for j in range(k)], axis=1)
    within = np.partition(there, k - 1, axis=1)[:, k - 1 : k]
    edge = np.partition(here, k - 1, axis=1)[:, k - 1 : k]
    both = np.minimum(((there <= within) & (here <= edge)).sum(axis=1), k)
    return float(np.maximum(rank - k, 0).sum()), float(both.sum())


def _squares(places: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """``[Q, N]`` squared distances, infinite to the neuron itself."""
    asked = places[rows]
    square = (places**2).sum(axis=1)
    found = square[rows][:, None] - 2 * (asked @ places.T) + square
    found[np.arange(len(rows)), rows] = np.inf
    return np.asarray(found)
