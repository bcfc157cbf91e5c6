import numpy as np
import pytest
from sklearn.metrics import f1_score

from connectome.metrics.neurons import (
    Probe,
    fit_classifier,
    probe,
    single_group_types,
    unseen_type_auc,
)
from connectome.metrics.neurons.cell_types import CLASSIFIERS
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


@pytest.mark.parametrize("group_of_rare", [[0], [0, 0]], ids=["one neuron", "one pair"])
def test_a_rare_type_changes_no_confidence(group_of_rare: list[int]) -> None:
    """As from a table without it: bit for bit by one fit, and by folds dealt otherwise nearly."""
    features, code = blobs(3, types=4, each=50)
    features = features + np.random.default_rng(4).normal(0, 3, features.shape)
    rare = len(group_of_rare)
    x = np.concatenate([features, np.zeros((rare, 2))])
    y, without = np.append(code, [4] * rare), np.append(code, [-1] * rare)
    group = np.append(np.arange(len(code)), len(code) + np.array(group_of_rare))
    known = without >= 0
    plain = fit_classifier(x[known], y[known], group[known], "svm_one_vs_rest")
    fitted = fit_classifier(x, y, group, "svm_one_vs_rest")
    assert fitted.classes_.tolist() == [0, 1, 2, 3]
    assert np.array_equal(fitted.predict_proba(x), plain.predict_proba(x))
    found = probe(x, y, group, "svm_one_vs_rest", confidence=True)
    bare = probe(x, without, group, "svm_one_vs_rest", confidence=True)
    assert found.too_rare == (4,)
    assert bare.too_rare == ()
    assert found.confidence[known].std() > 0.1  # 1 / K for all of them, it once was
    assert np.abs(found.confidence - bare.confidence)[known].mean() < 0.05
    assert found.threshold(0.9) == pytest.approx(bare.threshold(0.9), abs=0.1)


def test_a_type_that_an_inner_fold_lacks_is_not_calibrated_and_others_are() -> None:
    """Two neurons of one group among 3 x 3 others: every inner fold has the others alone."""
    y = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3])
    group = np.array([*range(9), 9, 9])
    features = y[:, None] + np.random.default_rng(0).normal(0, 0.1, (11, 2))
    assert fit_classifier(features, y, group, "logistic").classes_.tolist() == [0, 1, 2]
    with pytest.raises(NotApplicableError, match="fewer than two cell types have neurons in each"):
        fit_classifier(features[8:], y[8:], group[8:], "logistic")


def test_separable_classes_get_no_confidence_that_the_neurons_cannot_vouch_for() -> None:
    """Of 30 neurons none is wrong, so no probability is below a third of 1 / 32."""
    features, code = blobs(0, each=10)
    model = fit_classifier(100 * features, code, np.arange(30), "svm_one_vs_rest")
    far = np.concatenate([features, 50 * features])
    likely = model.predict_proba(100 * far)
    assert likely.sum(axis=1) == pytest.approx(1)
    assert likely.min() >= 1 / 32 / 3
    assert likely.max() > 0.9
    assert (model.predict(100 * features) == code).all()


def test_types_of_one_group_are_named_and_alone_cannot_be_probed() -> None:
    code = np.array([0] * 20 + [1, 1, 2, -1])
    group = np.array([*range(20), 20, 20, 21, 22])
    assert single_group_types(code, group).tolist() == [1, 2]
    with pytest.raises(NotApplicableError, match="fewer than two cell types have neurons that are"):
        probe(np.zeros((24, 1)), code, group)
    few = np.arange(12) // 3  # four types of three neurons
    with pytest.raises(NotApplicableError, match="no cell type has a neuron for each of 5 folds"):
        probe(np.zeros((12, 1)), few, np.arange(12))


def test_a_fold_with_one_type_left_predicts_that() -> None:
    """Type 1 has two groups: in one fold or another of some seed, training lacks it or not."""
    code = np.array([0] * 30 + [1, 1])
    features = np.append(np.zeros(30), [9.0, 9.0])[:, None]
    model = fit_classifier(features[:30], code[:30], np.arange(30), "svm", calibrated=False)
    assert (model.predict(features) == 0).all()


def test_an_unseen_type_without_which_too_few_are_left_has_no_number() -> None:
    features, code = blobs(0, types=2)
    x = np.concatenate([features, np.full((10, 2), 30.0), [[-30.0, 0]]])
    y = np.concatenate([code, np.full(10, 2), [3]])
    areas = unseen_type_auc(x, y, np.arange(len(y)), "logistic")
    assert np.isfinite(areas).tolist() == [True] * 4
    with_rare = np.concatenate([code, [2]])
    areas = unseen_type_auc(x[:81], with_rare, np.arange(81), "logistic")
    assert np.isfinite(areas).tolist() == [False, False, True]


def test_equal_confidences_count_all_or_none() -> None:
    code, predicted = np.array([0, 0, 0, 0]), np.array([0, 0, 0, 1])
    found = Probe(code, predicted, np.array([0.9, 0.8, 0.8, 0.8]))
    assert found.threshold(1.0) == 0.9  # of three at .8 one is wrong
    assert found.threshold(0.75) == 0.8
