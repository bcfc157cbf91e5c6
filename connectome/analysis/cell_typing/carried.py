"""Cell types of one brain from those of another: by the place in the wiring, then by partners."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

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
START = "start: nearest by degrees of partners"


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

    Each neuron starts with the type of the neuron of ``home`` that is most like it in the degrees
    of its partners and their partners, and is then typed by the types of its partners. The
    confidence is fitted on the way back: types that were found in ``away`` are carried to ``home``
    in the same way and compared with those known there.

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
        start, typing = _carried(both, places, code, count)
    how = f"{int(judged.sum())} neurons of known type; none of these types was used"
    if not judged.any():
        return Typed(away, labels, typing, typing, judged, {}, how)
    scores = {METHOD: score(labels.truth, code, judged, typing, cost)}
    if controls:
        scores[START] = score(labels.truth, code, judged, _unsure(start))
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


def _carried(
    both: Sequence[sp.csr_array], places: Sequence[np.ndarray], code: np.ndarray, count: int
) -> tuple[np.ndarray, Typing]:
    """What the neurons of the second brain start with ``[N]``, and their types."""
    start, answer = _there(both[1], places[0], places[1], code, count)
    _, back = _there(both[0], places[1], places[0], answer.best, count)
    known = np.flatnonzero(code >= 0)
    right = back.best[known] == code[known]
    if right.all() or not right.any():
        confidence = np.full(len(start), right.mean())
    else:
        model = LogisticRegression().fit(back.evidence[known], right)
        confidence = model.predict_proba(answer.evidence)[:, 1]
    return start, settled(answer, np.full(len(start), -1), confidence)


def _there(
    synapses: sp.csr_array, seen: np.ndarray, asked: np.ndarray, code: np.ndarray, count: int
) -> tuple[np.ndarray, Answer]:
    start = nearest_types(seen, code, asked)
    nobody = np.full(len(start), -1)
    return start, type_neurons(synapses, nobody, count, start=start)


def nearest_types(seen: np.ndarray, code: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """``[N]`` int64: type of the nearest neuron of known type.

    Args:
        seen: ``[M, d]`` places of neurons.
        code: ``[M]`` their types, -1 where unknown.
        asked: ``[N, d]`` places of others.
    """
    known = np.flatnonzero(code >= 0)
    if not len(known):
        return np.full(len(asked), -1)
    places, level = seen[known], (seen[known] ** 2).sum(axis=1) / 2
    found = np.empty(len(asked), dtype=np.int64)
    for start in range(0, len(asked), ROWS):
        part = slice(start, start + ROWS)
        found[part] = (asked[part] @ places.T - level).argmax(axis=1)
    return np.asarray(code[known[found]], dtype=np.int64)


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
        _, typing = _carried(both, places, permuted(code, seed), count)
    scores[PERMUTED] = score(labels.truth, code, judged, typing, cost)
    commonest = np.full(len(judged), np.bincount(code[code >= 0]).argmax())
    scores["commonest type"] = score(labels.truth, code, judged, _unsure(commonest))
    return scores
