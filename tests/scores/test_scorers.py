"""What all scorers have in common."""

import numpy as np
import pytest
import torch

from connectome.data.splits import SplitConfig, make_evaluation_pairs, message_graph, split_links
from connectome.metrics.links import scorer_metrics
from connectome.models.generative import fit_blocks
from connectome.models.spectral import adjacency, adjacency_spectral_embedding
from connectome.scores import (
    RULES,
    WEIGHTED,
    BlockModel,
    Embedding,
    NeighbourScore,
    Scorer,
    fit_head,
)
from connectome.types import Connectome, MessageGraph

SYMMETRIC_RULES = ("common_neighbours", "adamic_adar", "resource_allocation")


def factors(graph: MessageGraph, sides: int = 2, score: str = "inner_product") -> Embedding:
    generator = torch.Generator().manual_seed(0)
    n = graph.num_neurons
    source = torch.randn(n, 3, generator=generator)
    target = source if sides == 1 else torch.randn(n, 3, generator=generator)
    bias = torch.randn(n, generator=generator)
    other = bias if sides == 1 else torch.randn(n, generator=generator)
    return Embedding("factors", graph.neuron_ids, source, target, score, bias, other, 1.3, 0.2)


def blocks(graph: MessageGraph) -> BlockModel:
    matrix = adjacency(graph.edge_index.numpy(), graph.num_neurons, graph.directed)
    fit = fit_blocks(matrix, 4, graph.directed, seed=0)
    sent, received = (
        torch.bincount(side, minlength=graph.num_neurons).double() for side in graph.edge_index
    )
    found = torch.from_numpy(fit.block), torch.from_numpy(fit.rates)
    return BlockModel("blocks", graph.neuron_ids, *found, sent, received)


def every_scorer(graph: MessageGraph) -> list[Scorer]:
    plain: list[Scorer] = [
        factors(graph),
        factors(graph, score="distance"),
        blocks(graph),
        NeighbourScore("l3", graph.neuron_ids, graph.edge_index, graph.directed),
    ]
    generator = torch.Generator().manual_seed(1)
    negatives = torch.randint(graph.num_neurons, (2, 500), generator=generator)
    return plain + [fit_head(base, graph, graph.edge_index, negatives) for base in plain]


@pytest.fixture
def graph(mushroom: Connectome) -> MessageGraph:
    return message_graph(mushroom, split_links(mushroom, SplitConfig(directed=True)))


def test_rows_agree_with_pairs(graph: MessageGraph) -> None:
    sources = torch.tensor([0, 5, 212])
    pairs = torch.stack([sources.repeat_interleave(213), torch.arange(213).repeat(3)])
    for scorer in every_scorer(graph):
        rows = scorer.score_rows(sources)
        assert rows.shape == (3, 213)
        torch.testing.assert_close(rows.flatten(), scorer.score_pairs(pairs), msg=scorer.method)


@pytest.mark.parametrize("score", ["inner_product", "distance"])
def test_symmetric_factors_score_exactly_half_on_reversed_links(
    mushroom: Connectome, score: str
) -> None:
    split = split_links(mushroom, SplitConfig(directed=True))
    evaluation = make_evaluation_pairs(mushroom, split, "reversed", "test")
    embedding = factors(message_graph(mushroom, split), sides=1, score=score)
    assert scorer_metrics(embedding, evaluation.positives, evaluation.negatives).auc == 0.5


@pytest.mark.parametrize("rule", SYMMETRIC_RULES)
def test_symmetric_rules_score_exactly_half_on_reversed_links(
    mushroom: Connectome, rule: str
) -> None:
    split = split_links(mushroom, SplitConfig(directed=True))
    evaluation = make_evaluation_pairs(mushroom, split, "reversed", "test")
    graph = message_graph(mushroom, split)
    scorer = NeighbourScore(rule, graph.neuron_ids, graph.edge_index, directed=True)
    assert scorer_metrics(scorer, evaluation.positives, evaluation.negatives).auc == 0.5


def test_directed_scores_do_not(mushroom: Connectome, graph: MessageGraph) -> None:
    split = split_links(mushroom, SplitConfig(directed=True))
    evaluation = make_evaluation_pairs(mushroom, split, "reversed", "test")
    l3 = NeighbourScore("l3", graph.neuron_ids, graph.edge_index, directed=True)
    assert scorer_metrics(l3, evaluation.positives, evaluation.negatives).auc > 0.6


def test_numbers_per_neuron(graph: MessageGraph) -> None:
    assert factors(graph).numbers_per_neuron == 2 * 3 + 2
    assert factors(graph, sides=1).numbers_per_neuron == 3 + 1
    assert blocks(graph).numbers_per_neuron == pytest.approx(3 + 16 / 213)
    head = fit_head(factors(graph), graph, graph.edge_index, graph.edge_index.flip(0))
    assert head.numbers_per_neuron == 2 * 3 + 2 + 2
    of_links = NeighbourScore("l3", graph.neuron_ids, graph.edge_index, directed=True)
    head_of_links = fit_head(of_links, graph, graph.edge_index, graph.edge_index.flip(0))
    assert head_of_links.numbers_per_neuron == of_links.numbers_per_neuron  # degrees follow
    assert head.method == "factors+head"


def test_head_lifts_a_method_that_is_scored_badly(mushroom: Connectome) -> None:
    split = split_links(mushroom, SplitConfig(directed=True))
    graph = message_graph(mushroom, split)
    matrix = adjacency(graph.edge_index.numpy(), 213, directed=True)
    source, target = adjacency_spectral_embedding(matrix, 4, directed=True)
    wrong = Embedding(  # right factors, wrong score
        "ase",
        graph.neuron_ids,
        torch.from_numpy(source).float(),
        torch.from_numpy(target).float(),
        "distance",
    )
    head = fit_head(wrong, graph, split.train, split.val_negatives)
    before = scorer_metrics(wrong, split.test, split.test_negatives).auc
    after = scorer_metrics(head, split.test, split.test_negatives).auc
    assert after > before + 0.05


def test_head_keeps_what_a_heavy_tailed_score_knows(mushroom: Connectome) -> None:
    split = split_links(mushroom, SplitConfig(directed=True))
    graph = message_graph(mushroom, split)
    evaluation = make_evaluation_pairs(mushroom, split, "degree_matched", "test")
    l3 = NeighbourScore("l3_normalised", graph.neuron_ids, graph.edge_index, directed=True)
    head = fit_head(l3, graph, split.train, split.val_negatives)
    before = scorer_metrics(l3, evaluation.positives, evaluation.negatives).auc
    after = scorer_metrics(head, evaluation.positives, evaluation.negatives).auc
    assert after > before - 0.02


def test_head_knows_the_biases(graph: MessageGraph) -> None:
    bias = torch.randn(213, generator=torch.Generator().manual_seed(0))
    zeros = torch.zeros(213, 1)
    only_bias = Embedding("b", graph.neuron_ids, zeros, zeros, "inner_product", bias, bias)
    pairs = torch.combinations(torch.arange(213)).T
    order = only_bias.score_pairs(pairs).argsort()
    best, worst = pairs[:, order[-300:]], pairs[:, order[:300]]
    head = fit_head(only_bias, graph, best, worst)
    assert scorer_metrics(head, best, worst).auc > 0.99


def test_head_of_an_undirected_graph_is_symmetric(mushroom: Connectome) -> None:
    split = split_links(mushroom, SplitConfig())
    graph = message_graph(mushroom, split)
    head = fit_head(factors(graph, sides=1), graph, split.train, split.val_negatives)
    flipped = head.score_pairs(split.test.flip(0))
    torch.testing.assert_close(head.score_pairs(split.test), flipped)
    assert head.numbers_per_neuron == 3 + 1 + 1


def test_the_order_of_neurons_changes_nothing(mushroom: Connectome, graph: MessageGraph) -> None:
    order = torch.randperm(213, generator=torch.Generator().manual_seed(0))
    place = order.argsort()
    moved = MessageGraph(graph.neuron_ids[order.numpy()], place[graph.edge_index], directed=True)
    pairs = torch.randint(213, (2, 400), generator=torch.Generator().manual_seed(1))
    for rule in sorted(RULES.keys() - WEIGHTED):
        here, there = (
            NeighbourScore(rule, g.neuron_ids, g.edge_index, directed=True).score_pairs(p)
            for g, p in ((graph, pairs), (moved, place[pairs]))
        )
        torch.testing.assert_close(here, there, msg=rule)
    values = []
    for g, p in ((graph, pairs), (moved, place[pairs])):
        matrix = adjacency(g.edge_index.numpy(), 213, directed=True)
        source, target = adjacency_spectral_embedding(matrix, 4, directed=True)
        values.append((source[p[0]] * target[p[1]]).sum(axis=1))
    np.testing.assert_allclose(values[0], values[1], atol=1e-6)
