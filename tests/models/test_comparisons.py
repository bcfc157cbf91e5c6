"""Decoders on blocks, against the dense formula and autograd."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from connectome.models.losses import Comparison, LikelihoodSettings, LinkLikelihood, draw_block
from connectome.scores.similarity import SIMILARITIES, SOFTENING, DistanceSimilarity
from connectome.types import InputError, MessageGraph

N, K = 25, 3
DECODERS = ("inner_product", "distance", "gravity")


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def linked() -> torch.Tensor:
    matrix = torch.rand(N, N, generator=generator(1)) < 0.2
    return matrix.fill_diagonal_(False)


def likelihood(degree_share: float = 0.0) -> LinkLikelihood:
    graph = MessageGraph(np.arange(N), linked().nonzero().T, True)
    return LinkLikelihood.of(graph, LikelihoodSettings(4.0, degree_share=degree_share))


def dense(
    decoder: str,
    vectors: tuple[torch.Tensor, torch.Tensor],
    biases: tuple[torch.Tensor, torch.Tensor],
    scale: torch.Tensor,
) -> torch.Tensor:
    """The loss of all pairs, one by one."""
    sent, received = vectors
    square = (sent[:, None] - received).square().sum(dim=2)
    value = {
        "inner_product": sent @ received.T,
        "distance": -(square + 1e-6).sqrt(),
        "gravity": -(square + SOFTENING).log(),
    }[decoder]
    logits = scale * value + biases[0][:, None] + biases[1]
    terms = torch.where(linked(), 4.0 * F.softplus(-logits), F.softplus(logits))
    return terms[~torch.eye(N, dtype=torch.bool)].sum() / (4.0 * linked().sum())


def link(decoder: str, square: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    similarity = SIMILARITIES[decoder]
    assert isinstance(similarity, DistanceSimilarity)
    return similarity.link(square)


def scaled(decoder: str) -> Comparison:
    """One whose scale, where it has one, is another than at first."""
    comparison = Comparison(decoder).double()
    assert (comparison.log_scale is None) == (decoder == "inner_product")
    for parameter in comparison.parameters():
        torch.nn.init.constant_(parameter, 0.4)
    return comparison


def scale_of(comparison: Comparison) -> torch.Tensor:
    unit = torch.ones((), dtype=torch.float64)
    return unit if comparison.log_scale is None else comparison.log_scale.exp()


def inputs() -> list[torch.Tensor]:
    sent, received = torch.randn(2, N, K, generator=generator(2), dtype=torch.float64)
    received[3] = sent[5] + 1e-4  # two that all but coincide
    biases = torch.randn(2, N, generator=generator(3), dtype=torch.float64)
    return [each.clone().requires_grad_() for each in (sent, received, *biases)]


@pytest.mark.parametrize("decoder", DECODERS)
def test_value_and_gradients_are_those_of_the_dense_formula(decoder: str) -> None:
    comparison = scaled(decoder)
    block = draw_block(likelihood().rows, N, N, generator(0))
    own = inputs()
    sent, received, sender, receiver = own
    loss = comparison.loss(
        likelihood(),
        (sent[block.rows], received[block.columns]),
        (sender[block.rows], receiver[block.columns]),
        block,
        torch.ones(K, dtype=torch.bool),
        0.0,
    )
    expected = dense(decoder, (sent, received), (sender, receiver), scale_of(comparison))
    torch.testing.assert_close(loss, expected)
    every = [*own, *comparison.parameters()]
    torch.testing.assert_close(
        torch.autograd.grad(loss, every), torch.autograd.grad(expected, every, retain_graph=True)
    )


@pytest.mark.parametrize("decoder", DECODERS)
def test_dropped_dimensions_do_not_count_and_others_count_for_them(decoder: str) -> None:
    comparison = Comparison(decoder).double()
    block = draw_block(likelihood().rows, N, N, generator(0))
    sent, received, sender, receiver = inputs()
    kept = torch.tensor([True, False, True])
    arguments = (likelihood(), (sent[block.rows], received[block.columns]))
    biases = sender[block.rows], receiver[block.columns]
    found = comparison.loss(*arguments, biases, block, kept, 0.5)
    root = kept.double() * 2**0.5
    one = torch.ones((), dtype=torch.float64)
    expected = dense(decoder, (sent * root, received * root), (sender, receiver), one)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("decoder", DECODERS[1:])
def test_slopes_of_link_functions(decoder: str) -> None:
    square = torch.tensor([0.0, 1e-5, 0.3, 7.0], dtype=torch.float64, requires_grad=True)
    value, slope = link(decoder, square)
    torch.testing.assert_close(torch.autograd.grad(value.sum(), square)[0], slope.detach())


@pytest.mark.parametrize("decoder", DECODERS[1:])
def test_a_place_far_from_the_origin_changes_nothing(decoder: str) -> None:
    """In single precision, where squares of large numbers cancel."""
    block = draw_block(likelihood().rows, N, N, generator(0))
    sent, received, *biases = (each.detach().float() for each in inputs())
    values = [
        Comparison(decoder).loss(
            likelihood(0.3),
            (sent[block.rows] + far, received[block.columns] + far),
            (biases[0][block.rows], biases[1][block.columns]),
            block,
            torch.ones(K, dtype=torch.bool),
            0.0,
        )
        for far in (0.0, 500.0)
    ]
    torch.testing.assert_close(values[0], values[1], rtol=1e-4, atol=0)


def test_unknown_decoders_are_refused() -> None:
    assert list(Comparison().parameters()) == []
    with pytest.raises(InputError, match=r"model\.decoder=dot: choose one of inner_product, "):
        Comparison("dot")


def test_half_precision_around_it_changes_nothing() -> None:
    block = draw_block(likelihood().rows, N, N, generator(0))
    sent, received, *biases = (each.detach().float() for each in inputs())
    arguments = (likelihood(), (sent[block.rows], received[block.columns]), tuple(biases), block)
    kept = torch.ones(K, dtype=torch.bool)
    expected = Comparison("gravity").loss(*arguments, kept, 0.0)
    with torch.autocast("cpu", torch.bfloat16):
        found = Comparison("gravity").loss(*arguments, kept, 0.0)
    assert torch.equal(found, expected)


@pytest.mark.parametrize("decoder", DECODERS)
def test_links_beside_the_drawn_columns_count_pair_by_pair(decoder: str) -> None:
    comparison = scaled(decoder)
    sent, received, sender, receiver = leaves = inputs()
    known = likelihood()
    block = draw_block(known.rows, 9, 4, generator(5))
    assert len(block.columns) > block.drawn
    loss = comparison.loss(
        known,
        (sent[block.rows], received[block.columns]),
        (sender[block.rows], receiver[block.columns]),
        block,
        torch.ones(K),
        0.0,
    )
    square = (sent[:, None] - received).square().sum(dim=2)
    value = sent @ received.T if decoder == "inner_product" else link(decoder, square)[0]
    logits = (scale_of(comparison) * value + sender[:, None] + receiver)[block.rows]
    counts = torch.zeros(N, dtype=torch.float64)
    counts[block.columns[:4]] = N / 4
    of_rows = linked()[block.rows]
    terms = torch.where(of_rows, 4.0 * F.softplus(-logits), counts * F.softplus(logits))
    terms[torch.arange(9), block.rows] = 0.0
    expected = terms.sum() / (9 / N) / (4.0 * linked().sum())
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-8)
    every = [*leaves, *comparison.parameters()]
    found = torch.autograd.grad(loss, every)
    wanted = torch.autograd.grad(expected, every)
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-8)
