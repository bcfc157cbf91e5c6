"""Neurons of one brain matched with those of another, and what that is worth."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field

import numpy as np
import pandas as pd
import scipy.sparse as sp

from connectome.analysis.cell_typing import Cost, measured
from connectome.analysis.latent import synapse_matrix
from connectome.analysis.neuron_matching.confidence import unsure, with_confidence
from connectome.analysis.neuron_matching.controls import controls
from connectome.analysis.neuron_matching.halves import Across
from connectome.analysis.neuron_matching.scores import Asked, MatchScores, Pairing, score
from connectome.analysis.neuron_matching.truth import Truth
from connectome.models.matching import (
    SparseSettings,
    TypePrior,
    agreement,
    match_both,
    permuted_partners,
)
from connectome.models.sparse import partner_counts
from connectome.receipt import many
from connectome.types import Connectome, InputError

METHOD, WITHOUT = "graph matching", "without types"
NULLS = 5  # permutations of the partners
CHANCE = 2  # times their agreement: below, a matching is no better; those that found any had 3.9
SCALE = "sqrt"  # weights of the agreement, so that it compares over weights of the matching
Note = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Matched:
    """What came of a matching.

    Attributes:
        brain: whose neurons are the rows, ``N``.
        home: the other, ``M``.
        pairing: partners of all neurons; those that were told have theirs.
        told: ``[N]`` bool, whose partner was told.
        truth: what is true, None where nobody says.
        asked: which neurons are judged.
        scores: by method, the method itself first.
        null: mean agreement of the wiring over permuted partners.
    """

    brain: Connectome
    home: Connectome
    pairing: Pairing
    told: np.ndarray
    truth: Truth | None
    asked: Asked
    scores: dict[str, MatchScores] = field(default_factory=dict)
    null: float = float("nan")

    @property
    def by_chance(self) -> bool:
        """Whether the wiring agrees hardly better than through permuted partners."""
        return self.scores[METHOD].agreement < CHANCE * self.null

    @property
    def how(self) -> str:
        """What the scores are over, in words."""
        if self.truth is None:
            return "nothing: truth=COLUMN names what is true"
        left = f"{many(len(self.asked.pairs), 'pair')} and {many(len(self.asked.typed), 'neuron')}"
        return f"{left} of known type that were not told; {self.truth.how}"


def match_brains(
    brain: Connectome,
    home: Connectome,
    known: np.ndarray,
    truth: Truth | None,
    settings: SparseSettings,
    with_controls: bool,
    note: Note,
    across: Across | None = None,
    types: TypePrior | None = None,
) -> Matched:
    """Partners in ``home`` of the neurons of ``brain``.

    Args:
        brain: whose neurons are the rows.
        home: the other.
        known: ``[S, 2]`` pairs (brain, home) that are told.
        truth: to judge by, and for nothing else; None judges nothing.
        settings: of the matching.
        with_controls: whether to run the controls too.
        note: told what is being done.
        across: ``[N, M]`` synapses from brain to home and ``[M, N]`` back, of halves of one brain.
        types: of both brains, by which candidates are narrowed.

    Raises:
        InputError: if one of them has no connection.
    """
    for each, option in ((brain, "data"), (home, "home")):
        if not each.num_edges:
            raise InputError(f"{option}: {each.name} has no connection; there is nothing to go by")
    both = synapse_matrix(brain), synapse_matrix(home)
    given = (brain, home), both, across, known, settings, note
    pairing, costs = _paired(*given, types)
    told = np.zeros(brain.num_neurons, dtype=bool)
    told[known[:, 0]] = True
    asked = _asked(brain, truth, told, both[0])
    null = _null(both, pairing.best, settings.seed, brain.neuron_ids)
    scores = {METHOD: score(asked, pairing, agreement(*both, pairing.best, SCALE), *costs)}
    if with_controls:
        if types is not None:
            alone, cost = _paired(*given, None)
            scores[WITHOUT] = score(asked, alone, agreement(*both, alone.best, SCALE), *cost)
        scores |= _controls((brain, home), both, asked, pairing.best, settings.seed, note)
    return Matched(brain, home, pairing, told, truth, asked, scores, null)


def score_table(scores: dict[str, MatchScores]) -> pd.DataFrame:
    """One row a method; columns ``method``, then the scores under their names in files."""
    return pd.DataFrame([{"method": name, **plain_names(each)} for name, each in scores.items()])


def plain_names(scores: MatchScores) -> dict[str, float]:
    """Scores as files call them."""
    return {name.replace("hits_at_1", "hits@1"): v for name, v in asdict(scores).items()}


def _paired(
    brains: tuple[Connectome, Connectome],
    both: tuple[sp.csr_array, sp.csr_array],
    across: Across | None,
    known: np.ndarray,
    settings: SparseSettings,
    note: Note,
    types: TypePrior | None,
) -> tuple[Pairing, tuple[Cost, Cost]]:
    """Partners, and what they and their confidence took.

    Neurons are taken in the order of their ids, so that the order of a file moves nothing.
    """
    orders = [np.argsort(each.neuron_ids, kind="stable") for each in brains]
    places = [np.argsort(order) for order in orders]
    mine, theirs = (sp.csr_array(m[o][:, o]) for m, o in zip(both, orders, strict=True))
    for matrix in (mine, theirs):
        matrix.sort_indices()  # twins are drawn entry by entry
    pairs = np.stack([place[side] for place, side in zip(places, known.T, strict=True)], axis=1)
    if across is not None:
        one, two = orders
        across = sp.csr_array(across[0][one][:, two]), sp.csr_array(across[1][two][:, one])
    types = None if types is None else types.ordered(*orders)
    note(METHOD)
    with measured() as cost:
        found = match_both(mine, theirs, pairs, settings, across, types)
    note("confidence")
    with measured() as confidence_cost:
        pairing, evidence = unsure(found, mine)
        told = pairs[:, 0]
        whole = (mine, theirs)
        pairing = with_confidence(pairing, evidence, found, whole, settings, told, types)
    rows, back = places[0], np.append(orders[1], -1)  # position -1 stays -1
    in_order = Pairing(
        back[pairing.best][rows],
        back[pairing.runner_up][rows],
        pairing.confidence[rows],
        pairing.mutual[rows],
        pairing.trouble,
    )
    return in_order, (cost, confidence_cost)


def _asked(
    brain: Connectome, truth: Truth | None, told: np.ndarray, synapses: sp.csr_array
) -> Asked:
    connected = partner_counts(synapses) > 0
    nothing = np.full(brain.num_neurons, -1)
    empty = Truth(np.empty((0, 2), dtype=np.int64), nothing, np.empty(0, dtype=np.int64), "")
    return Asked.of(truth or empty, told, connected)


def _null(
    both: tuple[sp.csr_array, sp.csr_array], best: np.ndarray, seed: int, neuron_ids: np.ndarray
) -> float:
    dealt = (permuted_partners(best, seed + turn, neuron_ids) for turn in range(NULLS))
    return float(np.mean([agreement(*both, one, SCALE) for one in dealt]))


def _controls(
    brains: tuple[Connectome, Connectome],
    both: tuple[sp.csr_array, sp.csr_array],
    asked: Asked,
    best: np.ndarray,
    seed: int,
    note: Note,
) -> dict[str, MatchScores]:
    scores: dict[str, MatchScores] = {}
    made = controls(brains, both, best, seed)
    while True:
        note("controls")
        with measured() as cost:
            name, partner = next(made, ("", best))
        if not name:
            return scores
        scores[name] = _of_control(both, asked, partner, cost)


def _of_control(
    both: tuple[sp.csr_array, sp.csr_array], asked: Asked, partner: np.ndarray, cost: Cost
) -> MatchScores:
    pairing = Pairing.unsure(partner)
    return score(asked, pairing, agreement(*both, partner, SCALE), cost)
