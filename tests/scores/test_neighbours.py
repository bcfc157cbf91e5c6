from itertools import permutations

import networkx as nx
import numpy as np
import pytest
import torch

from connectome.data.splits import SplitConfig, message_graph, split_links
from connectome.scores import RULES, NeighbourScore, neighbours
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
    return NeighbourScore(rule, graph.neuron_ids, graph.edge_index, graph.directed)


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
