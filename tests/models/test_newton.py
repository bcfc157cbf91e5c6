"""Newton steps of free factors: held against autograd, at convergence, and with drawn columns."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from connectome.models.factors import RECIPES, Columns, Factors, Penalty, Side, sweep
from connectome.models.factors.newton import half_sweep
from connectome.models.factors.start import spectral_start
from connectome.models.losses import LikelihoodSettings, PairWeights
from connectome.types import Connectome, MessageGraph
from tests.conftest import random_connectome

SETTINGS = LikelihoodSettings(link_weight=5.0, synapse_weight=1.0, degree_share=0.3)
PENALTY = Penalty(factors=0.7, biases=0.01)
N, D = 30, 3
LONGEST = RECIPES["inner_product"].longest


def graph_of(brain: Connectome) -> MessageGraph:
    kept = brain.edge_index[0] != brain.edge_index[1]
    return MessageGraph(
        brain.neuron_ids, brain.edge_index[:, kept], True, synapses=brain.synapses[kept]
    )


@pytest.fixture
def graph() -> MessageGraph:
    return graph_of(random_connectome(3, neurons=N, edges=150))


@pytest.fixture
def factors() -> Factors:
    generator = torch.Generator().manual_seed(0)
    sides = [0.3 * torch.randn(N, D, generator=generator).double() for _ in range(2)]
    biases = [torch.randn(N, generator=generator).double() - 1 for _ in range(2)]
    return Factors(*sides, *biases)


def loss(factors: Factors, graph: MessageGraph, penalty: Penalty = PENALTY) -> torch.Tensor:
    """The same in so many words: every pair but loops, one term each."""
    weights = PairWeights.of(graph, SETTINGS)
    logits = factors.sent @ factors.received.T
    logits = logits + factors.sender[:, None] + factors.receiver
    absent = 0.7 + 0.3 * torch.outer(weights.sender, weights.receiver).double()
    absent = absent.masked_fill(torch.eye(N, dtype=torch.bool), 0)
    linked = torch.zeros(N, N).double()
    linked[*graph.edge_index] = weights.links.double()
    terms = torch.where(linked > 0, linked * F.softplus(-logits), absent * F.softplus(logits))
    sizes = factors.sent.square().sum() + factors.received.square().sum()
    biases = factors.sender.square().sum() + factors.receiver.square().sum()
    return terms.sum() + penalty.factors * sizes + penalty.biases * biases


def cut(step: torch.Tensor) -> torch.Tensor:
    return step * (LONGEST / step.norm(dim=1, keepdim=True).clamp(min=LONGEST))


def everybody() -> Columns:
    return Columns.draw(torch.ones(N), None, torch.Generator())


def sides_of(graph: MessageGraph) -> tuple[Side, Side]:
    return Side.both(graph.edge_index, PairWeights.of(graph, SETTINGS))


def test_a_step_is_that_of_autograd(graph: MessageGraph, factors: Factors) -> None:
    sent, sender, decrement = half_sweep(
        (factors.sent, factors.sender),
        (factors.received, factors.receiver),
        sides_of(graph)[0],
        PENALTY,
        everybody(),
    )
    before = torch.cat([factors.sent, factors.sender[:, None]], dim=1)

    def of(unknown: torch.Tensor) -> torch.Tensor:
        moved = replace(factors, sent=unknown[:, :D], sender=unknown[:, D])
        return loss(moved, graph)

    gradient = torch.autograd.functional.jacobian(of, before).flatten()
    hessian = torch.autograd.functional.hessian(of, before).reshape(len(gradient), -1)
    step = torch.linalg.solve(hessian, gradient).reshape(N, D + 1)
    assert 0 < int((step.norm(dim=1) > LONGEST).sum()) < N  # some are cut, some are not
    found = before - torch.cat([sent, sender[:, None]], dim=1)
    torch.testing.assert_close(found, cut(step), rtol=1e-3, atol=1e-4)  # weights are float32
    assert decrement == pytest.approx(0.5 * float(gradient @ step.flatten()), rel=1e-3)


def test_dropout_is_its_expectation_to_second_order(graph: MessageGraph, factors: Factors) -> None:
    """With curvatures held, ``p / (1 - p)`` times their diagonal is added to both sides."""
    dropped = replace(PENALTY, dropout=0.2)
    args = ((factors.received, factors.receiver), sides_of(graph)[0])
    sent, sender, _ = half_sweep((factors.sent, factors.sender), *args, dropped, everybody())
    before = torch.cat([factors.sent, factors.sender[:, None]], dim=1)

    def of(unknown: torch.Tensor) -> torch.Tensor:
        return loss(replace(factors, sent=unknown[:, :D], sender=unknown[:, D]), graph)

    gradient = torch.autograd.functional.jacobian(of, before)
    hessian = torch.autograd.functional.hessian(of, before).reshape(N * (D + 1), -1)
    curve = hessian.diagonal().reshape(N, D + 1)[:, :D] - 2 * PENALTY.factors
    more = torch.zeros(N, D + 1).double()
    more[:, :D] = 0.25 * curve
    gradient = gradient + more * before
    hessian = hessian + more.flatten().diag()
    step = torch.linalg.solve(hessian, gradient.flatten()).reshape(N, D + 1)
    found = before - torch.cat([sent, sender[:, None]], dim=1)
    torch.testing.assert_close(found, cut(step), rtol=1e-3, atol=1e-4)


def test_sweeps_reach_a_point_where_the_gradient_vanishes(
    graph: MessageGraph, factors: Factors
) -> None:
    values = [float(loss(factors, graph))]
    columns = everybody()
    for _ in range(60):
        factors, decrement = sweep(factors, sides_of(graph), PENALTY, (columns, columns))
        values.append(float(loss(factors, graph)))
    assert values[-1] < 0.8 * values[0]
    assert decrement < 1e-5 * values[-1]
    parts = [part.clone().requires_grad_() for part in vars(factors).values()]
    loss(Factors(*parts), graph).backward()
    assert all(part.grad is not None for part in parts)
    assert max(float(part.grad.abs().max()) for part in parts if part.grad is not None) < 0.05


def test_longer_steps_come_to_the_same_place_in_fewer_sweeps(
    graph: MessageGraph, factors: Factors
) -> None:
    columns, ends, needed = everybody(), [], []
    for stretch in (1.0, 1.5):
        moved, decrement, count = factors, float("inf"), 0
        while decrement > 1e-6 and count < 2000:
            args = sides_of(graph), PENALTY, (columns, columns)
            moved, decrement = sweep(moved, *args, None, stretch)
            count += 1
        ends.append(float(loss(moved, graph)))
        needed.append(count)
    assert ends[1] == pytest.approx(ends[0], rel=1e-4)
    assert needed[1] < 0.7 * needed[0]


def test_curvature_of_few_columns_leads_to_the_same_place(
    graph: MessageGraph, factors: Factors
) -> None:
    """Slopes are of all pairs, so only the way there differs."""
    generator, degree = torch.Generator().manual_seed(0), PairWeights.of(graph, SETTINGS).receiver
    ends = []
    for few in (False, True):
        moved = factors
        for _ in range(200):
            drawn = Columns.draw(degree, 8, generator), Columns.draw(degree, 8, generator)
            columns, curved = (everybody(), everybody()), drawn if few else None
            moved, _ = sweep(moved, sides_of(graph), PENALTY, columns, curved)
        ends.append(float(loss(moved, graph)))
    assert ends[1] == pytest.approx(ends[0], rel=1e-4)
    assert ends[1] < 0.8 * float(loss(factors, graph))


def test_a_stretched_step_is_a_multiple(graph: MessageGraph, factors: Factors) -> None:
    args = (factors.sent, factors.sender), (factors.received, factors.receiver)
    plain, longer = (
        half_sweep(*args, sides_of(graph)[0], PENALTY, everybody(), None, stretch)
        for stretch in (1.0, 1.5)
    )
    torch.testing.assert_close(longer[0] - factors.sent, 1.5 * (plain[0] - factors.sent))
    assert longer[2] == plain[2]


def test_drawn_columns_stand_for_all_of_them(graph: MessageGraph, factors: Factors) -> None:
    """The mean step over many draws of most columns is close to that of all."""
    degree = PairWeights.of(graph, SETTINGS).receiver
    generator = torch.Generator().manual_seed(1)
    start = (factors.sent, factors.sender), (factors.received, factors.receiver)
    side = sides_of(graph)[0]
    exact = half_sweep(*start, side, PENALTY, everybody())[0]
    drawn = [
        half_sweep(*start, side, PENALTY, Columns.draw(degree, N - 1, generator))
        for _ in range(300)
    ]
    mean = torch.stack([one[0] for one in drawn]).mean(dim=0)
    moved = float((exact - factors.sent).norm())
    assert float((mean - exact).norm()) < 0.25 * moved
    assert float((drawn[0][0] - exact).norm()) > 1e-3 * moved  # they do differ


def test_columns_are_drawn_without_bias() -> None:
    degree = torch.tensor(np.arange(1, 21) ** 2.0)
    generator = torch.Generator().manual_seed(0)
    total = torch.zeros(20)
    for _ in range(2000):
        columns = Columns.draw(degree, 8, generator)
        total[columns.index] += columns.weight
        assert (columns.place[columns.index] == torch.arange(len(columns.index))).all()
    np.testing.assert_allclose(total / 2000, np.ones(20), atol=0.15)


def test_pairs_of_two_brains_weigh_nothing() -> None:
    """Joined, two brains are fitted as each would be alone but for the level of the weights."""
    brain = random_connectome(5, neurons=N, edges=150)
    one = graph_of(brain)
    twice = MessageGraph(
        np.arange(2 * N),
        torch.cat([one.edge_index, one.edge_index + N], dim=1),
        True,
        synapses=torch.cat([one.synapses, one.synapses]),
        member_sizes=(N, N),
    )
    alone = spectral_start(one.edge_index, PairWeights.of(one, SETTINGS), D, torch.Generator())
    joined = Factors(*(torch.cat([part, part]) for part in vars(alone).values()))
    columns = everybody()
    ours = sweep(alone, sides_of(one), PENALTY, (columns, columns))[0]
    both = Columns.draw(torch.ones(2 * N), None, torch.Generator())
    theirs = sweep(joined, sides_of(twice), PENALTY, (both, both))[0]
    torch.testing.assert_close(theirs.sent[:N], ours.sent, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(theirs.sent[N:], ours.sent, rtol=1e-3, atol=1e-3)


def test_the_start_fills_dimensions_beyond_the_rank() -> None:
    edges = torch.tensor([[0, 1, 2], [3, 3, 3]])  # of rank one
    graph = MessageGraph(np.arange(5), edges, True, synapses=torch.ones(3))
    weights = PairWeights.of(graph, SETTINGS)
    start = spectral_start(edges, weights, 2, torch.Generator().manual_seed(0))
    assert torch.isfinite(torch.cat([part.flatten() for part in vars(start).values()])).all()
    assert bool((start.sent[:, 1] != 0).all())
