import numpy as np
import pytest
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import SVC

from connectome.metrics.neurons import kernel_machine
from connectome.metrics.neurons.kernel_machine import KernelMachine


def overlapping(seed: int, types: int, each: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Types of unequal sizes whose clouds overlap, in no order."""
    rng = np.random.default_rng(seed)
    code = rng.permutation(np.repeat(np.arange(types), each * (1 + np.arange(types) % 3)))
    places = rng.standard_normal((types, 5))[code]
    return places + rng.standard_normal(places.shape), 3 * code + 1


@pytest.mark.parametrize("one_vs_rest", [True, False])
def test_two_points_by_hand(one_vs_rest: bool) -> None:
    """Margins are 1 and -1 where the penalty allows it: weights of 1 / (1 - exp(-4)) are below."""
    x, y = np.array([[-1.0], [1.0]]), np.array([4, 7])  # variance 1, so the rate is 1
    machine = KernelMachine(10.0, one_vs_rest).fit(x, y)
    assert machine.rate_ == 1
    assert machine.decision_function(x) == pytest.approx([-1, 1])
    assert machine.predict(np.array([[-3.0], [0.2]])).tolist() == [4, 7]


def test_a_weight_is_at_most_the_penalty() -> None:
    machine = KernelMachine(penalty=0.5).fit(np.array([[-1.0], [1.0]]), np.array([0, 1]))
    expected = 0.5 * (1 - np.exp(-4))
    assert machine.decision_function(np.array([[1.0]])) == pytest.approx([expected])


@pytest.mark.parametrize("types", [2, 3, 7])
@pytest.mark.parametrize("one_vs_rest", [True, False])
@pytest.mark.parametrize("most", [10, 6000])
def test_margins_are_those_of_scikit_learn(
    types: int, one_vs_rest: bool, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_machine, "MOST", most)
    monkeypatch.setattr(kernel_machine, "ROWS", 50)
    x, y = overlapping(types, types)
    asked = overlapping(types + 10, types)[0]
    svc = SVC(C=10.0)
    theirs = (OneVsRestClassifier(svc) if one_vs_rest else svc).fit(x, y)
    ours = KernelMachine(one_vs_rest=one_vs_rest).fit(x, y)
    assert ours.shared_ == (most > len(x))
    assert np.array_equal(ours.predict(asked), theirs.predict(asked))
    margins = ours.decision_function(asked)
    assert margins == pytest.approx(theirs.decision_function(asked), abs=1e-6)


def test_neurons_in_one_place_are_of_the_larger_type() -> None:
    x = np.zeros((30, 3))
    y = np.repeat([0, 1], [10, 20])
    assert (KernelMachine().fit(x, y).predict(x) == 1).all()


def test_features_that_are_not_finite_are_refused() -> None:
    x, y = overlapping(0, 3)
    with pytest.raises(ValueError, match="NaN"):
        KernelMachine().fit(np.where(x == x[0], np.nan, x), y)
    with pytest.raises(ValueError, match="infinity"):
        KernelMachine().fit(x, y).predict(np.full((1, 5), np.inf))
