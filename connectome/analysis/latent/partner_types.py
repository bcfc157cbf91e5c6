"""Types from the types of partners, held against what embeddings say of types.

There is no embedding in it: it is what any embedding has to beat.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import scipy.sparse as sp

from connectome.analysis.latent.cell_type_probe import (
    CONFIDENT,
    prediction_table,
    probe_row,
)
from connectome.analysis.latent.views import Labelled, synapse_matrix
from connectome.metrics.neurons import Probe, Rule, Ruled, fit_classifier, probe_told
from connectome.models.cell_typing import (
    Answer,
    Wiring,
    fit_confidence,
    nearest_types,
    type_neurons,
)
from connectome.models.sparse import one_hot
from connectome.types import Connectome, InputError, NotApplicableError

PARTNER_TYPES = "partner types"
PROFILES = "profile of partner types"
NEAREST = "nearest by partner types"
MOST_TYPES = 100  # of a classifier of profiles: with more, most types have too few neurons for it


@dataclass(frozen=True, eq=False)
class PartnerTyping:
    """Typing from partners (:func:`connectome.models.cell_typing.typing.type_neurons`).

    Several rules are told the same types, and ask for the same answer: it is found once.

    Attributes:
        synapses: ``[N, N]`` synapse counts, row presynaptic.
        labels: types and groups.
        found: answers so far, by the types that were told.
    """

    synapses: sp.csr_array
    labels: Labelled
    found: dict[bytes, Answer] = field(default_factory=dict)

    @classmethod
    def of(cls, connectome: Connectome, labels: Labelled) -> "PartnerTyping":
        """Of the synapses of a connectome."""
        return cls(synapse_matrix(connectome), labels)

    @property
    def count(self) -> int:
        """Number of types."""
        return len(self.labels.names)

    def told(self, known: np.ndarray) -> Answer:
        """Types of all neurons once ``known`` ``[N]`` int64 are told, -1 where none is."""
        key = known.tobytes()
        if key not in self.found:
            self.found[key] = type_neurons(self.synapses, known, self.count)
        return self.found[key]


def typing_rule(typing: PartnerTyping, seed: int = 0, confidence: bool = False) -> Rule:
    """What typing from partners says.

    Args:
        typing: of these neurons.
        seed: of the neurons that a confidence is fitted on.
        confidence: whether one is fitted, which takes as long again.

    Returns:
        A rule; without a confidence where too few neurons are told to fit one.
    """

    def rule(known: np.ndarray) -> Ruled:
        answer = typing.told(known)
        sure = np.full(len(known), np.nan)
        if confidence:
            given = typing.synapses, known, typing.count, answer
            with suppress(InputError):  # the threshold is infinite then: every type abstains
                sure = fit_confidence(*given, seed=seed).of(answer)
        return Ruled(answer.best, answer.runner_up, sure)

    return rule


def profile_rule(typing: PartnerTyping, seed: int = 0, confidence: bool = False) -> Rule:
    """A classifier of log synapses to and from each type, partners that were not told included.

    Those have the type that typing gives them. A support vector machine tells apart what one mean
    profile a type cannot, where there are few types of many neurons.

    Args:
        typing: of these neurons.
        seed: of the folds for calibration.
        confidence: whether to calibrate.

    Returns:
        A rule that raises NotApplicableError if too few neurons are told to calibrate.
    """
    wiring = Wiring.of(typing.synapses)

    def rule(known: np.ndarray) -> Ruled:
        taken = typing.told(known).best
        profile = np.log1p(wiring.profile(one_hot(taken, typing.count)).toarray())
        told = known >= 0
        given = profile[told], known[told], typing.labels.group[told]
        model = fit_classifier(*given, CONFIDENT if confidence else "svm", seed, confidence)
        if confidence:
            likely = model.predict_proba(profile)
            order = np.argsort(-likely, axis=1, kind="stable")
            best, second = (model.classes_[order[:, k]] for k in (0, 1))
            sure = likely.max(axis=1)
        else:
            best = second = model.predict(profile)
            sure = np.full(len(known), np.nan)
        lonely = wiring.degree == 0
        best, second = (np.where(lonely, -1, kind) for kind in (best, second))
        return Ruled(best, second, np.where(lonely, 0.0, sure))

    return rule


def nearest_rule(typing: PartnerTyping) -> Rule:
    """The type of the told neuron that is most alike, by synapses with told partners of each type.

    Weighted Jaccard of square roots of counts; one round, so that neurons which were not told say
    nothing about others.

    Args:
        typing: of these neurons, for their synapses and types alone.
    """
    wiring = Wiring.of(typing.synapses)

    def rule(known: np.ndarray) -> Ruled:
        profile = sp.csr_array(wiring.profile(one_hot(known, typing.count)))
        told = np.flatnonzero(known >= 0)
        types, _ = nearest_types(profile, told, known[told])
        return Ruled(types[:, 0], types[:, 1], np.full(len(known), np.nan))

    return rule


def partner_type_rows(typing: PartnerTyping, seeds: Sequence[int] = (0, 1, 2)) -> pd.DataFrame:
    """Rows of :func:`connectome.analysis.latent.cell_type_probe.probe_table` without features.

    Args:
        typing: of these neurons.
        seeds: of the five folds.

    Returns:
        Columns ``features, kind, numbers, classifier, accuracy, accuracy_sd, macro_f1,
        macro_f1_sd, neurons, types``; rows of kind ``method``, and one of kind ``control``.
        ``numbers`` is 0, since a neuron is given none.
    """
    labels = typing.labels
    rules = {
        (PARTNER_TYPES, "method", "likelihood"): typing_rule(typing),
        (NEAREST, "control", "knn"): nearest_rule(typing),
    }
    if typing.count <= MOST_TYPES:
        rules[PROFILES, "method", "svm"] = profile_rule(typing)
    rows = []
    for (name, kind, classifier), rule in rules.items():
        found = [probe_told(rule, labels.code, labels.group, seed=seed) for seed in seeds]
        rows.append(probe_row(name, kind, 0, classifier, found, labels))
    return pd.DataFrame(rows)


@dataclass(frozen=True, eq=False)
class Choice:
    """The rule that is right of most neurons whose type is known.

    Attributes:
        name: of the rule.
        rule: itself.
        held_out: its predictions of neurons whose type is known.
        why: what each rule that could be judged has right, in words.
    """

    name: str
    rule: Rule
    held_out: Probe
    why: str


def choose_rule(typing: PartnerTyping, seed: int = 0) -> Choice:
    """Typing from partners, or a classifier of profiles, by five folds of the known neurons.

    The classifier is not tried with more than ``MOST_TYPES`` types, and needs more neurons a type
    to calibrate; where it cannot, this is said. Of equals the first is chosen.

    Args:
        typing: of these neurons.
        seed: of the folds, and of what the confidence is fitted on.

    Raises:
        NotApplicableError: if nothing can be told apart.
    """
    labels = typing.labels
    rules = {PARTNER_TYPES: typing_rule(typing, seed, True)}
    if typing.count <= MOST_TYPES:
        rules[PROFILES] = profile_rule(typing, seed, True)
    tried: dict[str, Probe] = {}
    said = []
    for name, rule in rules.items():
        try:
            tried[name] = probe_told(rule, labels.code, labels.group, seed=seed)
            said.append(f"{tried[name].accuracy:.3f} by {name}")
        except NotApplicableError as error:
            if not tried:
                raise
            said.append(f"{name} cannot be judged ({error})")
    best = max(tried, key=lambda name: tried[name].accuracy)
    why = f"right of {int((labels.code >= 0).sum())} neurons in five folds: {', '.join(said)}"
    return Choice(best, rules[best], tried[best], why)


@dataclass(frozen=True, eq=False)
class Predicted:
    """Types of the neurons without one, from partners.

    Attributes:
        name: of the rule, the better one on held-out neurons.
        rule: itself.
        table: columns ``neuron_id, predicted, confidence, second, abstains``, surest first; type
            and second are empty where a neuron has no connection, and the second where the rule
            names none.
        held_out: predictions of neurons whose type is known.
    """

    name: str
    rule: Rule
    table: pd.DataFrame
    held_out: Probe


def partner_type_predictions(
    connectome: Connectome, typing: PartnerTyping, accuracy: float, seed: int = 0
) -> Predicted:
    """Types of the neurons without one, from partners, by the better rule on held-out neurons.

    Args:
        connectome: whose neurons these are.
        typing: of these neurons.
        accuracy: share of held-out predictions that is right from the threshold on.
        seed: of the folds and of what the confidence is fitted on.

    Raises:
        NotApplicableError: if nothing can be told apart.
    """
    best, labels = choose_rule(typing, seed), typing.labels
    found, held_out = best.rule(labels.code), best.held_out
    rows = np.flatnonzero(labels.code < 0)
    names = np.append(np.array(labels.names, dtype=object), "")  # -1 is the last
    named = names[found.predicted[rows]], names[found.runner_up[rows]]
    sure, limit = found.confidence[rows], held_out.threshold(accuracy)
    table = prediction_table(connectome.neuron_ids[rows], *named, sure, limit)
    return Predicted(best.name, best.rule, table, held_out)
