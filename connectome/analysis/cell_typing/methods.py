"""How types are inferred from those that are told: by wiring, and by partners beside it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from connectome.analysis.cell_typing.labels import Labels
from connectome.analysis.cell_typing.scores import Typing
from connectome.analysis.latent import (
    MOST_TYPES,
    PARTNER_TYPES,
    Choice,
    Labelled,
    PartnerTyping,
    choose_rule,
)
from connectome.data.neurons import Partners
from connectome.models.cell_typing import (
    Answer,
    Votes,
    fit_confidence,
    type_neurons,
    type_with_votes,
)
from connectome.types import InputError, NotApplicableError

METHOD = PARTNER_TYPES
MOST_TOLD = 1000  # neurons, of a choice between methods: with more a classifier takes minutes
EDGE = 1e-6  # of a classifier's confidence, whose log odds are the evidence
# From the told types [N], -1 where none is; False leaves out the confidence, which takes longer.
Infer = Callable[[np.ndarray, bool], Typing]


@dataclass(frozen=True, eq=False)
class PairVotes:
    """Pairs that vote on types.

    Attributes:
        partners: of the ``N`` neurons.
        types: ``[M]`` int64 of the other brain, -1 where unknown; None: partners are of the same
            brain, and vote what they were told.
        file: where the pairs are from, for messages.
    """

    partners: Partners
    types: np.ndarray | None
    file: str

    def of(self, known: np.ndarray) -> Votes:
        """Votes once ``known`` ``[N]`` int64 are told, -1 where none is."""
        types = known if self.types is None else self.types
        given = self.partners
        return Votes.of(given.partner, given.runner_up, given.confidence, types)

    def told(self, known: np.ndarray) -> np.ndarray:
        """All types that are told, of the neurons ``known`` ``[N]`` and of the other brain."""
        return known if self.types is None else np.concatenate([known, self.types])


def choose_method(
    synapses: sp.csr_array, labels: Labels, seed: int, untold: float | None
) -> tuple[Infer, str]:
    """The better method on the told neurons, and why; the likelihood where too many are told.

    With many types, or many told neurons, members of a type teach the likelihood enough.

    Args:
        synapses: ``[N, N]`` synapse counts, row presynaptic.
        labels: what is told.
        seed: of folds, and of what is held out.
        untold: as of :func:`infer`.
    """
    count = len(labels.names)

    def likelihood(told: np.ndarray, sure: bool) -> Typing:
        if sure:
            return infer(synapses, told, count, seed, untold)
        return settled(type_neurons(synapses, told, count), told, np.full(len(told), np.nan))

    best, why = _choice(synapses, labels.names, labels.known, seed)
    if best is None:
        return likelihood, why

    def chosen(told: np.ndarray, _: bool) -> Typing:
        found = best.rule(told)
        types = np.where(told >= 0, told, found.predicted)
        second = np.where(found.predicted == types, found.runner_up, found.predicted)
        return Typing(types, second, np.where(told >= 0, 1.0, found.confidence))

    return chosen, why


def with_pairs(
    synapses: sp.csr_array, labels: Labels, pairs: PairVotes, seed: int
) -> tuple[Infer, str]:
    """The same with the types of partners as evidence beside the wiring.

    Args:
        synapses: ``[N, N]`` synapse counts, row presynaptic.
        labels: what is told.
        pairs: who votes.
        seed: of folds and parts.
    """
    count = len(labels.names)
    full = np.where(labels.known >= 0, labels.known, pairs.of(labels.known).best)
    best, why = _choice(synapses, labels.names, full, seed)

    def rule(told: np.ndarray) -> Answer:
        if best is None:
            return type_neurons(synapses, told, count)
        found = best.rule(told)
        sure = np.clip(found.confidence, EDGE, 1 - EDGE)
        return Answer(found.predicted, found.runner_up, np.log(sure / (1 - sure))[:, None])

    def inferred(told: np.ndarray, _: bool) -> Typing:
        try:
            found = type_with_votes(rule, told, pairs.of(told), seed)
        except InputError as error:
            raise InputError(f"pairs={pairs.file}: {error}") from error
        return Typing(found.best, found.runner_up, found.confidence, voted=found)

    return inferred, f"{why or METHOD}; partners vote beside it"


def votes_alone(pairs: PairVotes) -> Infer:
    """The types of partners as they are, and the chance that they are right."""

    def inferred(told: np.ndarray, _: bool) -> Typing:
        votes = pairs.of(told)
        best = np.where(told >= 0, told, votes.best)
        sure = np.where(told >= 0, 1.0, votes.chance(told))
        return Typing(best, np.full(len(best), -1), sure)

    return inferred


def _choice(
    synapses: sp.csr_array, names: tuple[str, ...], known: np.ndarray, seed: int
) -> tuple[Choice | None, str]:
    """The rule that is better than the likelihood on the told, None if it is not; and why."""
    if len(names) > MOST_TYPES or (known >= 0).sum() > MOST_TOLD:
        return None, ""
    try:
        given = Labelled(known, names, np.arange(len(known)))
        best = choose_rule(PartnerTyping(synapses, given), seed)
    except NotApplicableError as error:
        return None, f"{METHOD}, since no method can be judged: {error}"
    return (None if best.name == METHOD else best), f"{best.name}, {best.why}"


def infer(
    synapses: sp.csr_array,
    known: np.ndarray,
    num_types: int,
    seed: int,
    untold: float | None = None,
) -> Typing:
    """Types with a confidence that is fitted on told neurons held out in a second run.

    Args:
        synapses: ``[N, N]`` synapse counts, row presynaptic.
        known: ``[N]`` told types, -1 where none is.
        num_types: number of types ``K``.
        seed: of what is held out.
        untold: share of the neurons that are of a type without a told one; None estimates it.

    Returns:
        Types; without a confidence where too few neurons are told to fit one.
    """
    answer = type_neurons(synapses, known, num_types)
    try:
        fitted = fit_confidence(synapses, known, num_types, answer, seed=seed, untold=untold)
    except InputError as error:  # types are worth something without a confidence, and it is said
        unknown = np.full(len(known), np.nan)
        return replace(settled(answer, known, unknown), trouble=str(error))
    return settled(answer, known, fitted.of(answer))


def settled(answer: Answer, known: np.ndarray, confidence: np.ndarray) -> Typing:
    """The answer, in which a told neuron (``known`` ``[N]``) is certain and an unknown one not.

    ``confidence`` is ``[N]``.
    """
    sure = np.where(known >= 0, 1.0, np.where(answer.best < 0, 0.0, confidence))
    return Typing(answer.best, answer.runner_up, sure)
