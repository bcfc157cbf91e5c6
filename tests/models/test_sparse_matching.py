"""Sparse matching: found where wiring says it, at chance where it does not."""

from collections.abc import Callable

import numpy as np
import pytest
import scipy.sparse as sp

from connectome.models.matching import (
    Candidates,
    SparseSettings,
    auction,
    largest,
    match_sparse,
    nearest_profiles,
    soften,
)
from connectome.types import InputError
from tests.models.chance import at_chance

SMALL = SparseSettings(candidates=10, axes=20, hard_rounds=3, soft_rounds=3)


def wiring(size: int, seed: int, share: float = 0.1) -> sp.csr_array:
    rng = np.random.default_rng(seed)
    linked = rng.random((size, size)) < share
    return sp.csr_array(linked * rng.integers(1, 60, (size, size)).astype(float))


def turned(matrix: sp.csr_array, order: np.ndarray) -> sp.csr_array:
    return sp.csr_array(matrix[order][:, order])


def test_jaccard_is_that_of_all_pairs() -> None:
    rng = np.random.default_rng(0)
    left, right = (rng.random((n, 12)) * (rng.random((n, 12)) < 0.4) for n in (9, 14))
    low = np.minimum(left[:, None], right).sum(axis=2)
    high = np.maximum(left[:, None], right).sum(axis=2)
    wanted = np.where(low > 0, low / np.where(high > 0, high, 1), -1)
    found = nearest_profiles(sp.csr_array(left), sp.csr_array(right), keep=20)
    seen = np.full(wanted.shape, -1.0)
    for row in range(len(left)):
        real = found.index[row] >= 0
        seen[row, found.index[row, real]] = found.score[row, real]
    assert seen == pytest.approx(wanted, abs=1e-6)
    few = nearest_profiles(sp.csr_array(left), sp.csr_array(right), keep=3)
    assert few.score == pytest.approx(-np.sort(-wanted, axis=1)[:, :3], abs=1e-6)
    assert np.array_equal(few.best, np.where(wanted.max(axis=1) > 0, wanted.argmax(axis=1), -1))


def test_entries_of_zero_are_no_entries() -> None:
    stored = sp.csr_array((np.array([0.0, 2.0]), ([0, 0], [0, 1])), shape=(1, 2))
    found = nearest_profiles(stored, sp.csr_array(np.array([[3.0, 0.0], [0.0, 1.0]])), keep=2)
    assert found.index.tolist() == [[1, -1]]
    assert found.score[0] == pytest.approx([0.5, -1])


def test_totals_count_what_has_no_column() -> None:
    profile = sp.csr_array(np.array([[1.0, 1.0]]))
    found = nearest_profiles(profile, profile, keep=1, query_totals=np.array([4.0]))
    assert found.score[0, 0] == pytest.approx(2 / (4 + 2 - 2))


def test_auction_makes_the_best_sum_and_leaves_out_who_has_nothing() -> None:
    index = np.array([[0, 1], [0, -1], [1, 0], [-1, -1]], dtype=np.int32)
    score = np.array([[0.9, 0.8], [0.8, -1], [0.3, 0.2], [-1, -1]], dtype=np.float32)
    assert auction(Candidates(index, score), 3, 1e-4).tolist() == [1, 0, -1, -1]


def test_soft_rows_and_columns_sum_to_one_at_most() -> None:
    rng = np.random.default_rng(1)
    index = np.argsort(rng.random((30, 20)), axis=1)[:, :6].astype(np.int32)
    score = -np.sort(-rng.random((30, 6)), axis=1).astype(np.float32)
    soft = soften(Candidates(index, score), 20, sharpness=10, sweeps=200, floor=0.0)
    assert soft.sum(axis=0).max() < 1 + 1e-9
    assert soft.sum(axis=1).max() < 1 + 1e-9
    assert soften(Candidates(index, score), 20, 10, 20, 0.1).data.min() >= 0.1


@pytest.mark.parametrize("weights", ["sqrt", "log1p", "binary", "none"])
def test_a_brain_in_another_order_is_matched_whole(weights: str) -> None:
    matrix = wiring(80, 0)
    order = np.random.default_rng(1).permutation(80)
    settings = SparseSettings(weights=weights, candidates=10, axes=20)
    found = match_sparse(matrix, turned(matrix, order), settings=settings)
    assert np.array_equal(order[found.partner], np.arange(80))
    assert np.array_equal(found.best, found.partner)
    assert found.mutual.all()


def test_counts_of_another_scale_are_matched_whole() -> None:
    matrix = wiring(80, 0)
    order = np.random.default_rng(1).permutation(80)
    found = match_sparse(matrix, turned(matrix, order) * 0.35, settings=SMALL)
    assert np.array_equal(order[found.best], np.arange(80))


def test_order_of_neurons_changes_no_partner() -> None:
    rng = np.random.default_rng(3)
    left = wiring(60, 2)
    kept = rng.random(left.nnz) < 0.85
    right = left.copy()
    right.data = right.data * kept
    right.eliminate_zeros()
    mine, theirs = rng.permutation(60), rng.permutation(60)
    plain = match_sparse(left, right, settings=SMALL)
    other = match_sparse(turned(left, mine), turned(right, theirs), settings=SMALL)
    back = np.append(theirs, -1)[other.best][np.argsort(mine)]
    assert np.array_equal(back, plain.best)
    assert (plain.best == np.arange(60)).mean() > 0.9


def test_sides_of_unequal_size() -> None:
    matrix = wiring(90, 4)
    kept = np.sort(np.random.default_rng(5).permutation(90)[:70])
    fewer = turned(matrix, kept)
    small, large = match_sparse(fewer, matrix, settings=SMALL), match_sparse(matrix, fewer)
    assert (small.best == kept).mean() > 0.95
    inside = np.flatnonzero(large.partner >= 0)
    assert len(inside) <= 70
    assert len(np.unique(large.partner[inside])) == len(inside)
    assert (large.best[kept] == np.arange(70)).mean() > 0.95
    assert large.soft.shape == (90, 70)


def without_evidence(kind: str) -> Callable[[int], tuple[sp.csr_array, sp.csr_array]]:
    return {
        "unrelated": lambda seed: (wiring(20, seed), wiring(24, seed + 1000)),
        "alike": lambda seed: (sp.csr_array(1.0 - np.eye(20)), sp.csr_array(1.0 - np.eye(24))),
        "one partner": lambda seed: (star(20), star(24)),
    }[kind]


def star(size: int) -> sp.csr_array:
    """All but the last neuron have it as their only partner."""
    rows = np.arange(size - 1)
    return sp.csr_array((np.ones(size - 1), (rows, np.full(size - 1, size - 1))), (size, size))


@pytest.mark.parametrize("kind", ["unrelated", "alike", "one partner"])
def test_chance_where_wiring_says_nothing(kind: str) -> None:
    """Of stars, the hub is left out: wiring does tell it from the others."""
    draws = without_evidence(kind)
    best, partner = [], []
    for seed in range(100):
        settings = SparseSettings(
            candidates=30, axes=5, spread=1, hard_rounds=2, soft_rounds=2, seed=seed
        )
        found = match_sparse(*draws(seed), settings=settings)
        keep = 19 if kind == "one partner" else 20
        best.append(found.best[:keep])
        partner.append(found.partner[:keep])
    shape = (19, 23) if kind == "one partner" else (20, 24)
    assert at_chance(best, shape)
    assert at_chance(partner, shape)


def test_known_pairs_stay_and_help() -> None:
    """Two wheels: turned, each fits the other as well, but for what is known."""
    ring = np.arange(30)
    matrix = sp.csr_array((np.ones(30), (ring, (ring + 1) % 30)), (30, 30))
    known = np.stack([ring[::3], (ring[::3] + 7) % 30], axis=1)
    found = match_sparse(matrix, matrix, known, SparseSettings(candidates=30, axes=5))
    assert np.array_equal(found.partner[known[:, 0]], known[:, 1])
    assert np.array_equal(found.best, (ring + 7) % 30)


def test_what_crosses_the_midline_tells_twins_apart() -> None:
    """Within a side nothing is wired; across it everything is."""
    rng = np.random.default_rng(6)
    there = sp.csr_array((rng.random((40, 40)) < 0.2) * rng.integers(1, 30, (40, 40)).astype(float))
    order = rng.permutation(40)
    # Right neuron r is left neuron order[r]: what it sends to left j is what order[r] sends to
    # the right neuron that is j.
    place = np.argsort(order)
    back = sp.csr_array(there.toarray()[order][:, place])
    nothing = sp.csr_array((40, 40))
    known = np.stack([order[:20], np.arange(20)], axis=1)
    settings = SparseSettings(candidates=10)
    found = match_sparse(nothing, nothing, known, settings, across=(there, back))
    assert (order[found.best] == np.arange(40)).mean() > 0.95


def test_neurons_without_connections_have_no_partner() -> None:
    matrix = sp.block_diag([wiring(40, 7), sp.csr_array((3, 3))], format="csr")
    found = match_sparse(matrix, matrix, settings=SMALL)
    assert (found.best[:40] == np.arange(40)).all()
    assert (found.best[40:] == -1).all()
    assert (found.partner[40:] == -1).all()


def test_largest_of_each_row() -> None:
    assert largest(sp.csr_array(np.array([[0, 0.2, 0.7], [0, 0, 0], [0.5, 0, 0.1]]))).tolist() == [
        2,
        -1,
        0,
    ]


def test_what_does_not_fit_is_told() -> None:
    square = wiring(5, 0)
    with pytest.raises(InputError, match="square"):
        match_sparse(sp.csr_array((5, 4)), square)
    with pytest.raises(InputError, match="repeat"):
        match_sparse(square, square, np.array([[0, 1], [0, 2]]))
    with pytest.raises(InputError, match=r"\[S, 2\]"):
        match_sparse(square, square, np.array([0, 1]))
    with pytest.raises(InputError, match="weights=cube"):
        SparseSettings(weights="cube")
    with pytest.raises(InputError, match="candidates=0"):
        SparseSettings(candidates=0)
