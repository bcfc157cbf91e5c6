import numpy as np
import pytest

from connectome.metrics.neurons import homolog_metrics, place_metrics
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


def test_places_rank_as_their_distances_do(monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = np.array([[0.0], [10.0]]), np.array([[3.0], [9.0], [1.0]])
    found = place_metrics(left, right, np.array([[0, 0], [1, 1]]))
    # left to right: 0 is nearest to 1, then 3: rank 2; 10 to 9: rank 1; right to left: both first
    assert found.hits1 == pytest.approx((1 / 2 + 1) / 2)
    assert found.mrr == pytest.approx(((1 / 2 + 1) / 2 + 1) / 2)
    told = place_metrics(left, right, np.array([[0, 0]]), np.array([[1, 2]]))
    assert told.hits1 == 1  # the neuron in between is known to be another's
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(9, 2)), rng.normal(size=(11, 2))
    pairs = np.array([[0, 3], [4, 4], [8, 10], [5, 0]])
    truth = np.full(9, -1)
    truth[pairs[:, 0]] = pairs[:, 1]
    distance = np.linalg.norm(left[:, None] - right, axis=2)
    monkeypatch.setattr("connectome.metrics.neurons.homologs.BLOCK", 3)
    assert place_metrics(left, right, pairs).mrr == pytest.approx(
        homolog_metrics(-distance, truth).mrr
    )


def test_places_of_nobody_or_nowhere_are_named() -> None:
    places = np.zeros((2, 1))
    with pytest.raises(InputError, match="no homolog is asked"):
        place_metrics(places, places, np.empty((0, 2), dtype=np.int64))
    with pytest.raises(InputError, match="NaN"):
        place_metrics(places * np.nan, places, np.array([[0, 0]]))
