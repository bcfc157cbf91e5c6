"""Gauss-Newton steps of distances: held against autograd and a loop over all pairs."""

import math
from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from connectome.models.factors import RECIPES, Columns, Factors, Penalty, Side, sweep
from connectome.models.factors.distance import DAMPING, LEAST_PULL, SOFTENING, DistanceTerms
from connectome.models.factors.newton import half_sweep
from connectome.models.factors.start import distance_start, spectral_start
from connectome.models.losses import PairWeights
from connectome.types import MessageGraph
from tests.conftest import random_connectome
from tests.models.test_newton import PENALTY, SETTINGS, D, N, everybody, graph_of

DISTANCE = RECIPES["distance"]


@pytest.fixture
def graph() -> MessageGraph:
    return graph_of(random_connectome(3, neurons=N, edges=150))


@pytest.fixture
def factors() -> Factors:
    generator = torch.Generator().manual_seed(0)
    sides = [torch.randn(N, D, generator=generator).double() for _ in range(2)]
    biases = [torch.randn(N, generator=generator).double() - 0.5 for _ in range(2)]
    return Factors(*sides, *biases)


def apart(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    return ((one - other).square().sum(dim=-1) + SOFTENING).sqrt()


def pair_weights(graph: MessageGraph) -> tuple[torch.Tensor, torch.Tensor]:
    """``[N, N]`` weights of links and of absent pairs."""
    weights = PairWeights.of(graph, SETTINGS)
    linked = torch.zeros(N, N).double()
    linked[*graph.edge_index] = weights.links.double()
    absent = 0.7 + 0.3 * torch.outer(weights.sender, weights.receiver).double()
    absent = absent.masked_fill(torch.eye(N, dtype=torch.bool) | (linked > 0), 0)
    return linked, absent


def loss(factors: Factors, graph: MessageGraph, penalty: Penalty) -> torch.Tensor:
    """In so many words: every pair but loops, one term each; biases to their mean."""
    linked, absent = pair_weights(graph)
    logits = factors.sender[:, None] + factors.receiver
    logits = logits - apart(factors.sent[:, None], factors.received)
    terms = linked * F.softplus(-logits) + absent * F.softplus(logits)
    sizes = factors.sent.square().sum() + factors.received.square().sum()
    spread = sum((b - b.mean()).square().sum() for b in (factors.sender, factors.receiver))
    return terms.sum() + penalty.factors * sizes + penalty.biases * spread


def terms_of(
    factors: Factors, graph: MessageGraph, columns: Columns, curved: Columns
) -> DistanceTerms:
    unknown = torch.cat([factors.sent, factors.sender[:, None]], dim=1)
    side = Side.both(graph.edge_index, PairWeights.of(graph, SETTINGS))[0]
    return DistanceTerms.of(unknown, (factors.received, factors.receiver), side, columns, curved)


def curvature(row: int, factors: Factors, graph: MessageGraph) -> torch.Tensor:
    """The matrix ``[d + 1, d + 1]`` of one sender: a loop over receivers, slopes by autograd."""
    linked, absent = (weights[row] for weights in pair_weights(graph))
    own, bias = factors.sent[row], factors.sender[row]
    logits = bias + factors.receiver - apart(own, factors.received)
    chance, distance = logits.sigmoid(), apart(own, factors.received)
    pulls, pushes = linked * (1 - chance) / distance, absent * chance / distance
    share = max(LEAST_PULL, min(1.0, 1 - float(pushes.sum() / pulls.sum()))) if linked.any() else 0
    total = torch.zeros(D + 1, D + 1).double()
    for partner in range(N):
        there = factors.received[partner]
        slope = torch.autograd.functional.jacobian(lambda s, t=there: -apart(s, t), own)
        slope = torch.cat([slope, torch.ones(1).double()])
        weight = (linked + absent)[partner] * chance[partner] * (1 - chance[partner])
        total += weight * torch.outer(slope, slope)
        bend = torch.autograd.functional.hessian(lambda s, t=there: apart(s, t), own)
        bend = bend + torch.outer(slope[:D], slope[:D]) / distance[partner]  # along it, too
        total[:D, :D] += share * linked[partner] * (1 - chance[partner]) * bend
    total.diagonal().mul_(1 + DAMPING)
    return total


def test_gradient_and_matrix_are_those_of_a_loop_over_all_pairs(
    graph: MessageGraph, factors: Factors
) -> None:
    rows = torch.tensor([4, 0, 17, 29])
    gradient, matrix = terms_of(factors, graph, everybody(), everybody()).of_rows(rows)
    before = torch.cat([factors.sent, factors.sender[:, None]], dim=1)

    def of(unknown: torch.Tensor) -> torch.Tensor:
        moved = replace(factors, sent=unknown[:, :D], sender=unknown[:, D])
        return loss(moved, graph, Penalty(0, 0))

    expected = torch.autograd.functional.jacobian(of, before)[rows]
    torch.testing.assert_close(gradient, expected, rtol=1e-5, atol=1e-5)  # weights are float32
    dense = torch.stack([curvature(int(row), factors, graph) for row in rows])
    torch.testing.assert_close(matrix, dense, rtol=1e-5, atol=1e-5)


def test_where_both_lie_changes_nothing(graph: MessageGraph, factors: Factors) -> None:
    far = replace(factors, sent=factors.sent + 50, received=factors.received + 50)
    for one, other in zip(
        terms_of(factors, graph, everybody(), everybody()).of_rows(torch.arange(N)),
        terms_of(far, graph, everybody(), everybody()).of_rows(torch.arange(N)),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


def test_single_precision_keeps_the_matrix_positive(graph: MessageGraph, factors: Factors) -> None:
    single = Factors(*(part.float() for part in vars(factors).values()))
    rows = torch.arange(N)
    exact = terms_of(factors, graph, everybody(), everybody()).of_rows(rows)[1]
    found = terms_of(single, graph, everybody(), everybody()).of_rows(rows)[1]
    torch.testing.assert_close(found.double(), exact, rtol=1e-3, atol=1e-3)
    assert float(torch.linalg.eigvalsh(found).min()) > 0


def test_the_step_solves_it_and_is_cut(graph: MessageGraph, factors: Factors) -> None:
    sides, columns = Side.both(graph.edge_index, PairWeights.of(graph, SETTINGS)), everybody()
    for _ in range(3):
        factors, _ = sweep(factors, sides, PENALTY, (columns, columns), recipe=DISTANCE)
    own, other = (factors.sent, factors.sender), (factors.received, factors.receiver)
    sent, sender, decrement = half_sweep(
        own, other, sides[0], PENALTY, columns, None, 1.5, DISTANCE
    )
    gradient, matrix = terms_of(factors, graph, everybody(), everybody()).of_rows(torch.arange(N))
    ridge = torch.tensor([2 * PENALTY.factors] * D + [2 * PENALTY.biases]).double()
    rest = torch.cat([torch.zeros(D).double(), factors.sender.mean()[None]])
    before = torch.cat([factors.sent, factors.sender[:, None]], dim=1)
    gradient = gradient + ridge * (before - rest)
    step = torch.linalg.solve(matrix + ridge.diag() + 1e-4 * torch.eye(D + 1).double(), gradient)
    length = step.norm(dim=1, keepdim=True)
    assert 0 < int((length > 1).sum()) < N  # some are cut, some are not
    found = before - torch.cat([sent, sender[:, None]], dim=1)
    torch.testing.assert_close(found, 1.5 * step / length.clamp(min=1))
    assert decrement == pytest.approx(0.5 * float((gradient * step).sum()))


def test_sweeps_reach_a_point_where_the_gradient_vanishes(
    graph: MessageGraph, factors: Factors
) -> None:
    sides = Side.both(graph.edge_index, PairWeights.of(graph, SETTINGS))
    columns, values, decrements = (everybody(), everybody()), [], []
    stretch = DISTANCE.stretch
    for _ in range(150):
        factors, decrement = sweep(factors, sides, PENALTY, columns, None, stretch, DISTANCE)
        values.append(float(loss(factors, graph, PENALTY)))
        decrements.append(decrement)
    assert values[-1] < 0.9 * values[0]
    assert decrements[-1] < 1e-4 * decrements[0]
    parts = [part.clone().requires_grad_() for part in vars(factors).values()]
    loss(Factors(*parts), graph, PENALTY).backward()
    assert all(part.grad is not None for part in parts)
    assert max(float(part.grad.abs().max()) for part in parts if part.grad is not None) < 0.05


def test_the_level_of_the_biases_is_free(graph: MessageGraph, factors: Factors) -> None:
    """What all senders gain and all receivers lose changes no logit, and no step."""
    sides = Side.both(graph.edge_index, PairWeights.of(graph, SETTINGS))
    moved = replace(factors, sender=factors.sender + 3, receiver=factors.receiver - 3)
    columns, heavy = (everybody(), everybody()), replace(PENALTY, biases=5.0)
    one, other = (sweep(f, sides, heavy, columns, recipe=DISTANCE)[0] for f in (factors, moved))
    for ours, theirs in zip(vars(one).values(), vars(other).values(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_drawn_columns_are_all_of_them_in_expectation(
    graph: MessageGraph, factors: Factors
) -> None:
    degree, rows = PairWeights.of(graph, SETTINGS).receiver, torch.arange(N)
    generator = torch.Generator().manual_seed(1)
    exact = terms_of(factors, graph, everybody(), everybody()).of_rows(rows)
    total: list[torch.Tensor | float] = [0.0, 0.0]
    for _ in range(400):
        drawn = Columns.draw(degree, 15, generator)
        parts = terms_of(factors, graph, drawn, drawn).of_rows(rows)
        total = [sum_ + part for sum_, part in zip(total, parts, strict=True)]
    gradient, matrix = (torch.as_tensor(part) / 400 for part in total)
    assert float((gradient - exact[0]).norm() / exact[0].norm()) < 0.05
    # what pushes undo of the bend is no sum, and biased a little
    assert float((matrix - exact[1]).norm() / exact[1].norm()) < 0.1


def test_the_start_makes_up_for_the_distance(graph: MessageGraph) -> None:
    """Factors of twice the length, biases plus half of the root mean square distance."""
    weights = PairWeights.of(graph, SETTINGS)
    plain, start = (
        begin(graph.edge_index, weights, D, torch.Generator().manual_seed(0))
        for begin in (spectral_start, distance_start)
    )
    torch.testing.assert_close(start.sent, 2 * plain.sent)
    assert float(start.received.square().mean().sqrt()) == pytest.approx(1.0)
    distances = torch.cdist(start.sent, start.received)
    half = 0.5 * math.sqrt(float(distances.square().mean()))
    torch.testing.assert_close(start.sender, plain.sender + half)
    torch.testing.assert_close(start.receiver, plain.receiver + half)
