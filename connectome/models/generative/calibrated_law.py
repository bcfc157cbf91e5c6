r"""From link scores to probabilities of all pairs, by maximum likelihood.

:math:`\mathrm{logit}\, p_{ij} = a\, s_{ij} + u_i + v_j + w_{t_i t_j}`: so each neuron has as many
partners to expect on either side of the brain as it has, and each cell type as many links to each
other one. Everything is dense: memory grows with the square of the number of neurons.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from connectome.types import InputError

MOST_NEURONS = 8000  # three matrices of this size: 800 MB
SILENT = -40.0  # logit of what never happens
STEP = 1.0  # longest step of a parameter in an iteration
LARGEST_BLOCK = 4.0  # in absolute value, of the weight of a pair of cell types


@dataclass(frozen=True, eq=False)
class Groups:
    """Which neurons count as alike.

    Attributes:
        side: ``[N]`` int64 0, 1, ...: degrees are kept towards each of these groups apart.
        kind: ``[N]`` int64 cell type; links between types are kept, within a side and across.
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
        blocks: ``[2, T, T]`` float32, ``w`` across the midline and within a side.
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
    fit = _Fit(score, groups, apart)
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
    for _ in range(5):  # degrees last, so that they are met
        fit.step_sender()
        fit.step_receiver()
    return fit.result()


def with_degrees(
    score: np.ndarray,
    sent: np.ndarray,
    received: np.ndarray,
    groups: Groups,
    like: Calibrated,
    apart: np.ndarray | None = None,
    iterations: int = 15,
) -> np.ndarray:
    """Probabilities ``[N, N]`` of neurons of given expected degrees, else as ``like``.

    Args:
        score: ``[N, N]`` link scores.
        sent, received: ``[N, S]`` links to expect towards and from each side. Those received are
            scaled to the number that is sent, side by side.
        groups: sides and types.
        like: whose slope and whose weights of types to take.
        apart: ``[N, N]`` bool, pairs that cannot be linked.
        iterations: steps of each kind.
    """
    fit = _Fit(score, groups, apart)
    fit.slope, fit.blocks = like.slope, torch.from_numpy(like.blocks)
    out, into = torch.from_numpy(sent).float(), torch.from_numpy(received).float()
    leaving, arriving = fit.of_side.T @ out, (fit.of_side.T @ into).T
    scale = leaving / arriving.clamp(min=1e-9)  # by side of the sender, then of the receiver
    fit.to_degrees(out, into * scale.T[fit.side])
    for _ in range(iterations):
        fit.step_receiver()
        fit.step_sender()
    return np.asarray(fit.logits().sigmoid().masked_fill_(fit.never, 0.0).numpy())


class _Fit:
    """Parameters, and the steps that improve them."""

    def __init__(self, score: np.ndarray, groups: Groups, apart: np.ndarray | None) -> None:
        n = len(score)
        self.score = torch.from_numpy(score).float()
        self.side = torch.from_numpy(groups.side)
        self.kind = torch.from_numpy(groups.kind)
        self.never = torch.eye(n, dtype=torch.bool)
        if apart is not None:
            self.never |= torch.from_numpy(apart)
        self.same = (self.side[:, None] == self.side).long()
        sides, kinds = int(self.side.max()) + 1, int(self.kind.max()) + 1
        self.of_side = torch.nn.functional.one_hot(self.side, sides).float()
        self.of_kind = torch.nn.functional.one_hot(self.kind, kinds).float()
        self.slope = 1.0
        self.blocks = torch.zeros(2, kinds, kinds)

    def to_links(self, linked: Tensor) -> None:
        """Set out to meet the degrees, and the links between types, of ``linked`` ``[N, N]``."""
        self.linked = linked
        self.between = self._blocks(linked.float())
        self.to_degrees(linked.float() @ self.of_side, linked.float().T @ self.of_side)

    def to_degrees(self, sent: Tensor, received: Tensor) -> None:
        """Set out to meet degrees ``[N, S]`` towards and from each side."""
        self.sent, self.received = sent, received
        self.sender = torch.where(sent > 0, -2.0, SILENT)
        self.receiver = torch.where(received > 0, -2.0, SILENT)

    def logits(self) -> Tensor:
        """``[N, N]``."""
        value = self.slope * self.score + self.sender[:, self.side] + self.receiver[:, self.side].T
        if self.blocks.abs().sum():
            for same in (0, 1):
                block = self.blocks[same][self.kind][:, self.kind]
                value += torch.where(self.same == same, block, 0.0)
        return value.masked_fill_(self.never, SILENT)

    def step_sender(self) -> None:
        probability = self.logits().sigmoid_()
        spread = (probability * (1 - probability)) @ self.of_side
        step = _newton(self.sent, probability @ self.of_side, spread)
        self.sender = torch.where(self.sent > 0, self.sender + step, SILENT)

    def step_receiver(self) -> None:
        probability = self.logits().sigmoid_()
        spread = (probability * (1 - probability)).T @ self.of_side
        step = _newton(self.received, probability.T @ self.of_side, spread)
        self.receiver = torch.where(self.received > 0, self.receiver + step, SILENT)

    def step_blocks(self) -> None:
        probability = self.logits().sigmoid_()
        spread = self._blocks(probability * (1 - probability))
        step = _newton(self.between, self._blocks(probability), spread)
        self.blocks = (self.blocks + step).clamp(-LARGEST_BLOCK, LARGEST_BLOCK)

    def step_slope(self) -> None:
        probability = self.logits().sigmoid_()
        weight = probability * (1 - probability)
        centre = (weight * self.score).sum() / weight.sum()
        curvature = (weight * (self.score - centre).square()).sum()
        gradient = ((self.linked.float() - probability) * self.score).sum()
        self.slope += float((gradient / curvature.clamp(min=1e-9)).clamp(-0.3, 0.3))

    def _blocks(self, values: Tensor) -> Tensor:
        return torch.stack(
            [
                self.of_kind.T @ torch.where(self.same == same, values, 0.0) @ self.of_kind
                for same in (0, 1)
            ]
        )

    def result(self) -> Calibrated:
        logits = self.logits()
        fit = torch.nn.functional.softplus(logits).sum() - logits[self.linked].sum()
        return Calibrated(
            probability=logits.sigmoid().masked_fill_(self.never, 0.0).numpy(),
            slope=self.slope,
            sender=self.sender.numpy(),
            receiver=self.receiver.numpy(),
            blocks=self.blocks.numpy(),
            log_likelihood=-float(fit) / max(int(self.linked.sum()), 1),
        )


def _newton(wanted: Tensor, expected: Tensor, spread: Tensor) -> Tensor:
    return ((wanted - expected) / spread.clamp(min=0.05)).clamp(-STEP, STEP)
