from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from connectome.models.generative import Coupling, Groups, calibrate, fit_coupling, with_degrees
from connectome.models.generative.copula import _both, draw_links
from connectome.types import InputError

N = 60


def setting(seed: int = 0) -> tuple[np.ndarray, np.ndarray, Groups]:
    """Scores, links that follow them, and two mirrored sides with two types and a silent neuron."""
    rng = np.random.default_rng(seed)
    half = N // 2
    side, kind = np.repeat([0, 1], half), np.tile(np.arange(half) % 2, 2)
    homolog = np.concatenate([np.arange(half, N), np.arange(half)])
    homolog[[3, 3 + half]] = -1
    score = rng.standard_normal((N, N)).astype(np.float32)
    linked = rng.random((N, N)) < 1 / (1 + np.exp(1.5 - 2.0 * score))
    linked[5] = False  # sends nothing
    np.fill_diagonal(linked, False)
    return score, linked, Groups(side, kind, homolog)


def test_expected_degrees_and_links_between_types_are_the_real_ones() -> None:
    score, linked, groups = setting()
    found = calibrate(score, linked, groups)
    for side in (0, 1):
        towards = groups.side == side
        for expected, real in (
            (found.probability[:, towards].sum(1), linked[:, towards].sum(1)),
            (found.probability[towards].sum(0), linked[towards].sum(0)),
        ):
            assert expected == pytest.approx(real, abs=0.05)
    for one in (0, 1):
        for other in (0, 1):
            block = np.outer(groups.kind == one, groups.kind == other) & groups.same
            assert found.probability[block].sum() == pytest.approx(linked[block].sum(), rel=0.01)
    assert (found.probability[5] < 1e-8).all()
    assert (np.diag(found.probability) == 0).all()
    assert found.slope == pytest.approx(2.0, abs=0.5)


def test_scores_that_say_something_fit_better_than_degrees_alone() -> None:
    score, linked, groups = setting()
    informed = calibrate(score, linked, groups)
    degrees = calibrate(np.zeros_like(score), linked, groups, slope=0.0)
    assert informed.log_likelihood > degrees.log_likelihood + 0.3


def test_neurons_of_other_degrees_have_those_to_expect() -> None:
    score, linked, groups = setting()
    like = calibrate(score, linked, groups)
    rng = np.random.default_rng(5)
    sent, received = rng.uniform(1, 8, (2, N, 2))
    found = with_degrees(score, sent, received, groups, like)
    for side in (0, 1):
        towards = groups.side == side
        assert found[:, towards].sum(1) == pytest.approx(sent[:, side], abs=0.05)
        arriving = found[towards].sum(0)  # in proportion to what was asked, by side
        for other in (0, 1):
            rows = groups.side == other
            ratio = arriving[rows] / received[rows, side]
            assert ratio == pytest.approx(np.full(rows.sum(), ratio.mean()), rel=0.03)


def test_two_brains_that_were_joined_are_not_linked() -> None:
    score, linked, groups = setting()
    apart = ~groups.same
    found = calibrate(score, linked & ~apart, groups, apart=apart)
    assert (found.probability[apart] == 0).all()


def test_joint_probability_is_that_of_two_correlated_normals() -> None:
    a, b, correlation = -0.7, 0.4, 0.6
    expected = multivariate_normal([0, 0], [[1, correlation], [correlation, 1]]).cdf([a, b])
    assert _both(np.array([a]), np.array([b]), correlation) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("coupled", [False, True])
def test_links_have_their_probabilities_whatever_the_coupling(coupled: bool) -> None:
    groups = setting()[2]
    probability = np.random.default_rng(1).random((N, N)).astype(np.float32)
    np.fill_diagonal(probability, 0)
    coupling = Coupling.none(2)
    if coupled:
        coupling = Coupling(np.full((2, 2), 0.6, dtype=np.float32), 0.5)
    rng = np.random.default_rng(2)
    mean = np.mean([draw_links(probability, coupling, groups, rng) for _ in range(800)], axis=0)
    assert np.abs(mean - probability).max() < 0.09
    assert (mean - probability).mean() == pytest.approx(0, abs=0.005)


def test_as_many_links_are_mutual_and_mirrored_as_of_the_real_brain() -> None:
    groups = setting()[2]
    half = N // 2
    rng = np.random.default_rng(3)
    probability = np.full((N, N), 0.2, dtype=np.float32)
    np.fill_diagonal(probability, 0)
    real = Coupling(np.array([[0.8, 0.1], [0.1, 0.4]], dtype=np.float32), 0.6)
    linked = draw_links(probability, real, groups, rng)
    found = fit_coupling(probability, linked, groups)
    assert found.reversal[0, 0] > found.reversal[1, 1] > found.reversal[0, 1]
    assert found.mirrored == pytest.approx(0.6, abs=0.15)
    drawn = [draw_links(probability, found, groups, rng) for _ in range(60)]

    def mutual(links: np.ndarray) -> float:
        return float((links & links.T)[:half, :half].sum())

    def mirrored(links: np.ndarray) -> float:
        paired = np.flatnonzero(groups.homolog >= 0)
        image = links[np.ix_(groups.homolog[paired], groups.homolog[paired])]
        return float((links[np.ix_(paired, paired)] & image).sum())

    for count in (mutual, mirrored):
        values = [count(links) for links in drawn]
        error = 4 * np.std(values) / np.sqrt(len(values)) + 0.02 * count(linked)
        assert np.mean(values) == pytest.approx(count(linked), abs=error)


def test_a_link_and_its_reversal_keep_their_coupling_under_the_mirror() -> None:
    """One image of two stands for both, chosen for both directions alike."""
    groups = setting()[2]
    probability = np.full((N, N), 0.3, dtype=np.float32)
    np.fill_diagonal(probability, 0)
    rng = np.random.default_rng(4)
    strong = Coupling(np.full((2, 2), 0.9, dtype=np.float32), 0.95)
    both = np.mean(
        [
            (x & x.T).mean()
            for x in (draw_links(probability, strong, groups, rng) for _ in range(40))
        ]
    )
    alone = replace(strong, mirrored=0.0)
    plain = np.mean(
        [(x & x.T).mean() for x in (draw_links(probability, alone, groups, rng) for _ in range(40))]
    )
    assert both == pytest.approx(plain, rel=0.05)


def test_no_more_than_chance_needs_no_coupling() -> None:
    groups = Groups.none(N)
    probability = np.full((N, N), 0.3, dtype=np.float32)
    one_way = np.triu(np.ones((N, N), dtype=bool), 1)
    assert fit_coupling(probability, one_way, groups).reversal[0, 0] == 0
    assert fit_coupling(probability, one_way, groups).mirrored == 0


def test_what_does_not_fit_is_refused() -> None:
    score, linked, groups = setting()
    with pytest.raises(InputError, match=r"scores \(60, 60\) and links \(59, 59\)"):
        calibrate(score, linked[:-1, :-1], groups)
