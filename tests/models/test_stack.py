"""Weights of a stack, against tables whose logistic regression is known."""

from math import log

import numpy as np
import pytest

from connectome.models.factors import stack_weights


def table(*cells: tuple[float, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Scores and links of cells: score, pairs with a link, pairs without."""
    scores = [score for score, links, absent in cells for _ in range(links + absent)]
    linked = [k < links for _, links, absent in cells for k in range(links + absent)]
    return np.array(scores, dtype=float), np.array(linked)


def test_one_score_has_the_logarithm_of_its_odds_ratio() -> None:
    """Odds of 3 where it is 1 and of 1/3 where it is 0: weight 2 log 3, offset -log 3."""
    score, linked = table((1, 30, 10), (0, 10, 30))
    weights, offset = stack_weights(score[:, None], linked)
    assert weights == pytest.approx([2 * log(3)], abs=1e-4)
    assert offset == pytest.approx(-log(3), abs=1e-4)


def test_a_score_in_other_units_weighs_as_much_less() -> None:
    score, linked = table((1, 30, 10), (0, 10, 30))
    weights, offset = stack_weights(100 * score[:, None] + 7, linked)
    assert weights == pytest.approx([2 * log(3) / 100], abs=1e-6)
    assert offset == pytest.approx(-log(3) - 7 * 2 * log(3) / 100, abs=1e-4)


def test_two_scores_that_add_up() -> None:
    """Log odds -2, -1, 0, 1 in the four cells: weights 1 and 2, offset -2."""
    odds = {(0, 0): (12, 89), (1, 0): (27, 73), (0, 1): (50, 50), (1, 1): (73, 27)}
    columns, linked = [], []
    for cell, (links, absent) in odds.items():
        columns += [cell] * (links + absent)
        linked += [True] * links + [False] * absent
    weights, offset = stack_weights(np.array(columns, dtype=float), np.array(linked))
    assert weights == pytest.approx([1, 2], abs=0.05)
    assert offset == pytest.approx(-2, abs=0.05)


def test_a_score_that_speaks_against_links_gets_nothing() -> None:
    score, linked = table((1, 30, 10), (0, 10, 30))
    against = np.stack([score, -score], axis=1)
    weights, offset = stack_weights(against, linked)
    assert weights[1] == 0
    assert weights[0] == pytest.approx(2 * log(3), abs=1e-4)
    alone, level = stack_weights(-score[:, None], linked)
    assert alone[0] == 0
    assert level == pytest.approx(0, abs=1e-4)  # as many links as others
    assert offset == pytest.approx(-log(3), abs=1e-4)


def test_a_score_that_is_constant_weighs_nothing() -> None:
    score, linked = table((1, 30, 10), (0, 10, 30))
    weights, _ = stack_weights(np.stack([score, np.full(80, 5.0)], axis=1), linked)
    assert weights == pytest.approx([2 * log(3), 0], abs=1e-4)


def test_a_score_that_tells_all_apart_has_an_end() -> None:
    weights, offset = stack_weights(np.array([[0.0], [1.0]]), np.array([False, True]))
    assert np.isfinite(weights).all()
    assert weights[0] > 5
    assert offset == pytest.approx(-weights[0] / 2)
