"""Orthogonalised steps against singular values and torch's own; jumps against brute force."""

from functools import partial

import pytest
import torch

from connectome.models.factors import Side, best_places, jumps
from connectome.models.losses import LinkLikelihood, PairWeights, draw_block, draw_rectangle
from connectome.models.losses.block_likelihood import LikelihoodSettings, block_loss, with_biases
from connectome.models.nn import Muon
from connectome.models.nn.muon import near_polar
from connectome.models.sparse import LinkRows
from tests.models.test_block_likelihood import N, dense, generator, graph, message_graph

SHAPES = [(6, 6), (7, 5), (40, 5), (5, 40), (1, 3)]


@pytest.mark.parametrize("shape", SHAPES)
def test_singular_vectors_stay_and_values_come_near_one(shape: tuple[int, int]) -> None:
    matrices = torch.randn(3, *shape, generator=generator())
    found = near_polar(matrices)
    for matrix, near in zip(matrices, found, strict=True):
        left, values, right = torch.linalg.svd(matrix.double(), full_matrices=False)
        polar = left @ right  # the orthogonal polar factor
        seen = left.T @ near.double() @ right.T
        large = values > 0.02 * values.max()
        assert (seen.diag()[large] > 0.65).all()
        assert (seen.diag() < 1.2).all()
        torch.testing.assert_close(seen, seen.diag().diag(), atol=1e-4, rtol=0)
        assert (near * polar).sum() > 0.8 * near.norm() * polar.norm()


def test_the_polynomial_by_hand() -> None:
    value = 1.0  # the only singular value, over their norm
    for _ in range(5):
        value = 3.4445 * value - 4.775 * value**3 + 2.0315 * value**5
    for shape in ((1, 1), (4, 1), (1, 4)):
        found = near_polar(torch.full((1, *shape), -3.0)).norm()
        assert float(found) == pytest.approx(abs(value), rel=1e-5)
    assert torch.equal(near_polar(torch.zeros(1, 3, 2)), torch.zeros(1, 3, 2))


def pull(values: list[torch.nn.Parameter], optimizer: torch.optim.Optimizer) -> None:
    """Three steps towards fixed random targets."""
    for step in range(3):
        optimizer.zero_grad()
        draw = generator(step)
        for one in values:
            ((one - torch.randn(one.shape, generator=draw)) ** 2).sum().backward()
        optimizer.step()


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="torch before 2.9 has none")
@pytest.mark.parametrize("shape", SHAPES)
def test_steps_are_those_of_torch_to_bfloat16(shape: tuple[int, int]) -> None:
    start = torch.randn(shape, generator=generator(9))
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    options = {"lr": 0.1, "weight_decay": 0.3, "momentum": 0.9}
    pull([ours], Muon([ours], **options))
    pull([theirs], torch.optim.Muon([theirs], **options))
    moved = (theirs - start).norm()
    assert (ours - theirs).norm() < 0.04 * moved
    assert moved > 0.1


def test_what_is_no_matrix_takes_steps_of_adam() -> None:
    for shape in ((5,), (), (2, 3, 2)):
        ours, theirs = (torch.nn.Parameter(torch.ones(shape)) for _ in range(2))
        pull([ours], Muon([ours], lr=0.5, adam_share=0.2))
        pull([theirs], torch.optim.Adam([theirs], lr=0.1, betas=(0.9, 0.99)))
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


def test_matrices_in_a_vector_step_as_matrices_do() -> None:
    start = torch.randn(2 + 12 + 1 + 12, generator=generator(5))
    target = torch.randn(27, generator=generator(6))
    flat = torch.nn.Parameter(start.clone())
    apart = [torch.nn.Parameter(p.clone()) for p in start.split([2, 12, 1, 12])]
    shapes = ((2,), (4, 3), (1,), (4, 3))
    apart = [torch.nn.Parameter(p.detach().view(s)) for p, s in zip(apart, shapes, strict=True)]
    groups = [{"params": [flat], "matrices": ((2, 4, 3), (15, 4, 3))}]
    one, other = Muon(groups), Muon(apart)
    for _ in range(3):
        one.zero_grad()
        other.zero_grad()
        (flat - target).square().sum().backward()
        (torch.cat([p.flatten() for p in apart]) - target).square().sum().backward()
        one.step()
        other.step()
    torch.testing.assert_close(flat, torch.cat([p.flatten() for p in apart]))
    assert not torch.allclose(flat, start, atol=1e-2)


def test_a_rectangle_is_the_loss_of_its_pairs_and_all_of_it_that_of_the_graph() -> None:
    linked, rows = graph()
    sent, received = torch.randn(2, N, 3, generator=generator(2), dtype=torch.float64)
    weights = PairWeights.of(message_graph(), LikelihoodSettings(link_weight=3.0))
    block = draw_rectangle(rows, 12, 20, generator(3))
    within = torch.zeros(N, N, dtype=torch.float64)
    within[block.rows[:, None], block.columns] = 1
    within.fill_diagonal_(0)
    logits = sent @ received.T
    soft = torch.nn.functional.softplus
    terms = torch.where(linked, 3.0 * soft(-logits), soft(logits))
    found = block_loss(sent[block.rows], received[block.columns], block, weights)
    torch.testing.assert_close(found, (terms * within).sum())
    likelihood = LinkLikelihood(rows, weights)
    scaled = likelihood.per_link(found, block)
    torch.testing.assert_close(scaled, found / (12 * 20 / N**2) / weights.total)
    whole = [draw(rows, N, N, generator(4)) for draw in (draw_block, draw_rectangle)]
    losses = [likelihood.loss(sent[b.rows], received[b.columns], b) for b in whole]
    torch.testing.assert_close(losses[1], losses[0])
    torch.testing.assert_close(losses[0] * weights.total, dense(sent, received, linked, 3.0))


@pytest.mark.parametrize("share", [0.0, 0.4])
@pytest.mark.parametrize("turned", [False, True])
def test_a_jump_goes_where_the_loss_is_lowest(
    share: float, turned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Brute force: each neuron alone at each place, the loss of all pairs."""
    monkeypatch.setattr(jumps, "LEVELS", N)  # every neuron with its own bias
    data = message_graph()
    settings = LikelihoodSettings(link_weight=3.0, synapse_weight=0.5, degree_share=share)
    weights = PairWeights.of(data, settings)
    sides = Side.both(data.edge_index, weights)
    vectors = torch.randn(2, N, 3, generator=generator(2))
    biases = torch.randn(2, N, generator=generator(3))
    penalty = 3 * torch.rand(N, generator=generator(4))
    places = torch.tensor([3, 17, 8, 25])
    k = int(turned)
    ends = [(vectors[i], biases[i]) for i in (0, 1)]
    found = best_places(sides[k], ends[k], ends[1 - k], places, penalty)

    block = draw_block(LinkRows.of(data.edge_index, N), N, N, generator())

    def loss(mine: torch.Tensor) -> float:
        pair = [mine, vectors[1]] if not turned else [vectors[0], mine]
        sent, received = with_biases(pair[0], pair[1], biases[0], biases[1])
        return float(block_loss(sent[block.rows], received[block.columns], block, weights))

    expected, stayed = [], loss(vectors[k])
    for neuron in range(N):
        costs = {neuron: stayed + float(penalty[neuron])}
        for place in places.tolist():
            moved = vectors[k].clone()
            moved[neuron] = vectors[k][place]
            costs.setdefault(place, loss(moved) + float(penalty[place]))
        expected.append(min(costs, key=partial(costs.__getitem__)))
    assert found.tolist() == expected
    assert 5 < sum(one != neuron for neuron, one in enumerate(expected)) < N
