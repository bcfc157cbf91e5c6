from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import quadratic_assignment

from connectome.models.matching import Bisection, bisect, match_graphs, transform_weights
from connectome.types import InputError
from tests.models.chance import at_chance

N = 40


def noisy_copy(seed: int, keep: float = 1.0, size: int = N) -> tuple[Bisection, np.ndarray]:
    """A random bilateral graph whose right side is the left one in another order."""
    rng = np.random.default_rng(seed)

    def sparse() -> np.ndarray:
        return rng.random((size, size)) * (rng.random((size, size)) < 0.2)

    def copied(matrix: np.ndarray) -> np.ndarray:
        return np.where(rng.random(matrix.shape) < keep, matrix, sparse())

    truth = rng.permutation(size)  # left i is right truth[i]
    back = np.argsort(truth)
    ipsi, contra = sparse(), sparse()
    right = copied(ipsi)[np.ix_(back, back)]
    # i on the left to k on the right mirrors truth[i] on the right to back[k] on the left
    left_to_right = contra
    right_to_left = copied(contra)[np.ix_(back, truth)]
    blocks = (ipsi, right, left_to_right, right_to_left)
    return Bisection(*(sp.csr_array(block) for block in blocks)), truth


def seeds_of(truth: np.ndarray, count: int) -> np.ndarray:
    return np.stack([np.arange(count), truth[:count]], axis=1)


@pytest.mark.parametrize("ipsilateral", [False, True])
def test_planted_permutation_is_recovered(ipsilateral: bool) -> None:
    graph, truth = noisy_copy(0, keep=0.9)
    layer = graph.ipsilateral() if ipsilateral else graph
    match = match_graphs([layer], seeds_of(truth, 8))
    assert match.partner.tolist() == truth.tolist()
    assert match.converged
    assert np.allclose(match.soft.sum(axis=0), 1)
    assert np.allclose(match.soft.sum(axis=1), 1)
    assert (match.support.argmax(axis=1) == truth).mean() > 0.9


def test_contralateral_part_alone_recovers_it() -> None:
    graph, truth = noisy_copy(1)
    nothing = sp.csr_array((N, N))
    layer = Bisection(nothing, nothing, graph.left_to_right, graph.right_to_left)
    assert match_graphs([layer], seeds_of(truth, 8)).partner.tolist() == truth.tolist()


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_scipy_where_nothing_crosses(seed: int) -> None:
    graph, truth = noisy_copy(seed, keep=0.7)
    seeds = seeds_of(truth, 6)
    A, B = graph.left.toarray(), graph.right.toarray()
    options = {"maximize": True, "partial_match": seeds, "tol": 1e-4, "maxiter": 60}
    options["rng"] = np.random.default_rng(seed)
    oracle = quadratic_assignment(A, B, method="faq", options=options)
    match = match_graphs([graph.ipsilateral()], seeds, iterations=60, tolerance=1e-4)
    value = (A * B[np.ix_(match.partner, match.partner)]).sum()
    assert value == pytest.approx(oracle.fun, rel=0.01)
    assert (match.partner == oracle.col_ind).mean() > 0.9


def test_objective_is_the_overlap_of_the_matched_graphs() -> None:
    graph, _ = noisy_copy(2, keep=0.5)
    match = match_graphs([graph])
    p = match.partner
    same_side = graph.left.toarray() * graph.right.toarray()[np.ix_(p, p)]
    mirrored = graph.right_to_left.toarray()[np.ix_(p, np.argsort(p))]
    across = graph.left_to_right.toarray() * mirrored
    assert match.objective == pytest.approx(same_side.sum() + across.sum())


def test_order_of_the_neurons_changes_nothing() -> None:
    graph, truth = noisy_copy(3, keep=0.8)
    rng = np.random.default_rng(9)
    left, right = rng.permutation(N), rng.permutation(N)
    new_right = np.argsort(right)
    seeds = seeds_of(truth, 8)
    moved = np.stack([np.argsort(left)[seeds[:, 0]], new_right[seeds[:, 1]]], axis=1)
    before = match_graphs([graph], seeds).partner
    after = match_graphs([graph.part(left, right)], moved).partner
    assert after.tolist() == new_right[before[left]].tolist()


def test_layers_add_up() -> None:
    graph, truth = noisy_copy(4, keep=0.6)
    seeds = seeds_of(truth, 8)
    half = Bisection(*(b * 0.5 for b in vars(graph).values()))
    one, two = match_graphs([graph], seeds), match_graphs([half, half], seeds)
    assert one.partner.tolist() == two.partner.tolist()
    assert 2 * two.objective == pytest.approx(one.objective)


def test_larger_side_keeps_neurons_without_partner() -> None:
    graph, truth = noisy_copy(5)
    fewer = np.setdiff1d(np.arange(N), truth[-3:])
    match = match_graphs([graph.part(np.arange(N), fewer)], seeds=None, start=None)
    assert (match.partner == -1).sum() == 3
    assert len(np.unique(match.partner[match.partner >= 0])) == N - 3


def test_similarity_decides_where_the_wiring_is_silent() -> None:
    empty = sp.csr_array((4, 4))
    wanted = np.array([2, 0, 3, 1])
    match = match_graphs([Bisection(empty, empty, empty, empty)], similarity=np.eye(4)[wanted])
    assert match.partner.tolist() == wanted.tolist()
    graph, truth = noisy_copy(6, keep=0.0)
    match = match_graphs([graph], similarity=np.eye(N)[truth], weight=20)
    assert match.partner.tolist() == truth.tolist()


def test_a_good_start_is_kept() -> None:
    graph, truth = noisy_copy(7, keep=0.9)
    assert match_graphs([graph], start=truth).partner.tolist() == truth.tolist()


@pytest.mark.parametrize("fewer", [0, 12])
def test_of_several_starts_the_highest_summit_is_kept(fewer: int) -> None:
    graph, truth = noisy_copy(8, keep=0.8)
    half = graph.ipsilateral().part(np.arange(N), np.setdiff1d(np.arange(N), truth[:fewer]))
    one = match_graphs([half])
    several = [match_graphs([half], starts=starts).objective for starts in (1, 4, 16)]
    assert several[0] == one.objective
    assert several == sorted(several)
    assert several[-1] > 1.1 * one.objective
    back = Bisection(half.right, half.left, half.left_to_right.T, half.right_to_left.T)
    soft = match_graphs([back], starts=16).soft  # the smaller side first
    assert np.allclose(soft.sum(axis=1), 1)
    assert soft.sum(axis=0).max() < 1 + 1e-6


def test_blocks_of_a_whole_matrix() -> None:
    whole = sp.csr_array(np.arange(16.0).reshape(4, 4))
    blocks = bisect(whole, np.array([3, 0]), np.array([1]))
    assert blocks.shape == (2, 1)
    assert blocks.left.toarray().tolist() == [[15, 12], [3, 0]]
    assert blocks.left_to_right.toarray().tolist() == [[13], [1]]
    assert blocks.right_to_left.toarray().tolist() == [[7, 4]]


def silent(shape: tuple[int, int]) -> Bisection:
    left, right = shape
    blocks = ((left, left), (right, right), (left, right), (right, left))
    return Bisection(*map(sp.csr_array, blocks))


def bisected(shape: tuple[int, int]) -> Bisection:
    """Every neuron connects to every other, at a weight that leaves rounding errors."""
    left, right = shape
    blocks = ((left, left), (right, right), (left, right), (right, left))
    return Bisection(*(sp.csr_array(np.full(size, 0.1)) for size in blocks))


def matched(shape: tuple[int, int]) -> Bisection:
    return bisected(shape).ipsilateral()


NOTHING_ELSE: list[dict[str, Any]] = [
    {},
    {"similarity": 0.0},
    {"similarity": 0.1},
    {"starts": 3, "similarity": 0.1},
    {"seeds": 1},
]


@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (3, 4), (5, 3)])
@pytest.mark.parametrize(
    ("wiring", "options"),
    [*((silent, options) for options in NOTHING_ELSE), (matched, {}), (bisected, {})],
)
def test_with_nothing_to_match_by_hits_are_at_chance(
    shape: tuple[int, int],
    wiring: Callable[[tuple[int, int]], Bisection],
    options: dict[str, Any],
) -> None:
    given = dict(options)
    if "similarity" in given:
        given["similarity"] = np.full(shape, given["similarity"])
    known = given.pop("seeds", 0)
    seeds = np.stack([np.arange(known)] * 2, axis=1)
    layer, partners = wiring(shape), []
    for seed in range(100):
        match = match_graphs([layer], seeds, seed=seed, iterations=2, **given)
        assert match.partner[:known].tolist() == list(range(known))
        rest = match.partner[known:]
        partners.append(np.where(rest >= 0, rest - known, -1))
    assert at_chance(partners, (shape[0] - known, shape[1] - known))


def test_a_similarity_counts_beside_an_even_wiring() -> None:
    # its gradient is constant but for rounding, whose spread is no unit for anything
    wanted = [2, 0, 1]
    for seed in range(10):
        match = match_graphs([bisected((3, 3))], None, np.eye(3)[wanted], weight=0.3, seed=seed)
        assert match.partner.tolist() == wanted


def test_weights_by_hand() -> None:
    synapses = np.array([1.0, 3.0, 3.0, 9.0])
    assert np.allclose(transform_weights(synapses), np.log([2, 4, 4, 10]))
    assert transform_weights(synapses, "rank").tolist() == [0.25, 0.625, 0.625, 1.0]
    assert transform_weights(synapses, "binary").tolist() == [1, 1, 1, 1]
    with pytest.raises(InputError, match="unknown transform 'sqrt'"):
        transform_weights(synapses, "sqrt")


def test_bad_input_is_named() -> None:
    graph, _ = noisy_copy(0)
    with pytest.raises(InputError, match="equal shape"):
        match_graphs([])
    with pytest.raises(InputError, match="seeds repeat"):
        match_graphs([graph], np.array([[0, 1], [0, 2]]))
    with pytest.raises(InputError, match="none is left"):
        match_graphs([graph], np.stack([np.arange(N)] * 2, axis=1))
    with pytest.raises(InputError, match="similarity of shape"):
        match_graphs([graph], similarity=np.zeros((2, 2)))
    with pytest.raises(InputError, match="starts=0: graph matching needs at least 1"):
        match_graphs([graph], starts=0)
    for iterations in (0, 10**20):
        with pytest.raises(InputError, match=f"iterations={iterations}: graph matching needs"):
            match_graphs([graph], iterations=iterations)
