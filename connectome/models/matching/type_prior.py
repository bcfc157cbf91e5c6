"""What types of two brains say of a match: neurons of unlike types are seldom each other's homolog.

Of two neurons whose types are right with the chances ``a`` and ``b``, and differ, the types are the
same in truth only where one of the two is wrong, with a chance of about ``1 - a b``. A candidate of
another type loses ``-log(1 - a b)`` times a weight; candidates without a type, and all candidates
of a neuron without one, lose nothing.

Types that were found from wiring say in part what the matching knows: with a weight of 1 they did
harm. So the weight is learned, without a label, from what was matched before any type was looked
at: it is the slope of a logistic regression that tells the partner of a neuron from the best of its
other candidates by this loss, 0 where both agree as often.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from connectome.models.matching.candidates import Candidates, sort

SUREST = 0.999  # of two types: none is beyond doubt
KEPT = 0.01  # of a score: a candidate stays one
LEAST = 20  # partners that a weight is learned from


@dataclass(frozen=True, eq=False)
class SideTypes:
    """Types of the ``N`` neurons of one side.

    Attributes:
        code: ``[N]`` int64, of both sides alike; -1 for who has none.
        chance: ``[N]`` that it is right.
    """

    code: np.ndarray
    chance: np.ndarray

    def taken(self, rows: np.ndarray) -> "SideTypes":
        """Of the neurons ``rows`` ``[R]``."""
        return SideTypes(self.code[rows], self.chance[rows])


@dataclass(frozen=True, eq=False)
class TypePrior:
    """Types of both sides.

    Attributes:
        left, right: of ``L`` and ``R`` neurons.
    """

    left: SideTypes
    right: SideTypes

    @property
    def turned(self) -> "TypePrior":
        """The same for who asks from the right."""
        return TypePrior(self.right, self.left)

    def ordered(self, left: np.ndarray, right: np.ndarray) -> "TypePrior":
        """With neurons in the orders ``left`` ``[L]`` and ``right`` ``[R]``."""
        return TypePrior(self.left.taken(left), self.right.taken(right))

    def narrowed(self, found: Candidates, weight: float) -> Candidates:
        """Candidates, in which those of another type stand further back.

        Args:
            found: candidates of the left neurons.
            weight: of the loss, in units of the scores.
        """
        less = found.score - weight * self.loss(found.index)
        return sort(found.index, np.maximum(less, np.minimum(KEPT * found.score, found.score)))

    def weight(self, found: Candidates, partner: np.ndarray) -> float:
        """How far the loss tells partners from the best of the other candidates, 0 or more.

        Args:
            found: candidates of the ``L`` left neurons.
            partner: ``[L]`` int64 their partners, found without types, -1 for none.
        """
        typed = np.append(self.right.code, -1)[found.index] >= 0
        typed &= (self.left.code >= 0)[:, None] & (found.index >= 0)
        mine = typed & (found.index == partner[:, None])
        others = typed & ~mine
        rows = np.flatnonzero(mine.any(axis=1) & others.any(axis=1))
        loss = self.loss(found.index)
        of_partner = loss[rows, mine[rows].argmax(axis=1)]
        of_other = loss[rows, others[rows].argmax(axis=1)]  # the first is the likest
        values = np.concatenate([of_partner, of_other])
        if len(rows) < LEAST or not values.any():
            return 0.0
        right = np.repeat([True, False], len(rows))
        fitted = LogisticRegression(max_iter=1000).fit(-values[:, None], right)
        return max(0.0, float(fitted.coef_[0, 0]))

    def loss(self, index: np.ndarray) -> np.ndarray:
        """``[L, k]``: -log(1 - a b) of candidates of another type, 0 of the others.

        ``index`` ``[L, k]`` are the candidates' positions on the right, -1 where there are fewer.
        """
        code, chance = np.append(self.right.code, -1), np.append(self.right.chance, 0.0)
        theirs, mine = code[index], self.left.code[:, None]
        differ = (theirs >= 0) & (mine >= 0) & (theirs != mine)
        sure = np.where(differ, self.left.chance[:, None] * chance[index], 0.0)
        return np.asarray(-np.log1p(-np.minimum(sure, SUREST)))
