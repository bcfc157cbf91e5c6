from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

import numpy as np

from connectome.models import Emphasis, LinkRows, PairWeights, block_loss, draw_block
from connectome.types import InputError, MessageGraph, NotApplicableError

N = 30


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def graph() -> tuple[torch.Tensor, LinkRows]:
    matrix = torch.rand(N, N, generator=generator(1)) < 0.15
    matrix.fill_diagonal_(False)
    return matrix, LinkRows.of(matrix.nonzero().T, N)


def factors() -> tuple[torch.Tensor, torch.Tensor]:
    sent, received = torch.randn(2, N, 3, generator=generator(2), dtype=torch.float64)
    return sent.requires_grad_(), received.requires_grad_()


def dense(
    sent: torch.Tensor, received: torch.Tensor, linked: torch.Tensor, weight: float
) -> torch.Tensor:
    """The same sum, pair by pair, for autograd."""
    logits = sent @ received.T
    terms = torch.where(linked, weight * F.softplus(-logits), F.softplus(logits))
    return terms[~torch.eye(N, dtype=torch.bool)].sum()


@pytest.mark.parametrize("weight", [1.0, 7.5])
def test_value_and_gradient_are_those_of_all_pairs(weight: float) -> None:
    linked, rows = graph()
    sent, received = factors()
    block = draw_block(rows, N, N, generator())
    loss = block_loss(sent[block.rows], received[block.columns], block, weight)
    expected = dense(sent, received, linked, weight)
    torch.testing.assert_close(loss, expected)
    found = torch.autograd.grad(loss, (sent, received))
    torch.testing.assert_close(found, torch.autograd.grad(expected, (sent, received)))


def test_a_block_has_every_link_of_its_rows_and_no_self_loop() -> None:
    linked, rows = graph()
    for seed in range(20):
        block = draw_block(rows, 8, 5, generator(seed))
        inside = torch.zeros(N, N, dtype=torch.bool)
        inside[block.rows[block.links[0]], block.columns[block.links[1]]] = True
        expected = torch.zeros_like(inside)
        expected[block.rows] = linked[block.rows]
        assert torch.equal(inside, expected)
        assert torch.equal(block.rows[block.loops[0]], block.columns[block.loops[1]])
        assert block.columns.unique().equal(block.columns)
        loops = set(block.rows.tolist()) & set(block.columns.tolist())
        assert block.loops.shape[1] == len(loops)


def test_drawn_columns_stand_in_for_all_in_the_mean() -> None:
    """Over many blocks, the loss and its gradient are those of all pairs, scaled by the rows."""
    linked, rows = graph()
    sent, received = factors()
    draws = 4000
    total = torch.zeros((), dtype=torch.float64)
    for seed in range(draws):
        block = draw_block(rows, 10, 12, generator(seed))
        total = total + block_loss(sent[block.rows], received[block.columns], block, 3.0)
    mean = total / draws * (N / 10)
    expected = dense(sent, received, linked, 3.0)
    torch.testing.assert_close(mean, expected, rtol=0.03, atol=0)


def test_weights_of_one_are_no_weights() -> None:
    _, rows = graph()
    sent, received = factors()
    block = draw_block(rows, 9, N, generator())
    assert block.weights is None
    weighted = replace(block, weights=torch.ones(N, dtype=torch.float64))
    losses = [block_loss(sent[b.rows], received[b.columns], b, 2.0) for b in (block, weighted)]
    assert losses[0] == losses[1]
