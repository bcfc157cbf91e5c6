"""How far a type can be trusted: a probability, fitted on neurons whose type is known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations_with_replacement

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from connectome.draws import generator
from connectome.models.cell_typing.answer import Answer
from connectome.models.cell_typing.seeds import HELD_OUT, spare
from connectome.models.cell_typing.twins import redraw_within_types
from connectome.models.cell_typing.typing import TypingSettings, type_neurons
from connectome.types import InputError

RARE = 3  # a type that few were told of is like one that none was told of
LEAST = 10  # held-out neurons that a fit needs
FEW = 150  # below, held-out neurons only correct a confidence that is fitted on a twin
CUBIC = 3  # degree in the evidence, of a fit on thousands of a twin's neurons
STRETCH = 0.7  # of the log odds of a twin, which is easier, before anything is held out
LOOSE = 0.3  # standard deviation of that, and of the shift, around 0


@dataclass(frozen=True, eq=False)
class Confidence:
    """Logistic regression of 'the type is right' on standardised evidence.

    Attributes:
        centre: ``[F]`` subtracted from the evidence.
        scale: ``[F]`` it is divided by.
        least, most: ``[F]`` range of the standardised evidence in the fit; what lies outside is
            brought to its end, since nothing was learnt there.
        degree: of the polynomial in the standardised evidence; ``P`` terms without the constant.
        slope: ``[P]``.
        intercept: a number.
        fitted_on: neurons that it was fitted on.
    """

    centre: np.ndarray
    scale: np.ndarray
    least: np.ndarray
    most: np.ndarray
    degree: int
    slope: np.ndarray
    intercept: float
    fitted_on: int

    @classmethod
    def fit(
        cls,
        evidence: np.ndarray,
        right: np.ndarray,
        weight: np.ndarray | None = None,
        degree: int = 1,
    ) -> "Confidence":
        """Fit on ``H`` neurons.

        Args:
            evidence: ``[H, F]``, one neuron or more.
            right: ``[H]`` bool, whether their types are right. Where all are, or none is, nothing
                can be told apart: the probability is Laplace's rule of succession.
            weight: ``[H]`` what each counts; None counts them alike.
            degree: of the polynomial in the evidence.
        """
        weight = np.ones(len(right)) if weight is None else weight
        centre, scale = _centre_and_scale(evidence)
        standard = (evidence - centre) / scale
        terms = _terms(standard, degree)
        if right.all() or not right.any():
            rate = (weight @ right + 1) / (weight.sum() + 2)
            slope, intercept = np.zeros(terms.shape[1]), float(np.log(rate / (1 - rate)))
        else:
            fitted = LogisticRegression(max_iter=1000).fit(terms, right, sample_weight=weight)
            slope, intercept = fitted.coef_[0], float(fitted.intercept_[0])
        least, most = standard.min(axis=0), standard.max(axis=0)
        return cls(centre, scale, least, most, degree, slope, intercept, len(right))

    def of(self, answer: Answer) -> np.ndarray:
        """Probability ``[N]`` that the type is right; 0 where there is none."""
        return np.where(answer.best < 0, 0.0, self.at(answer.evidence))

    def at(self, evidence: np.ndarray) -> np.ndarray:
        """Probability ``[N]`` of evidence ``[N, F]``."""
        return np.asarray(expit(self.log_odds(evidence)))

    def log_odds(self, evidence: np.ndarray) -> np.ndarray:
        """Logarithm of the odds ``[N]`` of evidence ``[N, F]``."""
        standard = np.clip((evidence - self.centre) / self.scale, self.least, self.most)
        return np.asarray(_terms(standard, self.degree) @ self.slope + self.intercept)

    def rescaled(self, evidence: np.ndarray) -> "Confidence":
        """The same for a brain whose evidence ``[N, F]`` has a centre and spread of its own."""
        centre, scale = _centre_and_scale(evidence)
        return replace(self, centre=centre, scale=scale)

    def of_twin(self) -> "Confidence":
        """The same with log odds times ``STRETCH``, where a twin is all that it was fitted on."""
        return replace(self, slope=STRETCH * self.slope, intercept=STRETCH * self.intercept)

    def corrected(
        self, evidence: np.ndarray, right: np.ndarray, weight: np.ndarray
    ) -> "Confidence":
        """The same with log odds stretched and shifted to suit few held-out neurons.

        Platt's scaling (1999) with a normal prior, ``STRETCH`` and 0, each give or take ``LOOSE``.
        It never turns an order round.

        Args:
            evidence: ``[H, F]`` of the held-out.
            right: ``[H]`` bool.
            weight: ``[H]``.
        """
        design = np.column_stack([np.ones(len(right)), self.log_odds(evidence)])
        prior = np.array([0.0, STRETCH])

        def loss(found: np.ndarray) -> tuple[float, np.ndarray]:
            odds, apart = design @ found, (found - prior) / LOOSE
            value = weight @ (np.logaddexp(0, odds) - right * odds) + apart @ apart / 2
            return float(value), design.T @ (weight * (expit(odds) - right)) + apart / LOOSE

        # Whole steps of Newton's, without a search along them, leave where log odds are large.
        bounds, tight = [(None, None), (0, None)], {"ftol": 1e-13, "gtol": 1e-9}
        found = minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=bounds, options=tight).x
        shift, stretch = found
        return replace(
            self, slope=stretch * self.slope, intercept=float(stretch * self.intercept + shift)
        )


def in_own_units(evidence: np.ndarray, columns: Sequence[int], answered: np.ndarray) -> np.ndarray:
    """The evidence with ``columns`` in units of the brain: what depends on how much was detected.

    Args:
        evidence: ``[N, F]``.
        columns: to be brought to mean 0 and standard deviation 1 over ``answered``.
        answered: ``[N]`` bool, neurons with an answer; the others get 0.

    Returns:
        ``[N, F]``.
    """
    evidence = evidence.copy()
    for column in columns if answered.any() else ():
        values = evidence[:, column]
        spread = values[answered].std()
        values[:] = np.where(answered, (values - values[answered].mean()) / (spread or 1.0), 0.0)
    return evidence


def fit_confidence(
    synapses: sp.csr_array,
    known: np.ndarray,
    num_types: int,
    answer: Answer,
    settings: TypingSettings | None = None,
    seed: int = 0,
    untold: float | None = None,
) -> Confidence:
    """Fit a confidence on a fifth of the told neurons, which a second run is not told.

    Where these are fewer than ``FEW``, as with one told neuron a type, they cannot teach what each
    kind of evidence is worth. A twin does: the answer is taken for the truth, connections are drawn
    anew among neurons of equal types, and the twin is typed from the same told neurons (a
    parametric bootstrap, Efron & Tibshirani 1993). The held-out neurons correct it. Two runs hold
    out then, the second others of each type. A twin with fewer than ``FEW`` neurons to type
    teaches no more than the held-out, which are then all.

    Args:
        synapses: ``[N, N]`` counts of synapses, row presynaptic.
        known: ``[N]`` int64 told types in ``0 .. num_types - 1``, -1 where not.
        num_types: number of types ``K``.
        answer: of :func:`type_neurons` to the same.
        settings: of :func:`type_neurons`, which is run again.
        seed: of what is held out.
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
    rng = generator(seed, "held-out types")
    told = np.flatnonzero(known >= 0)
    left = _left_out(count, untold, rng)
    asked = [_asked(known, told, left, untold, rng) for _ in range(2)]
    if len(asked[0][0]) < LEAST:
        raise InputError(
            f"{len(asked[0][0])} told neurons share their type with another: tell {LEAST} or more "
            "such neurons to have a confidence"
        )
    first = _seen(synapses, known, num_types, settings, *asked[0])
    if len(first[1]) >= FEW or ((known < 0) & (answer.best >= 0)).sum() < FEW:
        return Confidence.fit(*first)
    second = _seen(synapses, known, num_types, settings, *asked[1])
    held = (np.concatenate(both) for both in zip(first, second, strict=True))
    twin = redraw_within_types(synapses, answer.best, seed)
    again = type_neurons(twin, known, num_types, settings)
    open_ones = (known < 0) & (answer.best >= 0) & (again.best >= 0)
    right = (again.best == answer.best)[open_ones]
    fitted = Confidence.fit(again.evidence[open_ones], right, degree=CUBIC)
    own = answer.evidence[(known < 0) & (answer.best >= 0)]
    return fitted.rescaled(own).corrected(*held)


def _left_out(count: np.ndarray, untold: float, rng: np.random.Generator) -> np.ndarray:
    """``[K]`` bool: types that are left out whole, a third of those that few are told of."""
    left = np.zeros(len(count), dtype=bool)
    if untold > 0:
        rare = rng.permutation(np.flatnonzero((count > 0) & (count <= RARE)))
        left[rare[: len(rare) // 3]] = True
    return left


def _asked(
    known: np.ndarray, told: np.ndarray, left: np.ndarray, untold: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Positions ``[H]`` of told neurons to hide in a second run, and what each counts.

    Those of types that stay told count 1, and those of types that are ``left`` out as many in all
    as make up the share ``untold``.
    """
    strange = told[left[known[told]]]
    held = spare(told[~left[known[told]]], known, rng)[: round(HELD_OUT * len(told))]
    share = untold / (1 - untold) * len(held) / max(1, len(strange)) if untold < 1 else 1.0
    weight = np.concatenate([np.ones(len(held)), np.full(len(strange), share)])
    return np.concatenate([held, strange]), weight


def _seen(
    synapses: sp.csr_array,
    known: np.ndarray,
    num_types: int,
    settings: TypingSettings | None,
    asked: np.ndarray,
    weight: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Evidence, whether right, and weight of the ``asked`` that a run without them types."""
    hidden = known.copy()
    hidden[asked] = -1
    answer = type_neurons(synapses, hidden, num_types, settings)
    typed = answer.best[asked] >= 0
    asked, weight = asked[typed], weight[typed]
    return answer.evidence[asked], answer.best[asked] == known[asked], weight


def _terms(standard: np.ndarray, degree: int) -> np.ndarray:
    """``[N, P]`` products of one to ``degree`` columns of ``[N, F]``.

    Of no neuron too, which ``PolynomialFeatures`` of scikit-learn refuses.
    """
    columns = range(standard.shape[1])
    picks = chain.from_iterable(
        combinations_with_replacement(columns, power) for power in range(1, degree + 1)
    )
    return np.stack([standard[:, list(pick)].prod(axis=1) for pick in picks], axis=1)


def _centre_and_scale(evidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation ``[F]`` of ``[N, F]``; 1 for what does not vary."""
    spread = evidence.std(axis=0)
    return evidence.mean(axis=0), np.where(spread > 0, spread, 1.0)
