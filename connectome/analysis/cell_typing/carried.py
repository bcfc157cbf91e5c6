"""Cell types of one brain from those of another: neurons are matched, and types carried over."""

from collections.abc import Iterator, Sequence

import numpy as np
import scipy.sparse as sp

from connectome.analysis.cell_typing.controls import permuted, structure
from connectome.analysis.cell_typing.labels import Labels
from connectome.analysis.cell_typing.measured import Cost, measured
from connectome.analysis.cell_typing.methods import METHOD, infer, settled
from connectome.analysis.cell_typing.scores import Typing, score
from connectome.analysis.cell_typing.tasks import PERMUTED, Note, Typed, require_told
from connectome.analysis.latent import synapse_matrix
from connectome.draws import generator
from connectome.models.cell_typing import (
    CARRIED,
    Answer,
    CarrySettings,
    Confidence,
    carry_types,
    draw_twin,
    in_own_units,
    mixed_shares,
)
from connectome.models.matching import match_sparse
from connectome.types import Connectome

OWN_SCALE = ("log_degree", "log_synapses")  # evidence in units of the own brain
LEFT_OUT = 1 / 3  # of the neurons at home, to see how neurons without a homolog are typed
CUBIC, MANY = 3, 2000  # degree of the confidence in the evidence of so many neurons or more
LIKELY = 0.5  # confidence from which on a carried type is told to the others


def type_from(
    home: Connectome,
    code: np.ndarray,
    away: Connectome,
    labels: Labels,
    controls: bool,
    seed: int,
    note: Note,
) -> Typed:
    """Types of ``away`` from those of ``home``; no type of ``away`` is used but to judge by.

    Neurons of the two brains are matched by their wiring, types are carried over by matched
    neurons, and both help each other; neurons without a match are typed by their partners. The
    confidence is fitted on a twin of ``home`` whose connections are drawn anew
    (:func:`connectome.models.cell_typing.twins.draw_twin`): its types are known. A twin keeps what
    makes each neuron itself, and another brain does not always have that neuron, nor always its
    type. So the twin is also typed by a home that lacks a third of its neurons, and those that it
    lacks count so that types lead on average as far as those of ``away`` do.

    Args:
        home: the brain whose types are known.
        code: ``[M]`` int64 types of ``home``, -1 where unknown.
        away: the brain to be typed.
        labels: of ``away``: names of all types; ``known`` is -1 for all.
        controls: whether to run the controls too.
        seed: of the twin, and of the permuted labels.
        note: told what is being done.

    Raises:
        InputError: if fewer than two types of ``home`` are known.
    """
    require_told(code, option="home")
    both = [synapse_matrix(home), synapse_matrix(away)]
    judged, count = labels.truth >= 0, len(labels.names)
    note("matching")
    with measured() as cost:
        matched = match_sparse(*both)
        note(METHOD)
        answer = carry_types(both[0], code, both[1], count, matched.soft)
        note("confidence")
        sure = _confidence(both, code, count, matched.pairs, answer, seed)
        note("the others, by partner types")
        typing = _filled(both[1], settled(answer, labels.known, sure), count, seed)
    how = f"{int(judged.sum())} neurons of known type, of which none was used"
    if not judged.any():
        return Typed(away, labels, typing, typing, judged, {}, how)
    scores = {METHOD: score(labels.truth, code, judged, typing, cost)}
    if controls:
        made = _controls([home, away], both, matched.soft, code, count, seed, note)
        for name, found, took in made:
            scores[name] = score(labels.truth, code, judged, found, took)
    return Typed(away, labels, typing, typing, judged, scores, how)


def _filled(synapses: sp.csr_array, carried: Typing, count: int, seed: int) -> Typing:
    """With types by partners for neurons that nothing was carried to.

    Types that were carried and are likely right are told for that.
    """
    open_ones = carried.best < 0
    known = np.where(carried.confidence >= LIKELY, carried.best, -1)
    if not open_ones.any() or len(np.unique(known[known >= 0])) < 2:
        return carried
    more = infer(synapses, known, count, seed)
    sure = np.nan_to_num(more.confidence)
    return Typing(
        np.where(open_ones, more.best, carried.best),
        np.where(open_ones, more.runner_up, carried.runner_up),
        np.where(open_ones, sure, carried.confidence),
    )


def _confidence(
    both: Sequence[sp.csr_array],
    code: np.ndarray,
    count: int,
    pairs: np.ndarray,
    answer: Answer,
    seed: int,
) -> np.ndarray:
    """``[N]`` probability that a type is right, by what the same does to a twin of home."""
    home, away = both
    twin = draw_twin(home, away, pairs, seed)
    gone = generator(seed, "neurons that home lacks").random(len(code)) < LEFT_OUT
    gone[0] &= not gone.all()
    whole = _carried(home, code, twin, count)
    part = _carried(home[~gone][:, ~gone], code[~gone], twin, count)
    seen = [(whole, whole.best >= 0), (part, gone & (part.best >= 0))]
    leads = [_lead(each, asked) for each, asked in seen]
    shares = mixed_shares(leads[0], leads[1], _lead(answer))
    evidence, right, weight = [], [], []
    for (each, asked), share in zip(seen, shares, strict=True):
        counted = np.flatnonzero(asked & (code >= 0) & (share > 0))
        evidence.append(_own_scale(each)[counted])
        right.append(each.best[counted] == code[counted])
        weight.append(np.full(len(counted), share / max(1, len(counted))))
    seen_evidence, seen_right, counts = map(np.concatenate, (evidence, right, weight))
    counts *= len(counts) / counts.sum()
    degree = CUBIC if len(counts) >= MANY else 1
    return Confidence.fit(seen_evidence, seen_right, counts, degree).at(_own_scale(answer))


def _carried(home: sp.csr_array, code: np.ndarray, twin: sp.csr_array, count: int) -> Answer:
    return carry_types(home, code, twin, count, match_sparse(home, twin).soft)


def _lead(answer: Answer, asked: np.ndarray | None = None) -> float:
    """How far ahead types are on average of those ``asked`` ``[N]``, None: of all with a type."""
    typed = answer.best >= 0 if asked is None else asked
    return float(answer.evidence[typed, CARRIED.index("lead")].mean()) if typed.any() else np.nan


def _own_scale(answer: Answer) -> np.ndarray:
    """The evidence, with what depends on how much of a brain was detected in units of the brain."""
    columns = [CARRIED.index(name) for name in OWN_SCALE]
    return in_own_units(answer.evidence, columns, answer.best >= 0)


def _controls(
    brains: Sequence[Connectome],
    both: Sequence[sp.csr_array],
    matching: sp.csr_array,
    code: np.ndarray,
    count: int,
    seed: int,
    note: Note,
) -> Iterator[tuple[str, Typing, Cost | None]]:
    """Types of matched neurons alone; nearest type means in what two brains have in common."""
    start = carry_types(both[0], code, both[1], count, matching, CarrySettings(rounds=0))
    yield "matched neurons alone", _unsure(start.best), None
    size = both[0].shape[0]
    joined = np.append(code, np.full(both[1].shape[0], -1))
    for name, guesser in structure(brains, both, count):
        note(name)
        with measured() as cost:
            best = guesser(joined).best[size:]
        yield name, _unsure(best), cost
    note(PERMUTED)
    with measured() as cost:
        dealt = carry_types(both[0], permuted(code, seed), both[1], count, matching)
    yield PERMUTED, _unsure(dealt.best), cost
    commonest = np.bincount(code[code >= 0]).argmax()
    yield "commonest type", _unsure(np.full(both[1].shape[0], commonest)), None


def _unsure(best: np.ndarray) -> Typing:
    return Typing(best, np.full(len(best), -1), np.full(len(best), np.nan))
