"""How many held-out homologs are found, by the share of pairs that are known.

Pairs are dealt into folds; each fold in turn is held out and asked for, and some of the others are
given as known. The factors see the wiring of the whole graph and no pairs at all; which neurons lie
in which hemisphere is always given. Pairs neither known nor held out stay among the candidates, and
so do neurons without a known homolog.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from connectome.analysis.latent.views import synapse_matrix
from connectome.data.neurons import PAIR_COLUMN, SIDES, hemispheres, homologs, refuse_found
from connectome.metrics.neurons import HomologMetrics, homolog_metrics
from connectome.models.matching import (
    Bisection,
    align,
    assign,
    bisect,
    match_graphs,
    promote,
    similarity,
)
from connectome.types import Connectome, InputError, NotApplicableError

KNOWN = (0.0, 0.1, 0.5, 0.8)
HUB_NEIGHBOURS = 10
# Chosen on folds of another seed: more of it makes matching worse, none makes little difference.
SIMILARITY_WEIGHT = 0.3
WIRING = "wiring alone"
BISECTED = "bisected graph matching"
COLUMNS = ("embedding", "matcher", "neurons", "known", "known_pairs", "candidates", "held_out")

Predict = Callable[[np.ndarray], np.ndarray]  # known pairs [S, 2] -> similarity [L, R]
Method = tuple[str, str, Predict]


@dataclass(frozen=True, eq=False)
class Sides:
    """Positions of the left ``[L]`` and right ``[R]`` neurons, and pairs ``[P, 2]`` into them."""

    left: np.ndarray
    right: np.ndarray
    pairs: np.ndarray

    def paired_only(self, rng: np.random.Generator) -> "Sides":
        """Without the neurons that have no homolog; the right side in random order."""
        order = rng.permutation(len(self.pairs))
        place = np.argsort(order)
        pairs = np.stack([np.arange(len(order)), place], axis=1)
        return Sides(self.left[self.pairs[:, 0]], self.right[self.pairs[order, 1]], pairs)


def sides(connectome: Connectome) -> Sides:
    """Left and right neurons and their pairs; neurons of no known hemisphere are left out.

    Raises:
        NotApplicableError: without hemispheres, without pairs across them, or with found ones.
    """
    refuse_found(NotApplicableError, "held-out homologs", connectome)
    side, partner = hemispheres(connectome).numpy(), homologs(connectome).numpy()
    left, right = (np.flatnonzero(side == code) for code in range(len(SIDES)))
    place = np.full(connectome.num_neurons + 1, -1)
    place[right] = np.arange(len(right))
    mate = place[partner[left]]
    rows = np.flatnonzero(mate >= 0)
    if not len(rows):
        raise NotApplicableError(f"{connectome.name}: no pair of a left and a right neuron")
    return Sides(left, right, np.stack([rows, mate[rows]], axis=1))


def homolog_table(
    connectome: Connectome,
    factors: Mapping[str, np.ndarray],
    folds: int = 5,
    seed: int = 0,
    match_graphs: bool = True,
    known: Sequence[float] = KNOWN,
) -> pd.DataFrame:
    """Held-out homologs found by each embedding and matcher.

    Matchers: ``nearest neighbour`` compares factors as they are, ``aligned`` turns the left ones
    onto the right ones by the known pairs, ``one-to-one`` assigns the (aligned, if any pair is
    known) similarities, and ``bisected graph matching`` adds them to the wiring as a small term.
    Similarity is minus the distance, corrected for hubs. Under ``wiring alone`` no embedding is
    used; ``paired neurons`` leaves out the distractors, as the published figures without known
    pairs do. ``chance`` draws a candidate at random.

    Args:
        connectome: with hemispheres and pairs.
        factors: ``[N, d]`` per embedding; source and target side by side where directed. They
            must come from the wiring without use of the pairs.
        folds: number of folds, of which one at a time is held out.
        seed: seed of the folds and of ties.
        match_graphs: whether to match graphs too.
        known: shares of all pairs that are known, each at most ``1 - 1 / folds``.

    Returns:
        One row an embedding, matcher and share known. Columns :data:`COLUMNS`, then mean and
        ``_sd`` over folds of ``hits@1``, ``hits@5`` and ``mrr``, each the mean of both directions.
        ``known_pairs`` and ``candidates`` are means per neuron asked, ``held_out`` counts the
        pairs in all folds.

    Raises:
        NotApplicableError: without hemispheres, or with fewer pairs than folds.
        InputError: if folds, shares or factors do not fit.
    """
    both = sides(connectome)
    _check(connectome, both, factors, folds, known)
    dealt = np.array_split(np.random.default_rng(seed).permutation(both.pairs), folds)
    methods = list(_methods(connectome, both, factors, match_graphs, seed))
    rows = [
        row
        for share in known
        for alike in methods
        for row in _rows(both, dealt, share, [m for m in alike if share > 0 or m[1] != "aligned"])
    ]
    if match_graphs and 0.0 in known:
        rows += list(_unseeded(connectome, both.paired_only(np.random.default_rng(seed)), seed))
    return pd.DataFrame(rows)


def _methods(
    connectome: Connectome,
    both: Sides,
    factors: Mapping[str, np.ndarray],
    graphs: bool,
    seed: int,
) -> Iterator[list[Method]]:
    """The methods; those of one embedding together."""
    shape = len(both.left), len(both.right)
    yield [("none", "chance", _always(np.zeros(shape)))]
    wiring = _wiring(connectome, both)
    if graphs:
        yield [(WIRING, "graph matching", _matched(wiring.ipsilateral(), None, seed))]
        yield [(WIRING, BISECTED, _matched(wiring, None, seed))]
    for name, values in factors.items():
        turned = _compare(values, both)
        alike: list[Method] = [
            (name, "nearest neighbour", _always(turned(both.pairs[:0]))),
            (name, "aligned", turned),
            (name, "one-to-one", _assigned(turned, seed)),
        ]
        if graphs:
            alike.append((name, BISECTED, _matched(wiring, turned, seed)))
        yield alike


def _wiring(connectome: Connectome, both: Sides) -> Bisection:
    return bisect(synapse_matrix(connectome, "log1p"), both.left, both.right)


def _always(values: np.ndarray) -> Predict:
    """The same whatever pairs are known."""
    return lambda pairs: values


def _compare(values: np.ndarray, both: Sides) -> Predict:
    """Hub-corrected minus distance; turned where any pair is known.

    The last one is kept, since several methods ask for it one after another.
    """
    last: dict[bytes, np.ndarray] = {}

    def predict(pairs: np.ndarray) -> np.ndarray:
        if (key := pairs.tobytes()) not in last:
            left, right = values[both.left], values[both.right]
            if len(pairs):
                left = align(left, right, pairs)
            near = min(HUB_NEIGHBOURS, len(left), len(right))
            last.clear()
            last[key] = similarity(left, right, "negative_distance", near)
        return last[key]

    return predict


def _assigned(compare: Predict, seed: int) -> Predict:
    """One-to-one among the neurons that are in no known pair."""

    def predict(pairs: np.ndarray) -> np.ndarray:
        values = compare(pairs)
        left, right = (
            np.delete(np.arange(size), taken)
            for size, taken in zip(values.shape, pairs.T, strict=True)
        )
        partner = np.full(len(values), -1)
        found = assign(values[np.ix_(left, right)], seed)
        partner[left[found >= 0]] = right[found[found >= 0]]
        return promote(values, partner)

    return predict


def _matched(wiring: Bisection, compare: Predict | None, seed: int) -> Predict:
    def predict(pairs: np.ndarray) -> np.ndarray:
        term = None if compare is None else compare(pairs)
        match = match_graphs([wiring], pairs, term, SIMILARITY_WEIGHT, seed=seed)
        return promote(match.support, match.partner)

    return predict


def _rows(
    both: Sides,
    dealt: Sequence[np.ndarray],
    share: float,
    methods: Sequence[Method],
    neurons: str = "all",
) -> list[dict[str, object]]:
    """A row of the table each method; without known pairs one prediction serves all folds."""
    total = len(both.pairs)
    count = min(round(share * total), total - max(map(len, dealt)))
    found: list[list[HomologMetrics]] = [[] for _ in methods]
    unseeded = [predict(both.pairs[:0]) for _, _, predict in methods] if count == 0 else None
    for fold, asked in enumerate(dealt):
        rest = np.concatenate([*dealt[:fold], *dealt[fold + 1 :], both.pairs[:0]])
        given = rest[:count]
        truth = np.full(len(both.left), -1)
        truth[asked[:, 0]] = asked[:, 1]
        for k, (_, _, predict) in enumerate(methods):
            values = predict(given) if unseeded is None else unseeded[k]
            found[k].append(homolog_metrics(values, truth, given))
    candidates = (len(both.left) + len(both.right)) / 2 - count
    described = (neurons, share, count, candidates, total)
    return [
        dict(zip(COLUMNS, (name, matcher, *described), strict=True)) | _summary(of_method)
        for (name, matcher, _), of_method in zip(methods, found, strict=True)
    ]


def _summary(found: Sequence[HomologMetrics]) -> dict[str, float]:
    columns = {"hits@1": "hits1", "hits@5": "hits5", "mrr": "mrr"}
    summary = {}
    for name, attribute in columns.items():
        values = np.array([getattr(metrics, attribute) for metrics in found])
        summary[name] = float(values.mean())
        summary[f"{name}_sd"] = float(values.std(ddof=1)) if len(values) > 1 else float("nan")
    return summary


def _unseeded(connectome: Connectome, paired: Sides, seed: int) -> Iterator[dict[str, object]]:
    """Paired neurons alone and no known pair: the setting of the published figures."""
    wiring = _wiring(connectome, paired)
    for matcher, part in (("graph matching", wiring.ipsilateral()), (BISECTED, wiring)):
        method = WIRING, matcher, _matched(part, None, seed)
        yield from _rows(paired, [paired.pairs], 0.0, [method], "paired")


def _check(
    connectome: Connectome,
    both: Sides,
    factors: Mapping[str, np.ndarray],
    folds: int,
    known: Sequence[float],
) -> None:
    if folds < 2:
        raise InputError(f"folds={folds}: choose 2 or more")
    if folds > len(both.pairs):
        raise NotApplicableError(
            f"{connectome.name}: {len(both.pairs)} left-right pairs, too few to hold out a part of "
            f"them in folds={folds}; name more of them in '{PAIR_COLUMN}'"
        )
    for share in known:
        if not 0 <= share <= 1 - 1 / folds + 1e-9:
            raise InputError(f"known={share} with {folds} folds; choose 0 up to {1 - 1 / folds:g}")
    for name, values in factors.items():
        if values.ndim != 2 or len(values) != connectome.num_neurons:
            raise InputError(
                f"factors of {name} have shape {values.shape} for {connectome.num_neurons} neurons"
            )
        if not np.isfinite(values).all():
            raise InputError(f"factors of {name} have NaN or infinite entries; fit it again")
