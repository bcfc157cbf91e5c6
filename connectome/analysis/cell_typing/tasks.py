"""Cell types from wiring: of few that are told, of all that are known, or of another brain."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import pandas as pd
import scipy.sparse as sp

from connectome.analysis.cell_typing.controls import guessers, permuted, typed
from connectome.analysis.cell_typing.labels import Labels
from connectome.analysis.cell_typing.measured import measured
from connectome.analysis.cell_typing.methods import (
    METHOD,
    Infer,
    PairVotes,
    choose_method,
    votes_alone,
    with_pairs,
)
from connectome.analysis.cell_typing.scores import Scores, Typing, score
from connectome.analysis.latent import synapse_matrix
from connectome.draws import generator
from connectome.receipt import many
from connectome.types import Connectome, InputError

PERMUTED = "permuted labels"
CONTROLLED = "; controls in the first fold"
WITHOUT, PAIRS = "without pairs", "pairs alone"
Note = Callable[[str], None]


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
    connectome: Connectome,
    labels: Labels,
    controls: bool,
    seed: int,
    note: Note,
    pairs: PairVotes | None = None,
) -> Typed:
    """Types of neurons that were not told, from those that were; judged by what the data know.

    Args:
        connectome: the brain.
        labels: told and true types.
        controls: whether to run the controls too.
        seed: of what is held out to calibrate by, and of the permuted labels.
        note: told what is being done.
        pairs: whose partners vote, beside the wiring; they may do so alone, with nothing told.

    Raises:
        InputError: if fewer than two types are told.
    """
    told = labels.known if pairs is None else pairs.told(labels.known)
    require_told(told)
    synapses = synapse_matrix(connectome)
    note(METHOD)
    with measured() as cost:
        inferred, method = _inferred(synapses, labels, seed, labels.untold, pairs)
        typing = inferred(labels.known, True)
    judged, scores = labels.asked, {}
    if judged.any():
        judge = (labels.truth, told, judged)
        scores[METHOD] = score(*judge, typing, cost)
        for name, other in _apart(synapses, labels, seed, pairs):
            note(name)
            scores[name] = score(*judge, other(labels.known, True))
        if controls:
            dealt = _dealt(inferred, synapses, labels, seed, pairs)
            scores |= _controls(connectome, synapses, labels, judged, dealt, seed, note)
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
    pairs: PairVotes | None = None,
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
        pairs: whose partners vote, beside the wiring; a neuron without its own type in a fold has
            the votes of those that keep theirs.

    Raises:
        InputError: if fewer than two types are told, or fewer neurons than folds.
    """
    require_told(labels.known, folds)
    synapses = synapse_matrix(connectome)
    told = np.flatnonzero(labels.known >= 0)
    note(METHOD)
    with measured() as cost:
        inferred, method = _inferred(synapses, labels, seed, None, pairs)
        typing = inferred(labels.known, True)
    fold = np.full(len(labels.known), -1)
    fold[told] = generator(seed, "folds of types").permutation(len(told)) % folds
    fold[fold >= (parts or folds)] = -1
    tested = _out_of_fold(inferred, labels.known, fold, sure, note)
    first = Labels(labels.names, labels.known, np.where(fold == 0, -1, labels.known))
    judge = (labels.known, first.known, fold >= 0)
    scores = {METHOD: score(*judge, tested, cost)}
    for name, other in _apart(synapses, labels, seed, pairs):
        scores[name] = score(*judge, _out_of_fold(other, labels.known, fold, sure, note))
    if controls:
        dealt = _dealt(inferred, synapses, labels, seed, pairs)
        scores |= _controls(connectome, synapses, first, fold == 0, dealt, seed, note)
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


def _inferred(
    synapses: sp.csr_array,
    labels: Labels,
    seed: int,
    untold: float | None,
    pairs: PairVotes | None,
) -> tuple[Infer, str]:
    if pairs is None:
        return choose_method(synapses, labels, seed, untold)
    return with_pairs(synapses, labels, pairs, seed)


def _apart(
    synapses: sp.csr_array, labels: Labels, seed: int, pairs: PairVotes | None
) -> Iterator[tuple[str, Infer]]:
    """What each of wiring and pairs says without the other, where there are pairs."""
    if pairs is None:
        return
    if _tells_apart(labels.known):
        yield WITHOUT, choose_method(synapses, labels, seed, labels.untold)[0]
    yield PAIRS, votes_alone(pairs)


def _dealt(
    inferred: Infer, synapses: sp.csr_array, labels: Labels, seed: int, pairs: PairVotes | None
) -> Infer:
    """The method for permuted labels, where those of another brain are permuted too."""
    if pairs is None or pairs.types is None:
        return inferred
    others = replace(pairs, types=permuted(pairs.types, seed))
    return with_pairs(synapses, labels, others, seed)[0]


def _tells_apart(known: np.ndarray) -> bool:
    return len(np.unique(known[known >= 0])) >= 2


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
    told = _tells_apart(labels.known)  # else all types are another brain's
    for name, prepared in guessers(connectome, synapses, count) if told else ():
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
    if not _tells_apart(known):
        raise InputError(
            f"{option}: tells {many(len(told), 'neuron')} of fewer than two types; tell more, or "
            "name another column of types"
        )
    if not 2 <= folds <= len(told):
        raise InputError(f"folds={folds}: must be from 2 to the {len(told)} neurons that are told")


def score_table(scores: dict[str, Scores]) -> pd.DataFrame:
    """One row a method: columns ``method`` and the fields of :class:`Scores`."""
    return pd.DataFrame([{"method": name} | asdict(found) for name, found in scores.items()])
