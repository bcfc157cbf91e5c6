"""Candidates narrowed by types, computed by hand."""

import numpy as np
import pytest
import scipy.sparse as sp

from connectome.models.matching import Candidates, SideTypes, TypePrior, match_sparse


def sides(left: list[int], right: list[int], chance: float = 0.8) -> TypePrior:
    return TypePrior(
        *(SideTypes(np.array(code), np.full(len(code), chance)) for code in (left, right))
    )


def candidates(index: list[list[int]], score: list[list[float]]) -> Candidates:
    return Candidates(np.array(index, dtype=np.int32), np.array(score, dtype=np.float32))


LOSS = -np.log(1 - 0.64)  # of two types of .8 that differ: 1.022


def test_candidates_of_another_type_stand_further_back() -> None:
    prior = sides([0, -1], [1, 0, -1])
    found = prior.narrowed(
        candidates([[0, 1, 2], [0, 1, -1]], [[0.5, 0.45, 0.3], [0.5, 0.4, -1]]), 0.1
    )
    assert found.index.tolist() == [[1, 0, 2], [0, 1, -1]]  # who has no type keeps all
    first = [0.45, 0.5 - 0.1 * LOSS, 0.3]
    assert found.score[0].tolist() == pytest.approx(first)
    assert found.score[1].tolist() == pytest.approx([0.5, 0.4, -1])


def test_no_candidate_is_lost() -> None:
    found = sides([0], [1, 1]).narrowed(candidates([[0, 1]], [[0.5, 0.2]]), 9.0)
    assert found.index.tolist() == [[0, 1]]
    assert found.score[0].tolist() == pytest.approx([0.005, 0.002])


def test_told_types_exclude_nobody_for_certain() -> None:
    loss = sides([0], [1], 1.0).loss(np.array([[0, -1]]))
    assert loss[0].tolist() == pytest.approx([-np.log(0.001), 0])


def test_the_weight_is_what_tells_partners_from_others() -> None:
    code = list(range(15)) * 2
    prior = sides(code, code)
    index = np.stack([np.arange(30), (np.arange(30) + 1) % 30], axis=1)
    found = Candidates(index.astype(np.int32), np.tile(np.float32([0.5, 0.4]), (30, 1)))
    assert prior.weight(found, np.arange(30)) > 1  # all partners agree, all others differ
    useless = sides([0, 1] * 15, [0, 0, 1, 1] * 7 + [0, 0])
    swapped = Candidates(index.astype(np.int32), found.score)
    agree = [(useless.loss(index)[:, k] == 0).mean() for k in (0, 1)]
    assert agree == pytest.approx([0.5, 0.5], abs=0.05)
    assert useless.weight(swapped, np.arange(30)) < 0.2
    worse = sides(code, np.roll(code, 1).tolist())  # the types of others
    assert worse.weight(found, np.arange(30)) == 0.0
    assert prior.weight(found, np.full(30, -1)) == 0.0  # nobody has a partner to learn from


def test_types_of_nobody_change_nothing() -> None:
    draw = np.random.default_rng(0)
    wiring = sp.random_array((40, 40), density=0.2, rng=draw, format="csr")
    plain = match_sparse(wiring, wiring)
    nobody = sides([-1] * 40, [-1] * 40)
    narrowed = match_sparse(wiring, wiring, types=nobody)
    assert (plain.best == narrowed.best).all()
    assert abs(plain.soft - narrowed.soft).sum() == 0


def test_types_follow_the_order_of_neurons() -> None:
    prior = sides([0, 1], [2, 3, 4])
    taken = prior.ordered(np.array([1, 0]), np.array([2, 0, 1]))
    assert taken.left.code.tolist() == [1, 0]
    assert taken.right.code.tolist() == [4, 2, 3]
    assert prior.turned.left.code.tolist() == [2, 3, 4]


def test_a_type_moves_a_partner() -> None:
    """Two sinks with equal wiring are told apart by types alone."""
    n, count = 24, 12  # a chain of pairs: each hub 2k sends to 2k + 1, and to a sink of its own
    draw = np.random.default_rng(1)
    wiring = np.zeros((n + 2, n + 2))
    wiring[:n, :n] = draw.integers(0, 20, (n, n)) * (draw.random((n, n)) < 0.4)
    wiring[:count, n] = wiring[:count, n + 1] = 7  # the twins n and n + 1
    code = np.r_[np.arange(n) % 6, 6, 7]
    own = sp.csr_array(wiring)
    typed = SideTypes(code, np.full(n + 2, 0.95))
    found = match_sparse(own, own, types=TypePrior(typed, typed))
    assert found.best[n:].tolist() == [n, n + 1]
    crossed = SideTypes(np.r_[code[:n], 7, 6], typed.chance)
    found = match_sparse(own, own, types=TypePrior(typed, crossed))
    assert found.best[n:].tolist() == [n + 1, n]
    assert (found.best[:n] == np.arange(n)).all()
