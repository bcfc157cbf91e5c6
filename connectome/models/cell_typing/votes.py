r"""Types of partners as evidence beside the wiring: each votes, and the surer one decides.

A pair of neurons that are each other's homolog has one type. Wiring and partner are two witnesses.
With the chance :math:`p` that the wiring's type is right and :math:`q` that the partner's is, each
learned by itself, and :math:`r` other types that either might have named instead, Bayes' rule for
independent witnesses of equally likely types says: where both name one type, its odds are

.. math:: r \frac{p}{1-p} \frac{q}{1-q}

and where they differ, the two types and all others are as likely as
:math:`p(1-q) : q(1-p) : (1-p)(1-q)(r-1)/r`. With :math:`r = 1` log odds are added, or subtracted.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import logit

from connectome.draws import generator
from connectome.models.cell_typing.answer import Answer
from connectome.models.cell_typing.confidence import Confidence
from connectome.types import InputError

EDGE = 1e-3  # no witness is surer than 1 - EDGE
LEAST = 10  # neurons that a chance is learned from
MANY, BENT = 2000, 2  # neurons from which on it is a quadratic in the evidence
PARTS = 5  # of the neurons, each typed from the others
LIKELY = 0.5  # chance of a vote from which on the others are told it
DECIDED = ("", "told", "both", "wiring", "pair")


@dataclass(frozen=True, eq=False)
class Votes:
    """What the partners of ``N`` neurons say.

    Attributes:
        best: ``[N]`` int64 types of the partners, -1 where there is none.
        sure: ``[N]`` that the pair is right; NaN where nobody says.
        agrees: ``[N]`` bool, whether the type of the runner-up is the same.
    """

    best: np.ndarray
    sure: np.ndarray
    agrees: np.ndarray

    @classmethod
    def of(
        cls, partner: np.ndarray, runner_up: np.ndarray, sure: np.ndarray, types: np.ndarray
    ) -> "Votes":
        """Of ``partner`` and ``runner_up`` ``[N]`` among neurons of ``types`` ``[M]``, -1: none.

        ``sure`` is ``[N]``.
        """
        kinds = np.append(types, -1)
        best = kinds[partner]
        return cls(best, sure, (best >= 0) & (kinds[runner_up] == best))

    def chance(self, known: np.ndarray) -> np.ndarray:
        """Chance ``[N]`` that a vote is right, 0 where there is none.

        Learned from the told neurons that have a vote: what they were told is no part of it.
        Fewer than ``LEAST`` teach nothing. Then it is the chance that the pair is right, or, where
        the runner-up has the type too, that one of both is: ``1 - (1 - c)^2``.

        Args:
            known: ``[N]`` int64 told types, -1 where not.

        Raises:
            InputError: if there is neither a confidence nor enough to learn from.
        """
        voted, taught = self.best >= 0, (self.best >= 0) & (known >= 0)
        silent = bool(np.isnan(self.sure[voted]).any())
        if taught.sum() >= LEAST:
            sure = np.zeros(len(known)) if silent else _log_odds(np.where(voted, self.sure, 0.5))
            evidence = np.column_stack([sure, self.agrees])
            right = (self.best == known)[taught]
            degree = BENT if len(right) >= MANY else 1
            learned = Confidence.fit(evidence[taught], right, degree=degree)
            return np.where(voted, learned.at(evidence), 0.0)
        if silent:
            raise InputError(
                f"the pairs have no confidence, and of {int(taught.sum())} told neurons with a "
                f"partner of known type none can be learned; tell {LEAST}, or give a column "
                "'confidence'"
            )
        sure = np.where(voted, self.sure, 0.0)
        return np.where(self.agrees, 1 - (1 - sure) ** 2, sure)


@dataclass(frozen=True, eq=False)
class Voted:
    """Types of ``N`` neurons from their wiring and from their partners.

    Attributes:
        best: ``[N]`` int64 types; what was told stays; -1 where there is nothing to go by.
        runner_up: ``[N]`` int64 second: what the loser said, else the wiring's; -1 for none.
        confidence: ``[N]`` chance that ``best`` is right.
        vote: ``[N]`` int64 type of the partner, -1 for none.
        chance: ``[N]`` that it is right.
        decided: ``[N]`` int64 positions in ``DECIDED``: who did.
    """

    best: np.ndarray
    runner_up: np.ndarray
    confidence: np.ndarray
    vote: np.ndarray
    chance: np.ndarray
    decided: np.ndarray


def type_with_votes(
    rule: Callable[[np.ndarray], Answer], known: np.ndarray, votes: Votes, seed: int = 0
) -> Voted:
    """Types by wiring and by votes, of which neither has seen the other.

    Neurons are dealt to ``PARTS`` parts. Those of each are typed by their wiring from what the
    others were told, and from likely votes of the others: so no neuron's own vote is in its wiring,
    and every told neuron shows whether the wiring is right. Without told neurons votes do.

    Args:
        rule: types ``[N]`` by wiring, with evidence, from told types ``[N]``, -1 where not.
        known: ``[N]`` int64 told types, -1 where not.
        votes: of the partners.
        seed: of the parts.

    Raises:
        InputError: if there are too few told neurons and votes to learn from.
    """
    chance = votes.chance(known)
    full = np.where(known >= 0, known, np.where(chance >= LIKELY, votes.best, -1))
    wiring = _by_the_others(rule, full, seed)
    trust, rivals = _trust(wiring, known, votes.best, chance), _rivals(wiring, votes.best, known)
    return decide(wiring, trust, votes.best, chance, known, rivals)


def decide(
    wiring: Answer,
    trust: np.ndarray,
    vote: np.ndarray,
    chance: np.ndarray,
    known: np.ndarray,
    rivals: float = 1.0,
) -> Voted:
    """Weigh two witnesses.

    Args:
        wiring: of ``N`` neurons, none of which was told its own type or vote.
        trust: ``[N]`` chance that it is right.
        vote: ``[N]`` int64 types of partners, -1 for none.
        chance: ``[N]`` that they are right.
        known: ``[N]`` int64 told types, -1 where not; they stay.
        rivals: other types that a wrong witness might name, 1 or more.
    """
    mine, theirs = (np.clip(each, EDGE, 1 - EDGE) for each in (trust, chance))
    silent, alone = vote < 0, wiring.best < 0
    same = ~silent & (wiring.best == vote)
    taken = ~silent & (alone | (theirs > mine))
    sure = np.where(same, _agreed(mine, theirs, rivals), _differing(mine, theirs, rivals))
    sure = np.where(alone, theirs, np.where(silent, mine, sure))
    best = np.where(taken, vote, wiring.best)
    second = np.where(same | silent, wiring.runner_up, np.where(taken, wiring.best, vote))
    told, nothing = known >= 0, silent & alone
    decided = np.where(same, 2, np.where(taken, 4, 3))
    return Voted(
        np.where(told, known, best),
        np.where(told & (second == known), -1, second),
        np.where(told, 1.0, np.where(nothing, 0.0, sure)),
        vote,
        np.where(silent, 0.0, chance),
        np.where(told, 1, np.where(nothing, 0, decided)),
    )


def _agreed(p: np.ndarray, q: np.ndarray, rivals: float) -> np.ndarray:
    both = rivals * p * q
    return np.asarray(both / (both + (1 - p) * (1 - q)))


def _differing(p: np.ndarray, q: np.ndarray, rivals: float) -> np.ndarray:
    """Chance of the likelier of two types."""
    one, two = p * (1 - q), q * (1 - p)
    others = (1 - p) * (1 - q) * (rivals - 1) / rivals
    return np.asarray(np.maximum(one, two) / (one + two + others))


def _rivals(wiring: Answer, vote: np.ndarray, known: np.ndarray) -> float:
    """How many types a wrong witness chooses among: both err alike in one of so many told."""
    wrong = (known >= 0) & (vote >= 0) & (wiring.best >= 0)
    wrong &= (vote != known) & (wiring.best != known)
    alike = wrong & (vote == wiring.best)
    return float((wrong.sum() + 1) / (alike.sum() + 1))


def _by_the_others(rule: Callable[[np.ndarray], Answer], full: np.ndarray, seed: int) -> Answer:
    """``[N]`` types of each part from the told and the votes ``full`` ``[N]`` of the others."""
    part = generator(seed, "parts of votes").permutation(len(full)) % PARTS
    best, runner_up = np.full(len(full), -1), np.full(len(full), -1)
    evidence: np.ndarray | None = None
    for turn in range(PARTS):
        here = part == turn
        found = rule(np.where(here, -1, full))
        if evidence is None:
            evidence = np.zeros_like(found.evidence)
        best[here], runner_up[here] = found.best[here], found.runner_up[here]
        evidence[here] = found.evidence[here]
    return Answer(best, runner_up, np.empty((0, 0)) if evidence is None else evidence)


def _trust(wiring: Answer, known: np.ndarray, vote: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """``[N]`` chance that the wiring is right, learned from the told, else from likely votes."""
    typed = wiring.best >= 0
    taught, truth, weight = typed & (known >= 0), known, np.ones(len(known))
    if taught.sum() < LEAST:
        taught, truth, weight = typed & (chance >= LIKELY), vote, chance
    if taught.sum() < LEAST:
        raise InputError(
            f"told neurons and likely votes are {int(taught.sum())} with a connection, too few to "
            f"weigh wiring and pairs; tell {LEAST} or more, or leave pairs out"
        )
    right = (wiring.best == truth)[taught]
    return Confidence.fit(wiring.evidence[taught], right, weight[taught]).of(wiring)


def _log_odds(chance: np.ndarray) -> np.ndarray:
    return np.asarray(logit(np.clip(chance, EDGE, 1 - EDGE)))
