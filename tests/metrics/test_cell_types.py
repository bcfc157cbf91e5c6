import numpy as np
import pytest
from sklearn.metrics import f1_score

from connectome.metrics import CLASSIFIERS, Probe, fit_classifier, probe, unseen_type_auc
from connectome.types import InputError, NotApplicableError


def blobs(seed: int, types: int = 3, each: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Well separated types in the plane."""
    rng = np.random.default_rng(seed)
    code = np.repeat(np.arange(types), each)
    angle = 2 * np.pi * code / types
    places = 8 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return places + rng.standard_normal(places.shape), code


@pytest.mark.parametrize("name", [name for name in CLASSIFIERS if name != "majority"])
def test_separated_types_are_told_apart(name: str) -> None:
    features, code = blobs(0)
    found = probe(features, code, np.arange(len(code)), name)
    assert found.accuracy > 0.97
    assert found.recall.shape == (3,)


def test_majority_by_hand() -> None:
    code = np.array([0] * 30 + [1] * 10 + [-1] * 5)
    found = probe(np.zeros((45, 1)), code, np.arange(45), "majority")
    assert found.accuracy == pytest.approx(0.75)
    assert found.macro_f1 == pytest.approx(f1_score([0] * 30 + [1] * 10, [0] * 40, average="macro"))
    assert (found.predicted[40:] == -1).all()
    assert found.recall.tolist() == [1, 0]


def test_copies_held_out_together_tell_nothing() -> None:
    """Every neuron has a twin of its own type; apart from twins, types are random."""
    rng = np.random.default_rng(0)
    places, code = rng.standard_normal((150, 6)), rng.integers(0, 3, 150)
    features, codes = np.repeat(places, 2, axis=0), np.repeat(code, 2)
    leaking = probe(features, codes, np.arange(300), "knn")
    grouped = probe(features, codes, np.repeat(np.arange(150), 2), "knn")
    assert leaking.accuracy > 0.75  # one twin in five is held out too
    assert grouped.accuracy < 0.5


def test_order_of_neurons_changes_no_fold_statistics() -> None:
    features, code = blobs(1)
    order = np.random.default_rng(2).permutation(len(code))
    group = np.arange(len(code)) // 2
    a = probe(features, code, group, "logistic")
    b = probe(features[order], code[order], group[order], "logistic")
    assert a.accuracy == pytest.approx(b.accuracy, abs=0.03)


def test_threshold_by_hand() -> None:
    code, predicted = np.array([0, 0, 1, 1, -1]), np.array([0, 0, 0, 1, -1])
    found = Probe(code, predicted, np.array([0.9, 0.8, 0.7, 0.6, np.nan]))
    assert found.threshold(1.0) == 0.8
    assert found.threshold(0.75) == 0.6  # three of four are right
    wrong = Probe(code, 1 - code, found.confidence)
    assert wrong.threshold(0.5) == np.inf


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0]])
def test_equal_confidences_stand_or_fall_together(order: list[int]) -> None:
    # one of four equally sure predictions is right: the file may list it first or last
    code, predicted = np.array([0, 1, 1, 1])[order], np.zeros(4, dtype=np.int64)
    found = Probe(code, predicted, np.full(4, 0.9))
    assert found.threshold(0.9) == np.inf
    assert found.threshold(0.25) == 0.9


def test_confidence_is_a_probability_that_fits() -> None:
    features, code = blobs(3, each=100)
    blurred = features + np.random.default_rng(4).normal(0, 5, features.shape)
    found = probe(blurred, code, np.arange(len(code)), "svm_one_vs_rest", confidence=True)
    assert found.confidence.min() > 1 / 3 - 1e-6
    assert found.confidence.mean() == pytest.approx(found.accuracy, abs=0.08)


def test_a_type_in_between_lowers_confidence_and_one_that_looks_the_same_does_not() -> None:
    rng = np.random.default_rng(5)
    code = np.repeat([0, 1, 2], 80)
    noise = rng.standard_normal((240, 2))
    between = unseen_type_auc(
        np.array([[0, 0], [10, 0], [5, 0]])[code] + noise, code, np.arange(240), "logistic"
    )
    alike = unseen_type_auc(
        np.array([[0, 0], [10, 0], [0, 0]])[code] + noise, code, np.arange(240), "logistic"
    )
    assert between[2] > 0.7
    assert alike[2] == pytest.approx(0.5, abs=0.15)


def test_what_cannot_be_probed_is_named() -> None:
    features, code = blobs(0)
    with pytest.raises(InputError, match="classifier=forest: choose one of knn"):
        probe(features, code, np.arange(len(code)), "forest")
    with pytest.raises(NotApplicableError, match="fewer than two cell types"):
        probe(features, np.zeros_like(code), np.arange(len(code)))
    with pytest.raises(NotApplicableError, match="2 groups of labelled neurons for 5 folds"):
        probe(features, code, code % 2)
    with pytest.raises(NotApplicableError, match="fewer than three"):
        unseen_type_auc(features[:80], code[:80], np.arange(80))


def test_two_types_that_a_margin_separates_are_calibrated() -> None:
    code = np.arange(40) % 2
    features = 10.0 * code[:, None] + np.random.default_rng(0).standard_normal((40, 2))
    model = fit_classifier(features, code, np.arange(40), "svm_one_vs_rest", seed=0)
    likely = model.predict_proba(features)
    assert np.isfinite(likely).all()
    assert (likely.argmax(axis=1) == code).all()
