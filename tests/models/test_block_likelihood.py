from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from connectome.models.losses import (
    LikelihoodSettings,
    LinkLikelihood,
    block_likelihood,
    draw_block,
)
from connectome.models.losses.block_likelihood import PairWeights, block_loss
from connectome.models.sparse import LinkRows
from connectome.types import InputError, MessageGraph, NotApplicableError

N = 30


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def graph() -> tuple[torch.Tensor, LinkRows]:
    matrix = torch.rand(N, N, generator=generator(1)) < 0.15
    matrix.fill_diagonal_(False)
    return matrix, LinkRows.of(matrix.nonzero().T, N)


def message_graph() -> MessageGraph:
    edges = graph()[0].nonzero().T
    synapses = torch.randint(1, 9, (edges.shape[1],), generator=generator(4)).float()
    return MessageGraph(np.arange(N), edges, True, synapses=synapses)


def even(weight: float) -> PairWeights:
    return PairWeights.of(message_graph(), LikelihoodSettings(link_weight=weight))


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
    loss = block_loss(sent[block.rows], received[block.columns], block, even(weight))
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
        assert len(block.columns.unique()) == len(block.columns)
        assert block.drawn == 5
        loops = set(block.rows.tolist()) & set(block.columns[:5].tolist())
        assert block.loops.shape[1] == len(loops)


def test_drawn_columns_stand_in_for_all_in_the_mean() -> None:
    """Over many blocks, the loss and its gradient are those of all pairs, scaled by the rows."""
    linked, rows = graph()
    sent, received = factors()
    draws = 4000
    total = torch.zeros((), dtype=torch.float64)
    for seed in range(draws):
        block = draw_block(rows, 10, 12, generator(seed))
        total = total + block_loss(sent[block.rows], received[block.columns], block, even(3.0))
    mean = total / draws * (N / 10)
    expected = dense(sent, received, linked, 3.0)
    torch.testing.assert_close(mean, expected, rtol=0.03, atol=0)


def test_gradients_of_a_block_with_links_beside_the_drawn_columns() -> None:
    linked, rows = graph()
    sent, received = factors()
    block = draw_block(rows, 9, 4, generator())
    assert len(block.columns) > block.drawn
    loss = block_loss(sent[block.rows], received[block.columns], block, even(2.0))
    logits = (sent @ received.T)[block.rows]
    counts = torch.zeros(N, dtype=torch.float64)
    counts[block.columns[:4]] = N / 4
    of_rows = linked[block.rows]
    terms = torch.where(of_rows, 2.0 * F.softplus(-logits), counts * F.softplus(logits))
    terms[torch.arange(9), block.rows] = 0.0
    torch.testing.assert_close(loss, terms.sum())
    found = torch.autograd.grad(loss, (sent, received))
    torch.testing.assert_close(found, torch.autograd.grad(terms.sum(), (sent, received)))


@pytest.mark.parametrize("columns", [4, N])
def test_without_its_value_a_loss_has_the_same_gradient(columns: int, monkeypatch: Any) -> None:
    """To the bit, in tiles of two rows."""
    monkeypatch.setattr(block_likelihood, "TILE", 2 * columns)
    sent, received = factors()
    weights = PairWeights.of(message_graph(), LikelihoodSettings(degree_share=0.3))
    found = []
    for valued in (True, False):
        block = draw_block(graph()[1], 9, columns, generator(), valued)
        loss = block_loss(sent[block.rows], received[block.columns], block, weights)
        assert loss.isnan() == (not valued)
        found.append(torch.autograd.grad(loss, (sent, received)))
    assert all(map(torch.equal, *found))


def test_synapses_and_degrees_weigh_as_they_are_told() -> None:
    """Against the same sum, pair by pair; the mean weight of links is what was asked for."""
    linked, rows = graph()
    weights = PairWeights.of(
        message_graph(), LikelihoodSettings(5.0, synapse_weight=2.0, degree_share=0.3)
    )
    counts = message_graph().synapses
    assert counts is not None
    matrix = torch.zeros(N, N)
    matrix[linked] = 1 + 2 * counts.log()  # edges in the order of nonzero()
    matrix *= 5.0 * linked.sum() / matrix.sum()
    outs, ins = linked.sum(1).float(), linked.sum(0).float()
    absent = 0.7 + 0.3 * torch.outer(outs / outs.mean(), ins / ins.mean())
    sent, received = factors()
    logits = sent @ received.T
    terms = torch.where(linked, matrix * F.softplus(-logits), absent * F.softplus(logits))
    expected = terms[~torch.eye(N, dtype=torch.bool)].sum()
    block = draw_block(rows, N, N, generator())
    loss = block_loss(sent[block.rows], received[block.columns], block, weights)
    single = {"rtol": 1e-5, "atol": 1e-4}  # weights are float32
    torch.testing.assert_close(loss, expected, **single)
    found = torch.autograd.grad(loss, (sent, received))
    torch.testing.assert_close(found, torch.autograd.grad(expected, (sent, received)), **single)
    assert weights.total == pytest.approx(float(weights.links.sum()))


def test_without_a_weight_links_weigh_as_much_as_all_absent_pairs() -> None:
    weights = PairWeights.of(message_graph(), LikelihoodSettings())
    links = message_graph().edge_index.shape[1]
    assert weights.total == pytest.approx(N * (N - 1) - links)


def test_the_estimate_is_the_mean_over_blocks_of_any_size() -> None:
    sent, received = factors()
    likelihood = LinkLikelihood.of(message_graph(), LikelihoodSettings())

    def loss(rows: int, seed: int) -> float:
        block = draw_block(likelihood.rows, rows, N, generator(seed))
        return likelihood.loss(sent[block.rows], received[block.columns], block).item()

    parts = [loss(6, seed) for seed in range(600)]
    assert sum(parts) / len(parts) == pytest.approx(loss(N, 0), rel=0.02)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"link_weight": 0.0}, "likelihood.link_weight=0.0: must be positive"),
        ({"synapse_weight": -1.0}, "likelihood.synapse_weight=-1.0: must be 0 or more"),
        ({"degree_share": 1.5}, "likelihood.degree_share=1.5: must be between 0 and 1"),
    ],
)
def test_weights_out_of_range(options: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        LikelihoodSettings(**options)


def test_synapses_cannot_weigh_where_there_are_none() -> None:
    bare = MessageGraph(np.arange(N), graph()[0].nonzero().T, True)
    with pytest.raises(NotApplicableError, match=r"set model\.likelihood\.synapse_weight=0"):
        PairWeights.of(bare, LikelihoodSettings(synapse_weight=1.0))


def test_pairs_of_two_brains_weigh_nothing() -> None:
    one = message_graph()
    both = torch.cat([one.edge_index, one.edge_index + N], dim=1)
    assert one.synapses is not None
    joined = MessageGraph(
        np.arange(2 * N), both, True, synapses=one.synapses.repeat(2), member_sizes=(N, N)
    )
    sent, received = torch.randn(2, N, 3, generator=generator(2), dtype=torch.float64)
    settings = LikelihoodSettings(degree_share=0.3)
    losses = []
    for graph, factors in ((one, (sent, received)), (joined, (sent.repeat(2, 1),) * 2)):
        n = graph.num_neurons
        rows = LinkRows.of(graph.edge_index, n)
        block = draw_block(rows, n, n, generator())
        other = received.repeat(n // N, 1)
        weights = PairWeights.of(graph, settings)
        losses.append(block_loss(factors[0][block.rows], other[block.columns], block, weights))
    torch.testing.assert_close(losses[1], 2 * losses[0])
