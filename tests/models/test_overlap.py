import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import linear_sum_assignment

from connectome.models.matching import Bisection, faq, match_graphs
from connectome.models.matching.assignment import _levelled, assign_by_position
from connectome.models.matching.overlap import overlap, overlap_of_all, terms
from tests.models.test_graph_matching import noisy_copy, seeds_of

L, R = 7, 9


def layer(seed: int) -> Bisection:
    rng = np.random.default_rng(seed)
    shapes = ((L, L), (R, R), (L, R), (R, L))
    return Bisection(*(sp.csr_array(rng.random(s) * (rng.random(s) < 0.5)) for s in shapes))


def by_definition(layers: list[Bisection], matrix: np.ndarray) -> np.ndarray:
    total = np.zeros((L, R))
    for one in layers:
        a, b, c, d = (block.toarray() for block in vars(one).values())
        total += a @ matrix @ b.T + a.T @ matrix @ b + c @ matrix.T @ d.T + d.T @ matrix.T @ c
    return total


def test_overlap_is_the_gradient_at_a_map() -> None:
    layers = [layer(0), layer(1)]
    partner = np.array([3, -1, 0, 8, 5, -1, 1])
    matrix = np.zeros((L, R))
    matrix[partner >= 0, partner[partner >= 0]] = 1
    found = overlap(terms(layers), partner, (L, R))
    assert found == pytest.approx(by_definition(layers, matrix))


def test_overlap_of_all_is_the_gradient_at_the_barycentre() -> None:
    found = overlap_of_all(terms([layer(2)]), 0.25, (L, R))
    assert found == pytest.approx(by_definition([layer(2)], np.full((L, R), 0.25)))


def test_whole_numbers_are_counted_too() -> None:
    whole = Bisection(
        *(sp.csr_array(b.toarray() > 0, dtype=np.int64) for b in vars(layer(0)).values())
    )
    partner = np.arange(L)
    matrix = np.eye(L, R)
    found = overlap(terms([whole]), partner, (L, R))
    assert found == pytest.approx(by_definition([whole], matrix))


@pytest.mark.parametrize("shape", [(60, 60), (60, 64), (64, 60), (60, 90), (1, 1)])
def test_the_flat_assignment_is_the_best_one(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    degrees = np.outer(rng.lognormal(2, 1, shape[0]), rng.lognormal(2, 1, shape[1]))
    values = degrees + np.outer(rng.lognormal(1, 1, shape[0]), rng.lognormal(1, 1, shape[1]))
    partner = assign_by_position(values, flat=True)
    rows = np.flatnonzero(partner >= 0)
    assert len(rows) == min(shape)
    assert len(np.unique(partner[rows])) == len(rows)
    best = values[linear_sum_assignment(values, maximize=True)].sum()
    assert values[rows, partner[rows]].sum() == pytest.approx(best, rel=1e-12)


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_levels_are_finite_and_move_no_assignment(scale: float) -> None:
    rng = np.random.default_rng(1)
    values = scale * rng.lognormal(0, 4, (50, 50))  # four powers of ten apart
    level = _levelled(values)
    assert np.isfinite(level).all()
    taken = values - level
    assert taken - taken[0] == pytest.approx(
        (taken - taken[0])[:, :1] + np.zeros(50), abs=1e-9 * values.max()
    )
    assert (_levelled(np.full((3, 3), 0.1)) == 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_a_climb_ends_where_a_step_gains_next_to_nothing(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, truth = noisy_copy(seed, keep=0.5, size=120)
    known = seeds_of(truth, 12)
    early = match_graphs([graph], known)
    monkeypatch.setattr(faq, "GAP", -1.0)
    late = match_graphs([graph], known, tolerance=0.0)
    assert early.converged
    assert not late.converged
    assert 4 * early.iterations < late.iterations
    assert early.partner.tolist() == late.partner.tolist()
