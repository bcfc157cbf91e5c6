from itertools import pairwise, product

import pytest
import torch
from scipy.stats import chisquare

from connectome.models.sparse import LinkRows, contexts, random_walks

# Two triangles that share the link 1-2, a tail 3-4-5, two links between 4 and 5, one loop at 2, and
# 6, that no link reaches.
UNDIRECTED = torch.tensor([[0, 0, 1, 1, 2, 3, 4, 4], [1, 2, 2, 3, 3, 4, 5, 5]])
UNDIRECTED = torch.cat([UNDIRECTED, UNDIRECTED.flip(0), torch.tensor([[2], [2]])], dim=1)
# 0 -> 1 -> 0, 1 -> 2 and 0 -> 2, 1 -> 3 and 3 -> 0: the last is no way from 0 to 3. 4 is an end.
DIRECTED = torch.tensor([[0, 1, 1, 0, 1, 3, 1, 2, 2], [1, 0, 2, 2, 3, 0, 4, 1, 3]])


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_every_step_follows_an_edge() -> None:
    edges = torch.randint(30, (2, 120), generator=generator())
    real = {tuple(edge) for edge in edges.T.tolist()}
    walks = random_walks(LinkRows.of(edges, 30), torch.arange(30), 8, generator(1))
    for walk in walks.tolist():
        steps = [(a, b) for a, b in pairwise(walk) if b >= 0]
        assert set(steps) <= real
        inside = [place >= 0 for place in walk]
        assert inside == sorted(inside, reverse=True)  # once ended, a walk stays ended


def test_a_walk_ends_where_there_is_no_way_on() -> None:
    walks = random_walks(
        LinkRows.of(torch.tensor([[0, 1], [1, 2]]), 3), torch.arange(3), 4, generator()
    )
    assert walks.tolist() == [[0, 1, 2, -1, -1], [1, 2, -1, -1, -1], [2, -1, -1, -1, -1]]


def test_walks_are_uniform_over_edges() -> None:
    edges = torch.tensor([[0, 0, 0, 0], [1, 2, 3, 4]])
    walks = random_walks(
        LinkRows.of(edges, 5), torch.zeros(40_000, dtype=torch.int64), 1, generator()
    )
    share = torch.bincount(walks[:, 1], minlength=5)[1:] / 40_000
    torch.testing.assert_close(share, torch.full((4,), 0.25), atol=0.015, rtol=0)


def test_on_an_undirected_graph_long_walks_meet_neurons_by_degree() -> None:
    star = torch.tensor([[0, 0, 0, 1, 2, 3, 1, 2], [1, 2, 3, 0, 0, 0, 2, 1]])
    origins = torch.arange(4).repeat(20_000)
    last = random_walks(LinkRows.of(star, 4), origins, 40, generator())[:, -1]
    expected = torch.tensor([3, 2, 2, 1]) / 8
    found = torch.bincount(last, minlength=4) / len(last)
    torch.testing.assert_close(found, expected, atol=0.02, rtol=0)


def steps_by_definition(
    edges: torch.Tensor, n: int, p: float, q: float
) -> dict[tuple[int, int], list[float]]:
    """Probability of each neuron next, by the last two (Grover & Leskovec 2016, section 3.2)."""
    links = edges.T.tolist()
    found = {}
    for before, here in {(a, b) for a, b in links}:
        weights = [0.0] * n
        for sender, after in links:
            if sender == here:
                near = 1 if [before, after] in links else 1 / q
                weights[after] += 1 / p if after == before else near
        if sum(weights):
            found[before, here] = [weight / sum(weights) for weight in weights]
    return found


@pytest.mark.parametrize("edges", [UNDIRECTED, DIRECTED], ids=["undirected", "directed"])
@pytest.mark.parametrize(
    ("p", "q"),
    [(1, 4), (1, 0.25), (4, 1), (0.25, 1), (0.25, 0.25), (3, 7), *product((1e-3, 1e3), repeat=2)],
)
def test_biased_steps_are_as_defined(edges: torch.Tensor, p: float, q: float) -> None:
    """Of all third neurons, by the two before; those that weigh nothing to speak of are joined."""
    n = 7
    graph = LinkRows.of(edges, n)
    origins = torch.arange(n).repeat(30_000)
    walks = random_walks(graph, origins, 2, generator(3), p, q)
    expected = steps_by_definition(edges, n, p, q)
    seen = walks[(walks >= 0).all(dim=1)]
    assert {(a, b) for a, b, _ in seen.unique(dim=0).tolist()} == set(expected)
    for (before, here), law in expected.items():
        after = seen[(seen[:, 0] == before) & (seen[:, 1] == here), 2]
        counts = torch.bincount(after, minlength=n).double()
        means = torch.tensor(law, dtype=torch.float64) * len(after)
        assert not counts[means == 0].any()
        rare = means < 5
        assert counts[rare].sum() <= 30
        if (~rare).sum() > 1:
            scaled = means[~rare] * counts[~rare].sum() / means[~rare].sum()
            assert chisquare(counts[~rare].numpy(), scaled.numpy()).pvalue > 1e-5


@pytest.mark.parametrize(("p", "q"), [(4, 0.25), (0.25, 4)])
def test_long_biased_walks_keep_their_law(p: float, q: float) -> None:
    """The tenth step is as the second: by the two neurons before it, and no others."""
    graph = LinkRows.of(UNDIRECTED, 7)
    walks = random_walks(graph, torch.arange(6).repeat(50_000), 10, generator(5), p, q)
    law = steps_by_definition(UNDIRECTED, 7, p, q)
    for (before, here), expected in law.items():
        after = walks[(walks[:, 8] == before) & (walks[:, 9] == here), 10]
        share = torch.bincount(after, minlength=7).double() / len(after)
        torch.testing.assert_close(
            share, torch.tensor(expected, dtype=torch.float64), atol=0.03, rtol=0
        )


def test_walks_without_bias_are_those_of_deepwalk() -> None:
    """To the bit, so that embeddings of earlier versions stay; equal p and q are a bias."""
    edges = torch.randint(30, (2, 120), generator=generator())
    graph, origins = LinkRows.of(edges, 30), torch.arange(30)
    plain = random_walks(graph, origins, 8, generator(1))
    assert torch.equal(random_walks(graph, origins, 8, generator(1), 1.0, 1.0), plain)
    assert plain[:3].tolist() == [
        [0, 16, 17, 1, 18, 2, 1, 12, 22],
        [1, 12, 22, 22, 5, 18, 20, 18, 14],
        [2, 1, 29, 29, 22, 22, 11, 0, 1],
    ]
    assert not torch.equal(random_walks(graph, origins, 8, generator(1), 2, 2), plain)


def test_biased_walks_follow_edges_repeat_and_do_not_depend_on_threads() -> None:
    edges = torch.randint(3000, (2, 9000), generator=generator())
    graph, origins = LinkRows.of(edges, 3000), torch.arange(3000)
    walks = random_walks(graph, origins, 8, generator(1), 0.01, 100)
    real = set(map(tuple, edges.T.tolist()))
    for walk in walks.tolist():
        assert {(a, b) for a, b in pairwise(walk) if b >= 0} <= real
        inside = [place >= 0 for place in walk]
        assert inside == sorted(inside, reverse=True)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2 if threads == 1 else 1)
        again = random_walks(graph, origins, 8, generator(1), 0.01, 100)
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(again, walks)
    assert not torch.equal(random_walks(graph, origins, 8, generator(2), 0.01, 100), walks)


@pytest.mark.parametrize(("p", "q"), [(1e6, 1e6), (1e-6, 1e-6), (1e6, 1e-6), (1e-6, 1e6)])
def test_a_walk_that_can_only_turn_back_does(p: float, q: float) -> None:
    """However little turning back weighs; and no bias makes a step out of none."""
    edges = torch.tensor([[0, 1], [1, 0]])
    walks = random_walks(LinkRows.of(edges, 3), torch.arange(3), 3, generator(), p, q)
    assert walks.tolist() == [[0, 1, 0, 1], [1, 0, 1, 0], [2, -1, -1, -1]]


def test_contexts_by_hand() -> None:
    walks = torch.tensor([[0, 1, 0, 2], [3, 4, -1, -1]])
    pairs = sorted(map(tuple, contexts(walks, window=2).T.tolist()))
    assert pairs == [(0, 1), (0, 2), (1, 0), (1, 2), (3, 4)]
