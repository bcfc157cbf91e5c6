"""How far a type can be trusted: a probability, fitted on told neurons that were held out."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from connectome.draws import generator
from connectome.models.cell_typing.answer import Answer
from connectome.models.cell_typing.seeds import HELD_OUT, spare
from connectome.models.cell_typing.typing import TypingSettings, type_neurons
from connectome.types import InputError

RARE = 3  # a type that few were told of is like one that none was told of
LEAST = 10  # held-out neurons that a fit needs


@dataclass(frozen=True, eq=False)
class Confidence:
    """Logistic regression of 'the type is right' on standardised evidence.

    Attributes:
        centre: ``[F]`` subtracted from the evidence.
        scale: ``[F]`` it is divided by.
        least, most: ``[F]`` range of the standardised evidence in the fit; what lies outside is
            brought to its end, since nothing was learnt there.
        slope: ``[F]``.
        intercept: a number.
        held_out: probabilities of the held-out neurons that it was fitted on, ``[H]``.
        right: whether their types were right, ``[H]`` bool.
        weight: what each counts, ``[H]``.
    """

    centre: np.ndarray
    scale: np.ndarray
    least: np.ndarray
    most: np.ndarray
    slope: np.ndarray
    intercept: float
    held_out: np.ndarray
    right: np.ndarray
    weight: np.ndarray

    def of(self, answer: Answer) -> np.ndarray:
        """Probability ``[N]`` that the type is right; 0 where there is none."""
        chance = self.at(answer.evidence)
        return np.where(answer.best < 0, 0.0, chance)

    def at(self, evidence: np.ndarray) -> np.ndarray:
        """Probability ``[...]`` of evidence ``[..., F]``."""
        standard = np.clip((evidence - self.centre) / self.scale, self.least, self.most)
        logit = standard @ self.slope + self.intercept
        return np.asarray(1 / (1 + np.exp(-np.clip(logit, -50, 50))))

    def threshold(self, precision: float) -> float:
        """Least confidence at which the held-out neurons above it are right at ``precision``.

        Above 1, which none reaches, if no threshold does.
        """
        order = np.argsort(-self.held_out, kind="stable")
        weight = self.weight[order]
        found = np.cumsum(weight * self.right[order]) / np.cumsum(weight)
        last = np.diff(self.held_out[order], append=-1.0) < 0  # of neurons with equal confidence
        reached = np.flatnonzero((found >= precision) & last)
        return float(self.held_out[order][reached[-1]]) if len(reached) else 1.1


def fit_confidence(
    synapses: sp.csr_array,
    known: np.ndarray,
    num_types: int,
    settings: TypingSettings | None = None,
    seed: int = 0,
    start: np.ndarray | sp.csr_array | None = None,
    untold: float | None = None,
) -> Confidence:
    """Fit a confidence on a fifth of the told neurons, which a second run is not told.

    Args:
        synapses: ``[N, N]`` counts of synapses, row presynaptic.
        known: ``[N]`` int64 told types in ``0 .. num_types - 1``, -1 where not.
        num_types: number of types ``K``.
        settings: of :func:`type_neurons`, which is run again.
        seed: of what is held out.
        start: as there, ``[N]`` or ``[N, K]``.
        untold: share of the neurons whose type no told neuron has: 0 if every type is told;
            None estimates it by the share of the told that are alone of their type (Good 1953,
            doi:10.1093/biomet/40.3-4.237).
            Types that few are told of are then left out whole, to learn what such neurons look
            like.

    Raises:
        InputError: if fewer than ``LEAST`` told neurons can be held out.
    """
    known = np.asarray(known, dtype=np.int64)
    count = np.bincount(known[known >= 0], minlength=num_types)
    if untold is None:
        untold = float((count == 1).sum() / max(1, count.sum()))
    held, strange = _held_out(known, count, untold, seed)
    if len(held) < LEAST:
        raise InputError(
            f"{len(held)} told neurons share their type with another: tell {LEAST} or more such "
            "neurons to have a confidence"
        )
    hidden = known.copy()
    hidden[held] = hidden[strange] = -1
    answer = type_neurons(synapses, hidden, num_types, settings, start)
    share = untold / (1 - untold) * len(held) / max(1, len(strange)) if untold < 1 else 1.0
    asked = np.concatenate([held, strange])
    weight = np.concatenate([np.ones(len(held)), np.full(len(strange), share)])
    typed = answer.best[asked] >= 0
    asked, weight = asked[typed], weight[typed]
    return _fit(answer.evidence[asked], answer.best[asked] == known[asked], weight)


def _held_out(
    known: np.ndarray, count: np.ndarray, untold: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Neurons of types that stay told, and all told neurons of types that are left out whole."""
    rng = generator(seed, "held-out types")
    order = rng.permutation(np.flatnonzero(known >= 0))
    left = np.zeros(len(count), dtype=bool)
    if untold > 0:
        rare = rng.permutation(np.flatnonzero((count > 0) & (count <= RARE)))
        left[rare[: len(rare) // 3]] = True
    strange = order[left[known[order]]]
    rest = order[~left[known[order]]]
    return spare(rest, known)[: round(HELD_OUT * len(order))], strange


def _fit(evidence: np.ndarray, right: np.ndarray, weight: np.ndarray) -> Confidence:
    centre, spread = evidence.mean(axis=0), evidence.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    standard = (evidence - centre) / scale
    if right.all() or not right.any():  # nothing to tell apart: Laplace's rule of succession
        rate = (weight @ right + 1) / (weight.sum() + 2)
        slope, intercept = np.zeros(len(centre)), float(np.log(rate / (1 - rate)))
    else:
        fitted = LogisticRegression(max_iter=1000).fit(standard, right, sample_weight=weight)
        slope, intercept = fitted.coef_[0], float(fitted.intercept_[0])
    held_out = 1 / (1 + np.exp(-(standard @ slope + intercept)))
    least, most = standard.min(axis=0), standard.max(axis=0)
    return Confidence(centre, scale, least, most, slope, intercept, held_out, right, weight)
