"""What a model that was trained on one brain says of another, and what says it without a model.

Links are scored on held-out links of the other brain, of which the model sees the training links
alone. For cell types, homologs and mixing nothing of the wiring is held out: those labels are never
shown to the model.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np
import pandas as pd
import torch

from connectome.analysis.latent import log_degrees
from connectome.data.features import structural_profile
from connectome.data.readers import NAME_COLUMN, members_of
from connectome.data.splits import scored_parts, whole_graph
from connectome.draws import generator
from connectome.metrics.links import scorer_metrics
from connectome.models.spectral import adjacency, fit_spectral
from connectome.scores import Embedding, NeighbourScore, Scorer
from connectome.types import Connectome, LinkSplit, MessageGraph

SHARED = "shared space"


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
    def structure(self) -> np.ndarray:
        """``[N, F]`` structure around each neuron in units of the brain, without a model."""
        return structural_profile(self.whole).double().numpy()

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


def share_seen(trained: Connectome, other: Connectome) -> float:
    """Share of the edges of ``other`` that ``trained`` has, with as many synapses between neurons
    of the same names; the largest over the brains that were joined in ``trained``.

    Two animals may name their neurons alike, and share many connections, but not all counts.
    """
    wanted = _named_edges(other)
    shares = [
        len(wanted.merge(_named_edges(brain))) / max(len(wanted), 1)
        for brain in members_of(trained).values()
    ]
    return max(shares)


def _named_edges(connectome: Connectome) -> pd.DataFrame:
    ids = pd.Series(connectome.neuron_ids)
    names = connectome.neurons.get(NAME_COLUMN, ids).astype(str).to_numpy()
    pre, post = connectome.edge_index.numpy()
    return pd.DataFrame({"pre": names[pre], "post": names[post], "k": connectome.synapses.numpy()})


def link_table(placed: Sequence[Placed], latent_dim: int, seed: int = 0) -> pd.DataFrame:
    """AUC and average precision on held-out links of each brain, by what was trained where.

    Beside the models: an embedding whose neurons were exchanged at random (the null), and
    untrained scores on the same training links.

    Returns:
        One row a brain and method, columns ``brain, method, trained_on, auc, ap, links, model``;
        ``trained_on`` is ``itself``, the name of another brain, or ``nothing``.
    """
    rows = []
    brains: dict[str, Brain] = {}
    for one in placed:
        brains[f"{one.brain.name}, {one.brain.split.fingerprint}"] = one.brain
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
        name = "spectral" if variant == "ase" else variant
        yield f"{name}, d = {dims}", Embedding("spectral", ids, source, target)


def _exchanged(embedding: Embedding, seed: int) -> Embedding:
    """The same places, dealt to neurons at random."""
    n = len(embedding.neuron_ids)
    order = torch.from_numpy(generator(seed, "neurons exchanged").permutation(n))
    sent, received = embedding.source_bias, embedding.target_bias
    return Embedding(
        embedding.method,
        embedding.neuron_ids,
        embedding.source[order],
        embedding.target[order],
        source_bias=None if sent is None else sent[order],
        target_bias=None if received is None else received[order],
    )


def spaces(home: Placed, away: Placed) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Places ``[N, F]`` of the neurons of each of the two brains, by the model and by what needs
    none.
    """
    return {
        SHARED: (home.space, away.space),
        "structure alone": (home.brain.structure, away.brain.structure),
        "log degrees": (home.brain.degrees, away.brain.degrees),
    }


def place(home: Placed, away: Placed) -> dict[str, object]:
    """The first columns of a table: which brains, and by which model."""
    return {"home": home.brain.name, "away": away.brain.name, "model": home.model}
