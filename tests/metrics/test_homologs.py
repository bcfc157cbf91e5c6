import numpy as np
import pytest

from connectome.metrics.neurons import homolog_metrics
from connectome.types import InputError


def test_both_directions_are_averaged() -> None:
    similarity = np.array([[3.0, 2.0, 1.0], [9.0, 4.0, 5.0]])
    metrics = homolog_metrics(similarity, np.array([0, 1]))
    # left to right: ranks 1 and 3; right to left: column 0 has 9 above 3, column 1 has 4 on top
    assert metrics.hits1 == pytest.approx((1 / 2 + 1 / 2) / 2)
    assert metrics.hits5 == 1
    assert metrics.mrr == pytest.approx(((1 + 1 / 3) / 2 + (1 / 2 + 1) / 2) / 2)
    assert metrics.pairs == 2


def test_ties_count_by_expectation_so_that_constants_score_chance() -> None:
    metrics = homolog_metrics(np.zeros((10, 10)), np.arange(10))
    assert metrics.hits1 == pytest.approx(0.1)
    assert metrics.hits5 == pytest.approx(0.5)
    assert metrics.mrr == pytest.approx(sum(1 / k for k in range(1, 11)) / 10)


def test_ties_below_a_higher_candidate() -> None:
    metrics = homolog_metrics(np.array([[2.0, 1.0, 1.0]]), np.array([1]))
    # left to right: rank 2 or 3; right to left: the only candidate
    assert metrics.hits1 == pytest.approx((0 + 1) / 2)
    assert metrics.mrr == pytest.approx(((1 / 2 + 1 / 3) / 2 + 1) / 2)


def test_known_neurons_are_no_candidates_and_unpaired_ones_are() -> None:
    similarity = np.array([[1.0, 9.0, 5.0], [0.0, 0.0, 0.0]])
    truth = np.array([0, -1])
    assert homolog_metrics(similarity, truth).mrr == pytest.approx((1 / 3 + 1) / 2)
    known = np.array([[1, 1]])
    assert homolog_metrics(similarity, truth, known).mrr == pytest.approx((1 / 2 + 1) / 2)


@pytest.mark.parametrize(
    ("similarity", "truth", "known", "message"),
    [
        (np.zeros((2, 2)), np.array([0]), None, "shape"),
        (np.zeros((2, 2)), np.array([-1, -1]), None, "no homolog is asked"),
        (np.zeros((2, 2)), np.array([0, 0]), None, "repeats"),
        (np.zeros((2, 2)), np.array([0, 2]), None, "leaves"),
        (np.full((2, 2), np.nan), np.array([0, 1]), None, "NaN"),
        (np.zeros((2, 2)), np.array([0, 1]), np.array([[0, 0]]), "both known and asked"),
    ],
)
def test_bad_input_is_named(
    similarity: np.ndarray, truth: np.ndarray, known: np.ndarray | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        homolog_metrics(similarity, truth, known)
