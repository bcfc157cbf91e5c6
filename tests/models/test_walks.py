from itertools import pairwise

import torch

from connectome.models.sparse import LinkRows, contexts, random_walks


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


def test_contexts_by_hand() -> None:
    walks = torch.tensor([[0, 1, 0, 2], [3, 4, -1, -1]])
    pairs = sorted(map(tuple, contexts(walks, window=2).T.tolist()))
    assert pairs == [(0, 1), (0, 2), (1, 0), (1, 2), (3, 4)]
