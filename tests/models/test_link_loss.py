import math

import pytest
import torch

from connectome.models.losses import PairRows, inner_product_loss
from connectome.models.nn import (
    Biases,
    GraphAutoencoder,
    TableEncoder,
    make_decoder,
    reconstruction_loss,
)

N = 23


def pairs(count: int, seed: int, ordered: bool = True) -> torch.Tensor:
    """Repeats, and neurons without any pair, among them the first and the last."""
    drawn = torch.randint(1, N - 2, (2, count), generator=torch.Generator().manual_seed(seed))
    return drawn[:, (drawn[0] * N + drawn[1]).argsort()] if ordered else drawn


def factors(dim: int, seed: int = 0) -> torch.Tensor:
    values = torch.randn(N, dim, generator=torch.Generator().manual_seed(seed))
    return values.requires_grad_()


def by_autograd(
    source: torch.Tensor, target: torch.Tensor, links: torch.Tensor, others: torch.Tensor
) -> torch.Tensor:
    decode = make_decoder("native")
    return reconstruction_loss(decode(source, target, links), decode(source, target, others))


def test_loss_and_gradient_by_hand() -> None:
    z = torch.zeros(2, 1)
    z[1] = 2.0
    z.requires_grad_()
    link, other = (PairRows.of(torch.tensor(pair), 2) for pair in ([[0], [1]], [[1], [1]]))
    loss = inner_product_loss(z, z, link, other)
    assert float(loss.detach()) == pytest.approx(math.log(2) + math.log(1 + math.exp(4)))
    loss.backward()
    slope = 1 / (1 + math.exp(-4))  # of the unconnected pair, whose logit is 4
    assert z.grad is not None
    assert z.grad.squeeze().tolist() == pytest.approx([-0.5 * 2.0, 2 * slope * 2.0])


@pytest.mark.parametrize("dim", [1, 2, 8, 9, 16])
@pytest.mark.parametrize("sides", [1, 2])
def test_loss_and_gradient_equal_those_of_autograd(dim: int, sides: int) -> None:
    links, others = pairs(60, 1), pairs(90, 2)
    ours = [factors(dim, side) for side in range(sides)]
    theirs = [factors(dim, side) for side in range(sides)]
    rows = PairRows.of(links, N), PairRows.of(others, N)
    loss = inner_product_loss(ours[0], ours[-1], *rows)
    expected = by_autograd(theirs[0], theirs[-1], links, others)
    torch.testing.assert_close(loss, expected)
    (3 * loss).backward()
    (3 * expected).backward()
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one.grad, other.grad)


def test_huge_logits_stay_finite() -> None:
    z = (100 * factors(4)).detach().requires_grad_()
    rows = PairRows.of(pairs(60, 1), N), PairRows.of(pairs(90, 2), N)
    loss = inner_product_loss(z, z, *rows)
    loss.backward()
    assert z.grad is not None
    assert bool(loss.isfinite())
    assert bool(z.grad.isfinite().all())


def test_the_order_of_pairs_does_not_matter() -> None:
    mixed = pairs(60, 1, ordered=False)
    dense = torch.zeros(N, N).index_put(tuple(mixed), torch.ones(60), accumulate=True)
    for drawn in (mixed, mixed[:, mixed[0].argsort(stable=True)]):
        rows, z = PairRows.of(drawn, N), factors(3).detach()
        torch.testing.assert_close(rows.times(torch.ones(60), z), dense @ z)
        torch.testing.assert_close(rows.transposed_times(torch.ones(60), z), dense.T @ z)


def test_no_pairs_of_a_kind_are_no_gradient() -> None:
    rows = PairRows.of(torch.empty(2, 0, dtype=torch.int64), N)
    z = factors(16).detach()
    assert rows.logits(z, z).shape == (0,)
    assert float(rows.times(torch.empty(0), z).abs().sum()) == 0.0
    assert float(rows.transposed_times(torch.empty(0), z).abs().sum()) == 0.0


@pytest.mark.parametrize("decoder", ["native", "distance", "gravity"])
@pytest.mark.parametrize("biases", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_an_autoencoder_has_one_loss_whichever_way(
    decoder: str, biases: bool, dtype: torch.dtype
) -> None:
    encoder = TableEncoder(N, 4, heads=2, generator=torch.Generator().manual_seed(0))
    extra = Biases(N, directed=True) if biases else None
    network = GraphAutoencoder(encoder, make_decoder(decoder), 2, extra).to(dtype)
    for seed in (1, 3):  # other positives than before must be noticed
        links, others = pairs(60, seed), pairs(90, 2)
        latent = network(None, None).mean  # type: ignore[arg-type]
        assert latent.dtype == dtype
        expected = reconstruction_loss(
            network.logits(latent, links), network.logits(latent, others)
        )
        got = network.link_loss(latent, links, others)
        torch.testing.assert_close(got, expected)
        gradients = [
            torch.autograd.grad(value, list(encoder.parameters()), retain_graph=True)
            for value in (got, expected)
        ]
        for one, other in zip(*gradients, strict=True):
            torch.testing.assert_close(one, other)


def test_the_gradient_alone_is_the_same() -> None:
    gradients = []
    for valued in (True, False):
        z = factors(5)
        rows = PairRows.of(pairs(60, 1), N), PairRows.of(pairs(90, 2), N)
        loss = inner_product_loss(z, z, *rows, valued)
        assert bool(loss.isnan()) is not valued
        loss.backward()
        assert z.grad is not None
        gradients.append(z.grad)
    assert torch.equal(*gradients)


def test_rows_are_pairs_again() -> None:
    given = pairs(60, 1)
    assert torch.equal(PairRows.of(given, N).pairs(), given)
