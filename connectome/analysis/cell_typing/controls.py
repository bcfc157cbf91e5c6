"""What needs no typing from partners: controls that every figure stands beside."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from connectome.analysis.cell_typing.scores import Typing
from connectome.data.features import structural_profile
from connectome.data.splits import whole_graph
from connectome.draws import generator
from connectome.models.cell_typing import HELD_OUT, Confidence, label_propagation, spare
from connectome.models.sparse import one_hot
from connectome.models.spectral import fit_spectral
from connectome.types import Connectome

DIMENSIONS = 32  # of the spectral embeddings
MOST_EDGES = 3_000_000  # of the structure profile, whose triangles take minutes beyond
ROWS = 4096  # neurons whose distances to all types are held at a time
FEWEST = 20  # held-out neurons for that


@dataclass(frozen=True, eq=False)
class Guess:
    """Answers of a control before they are calibrated.

    Attributes:
        best, runner_up: ``[N]`` int64 types, -1 for none.
        margin: ``[N]`` how far the first is ahead, in units of its own.
    """

    best: np.ndarray
    runner_up: np.ndarray
    margin: np.ndarray


Guesser = Callable[[np.ndarray], Guess]  # of the told types [N], -1 where none is


def guessers(
    connectome: Connectome, synapses: sp.csr_array, num_types: int
) -> Iterator[tuple[str, Callable[[], Guesser]]]:
    """Name of each control, and what prepares it: a function from the told types to a guess.

    Args:
        connectome: the brain.
        synapses: ``[N, N]`` its synapse counts, row presynaptic.
        num_types: number of types ``K``.
    """
    yield "neighbours' majority", lambda: _neighbours(synapses, num_types)
    yield "label propagation", lambda: _propagated(synapses, num_types)
    yield "degrees", lambda: _means(_degrees(synapses), num_types)
    if connectome.num_edges <= MOST_EDGES:
        yield "structure profile", lambda: _means(_profile(connectome), num_types)
    yield "spectral embedding", lambda: _means(_spectral(synapses, False), num_types)
    yield "directed spectral embedding", lambda: _means(_spectral(synapses, True), num_types)
    yield "commonest type", lambda: _commonest


def structure_features(
    brains: Sequence[Connectome], matrices: Sequence[sp.csr_array]
) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Features that mean the same in any brain: name, and ``[N, F]`` of each brain, standardised.

    Args:
        brains: the brains.
        matrices: ``[N, N]`` synapse counts of each.
    """
    yield "degrees", [_standard(_degrees(one)) for one in matrices]
    if sum(brain.num_edges for brain in brains) <= MOST_EDGES:
        yield "structure profile", [_profile(brain) for brain in brains]


def structure(
    brains: Sequence[Connectome], matrices: Sequence[sp.csr_array], num_types: int
) -> Iterator[tuple[str, Guesser]]:
    """Controls that hold between brains, whose neurons stand one brain after the other.

    Args:
        brains: the brains.
        matrices: ``[N, N]`` synapse counts of each.
        num_types: number of types ``K``.
    """
    for name, features in structure_features(brains, matrices):
        yield name, _means(np.concatenate(features), num_types)


def typed(guesser: Guesser, known: np.ndarray, seed: int) -> Typing:
    """The answers of a control, with a confidence fitted on a fifth of the told in a second run.

    Args:
        guesser: the control.
        known: ``[N]`` told types, -1 where none is.
        seed: of the fifth, drawn among types of which another neuron stays.
    """
    guess = guesser(known)
    held = held_out(known, seed)
    confidence = np.full(len(known), np.nan)
    if len(held) >= FEWEST:
        part = known.copy()
        part[held] = -1
        again = guesser(part)
        right = again.best[held] == known[held]
        confidence = Confidence.fit(_evidence(again)[held], right).at(_evidence(guess))
        confidence[guess.best < 0] = 0.0
    return Typing(guess.best, guess.runner_up, confidence)


def held_out(known: np.ndarray, seed: int) -> np.ndarray:
    """``[H]`` positions: a fifth of the told of ``known`` ``[N]``, each type keeping one."""
    told = np.flatnonzero(known >= 0)
    draw = generator(seed, "held-out types")
    return np.sort(spare(told, known, draw)[: round(HELD_OUT * len(told))])


def permuted(known: np.ndarray, seed: int) -> np.ndarray:
    """``[N]``: the told types of ``known`` ``[N]`` dealt out at random among the told neurons."""
    told = np.flatnonzero(known >= 0)
    dealt = known.copy()
    dealt[told] = generator(seed, "permuted types").permutation(known[told])
    return dealt


def _evidence(guess: Guess) -> np.ndarray:
    return np.log1p(np.maximum(guess.margin, 0.0))[:, None]


def _commonest(known: np.ndarray) -> Guess:
    counts = np.bincount(known[known >= 0], minlength=2)
    first, second = np.argsort(-counts, kind="stable")[:2]
    same = np.full(len(known), 1.0)
    return Guess(np.full(len(known), first), np.full(len(known), second), same)


def _neighbours(synapses: sp.csr_array, num_types: int) -> Guesser:
    """The type that most synapses with told partners are shared with."""

    def guess(known: np.ndarray) -> Guess:
        member = one_hot(known, num_types)
        votes = sp.csr_array(synapses @ member + synapses.T @ member)
        best, top = _largest(votes)
        first = sp.csr_array((top, (np.arange(len(top)), best)), votes.shape)
        second, other = _largest(sp.csr_array(votes - first))
        nobody = top <= 0
        best[nobody], second[nobody | (other <= 0)] = -1, -1
        return Guess(best, second, top - other)

    return guess


def _propagated(synapses: sp.csr_array, num_types: int) -> Guesser:
    """Types spread over connections; its margin is the synapses with told partners."""

    def guess(known: np.ndarray) -> Guess:
        best = label_propagation(synapses, known, num_types)
        return Guess(best, np.full(len(known), -1), _partners(synapses, known))

    return guess


def _partners(synapses: sp.csr_array, known: np.ndarray) -> np.ndarray:
    """``[N]`` synapses with neurons whose type was told."""
    told = (known >= 0).astype(float)
    return np.asarray(synapses @ told + synapses.T @ told)


def _largest(votes: sp.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Column ``[N]`` of the largest entry of each row, and that entry."""
    best = np.asarray(votes.argmax(axis=1), dtype=np.int64).ravel()
    return best, np.asarray(votes.max(axis=1).todense()).ravel()


def _degrees(synapses: sp.csr_array) -> np.ndarray:
    """``[N, 4]``: log of partners and synapses, out and in."""
    linked = synapses.copy()
    linked.data = np.ones_like(linked.data)
    counts = [matrix.sum(axis=axis) for matrix in (linked, synapses) for axis in (1, 0)]
    return np.log1p(np.column_stack([np.asarray(one).ravel() for one in counts]))


def _profile(connectome: Connectome) -> np.ndarray:
    return structural_profile(whole_graph(connectome, directed=True)).double().numpy()


def _spectral(synapses: sp.csr_array, directed: bool) -> np.ndarray:
    """``[N, d]`` or ``[N, 2 d]`` factors of log counts, in units of the neuron's own length."""
    weights = sp.csr_array(synapses)
    if not directed:
        weights = sp.csr_array(weights + weights.T)
    weights.data = np.log1p(weights.data)
    width = min(DIMENSIONS, len(synapses.indptr) - 3)
    fit = fit_spectral("lse", weights, width, directed)
    factors = np.column_stack([fit.source, fit.target]) if directed else fit.source
    length = np.sqrt((factors**2).sum(axis=1, keepdims=True))
    return np.divide(factors, length, out=np.zeros_like(factors), where=length > 0)


def _means(features: np.ndarray, num_types: int) -> Guesser:
    """Nearest mean of a type, in features of one scale."""
    scaled = _standard(features)

    def guess(known: np.ndarray) -> Guess:
        count = np.bincount(known[known >= 0], minlength=num_types)
        here = np.flatnonzero(count)
        means = (one_hot(known, num_types).T @ scaled)[here] / count[here, None]
        return _nearest(scaled, means, here)

    return guess


def _standard(features: np.ndarray) -> np.ndarray:
    spread = features.std(axis=0)
    return np.asarray((features - features.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def _nearest(scaled: np.ndarray, means: np.ndarray, types: np.ndarray) -> Guess:
    best, second = (np.full(len(scaled), -1) for _ in range(2))
    margin = np.zeros(len(scaled))
    level = (means**2).sum(axis=1) / 2
    for start in range(0, len(scaled), ROWS):
        part = slice(start, start + ROWS)
        near = scaled[part] @ means.T - level
        rows = np.arange(len(near))
        first = near.argmax(axis=1)
        best[part], top = types[first], near[rows, first]
        if len(types) > 1:
            near[rows, first] = -np.inf
            other = near.argmax(axis=1)
            second[part], margin[part] = types[other], top - near[rows, other]
    return Guess(best, second, margin)
