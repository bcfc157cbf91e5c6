"""Likelihood, similarities and confidence against formulas written out."""

from threading import get_ident

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from connectome.models.cell_typing import Confidence, fit_confidence, type_neurons
from connectome.models.cell_typing import likelihood as parts
from connectome.models.cell_typing.likelihood import (
    LikelihoodSettings,
    TypeModel,
    Weights,
    best_types,
)
from connectome.models.cell_typing.profiles import Wiring, moved, shares
from connectome.models.cell_typing.similarity import cosine_of_logs, jaccard_to, nearest_types
from connectome.models.cell_typing.twins import mixed_shares, redraw_within_types
from connectome.models.sparse import one_hot, row_parts
from connectome.types import InputError
from tests.models.test_cell_typing import TYPES, blocks, told


def profiles(seed: int, rows: int = 30, columns: int = 12) -> sp.csr_array:
    rng = np.random.default_rng(seed)
    return sp.csr_array(rng.poisson(0.7, (rows, columns)) * rng.random((rows, columns)))


def by_hand(profile: np.ndarray, types: np.ndarray, settings: LikelihoodSettings) -> np.ndarray:
    """Scores ``[N, K]`` of the formula in the module, one number at a time."""
    r, a = settings.dispersion, settings.prior_members
    mean = profile.mean(axis=0)
    sizes = np.bincount(types)
    score = np.zeros((len(profile), len(sizes)))
    for t, size in enumerate(sizes):
        total = profile[types == t].sum(axis=0)
        rate = (total + a * mean) / (size + a)
        most = np.where(total > 0, rate, a * mean / (sizes.min() + a))
        weight = np.log(rate / (r + most))
        score[:, t] = profile @ weight - r * np.log1p(rate / r).sum()
        score[:, t] += settings.size_prior * np.log1p(size)
    return score


@pytest.mark.parametrize("most_bytes", [0, 1e9])
def test_the_sparse_and_the_dense_score_are_the_formula(
    monkeypatch: pytest.MonkeyPatch, most_bytes: float
) -> None:
    monkeypatch.setattr(parts, "DENSE_BYTES", most_bytes)
    settings = LikelihoodSettings(0.7, 1.5, 1.2)
    profile = profiles(0)
    types = np.arange(30) % 4
    types[:3] = 0
    assignment = one_hot(types, 4)
    model = TypeModel.of(profile, assignment, one_hot(np.full(30, -1), 4), 1)
    best, score = best_types(profile, Weights.of(model, settings), 4)
    expected = by_hand(profile.toarray(), types, settings)
    order = np.argsort(-expected, axis=1)
    assert (best == order).all()
    ranked = np.take_along_axis(expected, order, 1)
    np.testing.assert_allclose(score - score[:, :1], ranked - ranked[:, :1], atol=1e-4)


def test_a_told_neuron_counts_as_many() -> None:
    profile = profiles(1, 4)
    model = TypeModel.of(
        profile, one_hot(np.array([0, 0, 1, 1]), 2), one_hot(np.array([0, -1, -1, -1]), 2), 5
    )
    rows = profile.toarray()
    np.testing.assert_allclose(model.sums.toarray()[0], 5 * rows[0] + rows[1])
    assert model.members.tolist() == [6, 2]
    assert model.sizes.tolist() == [2, 2]


def test_jaccard_is_what_it_says() -> None:
    profile = profiles(2)
    examples, types = np.array([3, 8, 11, 20]), np.array([0, 0, 1, 2])
    best, alike = nearest_types(profile, examples, types)
    rows = profile.toarray()
    for i, row in enumerate(rows):
        scores = [np.minimum(row, rows[s]).sum() / np.maximum(row, rows[s]).sum() for s in examples]
        by_type = {
            t: max(x for x, u in zip(scores, types, strict=True) if u == t) for t in range(3)
        }
        first, second = sorted(by_type, key=lambda t: -by_type[t])[:2]
        if by_type[second] > 0:
            assert best[i].tolist() == [first, second]
        np.testing.assert_allclose(alike[i], [by_type[first], by_type[second]], atol=1e-5)
    asked = np.arange(len(rows)) % 3 == 0
    some, how = nearest_types(profile, examples, types, asked)
    assert (some[asked] == best[asked]).all()
    assert (how[asked] == alike[asked]).all()
    assert (some[~asked] == -1).all()
    assert (how[~asked] == 0).all()
    means = sp.csr_array(rows[examples])
    own = jaccard_to(profile, means, np.array([1, -1, *[0] * 28]))
    expected = np.minimum(rows[0], rows[8]).sum() / np.maximum(rows[0], rows[8]).sum()
    assert own[0] == pytest.approx(expected)
    assert own[1] == 0
    assert own[3] == pytest.approx(1)


@pytest.mark.parametrize("dense", [True, False])
def test_threads_change_no_bit(monkeypatch: pytest.MonkeyPatch, dense: bool) -> None:
    profile, examples = profiles(5, 200), np.arange(0, 200, 5)
    weights = Weights.of(
        TypeModel.of(profile, one_hot(np.arange(200) % 4, 4)), LikelihoodSettings()
    )
    monkeypatch.setattr(parts, "DENSE_BYTES", parts.DENSE_BYTES if dense else 0)

    def made() -> list[np.ndarray]:
        near = nearest_types(profile, examples, np.arange(len(examples)) % 4)
        return [*best_types(profile, weights, 2), *near]

    before, used = torch.get_num_threads(), set[int]()

    def work(part: slice) -> tuple[np.ndarray]:
        used.add(get_ident())
        return (np.arange(200)[part],)

    alone = made()
    monkeypatch.setattr(row_parts, "FEWEST", 10)
    try:
        torch.set_num_threads(3)
        seen = row_parts.by_rows(
            200, lambda part: (used.add(get_ident()), np.arange(200)[part])[1:]
        )
        together = made()
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(seen[0], np.arange(200))
    assert get_ident() not in used
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_cosine_of_logs() -> None:
    left, right = sp.csr_array([[1.0, 0, 3]]), sp.csr_array([[1.0, 0, 3], [0, 2, 0], [0, 0, 0]])
    np.testing.assert_allclose(cosine_of_logs(left, right), [[1, 0, 0]], atol=1e-12)


def test_profiles_are_synapses_to_and_from_types() -> None:
    wiring = Wiring.of(sp.csr_array([[0.0, 4, 9], [0, 0, 0], [1, 0, 0]]))
    profile = wiring.profile(one_hot(np.array([0, 1, 1]), 2)).toarray()
    assert profile.tolist() == [[0, 5, 0, 1], [0, 0, 2, 0], [1, 0, 3, 0]]
    assert wiring.degree.tolist() == [3, 1, 2]
    assert wiring.synapses.tolist() == [14, 4, 10]


def test_beliefs_move_and_sum_to_one() -> None:
    halfway = moved(one_hot(np.array([0, 1]), 3), one_hot(np.array([2, 1]), 3), 0.25).toarray()
    assert halfway.tolist() == [[0.75, 0, 0.25], [0, 1, 0]]
    types, scores = np.array([[0, 1], [1, 0], [-1, -1]]), np.log([[3.0, 1], [3, 1], [1, 1]])
    soft = shares(types, scores, 1.0, np.array([-1, 0, -1]), 3).toarray()
    np.testing.assert_allclose(soft, [[0.75, 0.25, 0], [1, 0, 0], [0, 0, 1]])


def test_confidence_is_a_probability_and_sorts_right_from_wrong() -> None:
    synapses, code = blocks(6)
    noise = np.random.default_rng(0).poisson(8.0, synapses.shape)
    synapses = sp.csr_array(synapses + noise)
    known = told(code, share=0.6)
    answer = type_neurons(synapses, known, TYPES)
    chance = fit_confidence(synapses, known, TYPES, answer, untold=0.0).of(answer)
    assert ((chance >= 0) & (chance <= 1)).all()
    asked = known < 0
    right = (answer.best == code)[asked]
    assert 0 < right.mean() < 1
    assert chance[asked][right].mean() > chance[asked][~right].mean()


def test_types_that_are_all_right_have_the_rule_of_succession() -> None:
    evidence = np.arange(8.0).reshape(4, 2)
    sure = Confidence.fit(evidence, np.ones(4, dtype=bool))
    np.testing.assert_allclose(sure.at(evidence), (4 + 1) / (4 + 2))
    weighed = Confidence.fit(evidence, np.zeros(4, dtype=bool), np.full(4, 0.5))
    np.testing.assert_allclose(weighed.at(evidence), 1 / (2 + 2))


def logistic(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    evidence = rng.normal(size=(count, 1))
    return evidence, rng.random(count) < 1 / (1 + np.exp(-1 - 2 * evidence[:, 0]))


def test_confidence_finds_the_logistic_and_goes_no_further_than_it_saw() -> None:
    evidence, right = logistic(20_000)
    fitted = Confidence.fit(evidence, right)
    asked = np.array([[-1.0], [0.0], [1.0]])
    np.testing.assert_allclose(fitted.log_odds(asked), [-1, 1, 3], atol=0.15)
    edge = fitted.at(np.array([[evidence.max()]]))
    assert fitted.at(np.array([[100.0]])) == pytest.approx(edge)


def test_held_out_neurons_stretch_and_shift_a_confidence() -> None:
    evidence, right = logistic(20_000)
    fitted, asked = Confidence.fit(evidence, right), np.array([[0.3], [2.0]])
    nobody = fitted.corrected(evidence[:0], right[:0], np.ones(0))
    np.testing.assert_allclose(nobody.log_odds(asked), 0.7 * fitted.log_odds(asked))
    every = fitted.corrected(evidence, right, np.ones(len(right)))
    np.testing.assert_allclose(every.log_odds(asked), fitted.log_odds(asked), atol=0.05)
    half = fitted.corrected(evidence, right & (np.arange(len(right)) % 2 == 0), np.ones(20_000))
    assert half.at(evidence).mean() == pytest.approx(right.mean() / 2, abs=0.02)


def test_a_confidence_that_is_far_too_high_is_corrected_too() -> None:
    """Whole steps of Newton's end at a shift of 90 here, and all is certain."""
    evidence = np.linspace(-5, 40, 56)[:, None]
    right = np.arange(56) % 2 == 0  # whatever the evidence
    fitted = Confidence(
        np.zeros(1), np.ones(1), np.array([-5.0]), np.array([40.0]), 1, np.ones(1), 0.0, 1000
    )
    made = fitted.corrected(evidence, right, np.ones(56))
    shift, stretch = made.intercept, float(made.slope[0])
    assert stretch == 0  # which is as far as it goes
    off = right - made.at(evidence)  # where the posterior is highest it pulls as the prior does
    assert off.sum() == pytest.approx(shift / 0.3**2, abs=1e-3)
    steeper = fitted.corrected(evidence, evidence[:, 0] > 10, np.ones(56))
    shift, stretch = steeper.intercept, float(steeper.slope[0])
    off = (evidence[:, 0] > 10) - steeper.at(evidence)
    assert off.sum() == pytest.approx(shift / 0.3**2, abs=1e-3)
    assert (off * evidence[:, 0]).sum() == pytest.approx((stretch - 0.7) / 0.3**2, abs=1e-2)
    assert 0.05 < stretch < 0.7


def test_a_twin_within_types_keeps_synapses_between_types_and_the_degrees() -> None:
    synapses, code = blocks(0)
    types = np.where(np.arange(len(code)) < 5, -1, code)
    twin = redraw_within_types(synapses, types, seed=0)
    member = one_hot(types, TYPES)
    for made, real in ((twin, synapses), (twin.T, synapses.T)):
        between, before = (member.T @ one @ member for one in (made, real))
        np.testing.assert_allclose(between.toarray(), before.toarray())
        assert made.sum() == real.sum()
    assert (twin != synapses).nnz > 0
    alone = redraw_within_types(synapses, np.arange(len(code)), seed=0)
    assert (alone != synapses).nnz == 0


def test_few_told_neurons_have_no_confidence() -> None:
    synapses, code = blocks(0)
    known = told(code, share=0.06)
    with pytest.raises(InputError, match="to have a confidence"):
        fit_confidence(synapses, known, TYPES, type_neurons(synapses, known, TYPES))


@pytest.mark.parametrize(
    ("easy", "hard", "wanted", "expected"),
    [
        (0.9, 0.5, 0.6, (0.25, 0.75)),  # .25 * .9 + .75 * .5 = .6
        (0.9, 0.5, 0.95, (1.0, 0.0)),  # the easy one is hard enough
        (0.9, 0.5, 0.4, (0.0, 1.0)),  # neither is as hard
        (0.9, 0.9, 0.7, (1.0, 0.0)),
        (0.9, np.nan, 0.7, (1.0, 0.0)),  # nobody is in the other
    ],
)
def test_two_samples_count_so_that_their_mean_is_wanted(
    easy: float, hard: float, wanted: float, expected: tuple[float, float]
) -> None:
    assert mixed_shares(easy, hard, wanted) == pytest.approx(expected)
