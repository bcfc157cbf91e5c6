"""The same neuron in another brain, found without a known pair."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import scipy.sparse as sp

from connectome.analysis.latent import HUB_NEIGHBOURS, SIMILARITY_WEIGHT, synapse_matrix
from connectome.analysis.transfer.links import SHARED, Placed, place, spaces
from connectome.data.neurons import PAIR_COLUMN, pair_rows, refuse_found
from connectome.data.readers import NAME_COLUMN
from connectome.metrics.neurons import homolog_metrics
from connectome.models.matching import Bisection, align, assign, match_graphs, promote, similarity
from connectome.models.spectral import adjacency, fit_spectral
from connectome.types import Connectome, NotApplicableError

MOST_MATCHED = 5000  # neurons of the larger brain: similarities and matchings are dense matrices
JOINT_DIMS = 24  # of the embeddings that known pairs align, as in the published comparison


def known_pairs(home: Connectome, away: Connectome) -> np.ndarray:
    """Neurons of two brains that are known to be the same one, ``[P, 2]`` positions.

    Those with the same name (column ``neuron``), or else homologs (column ``pair_id``).

    Raises:
        NotApplicableError: if the data do not say, or by pairs that were found from wiring.
    """
    if NAME_COLUMN in home.neurons and NAME_COLUMN in away.neurons:
        here = pd.Index(home.neurons[NAME_COLUMN].astype(str))
        there = pd.Index(away.neurons[NAME_COLUMN].astype(str))
        if here.is_unique and there.is_unique and len(here.intersection(there)):
            found = there.get_indexer(here)
            rows = np.flatnonzero(found >= 0)
            return np.stack([rows, found[rows]], axis=1)
    refuse_found(NotApplicableError, "homologs", home, away)
    if PAIR_COLUMN in home.neurons and len(pairs := pair_rows(home, away)):
        return pairs
    raise NotApplicableError(
        f"{home.name} and {away.name} have no neuron in common: no equal names in the column "
        f"'{NAME_COLUMN}', and no '{PAIR_COLUMN}' that leads from one to the other"
    )


def homolog_rows(home: Placed, away: Placed, match_starts: int = 1, seed: int = 0) -> pd.DataFrame:
    """The same neuron in the other brain, found without a known pair.

    ``nearest`` compares places in a space, corrected for hubs, ``one-to-one`` assigns them; graph
    matching climbs from the wiring within each brain alone (``wiring alone``), or adds the places
    in a space as a small term, and of ``match_starts`` keeps the best match. Beside it, what known
    pairs buy: adjacency spectral embeddings of the two brains, turned onto each other by half of
    the pairs, asked for the other half.

    Returns:
        One row a method: ``home, away, model, space, matcher, known_pairs, asked, candidates,
        hits@1, hits@5, mrr``.

    Raises:
        NotApplicableError: if no pair is known to ask for, or a brain is too large.
    """
    pairs = known_pairs(home.brain.connectome, away.brain.connectome)
    shape = home.brain.connectome.num_neurons, away.brain.connectome.num_neurons
    if max(shape) > MOST_MATCHED:
        raise NotApplicableError(
            f"{max(shape)} neurons in a brain: homologs are looked for among {MOST_MATCHED} at most"
        )
    truth = np.full(shape[0], -1)
    truth[pairs[:, 0]] = pairs[:, 1]
    near = {name: _near(*places) for name, places in spaces(home, away).items()}
    where = place(home, away)
    rows = []

    def row(
        space: str, matcher: str, values: np.ndarray, known: np.ndarray, asked: np.ndarray
    ) -> None:
        found = homolog_metrics(values, asked, known)
        described = {
            "space": space, "matcher": matcher, "known_pairs": len(known), "asked": found.pairs,
            "candidates": float(np.mean(shape)) - len(known),
        }  # fmt: skip
        scores = {"hits@1": found.hits1, "hits@5": found.hits5, "mrr": found.mrr}
        rows.append(where | described | scores)

    nobody = np.empty((0, 2), dtype=np.int64)
    row("none", "chance", np.zeros(shape), nobody, truth)
    for space, values in near.items():
        row(space, "nearest", values, nobody, truth)
    row(SHARED, "one-to-one", promote(near[SHARED], assign(near[SHARED], seed)), nobody, truth)
    if match_starts:
        wiring = _side_by_side(home.brain.connectome, away.brain.connectome)
        for space, term in (("wiring alone", None), *near.items()):
            match = match_graphs(
                [wiring], None, term, SIMILARITY_WEIGHT, seed=seed, starts=match_starts
            )
            row(space, "graph matching", promote(match.support, match.partner), nobody, truth)
    factors = _ase(home), _ase(away)
    for known, asked in _halves(pairs, seed):
        half = np.full(shape[0], -1)
        half[asked[:, 0]] = asked[:, 1]
        row("joint ASE", "nearest, aligned by pairs", _aligned(*factors, known), known, half)
    table = pd.DataFrame(rows)
    return table.groupby([*where, "space", "matcher"], as_index=False, sort=False).mean()


def _halves(pairs: np.ndarray, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    shuffled = np.random.default_rng(seed).permutation(pairs)
    one, other = np.array_split(shuffled, 2)
    yield one, other
    yield other, one


def _near(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Hub-corrected minus distance of standardised places."""
    both = np.concatenate([here, there])
    spread = np.where(both.std(axis=0) > 0, both.std(axis=0), 1)
    hubs = min(HUB_NEIGHBOURS, len(here), len(there))
    return similarity(here / spread, there / spread, "negative_distance", hubs)


def _ase(placed: Placed) -> np.ndarray:
    graph = placed.brain.whole
    matrix = adjacency(graph.edge_index.numpy(), graph.num_neurons, graph.directed)
    fit = fit_spectral("ase", matrix, min(JOINT_DIMS, graph.num_neurons - 1), graph.directed)
    return np.concatenate([fit.source, fit.target], axis=1)


def _aligned(here: np.ndarray, there: np.ndarray, known: np.ndarray) -> np.ndarray:
    hubs = min(HUB_NEIGHBOURS, len(here), len(there))
    return similarity(align(here, there, known), there, "negative_distance", hubs)


def _side_by_side(home: Connectome, away: Connectome) -> Bisection:
    shape = home.num_neurons, away.num_neurons
    nothing = sp.csr_array(shape), sp.csr_array(shape[::-1])
    return Bisection(synapse_matrix(home, "log1p"), synapse_matrix(away, "log1p"), *nothing)
