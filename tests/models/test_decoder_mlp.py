import torch

from connectome.models.nn import DecoderMLP, DeepEncoder
from connectome.models.sparse import directed_operators


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_undirected_scores_are_symmetric_and_can_be_negative_definite() -> None:
    decoder_mlp = DecoderMLP(2, 8, 2, 6, directed=False, generator=generator())
    factors = torch.randn(5, 2, generator=generator(1))
    sent, received = decoder_mlp(factors, factors)
    torch.testing.assert_close(sent @ received.T, received @ sent.T)
    torch.testing.assert_close(received, sent * torch.tensor([1, 1, 1, -1, -1, -1.0]))


def test_directed_sides_have_networks_of_their_own() -> None:
    decoder_mlp = DecoderMLP(2, 8, 2, 6, directed=True, generator=generator())
    factors = torch.randn(5, 2, generator=generator(1))
    sent, received = decoder_mlp(factors, factors)
    assert not torch.allclose(sent @ received.T, received @ sent.T)


def test_operators_are_the_normalised_adjacency_and_its_transpose() -> None:
    edges = torch.tensor([[0, 0, 1, 3], [1, 2, 2, 0]])
    matrix = torch.zeros(4, 4)
    matrix[*edges] = 1
    tau = 1  # four edges of four neurons
    rows, columns = matrix.sum(1) + tau, matrix.sum(0) + tau
    expected = matrix / (rows[:, None] * columns).sqrt()
    backward, forward = directed_operators(edges, 4)
    identity = torch.eye(4)
    torch.testing.assert_close(backward @ identity, expected)
    torch.testing.assert_close(forward @ identity, expected.T)


def test_without_a_state_the_factors_are_the_table() -> None:
    free = DeepEncoder(6, 0, None, 4, 2, heads=2, hops=0, channels=2, generator=generator())
    source, target = free(directed_operators(torch.tensor([[0], [1]]), 6), None)
    assert torch.equal(torch.cat([source, target], dim=1), free.table)
    assert sum(weight.numel() for weight in free.parameters()) == 6 * 4


def encoder(hops: int) -> DeepEncoder:
    return DeepEncoder(6, 2, 3, 4, 2, heads=2, hops=hops, channels=2, generator=generator())


def test_hops_that_say_nothing_leave_the_table() -> None:
    edges = torch.tensor([[0, 1, 2, 3, 4], [1, 2, 3, 4, 5]])
    operators, features = directed_operators(edges, 6), torch.randn(6, 2)
    silent, plain = encoder(hops=1), encoder(hops=0)
    plain.load_state_dict({k: v for k, v in silent.state_dict().items() if "hops" not in k})
    assert not torch.allclose(silent(operators, features)[0], plain(operators, features)[0])
    with torch.no_grad():
        silent.hops[0].zero_()
    for found, expected in zip(
        silent(operators, features), plain(operators, features), strict=True
    ):
        torch.testing.assert_close(found, expected)


def test_neuron_order_does_not_matter() -> None:
    edges = torch.randint(6, (2, 12), generator=generator(3)).unique(dim=1)
    order = torch.randperm(6, generator=generator(4))
    place = order.argsort()
    features = torch.randn(6, 2, generator=generator(5))
    first, second = encoder(hops=2), encoder(hops=2)
    with torch.no_grad():
        second.table.copy_(first.table[order])
    there = first(directed_operators(edges, 6), features)
    here = second(directed_operators(place[edges], 6), features[order])
    for found, expected in zip(here, there, strict=True):
        torch.testing.assert_close(found, expected[order])
