"""The law of the generator against sums over every outcome, and against draws from it."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from connectome.data.synthetic.blockmodel import sample_links
from connectome.data.synthetic.settings import WiringSettings, wiring_law
from connectome.scores import WiringLaw, link_probability, link_probability_given
from connectome.types import InputError

SMALL = WiringSettings(neurons=60, edges=500, types=4, reciprocity=0.4, mirrored=0.5, seed=3)


def every_pair(n: int) -> np.ndarray:
    return np.array([(i, j) for i in range(n) for j in range(n) if i != j]).T


def law_of_two_pairs(reverse: float, mirror: float) -> WiringLaw:
    """Neurons 0, 1 on the left and their homologs 2, 3 on the right, with rates of their own."""
    return WiringLaw(
        cell_type=np.array([0, 1, 0, 1]),
        side=np.array([0, 0, 1, 1]),
        homolog=np.array([2, 3, 0, 1]),
        out_propensity=np.array([0.5, 1.0, 0.25, 2.0]),
        in_propensity=np.array([1.0, 0.5, 2.0, 1.0]),
        affinity=np.array([[0.1, 0.4], [0.2, 0.3]]),
        contralateral=0.5,
        scale=2.0,
        reverse=reverse,
        mirror=mirror,
    )


def test_without_copies_links_are_poisson() -> None:
    law = law_of_two_pairs(0, 0)
    found = link_probability(law, np.array([[0, 0, 1], [1, 3, 1]]))
    # 2 * out * in * affinity, half of it across the midline, none to oneself
    assert found == pytest.approx([1 - np.exp(-0.2), 1 - np.exp(-0.2), 0])


def test_copies_by_hand() -> None:
    reverse, mirror = 0.3, 0.4
    law = law_of_two_pairs(reverse, mirror)
    seeds = {
        pair: law.seed_rate(*np.array(pair)[:, None])[0]
        for pair in itertools.permutations(range(4), 2)
    }
    rate = (
        seeds[0, 1] + reverse * seeds[1, 0] + mirror * seeds[2, 3] + reverse * mirror * seeds[3, 2]
    )
    assert link_probability(law, np.array([[0], [1]]))[0] == pytest.approx(1 - np.exp(-rate))
    # Homologs mirror into their own reverse, which is copied once.
    rate = seeds[0, 2] + reverse * seeds[2, 0]
    assert link_probability(law, np.array([[0], [2]]))[0] == pytest.approx(1 - np.exp(-rate))


def simulated(law: WiringLaw, draws: int) -> np.ndarray:
    """``[draws, N, N]`` adjacency."""
    n = law.num_neurons
    found = np.zeros((draws, n, n), dtype=bool)
    for seed in range(draws):
        found[(seed, *sample_links(law, seed))] = True
    return found


def test_draws_have_the_probabilities_of_the_law() -> None:
    law, draws = law_of_two_pairs(0.3, 0.4), 1200
    pairs = every_pair(4)
    share = simulated(law, draws)[:, pairs[0], pairs[1]].mean(axis=0)
    expected = link_probability(law, pairs)
    error = np.sqrt(expected * (1 - expected) / draws)
    assert np.all(np.abs(share - expected) < 4 * error)


def test_what_is_shown_changes_the_probability_as_counted() -> None:
    law, draws, hidden = law_of_two_pairs(0.5, 0.4), 2000, 0.3
    adjacency = simulated(law, draws)
    shown = adjacency & (np.random.default_rng(0).random(adjacency.shape) >= hidden)
    for reverse, mirror in itertools.product((False, True), repeat=2):
        like = (shown[:, 1, 0] == reverse) & (shown[:, 2, 3] == mirror) & ~shown[:, 3, 2]
        counted = adjacency[like, 0, 1].mean()
        training = np.array(([(1, 0)] if reverse else []) + ([(2, 3)] if mirror else []) + [(0, 3)])
        given = link_probability_given(law, np.array([[0], [1]]), training.T, hidden)[0]
        assert counted == pytest.approx(given, abs=4 * np.sqrt(given * (1 - given) / like.sum()))


def test_nothing_shown_and_everything_hidden_is_nearly_the_plain_probability() -> None:
    law = wiring_law(SMALL)
    pairs, nothing = every_pair(60), np.empty((2, 0), dtype=np.int64)
    plain = link_probability(law, pairs)
    given = link_probability_given(law, pairs, nothing, 1 - 1e-12)
    assert given == pytest.approx(plain, abs=1e-9)
    assert np.all(link_probability_given(law, pairs, nothing, 0.0) <= plain + 1e-12)


def test_the_law_ranks_better_than_propensities_and_knowing_more_ranks_better_still() -> None:
    settings = WiringSettings(neurons=300, edges=4000, types=6, block_sigma=1.5, seed=1)
    law = wiring_law(settings)
    pre, post = sample_links(law, 1)
    held = np.random.default_rng(0).random(len(pre)) < 0.2
    train, test = np.stack([pre, post])[:, ~held], np.stack([pre, post])[:, held]
    pairs = every_pair(300)
    free = pairs[:, ~np.isin(pairs[0] * 300 + pairs[1], pre * 300 + post)]
    both, truth = np.hstack([test, free]), np.r_[np.ones(test.shape[1]), np.zeros(free.shape[1])]
    degrees = law.out_propensity[both[0]] * law.in_propensity[both[1]]
    plain = roc_auc_score(truth, link_probability(law, both))
    given = roc_auc_score(truth, link_probability_given(law, both, train, 0.2))
    assert roc_auc_score(truth, degrees) + 0.02 < plain < given - 0.01


def test_pairs_that_are_none() -> None:
    law = law_of_two_pairs(0, 0)
    with pytest.raises(InputError, match="outside the 4 neurons"):
        link_probability(law, np.array([[0], [4]]))
    with pytest.raises(InputError, match="shape"):
        link_probability(law, np.array([0, 1]))
    with pytest.raises(InputError, match="hidden=1"):
        link_probability_given(law, np.array([[0], [1]]), np.empty((2, 0), dtype=int), 1)
