"""Votes of partners beside the wiring, weighed by hand."""

import numpy as np
import pytest

from connectome.models.cell_typing import DECIDED, Answer, Voted, Votes, type_with_votes
from connectome.models.cell_typing.votes import decide
from connectome.types import InputError

ONE = np.ones(1)


def weighed(wiring: int, p: float, vote: int, q: float, rivals: float = 1.0) -> Voted:
    answer = Answer(np.array([wiring]), np.array([7]), np.zeros((1, 1)))
    return decide(answer, p * ONE, np.array([vote]), q * ONE, np.array([-1]), rivals)


@pytest.mark.parametrize(
    ("wiring", "p", "vote", "q", "rivals", "best", "second", "sure", "who"),
    [
        # .9 x .4 = .36 against .6 x .1 = .06
        (0, 0.6, 1, 0.9, 1, 1, 0, 0.36 / 0.42, "pair"),
        (0, 0.9, 1, 0.6, 1, 0, 1, 0.36 / 0.42, "wiring"),
        # a third type is as likely as .1 x .4 x (5 - 1) / 5 = .032
        (0, 0.6, 1, 0.9, 5, 1, 0, 0.36 / (0.42 + 0.032), "pair"),
        # odds 1.5 x 9 = 13.5, and five times that
        (0, 0.6, 0, 0.9, 1, 0, 7, 13.5 / 14.5, "both"),
        (0, 0.6, 0, 0.9, 5, 0, 7, 67.5 / 68.5, "both"),
        (-1, 0.0, 1, 0.3, 1, 1, -1, 0.3, "pair"),
        (0, 0.6, -1, 0.0, 1, 0, 7, 0.6, "wiring"),
        (-1, 0.0, -1, 0.0, 1, -1, 7, 0.0, ""),
    ],
)
def test_two_witnesses(
    wiring: int, p: float, vote: int, q: float, rivals: float, best: int, second: int,
    sure: float, who: str,
) -> None:  # fmt: skip
    found = weighed(wiring, p, vote, q, rivals)
    assert (found.best[0], found.runner_up[0]) == (best, second)
    assert found.confidence[0] == pytest.approx(sure)
    assert DECIDED[found.decided[0]] == who


def test_what_was_told_stays() -> None:
    answer = Answer(np.array([0]), np.array([2]), np.zeros((1, 1)))
    found = decide(answer, 0.6 * ONE, np.array([1]), 0.9 * ONE, np.array([0]))
    assert (found.best[0], found.confidence[0], DECIDED[found.decided[0]]) == (0, 1.0, "told")
    assert found.vote[0] == 1


def test_votes_are_types_of_partners_and_runners_up() -> None:
    types = np.array([3, 3, -1, 4])
    found = Votes.of(np.array([0, 0, 2, -1]), np.array([1, 3, 0, 0]), np.ones(4), types)
    assert found.best.tolist() == [3, 3, -1, -1]
    assert found.agrees.tolist() == [True, False, False, False]


def test_the_chance_without_told_neurons_is_that_of_the_pair() -> None:
    votes = Votes(np.array([1, 1, -1]), np.array([0.8, 0.8, 0.9]), np.array([False, True, False]))
    assert votes.chance(np.full(3, -1)).tolist() == pytest.approx([0.8, 1 - 0.2**2, 0.0])


def twenty() -> tuple[np.ndarray, Votes]:
    """Twenty told neurons of type 0 and ten open ones; the vote is wrong for two of the told."""
    known = np.repeat([0, -1], [20, 10])
    vote = np.repeat([0, 1, 1], [18, 2, 10])
    return known, Votes(vote, np.full(30, 0.5), np.zeros(30, dtype=bool))


def test_the_chance_is_learned_from_told_neurons() -> None:
    known, votes = twenty()
    assert votes.chance(known) == pytest.approx(np.full(30, 0.9), abs=1e-3)  # not the .5 of pairs
    silent = Votes(votes.best, np.full(30, np.nan), votes.agrees)
    assert silent.chance(known) == pytest.approx(np.full(30, 0.9), abs=1e-3)
    with pytest.raises(InputError, match="the pairs have no confidence, and of 0 told neurons"):
        silent.chance(np.full(30, -1))


def test_a_vote_flips_a_type() -> None:
    """The wiring has 12 of 20 told neurons right, votes have 18, and they never err together."""
    known, votes = twenty()
    says = np.repeat([1, 0, 0], [8, 12, 10])
    asked = []

    def rule(told: np.ndarray) -> Answer:
        asked.append(told)
        return Answer(says, np.full(30, -1), np.zeros((30, 1)))

    found = type_with_votes(rule, known, votes)
    assert found.best[20:].tolist() == [1] * 10  # the wiring said 0
    assert found.confidence[20:] == pytest.approx(np.full(10, 0.36 / 0.42), abs=5e-3)
    assert [DECIDED[code] for code in found.decided[20:]] == ["pair"] * 10
    assert (found.best[:20] == known[:20]).all()
    hidden = np.stack([told < 0 for told in asked])
    assert (hidden.sum(axis=0) == 1).all()  # each in one part: neither its type nor its vote
    seen = np.stack(asked).max(axis=0)
    assert seen.tolist() == [0] * 20 + [1] * 10


def test_too_few_to_weigh_by_are_refused() -> None:
    few = Votes(np.array([0, 1, 0]), np.full(3, 0.9), np.zeros(3, dtype=bool))

    def rule(told: np.ndarray) -> Answer:
        return Answer(np.zeros(3, dtype=int), np.full(3, -1), np.zeros((3, 1)))

    with pytest.raises(InputError, match="are 3 with a connection, too few to weigh"):
        type_with_votes(rule, np.full(3, -1), few)
