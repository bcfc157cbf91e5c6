"""What a model that was trained on one brain says of another, and what says it without a model.

Links are scored on held-out links of the other brain, of which the model sees the training links
alone. For cell types, homologs and mixing nothing of the wiring is held out: those labels are never
shown to the model.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np
import pandas as pd
import scipy.sparse as sp
import torch

from connectome.analysis.graph import synapse_matrix
from connectome.analysis.homologs import HUB_NEIGHBOURS, SIMILARITY_WEIGHT, require_unseen_pairs
from connectome.analysis.probe_tables import log_degrees
from connectome.data import members_of, scored_parts, structural_profile, whole_graph
from connectome.data.annotations import PAIR_COLUMN, pair_rows
from connectome.data.collection import NAME_COLUMN
from connectome.metrics import (
    fit_classifier,
    homolog_metrics,
    mixing,
    probe,
    scorer_metrics,
)
from connectome.models import (
    Bisection,
    adjacency,
    align,
    assign,
    fit_spectral,
    match_graphs,
    promote,
    similarity,
)
from connectome.scores import Embedding, NeighbourScore, Scorer
from connectome.types import Connectome, LinkSplit, MessageGraph, NotApplicableError

MOST_MATCHED = 5000  # neurons of the larger brain: similarities and matchings are dense matrices
CLASSIFIERS = ("knn", "logistic", "svm")
MOST_FITTED = 10_000  # labelled neurons; for more of them only nearest neighbours are quick enough
SHUFFLES, FEW_SHUFFLES = 20, 2  # of labels, for the null of a transfer; of a large brain
FOLDS = 5
SHARED = "shared space"
JOINT_DIMS = 24  # of the embeddings that known pairs align, as in the published comparison


@dataclass(frozen=True, eq=False)
class Brain:
    """A connectome, what of it is held out, and what is seen then.

    Attributes:
        name: what tables call it.
        connectome: the data.
        split: its links.
        graph: the training links.
        types: ``[N]`` name of the cell type, None where unknown.
    """

    name: str
    connectome: Connectome
    split: LinkSplit
    graph: MessageGraph
    types: np.ndarray

    @cached_property
    def whole(self) -> MessageGraph:
        """All of its links."""
        return whole_graph(self.connectome, self.split.directed)

    @cached_property
    def degrees(self) -> np.ndarray:
        """``[N, 2]`` log degrees in units of the brain."""
        values = log_degrees(self.connectome)
        return np.asarray((values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-9))


@dataclass(frozen=True, eq=False)
class Placed:
    """A brain in the space of a model.

    Attributes:
        model: name of the model, for tables.
        home: name of the brain that it was trained on.
        brain: the brain.
        seen: its embedding from its training links.
        whole: its embedding from all of its links.
    """

    model: str
    home: str
    brain: Brain
    seen: Embedding
    whole: Embedding

    @property
    def at_home(self) -> bool:
        """Whether the model was trained on this brain."""
        return self.home == self.brain.name

    @property
    def space(self) -> np.ndarray:
        """``[N, K]`` places that compare between brains."""
        assert self.whole.shared is not None
        return self.whole.shared.double().numpy()


def by_member(placed: Placed) -> list[Placed]:
    """Each of the brains that were joined, placed by itself; without their links."""
    joined = placed.brain.connectome
    if not joined.member_names:
        return [placed]
    member, shared = joined.member, placed.whole.shared
    assert shared is not None
    parts = []
    for code, (name, brain) in enumerate(members_of(joined).items()):
        rows = (member == code).nonzero()[:, 0]
        whole = replace(
            placed.whole,
            neuron_ids=brain.neuron_ids,
            source=placed.whole.source[rows],
            target=placed.whole.target[rows],
            source_bias=None,
            target_bias=None,
            log_std=None,
            shared=shared[rows],
        )
        alone = replace(placed.brain, name=name, connectome=brain)
        types = placed.brain.types[rows.numpy()]
        parts.append(replace(placed, brain=replace(alone, types=types), seen=whole, whole=whole))
    return parts


def link_table(placed: Sequence[Placed], latent_dim: int, seed: int = 0) -> pd.DataFrame:
    """AUC and average precision on held-out links of each brain, by what was trained where.

    Beside the models: an embedding whose neurons were exchanged at random (the null), and
    untrained scores on the same training links.

    Returns:
        One row a brain and method: ``brain, method, trained_on, auc, ap, links, model``;
        ``trained_on`` is ``itself``, the name of another brain, or ``nothing``.
    """
    rows = []
    brains: dict[str, Brain] = {}
    for one in placed:
        brains[one.brain.name] = one.brain
        trained = "itself" if one.at_home else one.home
        rows.append(_links(one.brain, one.seen.method, trained, one.model, one.seen))
        if not one.at_home:
            null = _exchanged(one.seen, seed)
            rows.append(_links(one.brain, "neurons exchanged", trained, one.model, null))
    for brain in brains.values():
        for name, scorer in untrained(brain, latent_dim):
            rows.append(_links(brain, name, "nothing", "", scorer))
    table = pd.DataFrame(rows)
    order = ["brain", "auc"]
    return table.sort_values(order, ascending=[True, False], ignore_index=True)


def _links(
    brain: Brain, method: str, trained_on: str, model: str, scorer: Scorer
) -> dict[str, object]:
    [(positives, negatives)] = [
        pairs for part, pairs in scored_parts(brain.split).items() if part != "val"
    ]
    found = scorer_metrics(scorer, positives, negatives)
    return {
        "brain": brain.name, "method": method, "trained_on": trained_on, "auc": found.auc,
        "ap": found.ap, "links": positives.shape[1], "model": model,
    }  # fmt: skip


def untrained(brain: Brain, latent_dim: int) -> Iterator[tuple[str, Scorer]]:
    """Scores that need no training: degrees alone, shared partners, spectral embeddings."""
    graph, ids = brain.graph, brain.connectome.neuron_ids
    n, directed = graph.num_neurons, graph.directed
    degree = [
        torch.bincount(ends, minlength=n).double().log1p().float() for ends in graph.edge_index
    ]
    nothing = torch.zeros(n, 1)
    yield (
        "degrees alone",
        Embedding("degrees", ids, nothing, nothing, source_bias=degree[0], target_bias=degree[1]),
    )
    yield (
        "resource allocation",
        NeighbourScore("resource_allocation", ids, graph.edge_index, directed),
    )
    matrix = adjacency(graph.edge_index.numpy(), n, directed)
    for variant, dims in product(("ase", "lse"), sorted({2, min(latent_dim, n - 1)})):
        fit = fit_spectral(variant, matrix, dims, directed)
        source, target = (torch.from_numpy(x.copy()).float() for x in (fit.source, fit.target))
        yield f"spectral-{variant}, d = {dims}", Embedding("spectral", ids, source, target)


def _exchanged(embedding: Embedding, seed: int) -> Embedding:
    """The same places, dealt to neurons at random."""
    n = len(embedding.neuron_ids)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    sent, received = embedding.source_bias, embedding.target_bias
    return Embedding(
        embedding.method,
        embedding.neuron_ids,
        embedding.source[order],
        embedding.target[order],
        source_bias=None if sent is None else sent[order],
        target_bias=None if received is None else received[order],
    )


def type_table(home: Placed, away: Placed, seed: int = 0) -> pd.DataFrame:
    """Cell types of ``away`` by classifiers that saw those of ``home`` alone.

    Features: the shared space, log degrees and structure without a model (both in units of the own
    brain), and nothing (the commonest type); ``labels exchanged`` is the shared space with the
    types of ``home`` dealt out at random (mean of 20; of 2 where ``home`` is large). ``same brain``
    is the accuracy within ``away``: five folds of its own types, homologs held out together; NaN
    where a type has fewer neurons than folds.

    Returns:
        One row a feature set and classifier: ``home, away, model, features, classifier, neurons,
        types, unseen, accuracy, macro_recall, same_brain``; ``unseen`` counts neurons of types that
        ``home`` lacks, which are not asked for.

    Raises:
        NotApplicableError: with fewer than two types in common.
    """
    names, codes = _common_types(home.brain, away.brain)
    learnt, asked = (np.flatnonzero(code >= 0) for code in codes)
    features = {
        SHARED: (home.space, away.space),
        "structure alone": tuple(_structure(one.brain) for one in (home, away)),
        "log degrees": (home.brain.degrees, away.brain.degrees),
    }
    typed = pd.notna(away.brain.types)
    place = _place(home, away)
    counts = {
        "neurons": len(asked), "types": len(names), "unseen": int(typed.sum() - len(asked)),
    }  # fmt: skip
    group = np.arange(len(learnt))
    rng = np.random.default_rng(seed)
    rows = []

    def row(name: str, classifier: str, label: np.ndarray, x: tuple[np.ndarray, ...]) -> None:
        model = fit_classifier(x[0][learnt], label, group, classifier, seed, calibrated=False)
        predicted = model.predict(x[1][asked])
        truth = codes[1][asked]
        recalls = [(predicted[truth == k] == k).mean() for k in np.unique(truth)]
        measured = {"accuracy": (predicted == truth).mean(), "macro_recall": np.mean(recalls)}
        rows.append(place | {"features": name, "classifier": classifier} | measured | counts)

    for name, values in features.items():
        for classifier in _classifiers(len(learnt)):
            row(name, classifier, codes[0][learnt], values)
    row("nothing", "majority", codes[0][learnt], features["log degrees"])
    for _ in range(SHUFFLES if len(learnt) <= MOST_FITTED else FEW_SHUFFLES):
        row("labels exchanged", "knn", rng.permutation(codes[0][learnt]), features[SHARED])
    table = pd.DataFrame(rows)
    keys = [*place, "features", "classifier", *counts]
    table = table.groupby(keys, as_index=False, sort=False).mean()
    table["same_brain"] = _within(away, codes[1], table, seed)
    return table.sort_values("accuracy", ascending=False, ignore_index=True)


def _classifiers(labelled: int) -> tuple[str, ...]:
    return CLASSIFIERS if labelled <= MOST_FITTED else CLASSIFIERS[:1]


def predicted_types(home: Placed, away: Placed, seed: int = 0) -> pd.DataFrame:
    """The types of ``away`` by those of ``home``, a row a neuron: ``neuron_id, known, predicted``.

    Raises:
        NotApplicableError: with fewer than two types in ``home``.
    """
    typed = np.flatnonzero(pd.notna(home.brain.types))
    code, names = pd.factorize(home.brain.types[typed], sort=True)
    if len(names) < 2:
        raise NotApplicableError(f"{home.brain.name}: fewer than two cell types")
    group = np.arange(len(typed))
    classifier = _classifiers(len(typed))[-1]
    model = fit_classifier(home.space[typed], code, group, classifier, seed, calibrated=False)
    found = np.asarray(names, dtype=object)[model.predict(away.space)]
    ids = away.brain.connectome.neuron_ids
    return pd.DataFrame({"neuron_id": ids, "known": away.brain.types, "predicted": found})


def _within(away: Placed, code: np.ndarray, table: pd.DataFrame, seed: int) -> list[float]:
    """Accuracy of a probe of the brain's own types, for the rows of the shared space."""
    group = np.arange(len(code))
    if PAIR_COLUMN in away.brain.connectome.neurons:
        mate = pair_rows(away.brain.connectome, away.brain.connectome)
        group[mate[:, 0]] = mate.min(axis=1)
    few = np.bincount(code[code >= 0]).min() < FOLDS
    return [
        probe(away.space, code, group, classifier, FOLDS, seed).accuracy
        if features == SHARED and not few
        else float("nan")
        for features, classifier in zip(table["features"], table["classifier"], strict=True)
    ]


def _structure(brain: Brain) -> np.ndarray:
    return structural_profile(brain.whole).double().numpy()


def _place(home: Placed, away: Placed) -> dict[str, object]:
    return {"home": home.brain.name, "away": away.brain.name, "model": home.model}


def _common_types(home: Brain, away: Brain) -> tuple[list[str], list[np.ndarray]]:
    """Types that both have, and the codes ``[N]`` of both, -1 for none of them."""
    names = sorted({*home.types[pd.notna(home.types)]} & {*away.types[pd.notna(away.types)]})
    if len(names) < 2:
        raise NotApplicableError(
            f"{home.name} and {away.name} have {len(names)} cell types in common; say which "
            "columns hold them and what they are called (label, label_there, rename)"
        )
    codes = [pd.Index(names).get_indexer(pd.Index(brain.types)) for brain in (home, away)]
    return names, codes


def known_pairs(home: Connectome, away: Connectome) -> np.ndarray:
    """Neurons of two brains that are known to be the same one, ``[P, 2]`` positions.

    Those with the same name (column ``neuron``), or else homologs (column ``pair_id``).

    Raises:
        NotApplicableError: if the data do not say.
    """
    if NAME_COLUMN in home.neurons and NAME_COLUMN in away.neurons:
        here = pd.Index(home.neurons[NAME_COLUMN].astype(str))
        there = pd.Index(away.neurons[NAME_COLUMN].astype(str))
        if here.is_unique and there.is_unique and len(here.intersection(there)):
            found = there.get_indexer(here)
            rows = np.flatnonzero(found >= 0)
            return np.stack([rows, found[rows]], axis=1)
    if PAIR_COLUMN in home.neurons and len(pairs := pair_rows(home, away)):
        return pairs
    raise NotApplicableError(
        f"{home.name} and {away.name} have no neuron in common: no equal names in the column "
        f"'{NAME_COLUMN}', and no '{PAIR_COLUMN}' that leads from one to the other"
    )


def homolog_rows(home: Placed, away: Placed, graphs: bool = True, seed: int = 0) -> pd.DataFrame:
    """The same neuron in the other brain, found without a known pair.

    ``nearest`` compares places in a space, corrected for hubs, ``one-to-one`` assigns them; graph
    matching climbs from the wiring within each brain alone (``wiring alone``), or adds the places
    as a small term. Beside it, what known pairs buy: adjacency spectral embeddings of the two
    brains, turned onto each other by half of the pairs, asked for the other half.

    Returns:
        One row a method: ``home, away, model, space, matcher, known_pairs, asked, candidates,
        hits@1, hits@5, mrr``.

    Raises:
        NotApplicableError: if no pair is known to ask for, the model was trained on pairs, or a
            brain is too large.
    """
    pairs = known_pairs(home.brain.connectome, away.brain.connectome)
    for one in (home, away):
        require_unseen_pairs(f"{one.model}", one.whole.pairs)
    shape = home.brain.connectome.num_neurons, away.brain.connectome.num_neurons
    if max(shape) > MOST_MATCHED:
        raise NotApplicableError(
            f"{max(shape)} neurons in a brain: homologs are looked for among {MOST_MATCHED} at most"
        )
    truth = np.full(shape[0], -1)
    truth[pairs[:, 0]] = pairs[:, 1]
    near = {
        SHARED: _near(home.space, away.space),
        "structure alone": _near(_structure(home.brain), _structure(away.brain)),
        "log degrees": _near(home.brain.degrees, away.brain.degrees),
    }
    place = _place(home, away)
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
        rows.append(place | described | scores)

    nobody = np.empty((0, 2), dtype=np.int64)
    row("none", "chance", np.zeros(shape), nobody, truth)
    for space, values in near.items():
        row(space, "nearest", values, nobody, truth)
    row(SHARED, "one-to-one", promote(near[SHARED], assign(near[SHARED], seed)), nobody, truth)
    if graphs:
        wiring = _side_by_side(home.brain.connectome, away.brain.connectome)
        for space, term in (("wiring alone", None), (SHARED, near[SHARED])):
            match = match_graphs([wiring], None, term, SIMILARITY_WEIGHT, seed=seed)
            row(space, "graph matching", promote(match.support, match.partner), nobody, truth)
    for known, asked in _halves(pairs, seed):
        half = np.full(shape[0], -1)
        half[asked[:, 0]] = asked[:, 1]
        row("joint ASE", "nearest, aligned by pairs", _aligned(home, away, known), known, half)
    table = pd.DataFrame(rows)
    return table.groupby([*place, "space", "matcher"], as_index=False, sort=False).mean()


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


def _aligned(home: Placed, away: Placed, known: np.ndarray) -> np.ndarray:
    places = []
    for one in (home, away):
        graph = one.brain.whole
        matrix = adjacency(graph.edge_index.numpy(), graph.num_neurons, graph.directed)
        dims = min(JOINT_DIMS, graph.num_neurons - 1)
        fit = fit_spectral("ase", matrix, dims, graph.directed)
        places.append(np.concatenate([fit.source, fit.target], axis=1))
    hubs = min(HUB_NEIGHBOURS, *map(len, places))
    turned = align(places[0], places[1], known)
    return similarity(turned, places[1], "negative_distance", hubs)


def _side_by_side(home: Connectome, away: Connectome) -> Bisection:
    shape = home.num_neurons, away.num_neurons
    nothing = sp.csr_array(shape), sp.csr_array(shape[::-1])
    return Bisection(synapse_matrix(home, "log1p"), synapse_matrix(away, "log1p"), *nothing)


def mixing_table(home: Placed, away: Placed, seed: int = 0) -> pd.DataFrame:
    """How well the two brains mix, and their types stay apart, in each space.

    Of many neurons 10,000 are drawn: silhouettes take the square of their number.

    Raises:
        NotApplicableError: with fewer than two types in common.
    """
    _, codes = _common_types(home.brain, away.brain)
    brain = np.repeat([0, 1], [len(code) for code in codes])
    spaces: Mapping[str, tuple[np.ndarray, np.ndarray]] = {
        SHARED: (home.space, away.space),
        "structure alone": (_structure(home.brain), _structure(away.brain)),
        "log degrees": (home.brain.degrees, away.brain.degrees),
    }
    rows, code = [], np.concatenate(codes)
    chosen = np.flatnonzero(code >= 0)
    if len(chosen) > MOST_FITTED:
        chosen = np.random.default_rng(seed).choice(chosen, MOST_FITTED, replace=False)
    for name, places in spaces.items():
        found = mixing(np.concatenate(places)[chosen], brain[chosen], code[chosen])
        rows.append(_place(home, away) | {"space": name} | asdict(found))
    return pd.DataFrame(rows)
