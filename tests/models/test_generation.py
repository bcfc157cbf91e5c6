from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from connectome.models.generative import (
    Coupling,
    Groups,
    calibrate,
    fit_closing,
    fit_coupling,
    with_margins,
)
from connectome.models.generative.copula import _beyond_chance, draw_links
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


def test_pooled_propensities_keep_links_between_types_and_draw_degrees_together() -> None:
    """All neurons have the same true propensities, so all differences of degrees are chance."""
    rng = np.random.default_rng(7)
    groups = setting()[2]
    zeros = np.zeros((N, N), dtype=np.float32)
    linked = rng.random((N, N)) < 0.4
    np.fill_diagonal(linked, False)
    own = calibrate(zeros, linked, groups, slope=0.0).probability
    pooled = calibrate(zeros, linked, groups, slope=0.0, pooled=True, iterations=30).probability
    assert pooled.sum(1).std() < 0.5 * own.sum(1).std()
    for one in (0, 1):
        for other in (0, 1):
            sides = np.outer(groups.side == one, groups.side == other)
            for sender in (0, 1):
                for receiver in (0, 1):
                    types = np.outer(groups.kind == sender, groups.kind == receiver)
                    expected, real = pooled[sides & types].sum(), linked[sides & types].sum()
                    assert expected == pytest.approx(real, rel=0.01)


def test_pooled_propensities_that_differ_stay_apart() -> None:
    """Rates of .1 and .7: far more than chance, so expected degrees are nearly the real ones."""
    rng = np.random.default_rng(8)
    rate = np.where(np.arange(N) % 3 == 0, 0.7, 0.1)
    linked = rng.random((N, N)) < rate[:, None]
    np.fill_diagonal(linked, False)
    zeros = np.zeros((N, N), dtype=np.float32)
    pooled = calibrate(zeros, linked, Groups.none(N), slope=0.0, pooled=True).probability
    high, low = pooled.sum(1)[rate > 0.5].mean(), pooled.sum(1)[rate < 0.5].mean()
    assert high == pytest.approx(linked[rate > 0.5].sum(1).mean(), rel=0.05)
    assert low == pytest.approx(linked[rate < 0.5].sum(1).mean(), rel=0.08)


def test_new_neurons_have_the_degrees_of_those_they_are_like_and_the_links_between_types() -> None:
    score, linked, groups = setting()
    known = calibrate(score, linked, groups, pooled=True).probability
    half = N // 2
    left = np.random.default_rng(5).integers(half // 2, size=half) * 2 + np.arange(half) % 2
    chosen = np.concatenate([left, left + half])
    new = known[np.ix_(chosen, chosen)]
    np.fill_diagonal(new, 0)
    found = with_margins(new, chosen, known, groups)
    assert (found[new == 0] == 0).all()
    for one in (0, 1):
        for other in (0, 1):
            sides = np.outer(groups.side == one, groups.side == other)
            for sender in (0, 1):
                for receiver in (0, 1):
                    block = sides & np.outer(groups.kind == sender, groups.kind == receiver)
                    assert found[block].sum() == pytest.approx(known[block].sum(), rel=0.01)
    for one in (0, 1):
        for kind in (0, 1):  # in proportion to those of the neurons that they are like
            rows = (groups.side == one) & (groups.kind == kind) & (chosen != 5)
            ratio = found[:, groups.side == 0].sum(1)[rows] / known[chosen][:, :half].sum(1)[rows]
            assert ratio == pytest.approx(np.full(rows.sum(), ratio.mean()), rel=0.05)


def test_two_brains_that_were_joined_are_not_linked() -> None:
    score, linked, groups = setting()
    apart = ~groups.same
    found = calibrate(score, linked & ~apart, groups, apart=apart)
    assert (found.probability[apart] == 0).all()


def test_joint_probability_is_that_of_two_correlated_normals() -> None:
    a, b, correlation = -0.7, 0.4, 0.6
    both = multivariate_normal([0, 0], [[1, correlation], [correlation, 1]]).cdf([a, b])
    expected = both - norm.cdf(a) * norm.cdf(b)
    found = _beyond_chance(np.array([a]), np.array([b]), correlation)
    assert found == pytest.approx(expected, abs=1e-8)


def test_two_events_of_one_half_are_both_a_quarter_and_an_arcsine() -> None:
    """P(both) = 1/4 + arcsin(r) / 2 pi (Sheppard 1899); at r = 1/2 that is 1/4 + 1/12."""
    assert _beyond_chance(np.zeros(1), np.zeros(1), 0.5) == pytest.approx(1 / 12, abs=1e-9)


@pytest.mark.parametrize(
    "coupling",
    [
        Coupling.none(2),
        Coupling(np.full((2, 2), 0.6, dtype=np.float32), 0.5),
        Coupling(np.full((2, 2), 0.6, dtype=np.float32), 0.5, closing=1.0),
    ],
)
def test_links_have_their_probabilities_whatever_the_coupling(coupling: Coupling) -> None:
    groups = setting()[2]
    probability = np.random.default_rng(1).random((N, N)).astype(np.float32)
    np.fill_diagonal(probability, 0)
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


def closed(linked: np.ndarray) -> float:
    """Closed triples: paths of two, without directions, with the third link."""
    either = (linked | linked.T).astype(float)
    return float(((either @ either) * either).sum() / 6)


def test_places_close_triangles_and_leave_mutual_links_as_many() -> None:
    """Of probability 1/2 and with r = 1/2, a pair is mutual with 1/4 + 1/12 (Sheppard 1899).

    So it is linked at all with 1 - 1/3, whatever the triangles; chance closes (2/3)^3 of them.
    """
    probability = np.full((N, N), 0.5, dtype=np.float32)
    np.fill_diagonal(probability, 0)
    half, rng = np.full((1, 1), 0.5, dtype=np.float32), np.random.default_rng(6)
    pairs, triples = N * (N - 1) / 2, N * (N - 1) * (N - 2) / 6
    found = {}
    for closing in (0.0, 1.0):
        law = Coupling(half, closing=closing)
        drawn = [draw_links(probability, law, Groups.none(N), rng) for _ in range(120)]
        mutual = np.mean([(x & x.T).sum() / 2 for x in drawn]) / pairs
        assert mutual == pytest.approx(1 / 3, abs=0.008)
        found[closing] = np.mean([closed(x) for x in drawn]) / triples
    assert found[0.0] == pytest.approx(8 / 27, abs=0.01)
    assert found[1.0] > found[0.0] + 0.01


def test_the_share_is_found_that_the_triangles_were_drawn_with() -> None:
    probability = np.full((150, 150), 0.2, dtype=np.float32)
    np.fill_diagonal(probability, 0)
    groups, plain = Groups.none(150), Coupling(np.full((1, 1), 0.7, dtype=np.float32))
    rng = np.random.default_rng(9)
    true = replace(plain, closing=0.6)
    wanted = np.mean([closed(draw_links(probability, true, groups, rng)) for _ in range(20)])
    found = fit_closing(probability, plain, groups, closed, float(wanted))
    assert found.closing == pytest.approx(0.6, abs=0.25)
    assert found.reversal is plain.reversal
    assert fit_closing(probability, plain, groups, closed, 0.0).closing == 0
    assert fit_closing(probability, plain, groups, closed, 1e9).closing == 1


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
