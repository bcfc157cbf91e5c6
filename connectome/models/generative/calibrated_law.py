r"""From link scores to probabilities of all pairs, by maximum likelihood.

:math:`\mathrm{logit}\, p_{ij} = a\, s_{ij} + u_i + v_j + w_{t_i t_j}`: so each cell type has
as many links to each other one to expect as it has, for each pair of sides, and each neuron about
as many partners. Everything is dense: memory grows with the square of the number of neurons.

Degrees are counts that chance had a part in. A brain drawn with the real ones as expectations has
that chance twice: its degrees differ too much, and so do its neurons' levels. Propensities
:math:`u, v` that are pooled are random effects, normal with a mean and variance that are learned
for each pair of sides: the more links a neuron has, the less it is moved to the mean (the p2 model
of van Duijn, Snijders & Zijlstra 2004, doi:10.1046/j.0039-0402.2003.00258.x).
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from connectome.types import InputError

MOST_NEURONS = 8000  # three matrices of this size: 800 MB
SILENT = -40.0  # logit of what never happens
STEP = 1.0  # longest step of a parameter in an iteration
LEAST_VARIANCE = 1e-4  # of pooled propensities
LARGEST_BLOCK = 4.0  # in absolute value, of the weight of a pair of cell types


@dataclass(frozen=True, eq=False)
class Groups:
    """Which neurons count as alike.

    Attributes:
        side: ``[N]`` int64 0, 1, ...: degrees are kept towards each of these groups apart.
        kind: ``[N]`` int64 cell type; links between types are kept, for each pair of sides.
        homolog: ``[N]`` int64 position of the mirror image of each neuron, -1 for none.
    """

    side: np.ndarray
    kind: np.ndarray
    homolog: np.ndarray

    @classmethod
    def none(cls, num_neurons: int) -> "Groups":
        """One side, one type, no homologs."""
        zeros = np.zeros(num_neurons, dtype=np.int64)
        return cls(zeros, zeros, zeros - 1)

    @property
    def same(self) -> np.ndarray:
        """``[N, N]`` whether two neurons are on the same side."""
        return np.asarray(self.side[:, None] == self.side)


@dataclass(frozen=True, eq=False)
class Calibrated:
    """Probabilities of all pairs.

    Attributes:
        probability: ``[N, N]`` float32, 0 on the diagonal.
        slope: weight ``a`` of the scores.
        sender, receiver: ``[N, S]`` float32, ``u`` and ``v`` towards each side.
        blocks: ``[S, S, T, T]`` float32, ``w`` by the sides of the two neurons.
        log_likelihood: of the links, per link, in nats.
    """

    probability: np.ndarray
    slope: float
    sender: np.ndarray
    receiver: np.ndarray
    blocks: np.ndarray
    log_likelihood: float


def calibrate(
    score: np.ndarray,
    linked: np.ndarray,
    groups: Groups,
    slope: float | None = None,
    types: bool = True,
    pooled: bool = False,
    apart: np.ndarray | None = None,
    iterations: int = 12,
) -> Calibrated:
    """Fit probabilities to ``linked`` by Newton steps, one kind of parameter after another.

    Args:
        score: ``[N, N]`` link scores without biases.
        linked: ``[N, N]`` bool, without self-loops.
        groups: sides and types.
        slope: weight of the scores; None fits it.
        types: whether links between types are kept.
        pooled: whether propensities are random effects; otherwise every expected degree is the real
            one. A neuron without links towards a side has none to expect in either case.
        apart: ``[N, N]`` bool, pairs that cannot be linked (of two brains that were joined).
        iterations: steps of each kind.

    Raises:
        InputError: if shapes differ, or the graph is too large.
    """
    n = len(score)
    if score.shape != (n, n) or linked.shape != (n, n) or len(groups.side) != n:
        raise InputError(f"scores {score.shape} and links {linked.shape} of {len(groups.side)}")
    if n > MOST_NEURONS:
        raise InputError(
            f"{n} neurons: generation holds all pairs in memory; give at most {MOST_NEURONS}"
        )
    fit = _Fit(score, groups, apart, pooled)
    fit.to_links(torch.from_numpy(linked))
    if slope is not None:
        fit.slope = slope
    for _ in range(iterations):
        fit.step_sender()
        fit.step_receiver()
        if types:
            fit.step_blocks()
        if slope is None:
            fit.step_slope()
    for _ in range(5):  # what must be met comes last: degrees, or links between types
        fit.step_sender()
        fit.step_receiver()
        if types and pooled:
            fit.step_blocks()
    return fit.result()


def with_margins(
    probability: np.ndarray, chosen: np.ndarray, like: np.ndarray, groups: Groups
) -> np.ndarray:
    """Probabilities ``[N, N]`` of new neurons, with the degrees of those that they are like.

    Degrees are scaled so that each cell type of a side has as many links to expect as it has in
    ``like``, and links between types are those of ``like``. Neurons that are there several times
    would otherwise add variance to the degrees of their partners.

    Args:
        probability: ``[N, N]`` of pairs of new neurons; what is impossible stays so.
        chosen: ``[N]`` the real neuron that each is like, of its side and type.
        like: ``[N, N]`` probabilities of the real neurons.
        groups: sides and types of both.
    """
    logit = torch.logit(torch.from_numpy(probability).double()).clamp(SILENT, -SILENT).float()
    fit, real = _Fit(logit.numpy(), groups, probability == 0), torch.from_numpy(like)
    fit.between = fit.blocks_of(real)
    ends = []
    for expected in (real @ fit.of_side, real.T @ fit.of_side):
        drawn = expected[torch.from_numpy(chosen)]
        scale = fit.of_place.T @ expected / (fit.of_place.T @ drawn).clamp(min=1e-9)
        ends.append(drawn * scale[fit.place])
    fit.sent, fit.received = ends
    fit.sender, fit.receiver = (torch.where(end > 0, 0.0, SILENT) for end in ends)
    for _ in range(6):
        fit.step_sender()
        fit.step_receiver()
        fit.step_blocks()
    return np.asarray(fit.logits().sigmoid().masked_fill_(fit.never, 0.0).numpy())


class _Fit:
    """Parameters, and the steps that improve them."""

    def __init__(
        self, score: np.ndarray, groups: Groups, apart: np.ndarray | None, pooled: bool = False
    ) -> None:
        n = len(score)
        self.score = torch.from_numpy(score).float()
        self.side = torch.from_numpy(groups.side)
        self.kind = torch.from_numpy(groups.kind)
        self.never = torch.eye(n, dtype=torch.bool)
        if apart is not None:
            self.never |= torch.from_numpy(apart)
        sides, self.kinds = int(self.side.max()) + 1, int(self.kind.max()) + 1
        self.place = self.side * self.kinds + self.kind
        self.of_side = torch.nn.functional.one_hot(self.side, sides).float()
        self.of_place = torch.nn.functional.one_hot(self.place, sides * self.kinds).float()
        self.slope = 1.0
        self.blocks = torch.zeros(sides * self.kinds, sides * self.kinds)
        self.pooled = pooled
        self.variances = [torch.ones(sides, sides), torch.ones(sides, sides)]

    def to_links(self, linked: Tensor) -> None:
        """Set out to meet the degrees, and the links between types, of ``linked`` ``[N, N]``."""
        self.linked = linked
        self.between = self.blocks_of(linked.float())
        self.sent, self.received = linked.float() @ self.of_side, linked.float().T @ self.of_side
        self.sender = torch.where(self.sent > 0, -2.0, SILENT)
        self.receiver = torch.where(self.received > 0, -2.0, SILENT)

    def logits(self) -> Tensor:
        """``[N, N]``."""
        value = self.slope * self.score + self.sender[:, self.side] + self.receiver[:, self.side].T
        if self.blocks.abs().sum():
            value += self.blocks[self.place][:, self.place]
        return value.masked_fill_(self.never, SILENT)

    def step_sender(self) -> None:
        probability = self.logits().sigmoid_()
        spread = (probability * (1 - probability)) @ self.of_side
        self.sender = self._moved(0, self.sender, self.sent, probability @ self.of_side, spread)

    def step_receiver(self) -> None:
        probability = self.logits().sigmoid_().T
        spread = (probability * (1 - probability)) @ self.of_side
        self.receiver = self._moved(
            1, self.receiver, self.received, probability @ self.of_side, spread
        )

    def _moved(
        self, end: int, value: Tensor, wanted: Tensor, expected: Tensor, spread: Tensor
    ) -> Tensor:
        """Propensities ``[N, S]`` after a Newton step; ``end`` 0 of senders, 1 of receivers."""
        if not self.pooled:
            step = _newton(wanted, expected, spread)
            return torch.where(wanted > 0, value + step, SILENT)
        known = (wanted > 0).float()
        count = (self.of_side.T @ known).clamp(min=1)  # by side of the neuron, then towards
        precision = 1 / self.variances[end][self.side]
        away = self._away(value, known, count)
        step = (wanted - expected - away * precision) / (spread + precision)
        value = torch.where(wanted > 0, value + step.clamp(-STEP, STEP), SILENT)
        # MacKay 1992 (doi:10.1162/neco.1992.4.3.415): squares over the number that data determine.
        told = self.of_side.T @ (known * spread / (spread + precision))
        squares = self.of_side.T @ self._away(value, known, count).square()
        self.variances[end] = (squares / told.clamp(min=1)).clamp(min=LEAST_VARIANCE)
        return value

    def _away(self, value: Tensor, known: Tensor, count: Tensor) -> Tensor:
        """How far ``value`` ``[N, S]`` is from the mean over the ``known`` ones of its side."""
        return known * (value - (self.of_side.T @ (value * known) / count)[self.side])

    def step_blocks(self) -> None:
        probability = self.logits().sigmoid_()
        spread = self.blocks_of(probability * (1 - probability))
        step = _newton(self.between, self.blocks_of(probability), spread)
        self.blocks = (self.blocks + step).clamp(-LARGEST_BLOCK, LARGEST_BLOCK)

    def step_slope(self) -> None:
        probability = self.logits().sigmoid_()
        weight = probability * (1 - probability)
        centre = (weight * self.score).sum() / weight.sum()
        curvature = (weight * (self.score - centre).square()).sum()
        gradient = ((self.linked.float() - probability) * self.score).sum()
        self.slope += float((gradient / curvature.clamp(min=1e-9)).clamp(-0.3, 0.3))

    def blocks_of(self, values: Tensor) -> Tensor:
        """Sums ``[S T, S T]`` of ``values`` ``[N, N]`` by side and type of the two neurons."""
        return self.of_place.T @ values @ self.of_place

    def result(self) -> Calibrated:
        logits = self.logits()
        fit = torch.nn.functional.softplus(logits).sum() - logits[self.linked].sum()
        return Calibrated(
            probability=logits.sigmoid().masked_fill_(self.never, 0.0).numpy(),
            slope=self.slope,
            sender=self.sender.numpy(),
            receiver=self.receiver.numpy(),
            blocks=self.blocks.unflatten(0, (-1, self.kinds))
            .unflatten(2, (-1, self.kinds))
            .transpose(1, 2)
            .numpy(),
            log_likelihood=-float(fit) / max(int(self.linked.sum()), 1),
        )


def _newton(wanted: Tensor, expected: Tensor, spread: Tensor) -> Tensor:
    return ((wanted - expected) / spread.clamp(min=0.05)).clamp(-STEP, STEP)
