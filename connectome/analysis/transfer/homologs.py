"""The same neuron in another brain, found without a known pair."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import scipy.sparse as sp

from connectome.analysis.latent import HUB_NEIGHBOURS, SIMILARITY_WEIGHT, synapse_matrix
from connectome.analysis.transfer.links import SHARED, Brain, Placed, place, spaces
from connectome.data.neurons import PAIR_COLUMN, pair_rows, refuse_found
from connectome.data.readers import NAME_COLUMN
from connectome.metrics.neurons import HomologMetrics, homolog_metrics, place_metrics
from connectome.models.matching import Bisection, align, assign, match_graphs, promote, similarity
from connectome.models.spectral import adjacency, fit_spectral
from connectome.types import Connectome, NotApplicableError

MOST_MATCHED = 5000  # neurons of the larger brain: similarities and matchings are dense matrices
LARGE = "nearest, hubs not corrected"  # where there are more
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


def true_pairs(home: Brain, away: Brain) -> tuple[np.ndarray, str]:
    """:func:`known_pairs`, or where the data name none, neurons that alone have their cell type.

    Returns:
        ``[P, 2]`` positions, and by what they are the same: ``named`` or ``type``.

    Raises:
        NotApplicableError: if no neuron can be asked for.
    """
    try:
        return known_pairs(home.connectome, away.connectome), "named"
    except NotApplicableError:
        alone = []
        for brain in (home, away):
            types = pd.Series(brain.types).dropna()
            alone.append(
                types[~types.duplicated(keep=False)].rename_axis("row").reset_index(name="type")
            )
        pairs = alone[0].merge(alone[1], on="type")[["row_x", "row_y"]].to_numpy(np.int64)
        if not len(pairs):
            raise
        return pairs, "type"


def homolog_rows(home: Placed, away: Placed, match_starts: int = 1, seed: int = 0) -> pd.DataFrame:
    """The same neuron in the other brain, found without a known pair.

    ``nearest`` compares places in a space, corrected for hubs, ``one-to-one`` assigns them; graph
    matching climbs from the wiring within each brain alone (``wiring alone``), or adds the places
    in a space as a small term, and of ``match_starts`` keeps the best match. Beside it, what known
    pairs buy: adjacency spectral embeddings of the two brains, turned onto each other by half of
    the pairs, asked for the other half.

    Pairs are those of :func:`true_pairs`. In brains of more than 5000 neurons only the nearest are
    looked for, and hubs are not corrected.

    Returns:
        One row a method: ``home, away, model, space, matcher, same_by, known_pairs, asked,
        candidates, hits@1, hits@5, mrr``.

    Raises:
        NotApplicableError: if no pair is known to ask for.
    """
    pairs, same_by = true_pairs(home.brain, away.brain)
    shape = home.brain.connectome.num_neurons, away.brain.connectome.num_neurons
    rows: list[dict[str, object]] = []

    def row(space: str, matcher: str, found: HomologMetrics, known: int = 0) -> None:
        described = {
            "space": space, "matcher": matcher, "same_by": same_by, "known_pairs": known,
            "asked": found.pairs, "candidates": float(np.mean(shape)) - known,
        }  # fmt: skip
        scores = {"hits@1": found.hits1, "hits@5": found.hits5, "mrr": found.mrr}
        rows.append(place(home, away) | described | scores)

    if max(shape) > MOST_MATCHED:
        _by_place(home, away, pairs, row)
    else:
        _by_similarity(home, away, pairs, row, match_starts, seed)
    _by_aligned(home, away, pairs, row, seed)
    table = pd.DataFrame(rows)
    keys = [*place(home, away), "space", "matcher", "same_by"]
    return table.groupby(keys, as_index=False, sort=False).mean()


def _by_place(home: Placed, away: Placed, pairs: np.ndarray, row: Callable[..., None]) -> None:
    here, there = (np.zeros((one.brain.connectome.num_neurons, 1)) for one in (home, away))
    row("none", "chance", place_metrics(here, there, pairs))
    for space, places in spaces(home, away).items():
        row(space, LARGE, place_metrics(*_in_one_unit(*places), pairs))


def _by_similarity(
    home: Placed, away: Placed, pairs: np.ndarray, row: Callable[..., None], starts: int, seed: int
) -> None:
    shape = home.brain.connectome.num_neurons, away.brain.connectome.num_neurons
    truth = _truth(pairs, shape[0])
    near = {name: _near(*places) for name, places in spaces(home, away).items()}
    row("none", "chance", homolog_metrics(np.zeros(shape), truth))
    for space, values in near.items():
        row(space, "nearest", homolog_metrics(values, truth))
    assigned = promote(near[SHARED], assign(near[SHARED], seed))
    row(SHARED, "one-to-one", homolog_metrics(assigned, truth))
    if not starts:
        return
    wiring = _side_by_side(home.brain.connectome, away.brain.connectome)
    for space, term in (("wiring alone", None), *near.items()):
        match = match_graphs([wiring], None, term, SIMILARITY_WEIGHT, seed=seed, starts=starts)
        found = homolog_metrics(promote(match.support, match.partner), truth)
        row(space, "graph matching", found)


def _by_aligned(
    home: Placed, away: Placed, pairs: np.ndarray, row: Callable[..., None], seed: int
) -> None:
    factors = _ase(home), _ase(away)
    large = max(map(len, factors)) > MOST_MATCHED
    for known, asked in _halves(pairs, seed):
        if large:
            turned = align(*factors, known)
            found = place_metrics(turned, factors[1], asked, known)
        else:
            values = _aligned(*factors, known)
            found = homolog_metrics(values, _truth(asked, len(factors[0])), known)
        matcher = f"{LARGE if large else 'nearest'}, aligned by pairs"
        row("joint ASE", matcher, found, len(known))


def _truth(pairs: np.ndarray, size: int) -> np.ndarray:
    """``[N]`` partner of each neuron, -1 where it is not asked for."""
    truth = np.full(size, -1)
    truth[pairs[:, 0]] = pairs[:, 1]
    return truth


def _halves(pairs: np.ndarray, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    shuffled = np.random.default_rng(seed).permutation(pairs)
    one, other = np.array_split(shuffled, 2)
    yield one, other
    yield other, one


def _near(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Hub-corrected minus distance of standardised places."""
    hubs = min(HUB_NEIGHBOURS, len(here), len(there))
    return similarity(*_in_one_unit(here, there), "negative_distance", hubs)


def _in_one_unit(here: np.ndarray, there: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    both = np.concatenate([here, there])
    spread = np.where(both.std(axis=0) > 0, both.std(axis=0), 1)
    return here / spread, there / spread


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
