import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
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


def test_two_points_by_hand() -> None:
    """Weights a and -a, margins 1 and -1: a (1 - k) = 1, k the kernel between them."""
    x, y = np.array([[-1.0], [1.0]]), np.array([4, 7])  # variance 1, so the rate is 1
    machine = KernelMachine(penalty=10.0).fit(x, y)
    assert machine.rate_ == 1
    weight = 1 / (1 - np.exp(-4))
    assert machine.duals_[:, 0] == pytest.approx([-weight, weight])
    assert machine.offsets_ == pytest.approx([0])
    assert machine.decision_function(x) == pytest.approx([-1, 1])
    assert machine.predict(np.array([[-3.0], [0.2]])).tolist() == [4, 7]


def test_a_weight_is_at_most_the_penalty() -> None:
    """By hand: with a penalty of 1/2 both points are within the margin."""
    machine = KernelMachine(penalty=0.5).fit(np.array([[-1.0], [1.0]]), np.array([0, 1]))
    assert machine.duals_[:, 0].tolist() == [-0.5, 0.5]
    expected = 0.5 * (1 - np.exp(-4))
    assert machine.decision_function(np.array([[1.0]])) == pytest.approx([expected])


@pytest.mark.parametrize("types", [2, 3, 7])
@pytest.mark.parametrize("one_vs_rest", [True, False])
def test_margins_are_those_of_scikit_learn(
    types: int, one_vs_rest: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_machine, "GAP", 1e-6)
    x, y = overlapping(types, types)
    asked = overlapping(types + 10, types)[0]
    svc = SVC(C=10.0, tol=1e-6)
    theirs = (OneVsRestClassifier(svc) if one_vs_rest else svc).fit(x, y)
    ours = KernelMachine(one_vs_rest=one_vs_rest).fit(x, y)
    assert np.array_equal(ours.predict(asked), theirs.predict(asked))
    margins = ours.decision_function(asked)
    assert margins == pytest.approx(theirs.decision_function(asked), abs=1e-4)


def test_with_the_usual_gap_margins_differ_by_about_as_much() -> None:
    x, y = overlapping(3, 5)
    asked = overlapping(4, 5)[0]
    theirs = OneVsRestClassifier(SVC(C=10.0)).fit(x, y).decision_function(asked)
    ours = KernelMachine(one_vs_rest=True).fit(x, y).decision_function(asked)
    assert np.abs(ours - theirs).max() < 0.01


def test_margins_do_not_depend_on_how_many_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = overlapping(5, 4)
    machine = KernelMachine().fit(x, y)
    whole = machine.decision_function(x)
    monkeypatch.setattr(kernel_machine, "BLOCK", 7 * len(x))
    assert machine.decision_function(x) == pytest.approx(whole, abs=1e-9)
    assert KernelMachine().fit(x, y).decision_function(x) == pytest.approx(whole, abs=1e-4)
    assert machine.decision_function(x[:0]).shape == (0, 4)


def test_neurons_in_one_place_are_of_the_larger_type() -> None:
    x = np.zeros((30, 3))
    y = np.repeat([0, 1], [10, 20])
    assert (KernelMachine().fit(x, y).predict(x) == 1).all()


def test_one_class_is_refused() -> None:
    with pytest.raises(ValueError, match="two classes"):
        KernelMachine().fit(np.zeros((3, 1)), np.zeros(3))


def test_features_that_are_not_finite_are_refused() -> None:
    x, y = overlapping(0, 3)
    with pytest.raises(ValueError, match="NaN"):
        KernelMachine().fit(np.where(x == x[0], np.nan, x), y)
    with pytest.raises(ValueError, match="infinity"):
        KernelMachine().fit(x, y).predict(np.full((1, 5), np.inf))


def test_a_fit_that_does_not_settle_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_machine, "MOST_STEPS", 3)
    with pytest.warns(ConvergenceWarning, match="3 steps"):
        KernelMachine().fit(*overlapping(1, 2))
