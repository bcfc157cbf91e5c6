"""Cell types of neurons from the types of their partners.

A neuron's profile is its synapses to and from every type. What neurons are taken for makes the
profiles, and the profiles make what they are taken for: rounds of a number fixed in advance. First
only the told neurons stand for their types, by likelihood and then by weighted Jaccard to each
(as in NTAC, Schwartzman et al., Nat Commun 17:1284, 2026, https://pypi.org/project/ntac), and
beliefs move slowly; then all members do, by a semi-supervised block model whose posterior is kept
soft.
"""

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from connectome.models.cell_typing.answer import Answer
from connectome.models.cell_typing.likelihood import (
    LikelihoodSettings,
    TypeModel,
    Weights,
    best_types,
)
from connectome.models.cell_typing.profiles import Wiring, moved, shares
from connectome.models.cell_typing.similarity import jaccard_to, nearest_types
from connectome.models.sparse import one_hot
from connectome.types import InputError

FEW_MEMBERS = 20  # of a type, on average: 64 in the optic lobe, 6 in the central brain
SMALLEST_SIMILARITY = 1e-6  # of a neuron and a type that share something


@dataclass(frozen=True)
class AnchorSettings:
    """Rounds in which told neurons alone stand for their types.

    Attributes:
        likelihood_rounds: by the likelihood, first.
        jaccard_rounds: by weighted Jaccard to the nearest told neuron, then.
        step: of beliefs towards a round's answer.
        sharpness: power of the similarities of the two likeliest types that share a neuron.
        examples: told neurons a type that are compared with, at most: the best connected.
        of_partners: weight of the partners themselves beside that of their types in the Jaccard.
        least_similarity: below it a neuron stays unknown.
        likelihood: its settings; ``told_weight`` is of no account.
    """

    likelihood_rounds: int = 2
    jaccard_rounds: int = 5
    step: float = 0.5
    sharpness: float = 8.0
    examples: int = 4
    of_partners: float = 0.0
    least_similarity: float = 0.0
    likelihood: LikelihoodSettings = field(
        default_factory=lambda: LikelihoodSettings(dispersion=50.0, size_prior=0.0)
    )


@dataclass(frozen=True)
class MemberSettings:
    """Rounds in which all members stand for their type.

    Attributes:
        rounds: how many.
        first_temperature: of the posterior in the first; it falls by a constant factor.
        temperature: of the posterior in the last.
        start_temperature: in all rounds after a start, where no told neuron need hold a type in
            place: hot rounds would give all neurons to the commonest.
        count: types that a neuron may be shared between.
        told_similarity: times the weighted Jaccard to the mean of a type's told neurons, which is
            added to the log likelihood of the likeliest.
        likelihood: its settings.
    """

    rounds: int = 8
    first_temperature: float = 15.0
    temperature: float = 3.0
    start_temperature: float = 1.0
    count: int = 8
    told_similarity: float = 20.0
    likelihood: LikelihoodSettings = field(default_factory=LikelihoodSettings)

    def temperatures(self) -> np.ndarray:
        """Of every round, ``[rounds]``."""
        return np.geomspace(self.first_temperature, self.temperature, self.rounds)


@dataclass(frozen=True)
class TypingSettings:
    """Of :func:`type_neurons`."""

    anchor: AnchorSettings = field(default_factory=AnchorSettings)
    members: MemberSettings = field(default_factory=MemberSettings)

    @classmethod
    def suited(cls, neurons: int, num_types: int) -> "TypingSettings":
        """Fewer and cooler rounds where types have few members, who teach little.

        Types of fewer than ``FEW_MEMBERS`` neurons on average are small. Neurons unlike all that
        is told then stay unknown while only the told stand for their types, and shared partners
        count, which few neurons of a large type have.
        """
        if neurons >= FEW_MEMBERS * num_types:
            return cls()
        likelihood = LikelihoodSettings(dispersion=3.0, told_weight=30.0)
        members = MemberSettings(3, 3.0, 3.0, count=4, likelihood=likelihood)
        anchor = AnchorSettings(examples=32, of_partners=0.5, least_similarity=0.08)
        return cls(anchor, members)


def type_neurons(
    synapses: sp.csr_array,
    known: np.ndarray,
    num_types: int,
    settings: TypingSettings | None = None,
    start: np.ndarray | sp.csr_array | None = None,
) -> Answer:
    """Type all neurons, from those that are known or from a start.

    Args:
        synapses: ``[N, N]`` counts of synapses, row presynaptic.
        known: ``[N]`` int64 types in ``0 .. num_types - 1`` that are told, -1 where not.
        num_types: number of types ``K``.
        settings: numbers of rounds and their settings; None is :meth:`TypingSettings.suited`.
        start: what neurons are taken for at first, ``[N]`` codes (-1: unknown) or ``[N, K]`` soft
            rows of sum one or less; the rounds in which told neurons alone count are then left
            out. Another brain's types come in here.

    Returns:
        Types; those that are told stay. Without a start no neuron is of a type that nobody told.

    Raises:
        InputError: for shapes or codes that do not fit, or if nothing is started and fewer than
            two types are known.
    """
    known = np.asarray(known, dtype=np.int64)
    _check(synapses, known, num_types, start)
    named = np.arange(num_types) if start is not None else np.unique(known[known >= 0])
    chosen = settings or TypingSettings.suited(len(known), len(named))
    code = np.full(num_types + 1, -1)  # the last for the unknown, -1
    code[named] = np.arange(len(named))
    answer = _Typing(Wiring.of(synapses), code[known], len(named), chosen).run(start)
    return answer.renamed(named)


def _check(
    synapses: sp.csr_array,
    known: np.ndarray,
    num_types: int,
    start: np.ndarray | sp.csr_array | None,
) -> None:
    neurons = synapses.shape[0]
    if known.shape != (neurons,):
        raise InputError(f"known of shape {known.shape}: give one type for each of {neurons}")
    if num_types < 2 or known.max(initial=-1) >= num_types or known.min(initial=0) < -1:
        raise InputError(
            f"known types {known.min(initial=0)} to {known.max(initial=-1)} of {num_types}: "
            "number two or more types from 0, and the unknown -1"
        )
    if start is None and (named := len(np.unique(known[known >= 0]))) < 2:
        few = "one type alone is" if named else "no type is"
        raise InputError(f"{few} known: tell two or more, or give a start")
    if start is not None and start.shape not in ((neurons,), (neurons, num_types)):
        raise InputError(f"start of shape {start.shape}: give [{neurons}] or a column a type")


@dataclass(frozen=True, eq=False)
class _Typing:
    """One problem, and what its rounds share."""

    wiring: Wiring
    known: np.ndarray
    num_types: int
    settings: TypingSettings

    def run(self, start: np.ndarray | sp.csr_array | None) -> Answer:
        temperatures = self.settings.members.temperatures()
        if start is None:
            return self.refined(self.anchored(), temperatures)
        return self.refined(
            self.started(start), np.full_like(temperatures, self.settings.members.start_temperature)
        )

    @property
    def width(self) -> int:
        return self.num_types + 1  # the last is 'unknown'

    def told(self) -> sp.csr_array:
        """``[N, K]``."""
        return one_hot(self.known, self.num_types)

    def started(self, start: np.ndarray | sp.csr_array) -> sp.csr_array:
        """``[N, K + 1]`` beliefs of a start; told neurons keep their type."""
        if start.ndim == 1:
            soft = one_hot(np.asarray(start, dtype=np.int64), self.num_types)
        else:
            soft = sp.csr_array(start, dtype=np.float64)
        free = sp.diags_array((self.known < 0).astype(float))
        soft = sp.csr_array(free @ soft + self.told())
        rest = np.maximum(1 - np.asarray(soft.sum(axis=1)), 0).reshape(-1, 1)
        return sp.csr_array(sp.hstack([soft, sp.csr_array(rest)], format="csr"))

    def anchored(self) -> sp.csr_array:
        """``[N, K + 1]`` beliefs after the rounds in which told neurons alone count."""
        of = self.settings.anchor
        beliefs, told = self._one_hot(self.known), self.told()
        examples = few_of_each(self.known, of.examples, self.wiring)
        target = beliefs
        for turn in range(of.likelihood_rounds + of.jaccard_rounds):
            profile = self.wiring.profile(beliefs)
            if turn < of.likelihood_rounds:
                model = TypeModel.of(profile, told)
                types, scores = best_types(profile, Weights.of(model, of.likelihood), 1)
            else:
                compared, untold = self._compared(profile), self.known < 0
                types, alike = nearest_types(compared, examples, self.known[examples], untold)
                types[alike < of.least_similarity] = -1
                scores = of.sharpness * np.log(np.maximum(alike, SMALLEST_SIMILARITY))
            target = shares(types, scores, 1, self.known, self.width)
            beliefs = moved(beliefs, target, of.step)
        return target

    def _compared(self, profile: sp.csr_array) -> sp.csr_array:
        """``[N, D]`` with the partners themselves as further dimensions, if they count."""
        weight = self.settings.anchor.of_partners
        if not weight:
            return profile
        partners = (self.wiring.sent * weight, self.wiring.received * weight)
        return sp.csr_array(sp.hstack([profile, *partners], format="csr"))

    def refined(self, beliefs: sp.csr_array, temperatures: np.ndarray) -> Answer:
        """The answer after the rounds in which all members count."""
        of, told = self.settings.members, self.told()
        for temperature in temperatures:
            profile = self.wiring.profile(beliefs)
            soft = sp.csr_array(beliefs[:, : self.num_types])
            model = TypeModel.of(profile, soft, told, of.likelihood.told_weight)
            weights = Weights.of(model, of.likelihood)
            types, scores = best_types(profile, weights, min(of.count, self.num_types))
            if of.told_similarity:
                means = TypeModel.of(profile, told).means()
                types, scores = self._reranked(profile, means, types, scores)
            beliefs = shares(types, scores, float(temperature), self.known, self.width)
        return self.answer(profile, model, types, scores)

    def _reranked(
        self, profile: sp.csr_array, means: sp.csr_array, types: np.ndarray, scores: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The likeliest types in order with their likeness to told neurons added."""
        alike = np.stack([jaccard_to(profile, means, column) for column in types.T], axis=1)
        scores = scores + self.settings.members.told_similarity * alike
        order = np.argsort(-scores, axis=1, kind="stable")
        return np.take_along_axis(types, order, 1), np.take_along_axis(scores, order, 1)

    def answer(
        self,
        profile: sp.csr_array,
        model: TypeModel,
        types: np.ndarray,
        scores: np.ndarray,
    ) -> Answer:
        """With evidence of how far each type can be trusted."""
        best = np.where(self.known >= 0, self.known, types[:, 0])
        second = np.where(types[:, 0] == best, types[:, 1], types[:, 0])
        alike = jaccard_to(profile, model.means(), best)
        sizes = np.bincount(best[best >= 0], minlength=self.num_types)
        margin = np.where(types[:, 0] < 0, 0, scores[:, 0] - scores[:, 1])
        logs = (np.log1p(values) for values in (margin, self.wiring.degree, sizes[best]))
        ahead, degree, members = logs
        columns = (ahead, alike, degree, members)
        evidence = np.where((best >= 0)[:, None], np.stack(columns, axis=1), 0.0)
        return Answer(best, second, evidence)

    def _one_hot(self, types: np.ndarray) -> sp.csr_array:
        return one_hot(np.where(types < 0, self.num_types, types), self.width)


def few_of_each(known: np.ndarray, count: int, wiring: Wiring) -> np.ndarray:
    """Positions ``[S]`` of the ``count`` best connected told neurons of each type.

    Partners decide, then synapses, then partners' synapses: never the order of the neurons.
    ``known`` is ``[N]``.
    """
    told = np.flatnonzero(known >= 0)
    reach = wiring.sent @ wiring.synapses + wiring.received @ wiring.synapses
    keys = (-reach, -wiring.synapses, -wiring.degree, known)  # the last counts first
    told = told[np.lexsort([key[told] for key in keys])]
    types = known[told]
    return told[np.arange(len(told)) - np.searchsorted(types, types) < count]
