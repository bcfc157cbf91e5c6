"""Cell types of one brain from those of another, through a matching of their neurons.

Types are carried over by matched neurons, and help the matching in turn: two neurons are alike if
their partners are matched to each other, and if their partners have the same types. A type is never
needed on the other side; what is known there types the partners. Partners without a type are a type
of their own each, carried over by the matching.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from connectome.models.cell_typing.answer import Answer
from connectome.models.matching import Candidates, largest, median_ratio, nearest_profiles, soften
from connectome.models.sparse import entries_at, one_hot, partner_counts, synapse_totals
from connectome.types import InputError

CARRIED = ("share", "lead", "similarity", "mutual", "log_degree", "log_synapses", "log_class_size")


@dataclass(frozen=True)
class CarrySettings:
    """How types are carried over.

    Attributes:
        rounds: in which types and matching help each other; 0 takes the matching as it is.
        of_types: weight of partners' types, 0..1, beside that of the partners themselves.
        candidates: neurons of the other brain that a neuron may be matched to.
        sharpness: of the matching, per unit of score.
        sweeps: of Sinkhorn.
        floor: entries of the matching below are dropped.
    """

    rounds: int = 2
    of_types: float = 0.5
    candidates: int = 50
    sharpness: float = 30.0
    sweeps: int = 20
    floor: float = 0.02


def carry_types(
    home: sp.csr_array,
    types: np.ndarray,
    away: sp.csr_array,
    num_types: int,
    matching: sp.csr_array,
    settings: CarrySettings = CarrySettings(),
    told: np.ndarray | None = None,
) -> Answer:
    """Types of the neurons of ``away``, of which none need be known.

    Args:
        home: ``[H, H]`` synapses of the brain with types, rows presynaptic.
        types: ``[H]`` int64 in ``0 .. num_types - 1``, -1 where unknown.
        away: ``[A, A]`` synapses of the brain to be typed.
        num_types: number of types ``K``, at least 1.
        matching: ``[H, A]`` soft matching to begin with, rows and columns of sum one or less.
        settings: how.
        told: ``[A]`` int64 types of ``away`` that are known, -1 where not; None: none is. They
            count in the profiles of a neuron's partners, never as its own answer; a self-loop
            would make it its own partner.

    Returns:
        Types, -1 where nobody is matched. The evidence ``[A, len(CARRIED)]`` is: ``share`` of the
        matching that votes for the type; ``lead`` above the next type; ``similarity``, the largest
        Jaccard to a neuron of the type; ``mutual``, whether the likest neuron's likest is this one;
        logarithms of partners, synapses, and neurons of the type at home.

    Raises:
        InputError: if shapes do not fit.
    """
    sizes = home.shape[0], away.shape[0]
    if types.shape != (sizes[0],) or matching.shape != sizes or types.max(initial=-1) >= num_types:
        raise InputError(
            f"{len(types)} types up to {types.max(initial=-1)} and a matching of shape "
            f"{matching.shape}: give [{sizes[0]}] of {num_types} types, and {sizes}"
        )
    told = np.full(sizes[1], -1) if told is None else told
    if told.shape != (sizes[1],) or told.max(initial=-1) >= num_types:
        raise InputError(
            f"told: {len(told)} types up to {told.max(initial=-1)}; give [{sizes[1]}] of "
            f"{num_types} types"
        )
    brains = _Brains(home, types, away, told, num_types, settings)
    alike = sp.csr_array(sizes)
    for _ in range(settings.rounds):
        found = brains.compared(sp.csr_array(matching))
        alike = _as_matrix(found, sizes[1])
        matching = soften(found, sizes[1], settings.sharpness, settings.sweeps, settings.floor)
    return brains.answer(sp.csr_array(matching), alike)


class _Brains:
    """Weights and types of two brains, and what a round makes of a matching."""

    def __init__(
        self,
        home: sp.csr_array,
        types: np.ndarray,
        away: sp.csr_array,
        told: np.ndarray,
        num_types: int,
        settings: CarrySettings,
    ) -> None:
        self.types, self.num_types, self.settings = types, num_types, settings
        self.home, self.away = sp.csr_array(home), sp.csr_array(away)
        alone = np.flatnonzero(types < 0)
        code = types.astype(np.int64)
        code[alone] = num_types + np.arange(len(alone))
        self.code = one_hot(code, num_types + len(alone))
        self.told = one_hot(told, self.code.shape[1])
        self.untold = sp.diags_array((told < 0).astype(float))
        share = settings.of_types
        self.weights = {
            "home": _both_ways(self.home) * (1 - share),
            "away": _both_ways(self.away) * (1 - share),
        }
        self.of_types = _profile(self.home, self.code) * share

    def compared(self, matching: sp.csr_array) -> Candidates:
        """Candidates of the neurons at home, by partners and by types of partners."""
        mapped = self.weights["home"] @ sp.block_diag([matching, matching], format="csr")
        carried = self.untold @ (sp.csr_array(matching.T) @ self.code) + self.told
        there = _profile(self.away, sp.csr_array(carried)) * self.settings.of_types
        totals = self.weights["home"].sum(axis=1) + self.of_types.sum(axis=1)
        profiles = sp.csr_array(sp.hstack([self.weights["away"], there], format="csr"))
        best = largest(matching)
        rows = np.flatnonzero(best >= 0)
        scale = median_ratio(totals[rows], profiles.sum(axis=1)[best[rows]])
        queries = sp.csr_array(sp.hstack([mapped, self.of_types], format="csr"))
        return nearest_profiles(queries * scale, profiles, self.settings.candidates, totals * scale)

    def answer(self, matching: sp.csr_array, alike: sp.csr_array) -> Answer:
        """Votes of the matched neurons at home, and the evidence for them."""
        told = one_hot(self.types, self.num_types)
        back = sp.csr_array(matching.T)
        rest = np.maximum(1 - np.asarray(back.sum(axis=1)), 0)
        likest_rest = sp.diags_array(rest) @ _softmax(alike.T, self.settings.sharpness)
        votes = sp.csr_array((back + likest_rest) @ told)
        best = largest(votes)
        top = entries_at(votes, best)
        votes = votes - sp.diags_array(top) @ one_hot(best, self.num_types)
        votes.data[votes.data <= 1e-12] = 0
        votes.eliminate_zeros()
        second = largest(votes)
        likest, there = largest(back), largest(matching)
        mutual = (likest >= 0) & (there[likest] == np.arange(len(likest)))
        size = np.bincount(self.types[self.types >= 0], minlength=self.num_types)
        columns = (
            *(top, top - entries_at(votes, second), _of_type(alike, self.types, best), mutual),
            *(np.log1p(partner_counts(self.away)), np.log1p(synapse_totals(self.away))),
            np.log1p(size[best]),
        )
        evidence = np.where((best >= 0)[:, None], np.stack(columns, axis=1), 0.0)
        return Answer(best, second, evidence)


def _both_ways(synapses: sp.csr_array) -> sp.csr_array:
    """``[N, 2 N]`` square roots of the synapses to and from each neuron."""
    both = sp.csr_array(sp.hstack([synapses, synapses.T], format="csr"), dtype=np.float64)
    both.data = np.sqrt(both.data)
    return both


def _profile(synapses: sp.csr_array, code: sp.csr_array) -> sp.csr_array:
    """``[N, 2 C]`` square roots of the synapses to and from each column of ``code``."""
    both = sp.csr_array(sp.hstack([synapses @ code, sp.csr_array(synapses.T) @ code], format="csr"))
    both.data = np.sqrt(both.data)
    return both


def _as_matrix(found: Candidates, size: int) -> sp.csr_array:
    real = found.index >= 0
    place = np.nonzero(real)[0], found.index[real]
    return sp.csr_array((found.score[real], place), shape=(len(found.index), size))


def _softmax(scores: sp.csr_array, sharpness: float) -> sp.csr_array:
    """Rows of sum one of the entries' ``exp(sharpness * score)``; empty rows stay so."""
    share = sp.csr_array(scores, copy=True)
    rows = np.repeat(np.arange(share.shape[0]), np.diff(share.indptr))
    share.data = np.exp(sharpness * (share.data - 1.0))
    share.data /= np.bincount(rows, share.data, share.shape[0])[rows]
    return share


def _of_type(alike: sp.csr_array, types: np.ndarray, best: np.ndarray) -> np.ndarray:
    """``[A]`` largest similarity to a neuron at home of the type ``best`` ``[A]``."""
    pairs = alike.tocoo()
    same = (types[pairs.row] == best[pairs.col]) & (best[pairs.col] >= 0)
    similarity = np.zeros(len(best))
    np.maximum.at(similarity, pairs.col[same], pairs.data[same])
    return similarity
