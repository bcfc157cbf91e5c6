"""Cell types of one brain from those of another: by the place in the wiring, then by partners."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from connectome.analysis.cell_typing.controls import Guess, permuted, structure
from connectome.analysis.cell_typing.labels import Labels
from connectome.analysis.cell_typing.measured import measured
from connectome.analysis.cell_typing.scores import Scores, Typing, score
from connectome.analysis.cell_typing.tasks import (
    METHOD,
    PERMUTED,
    Note,
    Typed,
    require_told,
    settled,
    synapse_matrix,
)
from connectome.models.cell_typing import Answer, type_neurons
from connectome.types import Connectome

SPREADS = 3  # times that degrees are handed on to partners
WIDTH = 96  # principal components that are compared
ROWS = 2048  # neurons whose distances to all others are held at a time
VOTES = 5  # nearest neurons that vote
CLOSE = 1e-3  # distance from which on a nearer neuron counts no more
START = "start: nearest by degrees of partners"


@dataclass(frozen=True, eq=False)
class Carried:
    """Types that one brain has of another.

    Attributes:
        start: by the nearest neurons in the places of the wiring.
        refined: by the types of partners, from that start.
    """

    start: Answer
    refined: Answer


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

    Each neuron starts with the types of the neurons of ``home`` that are most like it in the
    degrees of its partners and their partners, and is then typed by the types of its partners.
    The way back decides whether that second step helps, and is what the confidence is fitted on:
    types that were found in ``away`` are carried to ``home`` in the same way and compared with
    those known there.

    Args:
        home: the brain whose types are known.
        code: ``[M]`` int64 types of ``home``, -1 where unknown.
        away: the brain to be typed.
        labels: of ``away``: names of all types; ``known`` is -1 for all.
        controls: whether to run the controls too.
        seed: of the permuted labels.
        note: told what is being done.

    Raises:
        InputError: if fewer than two types of ``home`` are known.
    """
    require_told(code, option="home")
    both = [synapse_matrix(home), synapse_matrix(away)]
    judged, count = labels.truth >= 0, len(labels.names)
    note("places in the wiring")
    with measured() as cost:
        places = partner_places(both)
        note(METHOD)
        typing, start, said = _best_way(both, places, code, count)
    how = f"{int(judged.sum())} neurons of known type, none of which was used; {said}"
    if not judged.any():
        return Typed(away, labels, typing, typing, judged, {}, how)
    scores = {METHOD: score(labels.truth, code, judged, typing, cost)}
    if controls:
        scores[START] = score(labels.truth, code, judged, start)
        scores |= _controls(home, away, both, places, code, labels, seed, note)
    return Typed(away, labels, typing, typing, judged, scores, how)


def partner_places(matrices: Sequence[sp.csr_array]) -> list[np.ndarray]:
    """Where neurons are in the wiring, comparable between brains: ``[N, d]`` float32 of each.

    Log degrees and synapses are handed on three times: each neuron gets the mean and the standard
    deviation of what its partners have, weighted by synapses, out and in. Each column is
    standardised within a brain, and principal components are made of all brains together.

    Args:
        matrices: ``[N, N]`` synapse counts of each brain, row presynaptic.
    """
    made = [_spread(matrix) for matrix in matrices]
    joined = np.concatenate(made)
    joined -= joined.mean(axis=0)
    width = min(WIDTH, joined.shape[1])
    values, vectors = np.linalg.eigh(joined.T.astype(float) @ joined)
    chosen = vectors[:, np.argsort(-values, kind="stable")[:width]]
    return [np.asarray(one @ chosen, dtype=np.float32) for one in made]


def _spread(matrix: sp.csr_array) -> np.ndarray:
    weights = sp.csr_array(matrix)
    weights.data = np.log1p(weights.data)
    linked = sp.csr_array(matrix)
    linked.data = np.ones_like(linked.data)
    sides = [_rows_to_one(weights), _rows_to_one(sp.csr_array(weights.T))]
    counts = [one.sum(axis=axis) for one in (linked, matrix) for axis in (1, 0)]
    now = np.log1p(np.column_stack([np.asarray(one).ravel() for one in counts]))
    columns = [now := _standard(now)]
    for _ in range(SPREADS):
        means = [side @ now for side in sides]
        spreads = [
            np.sqrt(np.maximum(side @ now**2 - mean**2, 0.0))
            for side, mean in zip(sides, means, strict=True)
        ]
        columns.append(_standard(np.column_stack([*means, *spreads])))
        now = _standard(np.column_stack(means))
    return np.column_stack(columns).astype(np.float32)


def _rows_to_one(matrix: sp.csr_array) -> sp.csr_array:
    sums = np.asarray(matrix.sum(axis=1)).ravel()
    return sp.csr_array(sp.diags_array(1 / np.where(sums > 0, sums, 1.0)) @ matrix)


def _standard(values: np.ndarray) -> np.ndarray:
    spread = values.std(axis=0)
    return np.asarray((values - values.mean(axis=0)) / np.where(spread > 1e-9, spread, 1.0))


def _best_way(
    both: Sequence[sp.csr_array], places: Sequence[np.ndarray], code: np.ndarray, count: int
) -> tuple[Typing, Typing, str]:
    """The types of the second brain, those they start from, and which of the two it was."""
    there = _carried(both[1], places[0], places[1], code, count)
    ways: dict[str, tuple[Typing, float]] = {}
    for name in ("start", "refined"):
        answer: Answer = getattr(there, name)
        back: Answer = getattr(_carried(both[0], places[1], places[0], answer.best, count), name)
        ways[name] = _trusted(answer, back, code)
    (start, by_place), (refined, by_partners) = ways["start"], ways["refined"]
    helps = by_partners >= by_place
    said = (
        f"on the way back {by_place:.3f} are right by place and {by_partners:.3f} by partners, so "
        f"types are those by {'partners' if helps else 'place'}"
    )
    return refined if helps else start, start, said


def _trusted(answer: Answer, back: Answer, code: np.ndarray) -> tuple[Typing, float]:
    """The answer with a confidence fitted on the way back, and how much of that was right."""
    known = np.flatnonzero(code >= 0)
    right = back.best[known] == code[known]
    if right.all() or not right.any():
        confidence = np.full(len(answer.best), (right.sum() + 1) / (len(right) + 2))
    else:
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        model.fit(back.evidence[known], right)
        confidence = model.predict_proba(answer.evidence)[:, 1]
    return settled(answer, np.full(len(answer.best), -1), confidence), float(right.mean())


def _carried(
    synapses: sp.csr_array, seen: np.ndarray, asked: np.ndarray, code: np.ndarray, count: int
) -> Carried:
    """Types of the neurons at ``asked``, whose synapses these are."""
    start = nearest_types(seen, code, asked, count)
    nobody = np.full(len(asked), -1)
    return Carried(start, type_neurons(synapses, nobody, count, start=start.best))


def nearest_types(seen: np.ndarray, code: np.ndarray, asked: np.ndarray, count: int) -> Answer:
    """The types of the nearest neurons of known type, by vote.

    Args:
        seen: ``[M, d]`` places of neurons.
        code: ``[M]`` their types, -1 where unknown; of one at least it is known.
        asked: ``[N, d]`` places of others.
        count: number of types ``K``.

    Returns:
        Types; the evidence ``[N, 3]`` is the share of the votes, how far it is ahead, and the log
        distance of the nearest.
    """
    known = np.flatnonzero(code >= 0)
    places, votes = seen[known], min(VOTES, len(known))
    level = (places**2).sum(axis=1)
    best, second = (np.empty(len(asked), dtype=np.int64) for _ in range(2))
    evidence = np.empty((len(asked), 3))
    for start in range(0, len(asked), ROWS):
        part = slice(start, start + ROWS)
        far = level - 2 * asked[part] @ places.T
        near = np.argpartition(far, votes - 1, axis=1)[:, :votes]
        square = np.take_along_axis(far, near, 1) + (asked[part] ** 2).sum(axis=1)[:, None]
        away = np.sqrt(np.maximum(square, 0.0))
        weight = 1 / (away + CLOSE)
        rows = np.repeat(np.arange(len(near)), votes)
        tally = sp.csr_array(
            (weight.ravel(), (rows, code[known[near]].ravel())), (len(near), count)
        )
        best[part], second[part], evidence[part, 0], evidence[part, 1] = _winners(tally)
        evidence[part, 2] = np.log(away.min(axis=1) + CLOSE)
    return Answer(best, second, evidence)


def _winners(tally: sp.csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """First and second column of each row, the share of the first, and how far it is ahead."""
    total = np.asarray(tally.sum(axis=1)).ravel()
    first = np.asarray(tally.argmax(axis=1), dtype=np.int64).ravel()
    top = np.asarray(tally.max(axis=1).todense()).ravel()
    rest = tally - sp.csr_array((top, (np.arange(len(top)), first)), tally.shape)
    second = np.asarray(rest.argmax(axis=1), dtype=np.int64).ravel()
    other = np.asarray(rest.max(axis=1).todense()).ravel()
    return first, np.where(other > 0, second, -1), top / total, (top - other) / total


def _unsure(best: np.ndarray) -> Typing:
    nothing = np.full(len(best), np.nan)
    return Typing(best, np.full(len(best), -1), nothing)


def _controls(
    home: Connectome,
    away: Connectome,
    both: Sequence[sp.csr_array],
    places: Sequence[np.ndarray],
    code: np.ndarray,
    labels: Labels,
    seed: int,
    note: Note,
) -> dict[str, Scores]:
    """Nearest type means in what two brains have in common, permuted types, the commonest."""
    judged, count = labels.truth >= 0, len(labels.names)
    scores: dict[str, Scores] = {}
    size = home.num_neurons
    for name, guesser in structure([home, away], both, count):
        note(name)
        with measured() as cost:
            joined = np.append(code, np.full(away.num_neurons, -1))
            guess: Guess = guesser(joined)
        scores[name] = score(labels.truth, code, judged, _unsure(guess.best[size:]), cost)
    note(PERMUTED)
    with measured() as cost:
        typing, _, _ = _best_way(both, places, permuted(code, seed), count)
    scores[PERMUTED] = score(labels.truth, code, judged, typing, cost)
    commonest = np.full(len(judged), np.bincount(code[code >= 0]).argmax())
    scores["commonest type"] = score(labels.truth, code, judged, _unsure(commonest))
    return scores
