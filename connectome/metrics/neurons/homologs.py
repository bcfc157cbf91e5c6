"""How well a similarity finds each neuron's homolog among the neurons of the other side."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from connectome.types import InputError

NONE = -1
BLOCK = 256  # neurons whose distances to all of the other side are held at once


@dataclass(frozen=True)
class HomologMetrics:
    """Ranking quality of the true homologs, the mean of both directions.

    Attributes:
        hits1: share of neurons whose homolog is the most similar candidate.
        hits5: share of neurons whose homolog is among the five most similar candidates.
        mrr: mean reciprocal rank of the homolog.
        pairs: number of pairs that were asked for.
    """

    hits1: float
    hits5: float
    mrr: float
    pairs: int


def homolog_metrics(
    similarity: np.ndarray, truth: np.ndarray, known: np.ndarray | None = None
) -> HomologMetrics:
    """Rank the true homologs by ``similarity``, from left to right and from right to left.

    Candidates are all neurons of the other side that are not members of a ``known`` pair, those
    without a known homolog among them: they are distractors. Ties are resolved by expectation,
    as if equal candidates were drawn in random order, so a constant similarity scores chance.

    Args:
        similarity: ``[L, R]``, larger is more alike.
        truth: ``[L]`` position on the right of the homologs asked for, -1 where not asked.
        known: ``[S, 2]`` pairs (left, right) given in advance, or None.

    Raises:
        InputError: if shapes do not fit, nothing is asked, a similarity is NaN, or a pair is both
            known and asked for.
    """
    known = np.empty((0, 2), dtype=np.int64) if known is None else known
    _check(similarity, truth, known)
    left = np.flatnonzero(truth != NONE)
    right = truth[left]
    rows = np.delete(similarity[left], known[:, 1], axis=1)
    columns = np.delete(similarity[:, right].T, known[:, 0], axis=1)
    value = similarity[left, right]
    sides = [_one_way(candidates, value) for candidates in (rows, columns)]
    hits1, hits5, mrr = np.mean(sides, axis=0)
    return HomologMetrics(float(hits1), float(hits5), float(mrr), len(left))


def place_metrics(
    left: np.ndarray, right: np.ndarray, pairs: np.ndarray, known: np.ndarray | None = None
) -> HomologMetrics:
    """:func:`homolog_metrics` of minus the distance of places, for brains of any size.

    Args:
        left: ``[L, F]`` places of the neurons of one side.
        right: ``[R, F]`` places of those of the other, in the same space.
        pairs: ``[P, 2]`` homologs (left, right) that are asked for.
        known: ``[S, 2]`` pairs given in advance, which are no candidates, or None.

    Raises:
        InputError: if nothing is asked, or a place is NaN.
    """
    known = np.empty((0, 2), dtype=np.int64) if known is None else known
    if not len(pairs):
        raise InputError("no homolog is asked for; give at least one pair")
    if np.isnan(left).any() or np.isnan(right).any():
        raise InputError("a place is NaN; drop neurons without factors")
    sums = np.zeros(3)
    for mine, theirs, end in ((left, right, 0), (right, left, 1)):
        for part in np.array_split(pairs, -(-len(pairs) // BLOCK)):
            near = -cdist(mine[part[:, end]], theirs)
            value = near[np.arange(len(part)), part[:, 1 - end]]
            candidates = np.delete(near, known[:, 1 - end], axis=1)
            sums += len(part) * np.array(_one_way(candidates, value))
    hits1, hits5, mrr = sums / (2 * len(pairs))
    return HomologMetrics(float(hits1), float(hits5), float(mrr), len(pairs))


def _one_way(candidates: np.ndarray, value: np.ndarray) -> tuple[float, float, float]:
    """Expected hits@1, hits@5 and MRR of ``value`` ``[Q]`` among ``candidates`` ``[Q, C]``."""
    above = (candidates > value[:, None]).sum(axis=1)
    equal = (candidates == value[:, None]).sum(axis=1)  # itself among them
    reciprocal = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, candidates.shape[1] + 1))])
    mrr = (reciprocal[above + equal] - reciprocal[above]) / equal
    hits = [float(np.clip((k - above) / equal, 0, 1).mean()) for k in (1, 5)]
    return hits[0], hits[1], float(mrr.mean())


def _check(similarity: np.ndarray, truth: np.ndarray, known: np.ndarray) -> None:
    if similarity.ndim != 2 or truth.shape != similarity.shape[:1]:
        raise InputError(
            f"similarity of shape {similarity.shape} and truth of shape {truth.shape}; "
            "give [L, R] and [L]"
        )
    asked = truth[truth != NONE]
    if not len(asked):
        raise InputError("no homolog is asked for; give the position of at least one")
    if len(np.unique(asked)) != len(asked) or asked.min() < 0 or asked.max() >= similarity.shape[1]:
        raise InputError(f"truth repeats or leaves the {similarity.shape[1]} neurons on the right")
    if np.isnan(similarity).any():
        raise InputError("the similarity has NaN entries; drop neurons without factors")
    if (truth[known[:, 0]] != NONE).any() or np.isin(known[:, 1], asked).any():
        raise InputError("a pair is both known and asked for; ask only for held-out pairs")
