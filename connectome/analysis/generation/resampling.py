"""Which real neurons new ones are like, and which real pairs pairs of new ones are like."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import pdist, squareform

from connectome.models.generative import Groups


def resample(groups: Groups, rng: np.random.Generator) -> np.ndarray:
    """The neuron ``[N]`` that each is to be like: of its type and side, drawn with replacement.

    Homologs are drawn as a pair, among pairs of their types and sides.
    """
    chosen = np.arange(len(groups.homolog))
    for units in _alike(groups):
        chosen[units] = units[rng.integers(len(units), size=len(units))]
    return chosen


def _alike(groups: Groups) -> list[np.ndarray]:
    """Neurons ``[m, 1]`` without and ``[m, 2]`` with homologs that are drawn among each other."""
    found: dict[tuple[tuple[int, int], ...], list[tuple[int, ...]]] = {}
    for neuron, mate in enumerate(groups.homolog.tolist()):
        together = (neuron,) if mate < 0 else (neuron, mate)
        place = [(int(groups.side[n]), int(groups.kind[n]), n) for n in together]
        if place != sorted(place):
            continue  # counted from its homolog
        found.setdefault(tuple((side, kind) for side, kind, _ in place), []).append(together)
    return [np.array(units) for units in found.values()]


def nearest(groups: Groups, probability: np.ndarray) -> np.ndarray:
    """The neuron ``[N]`` most like each, of its type and side; -1 where it is the only one.

    By the squared differences of ``probability`` ``[N, N]`` to and from all neurons (the distance
    of Zhang, Levina & Zhu 2017, doi:10.1093/biomet/asx042), of homologs together.
    """
    profile = np.hstack([probability, probability.T]).astype(np.float32)
    found = np.full(len(probability), -1)
    for units in _alike(groups):
        if len(units) < 2:
            continue
        distance = sum(squareform(pdist(profile[neurons], "sqeuclidean")) for neurons in units.T)
        np.fill_diagonal(distance, np.inf)
        found[units] = units[distance.argmin(axis=1)]
    return found


@dataclass(frozen=True, eq=False)
class Likeness:
    """Real pairs that pairs of new neurons are like.

    Attributes:
        chosen: ``[N]`` the real neuron that each new one is like.
        clones: ``[P]`` sorted, ``i N + j`` of new neurons ``i`` and ``j`` that are like the same
            real one, or like two homologs, without being homologs themselves.
        source, target: ``[P]`` real neurons, the pair that each of ``clones`` is like.
    """

    chosen: np.ndarray
    clones: np.ndarray
    source: np.ndarray
    target: np.ndarray

    @classmethod
    def of(cls, groups: Groups, chosen: np.ndarray, nearest: np.ndarray) -> "Likeness":
        """Of neurons drawn by :func:`resample`.

        No real neuron is linked to itself, so nothing says how two that are like the same one are
        linked: one of them stands for the :func:`nearest` neuron.

        Args:
            groups: sides, types and homologs.
            chosen: ``[N]`` the real neuron that each new one is like.
            nearest: ``[N]`` of the real neurons.
        """
        n = len(chosen)
        keys, source, target = [np.empty(0, np.int64)], [np.empty(0, int)], [np.empty(0, int)]
        for units in _alike(groups):
            width = units.shape[1]
            picks = chosen[units[:, 0]]
            one, other = np.triu(picks[:, None] == picks, 1).nonzero()
            left, right = (
                np.repeat(units[one], width, 1).ravel(),
                np.tile(units[other], width).ravel(),
            )
            like, stand_in = chosen[left], nearest[chosen[right]]
            keys += [left * n + right, right * n + left]
            source += [like, stand_in]
            target += [stand_in, like]
        order = np.argsort(np.concatenate(keys))
        return cls(chosen, *(np.concatenate(part)[order] for part in (keys, source, target)))

    def pairs(self, edges: np.ndarray) -> np.ndarray:
        """Real pairs ``[2, E]`` that the pairs ``edges`` ``[2, E]`` of new neurons are like."""
        found = self.chosen[edges]
        if not len(self.clones):
            return found
        key = edges[0] * len(self.chosen) + edges[1]
        place = np.minimum(np.searchsorted(self.clones, key), len(self.clones) - 1)
        clone = self.clones[place] == key
        found[:, clone] = self.source[place[clone]], self.target[place[clone]]
        return found

    def matrix(self, values: np.ndarray) -> np.ndarray:
        """``[N, N]`` of pairs of new neurons, from ``values`` ``[N, N]`` of real ones."""
        found = values[np.ix_(self.chosen, self.chosen)]
        found.ravel()[self.clones] = values[self.source, self.target]
        return found
