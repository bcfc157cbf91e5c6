"""The sampler against brute force, and its draws against their distribution."""

from itertools import combinations

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from connectome.models.sparse import gcn_operator
from connectome.training.batching.neighbour_sampling import Hop, Neighbours, relabel, sample_hops


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_edges(n: int = 25, count: int = 80, seed: int = 0) -> torch.Tensor:
    return torch.randint(n, (2, count), generator=generator(seed))


def dense(hop: Hop, num_neurons: int) -> torch.Tensor:
    """Rows ``[R, N]`` that a hop stands for."""
    matrix = torch.zeros(len(hop.outputs), num_neurons)
    row = torch.repeat_interleave(torch.arange(len(hop.outputs)), hop.starts.diff())
    return matrix.index_put_((row, hop.inputs[hop.columns]), hop.weights, accumulate=True)


def normalised(edges: torch.Tensor, n: int) -> torch.Tensor:
    return gcn_operator(edges[:, edges[0] != edges[1]], n).matrix.to_dense()


def test_rows_are_unique_sorted_and_without_loops() -> None:
    edges = random_edges()
    messages = Neighbours.both_ways(edges, 25)
    expected = {(int(a), int(b)) for a, b in torch.cat([edges, edges.flip(0)], 1).T if a != b}
    found = messages.pairs(torch.arange(messages.num_links))
    assert [tuple(pair) for pair in found.T.tolist()] == sorted(expected)


def test_every_subset_of_neighbours_is_equally_likely() -> None:
    star = torch.tensor([[0] * 5, [1, 2, 3, 4, 5]])
    rows = torch.zeros(20_000, dtype=torch.int64)
    counts, places = Neighbours.of(star, 6).sample(rows, 3, generator(1))
    assert (counts == 3).all()
    drawn = places.view(-1, 3).sort(dim=1).values
    assert (drawn.diff(dim=1) > 0).all(), "without replacement"
    observed = [int((drawn == torch.tensor(s)).all(1).sum()) for s in combinations(range(5), 3)]
    assert sum(observed) == 20_000
    assert chisquare(observed).pvalue > 0.001


def test_neurons_with_few_neighbours_keep_all() -> None:
    messages = Neighbours.both_ways(random_edges(), 25)
    neurons = torch.tensor([3, 17, 4])
    counts, places = messages.sample(neurons, 4, generator())
    assert torch.equal(counts, messages.degrees[neurons].clamp(max=4))
    for neuron, mine in zip(neurons.tolist(), places.split(counts.tolist()), strict=True):
        assert len(set(mine.tolist())) == len(mine)
        assert (messages.pairs(mine)[0] == neuron).all()


def test_the_same_generator_draws_the_same() -> None:
    messages = Neighbours.both_ways(random_edges(), 25)
    one, two, other = (messages.sample(torch.arange(25), 2, generator(s))[1] for s in (5, 5, 6))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_large_fanouts_give_the_exact_rows() -> None:
    edges = random_edges()
    messages = Neighbours.both_ways(edges, 25)
    neurons = torch.tensor([2, 5, 11, 20])
    inner, outer = reversed(sample_hops(messages, neurons, (25, 25), generator()))
    exact = normalised(edges, 25)
    torch.testing.assert_close(dense(outer, 25), exact[neurons])
    torch.testing.assert_close(dense(inner, 25), exact[outer.inputs])


def test_sampled_rows_are_unbiased() -> None:
    edges = random_edges(count=150)
    messages, exact = Neighbours.both_ways(edges, 25), normalised(edges, 25)
    draws = [
        dense(sample_hops(messages, torch.arange(25), (3,), generator(s))[0], 25)
        for s in range(1500)
    ]
    stacked = torch.stack(draws)
    error = (stacked.mean(0) - exact) / (stacked.std(0) / 1500**0.5 + 1e-6)
    assert error.abs().max() < 4.5  # of 625 entries, in standard errors
    assert stacked.std(0).max() > 0.1, "something was sampled"


def test_links_of_a_step_may_carry_no_message() -> None:
    edges = torch.tensor([[0, 0, 1, 2], [1, 2, 2, 3]])
    messages = Neighbours.both_ways(edges, 4)
    without = torch.tensor([[2], [0]])  # as receiver to sender
    [hop] = sample_hops(messages, torch.arange(4), (9,), generator(), without)
    expected = normalised(edges, 4)
    expected[0, 2] = expected[2, 0] = 0
    torch.testing.assert_close(dense(hop, 4), expected)


@pytest.mark.parametrize("shape", [(7,), (2, 9)])
def test_relabel_is_unique(shape: tuple[int, ...]) -> None:
    neurons = torch.randint(30, shape, generator=generator())
    found, place = relabel(neurons, 30)
    assert found.tolist() == np.unique(neurons.numpy()).tolist()
    assert torch.equal(found[place], neurons)
