from itertools import permutations

import networkx as nx
import numpy as np
import pytest
import torch

from connectome.data.splits import SplitConfig, message_graph, split_links
from connectome.scores import RULES, WEIGHTED, NeighbourScore, neighbours
from connectome.types import InputError, MessageGraph
from tests.conftest import random_connectome

ORACLES = {
    "common_neighbours": nx.common_neighbor_centrality,
    "adamic_adar": nx.adamic_adar_index,
    "resource_allocation": nx.resource_allocation_index,
}


def training_graph(directed: bool, seed: int = 0) -> MessageGraph:
    connectome = random_connectome(seed, neurons=25, edges=150)
    return message_graph(connectome, split_links(connectome, SplitConfig(directed)))


def score(graph: MessageGraph, rule: str) -> NeighbourScore:
    counts = graph.synapses if rule in WEIGHTED else None
    return NeighbourScore(rule, graph.neuron_ids, graph.edge_index, graph.directed, synapses=counts)


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("rule", sorted(ORACLES))
def test_against_networkx(rule: str, directed: bool) -> None:
    graph = training_graph(directed)
    oracle = nx.Graph(graph.edge_index.T.tolist())
    oracle.add_nodes_from(range(25))
    pairs = [(i, j) for i, j in permutations(range(25), 2)]
    options = {"alpha": 1} if rule == "common_neighbours" else {}
    expected = [value for _, _, value in ORACLES[rule](oracle, pairs, **options)]
    found = score(graph, rule).score_pairs(torch.tensor(pairs).T)
    np.testing.assert_allclose(found.numpy(), expected)


@pytest.mark.parametrize("rule", ["l3", "l3_normalised"])
def test_l3_by_counting_paths(rule: str) -> None:
    graph = training_graph(directed=True)
    edges = {tuple(edge) for edge in graph.edge_index.T.tolist()}
    sent = {i: [k for j, k in edges if j == i] for i in range(25)}
    received = {k: [j for j, m in edges if m == k] for k in range(25)}

    def by_hand(i: int, j: int) -> float:
        total = 0.0
        for k in sent[i]:
            for m in received[k]:
                if j in sent[m]:
                    inside = len(received[k]) * len(sent[m])
                    ends = len(sent[i]) * len(received[j])
                    damped = inside**2 * ends if rule == "l3_normalised" else inside
                    total += 1 / damped**0.5
        return total

    pairs = [(0, 1), (3, 7), (20, 4), (11, 12), (5, 5)]
    expected = [by_hand(i, j) for i, j in pairs]
    assert any(expected)
    found = score(graph, rule).score_pairs(torch.tensor(pairs).T)
    np.testing.assert_allclose(found.numpy(), expected)


def test_weighted_paths_by_hand() -> None:
    """Edges 0 -> 1 <- 2 -> 3 of 1, 3 and 1 synapses: log 2, 2 log 2 and log 2, their sums below."""
    edges, ids = torch.tensor([[0, 2, 2], [1, 1, 3]]), np.arange(4)
    counts = torch.tensor([1.0, 3.0, 1.0])
    found = NeighbourScore("l3_weighted", ids, edges, True, synapses=counts)
    first, middle, last = 1 / 3**0.5, 2 / 3, 1 / 3**0.5  # out of 1, 3 and 3, into 3, 3 and 1
    pairs = torch.tensor([[0, 0, 3], [3, 1, 0]])
    expected = [first * middle * last, first * (first**2 + middle**2), 0.0]
    np.testing.assert_allclose(found.score_pairs(pairs).numpy(), expected)
    assert found.numbers_per_neuron == 2 * 3 / 4


def test_equal_synapses_are_as_none() -> None:
    """Normalising divides them out, whatever their number."""
    graph = training_graph(directed=True)
    sources, equal = torch.arange(25), torch.full_like(graph.edge_index[0], 5).float()
    plain = score(graph, "l3_normalised").score_rows(sources)
    same = NeighbourScore(
        "l3_weighted", graph.neuron_ids, graph.edge_index, True, synapses=equal
    ).score_rows(sources)
    torch.testing.assert_close(same, plain)


def test_counts_go_with_the_rules_that_take_them() -> None:
    edges, ids, counts = torch.tensor([[0], [1]]), np.arange(2), torch.ones(1)
    with pytest.raises(InputError, match="l3_weighted: needs synapse counts"):
        NeighbourScore("l3_weighted", ids, edges, True)
    with pytest.raises(InputError, match="l3: takes no synapse counts"):
        NeighbourScore("l3", ids, edges, True, synapses=counts)
    with pytest.raises(InputError, match="l3_weighted: an edge without synapses"):
        NeighbourScore("l3_weighted", ids, edges, True, synapses=0 * counts)


@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize("directed", [False, True])
def test_rows_are_pairs_whatever_the_block_size(
    rule: str, directed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer = score(training_graph(directed), rule)
    rows = scorer.score_rows(torch.arange(25))
    pairs = torch.cartesian_prod(torch.arange(25), torch.arange(25)).flip(0).T
    monkeypatch.setattr("connectome.scores.scorer.BLOCK", 3 * 25)
    assert torch.equal(scorer.score_pairs(pairs), rows[pairs[0], pairs[1]])


def test_a_tail_with_one_row_in_a_block_is_scored_too() -> None:
    scorer = score(training_graph(directed=True), "l3")
    assert scorer.score_pairs(torch.empty(2, 0, dtype=torch.int64)).shape == (0,)


def test_numbers_per_neuron_are_the_links() -> None:
    for directed in (False, True):
        graph = training_graph(directed)
        links = graph.edge_index.shape[1] / (1 if directed else 2)
        assert score(graph, "l3").numbers_per_neuron == pytest.approx(links / 25)


def test_unknown_rule_is_refused() -> None:
    with pytest.raises(InputError, match=r"model\.rule=jaccard: choose one of common"):
        score(training_graph(directed=True), "jaccard")


@pytest.mark.parametrize("rule", sorted(RULES))
def test_sparse_and_dense_products_and_single_pairs_agree_to_the_last_bit(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    method = score(training_graph(directed=True), rule)
    rows = {}
    for cost in (0.0, 1e9):
        monkeypatch.setattr(neighbours, "SPARSE_COST", cost)
        rows[cost] = method.score_rows(torch.arange(25))
    assert torch.equal(rows[0.0], rows[1e9])
    generator = torch.Generator().manual_seed(1)
    pairs = torch.randint(0, 25, (2, 300), generator=generator)
    for block in (1, 1 << 22):
        monkeypatch.setattr("connectome.scores.scorer.BLOCK", block)
        assert torch.equal(method.score_pairs(pairs), rows[0.0][pairs[0], pairs[1]])
