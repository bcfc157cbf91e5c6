"""Cell types from wiring: of few that are told, of all that are known, or of another brain."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import pandas as pd
import scipy.sparse as sp

from connectome.analysis.cell_typing.controls import guessers, permuted, typed
from connectome.analysis.cell_typing.labels import Labels
from connectome.analysis.cell_typing.measured import measured
from connectome.analysis.cell_typing.scores import Scores, Typing, score
from connectome.analysis.latent import (
    MOST_TYPES,
    PARTNER_TYPES,
    Labelled,
    PartnerTyping,
    choose_rule,
    synapse_matrix,
)
from connectome.draws import generator
from connectome.models.cell_typing import Answer, fit_confidence, type_neurons
from connectome.receipt import many
from connectome.types import Connectome, InputError, NotApplicableError

METHOD = PARTNER_TYPES
PERMUTED = "permuted labels"
CONTROLLED = "; controls in the first fold"
MOST_TOLD = 1000  # neurons, of a choice between methods: with more a classifier takes minutes
Note = Callable[[str], None]
# From the told types [N], -1 where none is; False leaves out the confidence, which takes longer.
Infer = Callable[[np.ndarray, bool], Typing]


@dataclass(frozen=True, eq=False)
class Typed:
    """What came of a task.

    Attributes:
        connectome: the brain.
        labels: what was told, and what is true.
        typing: the types of all neurons.
        tested: predictions to be judged by: ``typing`` itself, or those of folds in which a neuron
            that was told was not.
        judged: ``[N]`` bool, the neurons that ``tested`` is judged by.
        scores: by method, the method itself first; empty where nothing can be judged.
        how: what the scores are, in a sentence.
        method: what types were inferred by, and why, in words; empty where there was no choice.
        groups: ``[N]`` int64 groups of the neurons that abstain, from 0, -1 for none; None if they
            were not asked for.
    """

    connectome: Connectome
    labels: Labels
    typing: Typing
    tested: Typing
    judged: np.ndarray
    scores: dict[str, Scores] = field(default_factory=dict)
    how: str = ""
    method: str = ""
    groups: np.ndarray | None = None


def type_few(
    connectome: Connectome, labels: Labels, controls: bool, seed: int, note: Note
) -> Typed:
    """Types of neurons that were not told, from those that were; judged by what the data know.

    Args:
        connectome: the brain.
        labels: told and true types.
        controls: whether to run the controls too.
        seed: of what is held out to calibrate by, and of the permuted labels.
        note: told what is being done.

    Raises:
        InputError: if fewer than two types are told.
    """
    require_told(labels.known)
    synapses = synapse_matrix(connectome)
    note(METHOD)
    with measured() as cost:
        inferred, method = _method(synapses, labels, seed, labels.untold)
        typing = inferred(labels.known, True)
    judged, scores = labels.asked, {}
    if judged.any():
        judge = (labels.truth, labels.known, judged)
        scores[METHOD] = score(*judge, typing, cost)
        if controls:
            scores |= _controls(connectome, synapses, labels, judged, inferred, seed, note)
    how = f"{int(judged.sum())} neurons of known type that were not told"
    return Typed(connectome, labels, typing, typing, judged, scores, how, method)


def type_rest(
    connectome: Connectome,
    labels: Labels,
    folds: int,
    controls: bool,
    seed: int,
    note: Note,
    sure: bool = True,
    parts: int | None = None,
) -> Typed:
    """Types of the neurons without one, from all that have one; judged by folds of these.

    Args:
        connectome: the brain.
        labels: all known types, told.
        folds: parts of the told neurons; each is typed from the others.
        controls: whether to run the controls too, on the first fold.
        seed: of the folds.
        note: told what is being done.
        sure: whether folds have a confidence too, which takes longer than their types; without
            one it is not judged.
        parts: how many of the folds are typed, and judged; None for all.

    Raises:
        InputError: if fewer than two types are told, or fewer neurons than folds.
    """
    require_told(labels.known, folds)
    synapses = synapse_matrix(connectome)
    told = np.flatnonzero(labels.known >= 0)
    note(METHOD)
    with measured() as cost:
        inferred, method = _method(synapses, labels, seed, None)
        typing = inferred(labels.known, True)
    fold = np.full(len(labels.known), -1)
    fold[told] = generator(seed, "folds of types").permutation(len(told)) % folds
    fold[fold >= (parts or folds)] = -1
    tested = _out_of_fold(inferred, labels.known, fold, sure, note)
    first = Labels(labels.names, labels.known, np.where(fold == 0, -1, labels.known))
    judge = (labels.known, first.known, fold >= 0)
    scores = {METHOD: score(*judge, tested, cost)}
    if controls:
        scores |= _controls(connectome, synapses, first, fold == 0, inferred, seed, note)
    how = _judged_by((fold >= 0).sum(), folds, parts) + (CONTROLLED if controls else "")
    judged = replace(labels, truth=labels.known)  # what was told, not what the data may say
    return Typed(connectome, judged, typing, tested, fold >= 0, scores, how, method)


def _judged_by(neurons: int, folds: int, parts: int | None) -> str:
    which = {None: "one", 1: "the first"}.get(parts, f"one of the first {parts}")
    return f"{neurons} neurons of known type, each typed without it in {which} of {folds} folds"


def _out_of_fold(
    inferred: Infer, known: np.ndarray, fold: np.ndarray, sure: bool, note: Note
) -> Typing:
    """Types of the neurons of each fold (``[N]``, -1 for none) from the others' alone."""
    nothing = np.full(len(known), -1)
    tested = Typing(nothing.copy(), nothing.copy(), np.zeros(len(nothing)))
    for part in range(fold.max() + 1):
        note(f"fold {part + 1} of {fold.max() + 1}")
        out = fold == part
        found = inferred(np.where(out, -1, known), sure)
        for name in ("best", "runner_up", "confidence"):
            getattr(tested, name)[out] = getattr(found, name)[out]
    return tested


def _method(
    synapses: sp.csr_array, labels: Labels, seed: int, untold: float | None
) -> tuple[Infer, str]:
    """The better method on the told neurons, and why; the likelihood where too many are told.

    With many types, or many told neurons, members of a type teach the likelihood enough.
    """
    count, known = len(labels.names), labels.known

    def likelihood(told: np.ndarray, sure: bool) -> Typing:
        if sure:
            return infer(synapses, told, count, seed, untold)
        return settled(type_neurons(synapses, told, count), told, np.full(len(told), np.nan))

    if count > MOST_TYPES or (known >= 0).sum() > MOST_TOLD:
        return likelihood, ""
    try:
        given = Labelled(known, labels.names, np.arange(len(known)))
        best = choose_rule(PartnerTyping(synapses, given), seed)
    except NotApplicableError as error:
        return likelihood, f"{METHOD}, since no method can be judged: {error}"

    def chosen(told: np.ndarray, _: bool) -> Typing:
        found = best.rule(told)
        types = np.where(told >= 0, told, found.predicted)
        second = np.where(found.predicted == types, found.runner_up, found.predicted)
        return Typing(types, second, np.where(told >= 0, 1.0, found.confidence))

    return likelihood if best.name == METHOD else chosen, f"{best.name}, {best.why}"


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


def _controls(
    connectome: Connectome,
    synapses: sp.csr_array,
    labels: Labels,
    judged: np.ndarray,
    inferred: Infer,
    seed: int,
    note: Note,
) -> dict[str, Scores]:
    count, scores = len(labels.names), {}
    for name, prepared in guessers(connectome, synapses, count):
        note(name)
        with measured() as cost:
            found = typed(prepared(), labels.known, seed)
        scores[name] = score(labels.truth, labels.known, judged, found, cost)
    note(PERMUTED)
    dealt = permuted(labels.known, seed)
    with measured() as cost:
        found = inferred(dealt, True)
    scores[PERMUTED] = score(labels.truth, dealt, judged, found, cost)
    return scores


def require_told(known: np.ndarray, folds: int = 2, option: str = "known") -> None:
    """Refuse what nothing can be learnt from, before any time is spent.

    Args:
        known: ``[N]`` told types, -1 where none is.
        folds: parts of the told neurons.
        option: that names what is told, for the message.

    Raises:
        InputError: if fewer than two types are told, or more folds than neurons.
    """
    told = known[known >= 0]
    if len(np.unique(told)) < 2:
        raise InputError(
            f"{option}: tells {many(len(told), 'neuron')} of fewer than two types; tell more, or "
            "name another column of types"
        )
    if not 2 <= folds <= len(told):
        raise InputError(f"folds={folds}: must be from 2 to the {len(told)} neurons that are told")


def score_table(scores: dict[str, Scores]) -> pd.DataFrame:
    """One row a method: columns ``method`` and the fields of :class:`Scores`."""
    return pd.DataFrame([{"method": name} | asdict(found) for name, found in scores.items()])
