r"""A law that connectomes can be drawn from, made of link scores of a real one.

1. Scores become probabilities: :math:`\mathrm{logit}\, p_{ij} = a\, s_{ij} + u_i + v_j + w_{t_i
   t_j}`, fitted by maximum likelihood to all pairs. So each neuron has as many partners to expect
   on either side of the brain as it has, and each cell type as many links to each other one.
2. Links are drawn together with their reversal and their left-right mirror image: a link is there
   where a normal variate lies below the quantile of its probability, and the variates of a link,
   its reversal and its mirror image are correlated (a Gaussian copula; Nelsen 2006,
   doi:10.1007/0-387-28678-0). Probabilities stay what they are. The correlations are those with
   which the expected numbers of links in both directions, and of mirrored links, are the real ones.

Everything is dense: memory grows with the square of the number of neurons.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from scipy.stats import norm
from torch import Tensor

from connectome.types import InputError

MOST_NEURONS = 8000  # three matrices of this size: 800 MB
SILENT = -40.0  # logit of what never happens
STEP = 1.0  # longest step of a parameter in an iteration
LARGEST_BLOCK = 4.0  # in absolute value, of the weight of a pair of cell types
NODES = 32  # of the quadrature
STRONGEST = 0.98  # correlation
CHUNK = 1 << 20


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
    fit = _Fit(score, linked, groups, apart)
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


class _Fit:
    """Parameters, and the steps that improve them."""

    def __init__(
        self, score: np.ndarray, linked: np.ndarray, groups: Groups, apart: np.ndarray | None
    ) -> None:
        n = len(score)
        self.score = torch.from_numpy(score).float()
        self.linked = torch.from_numpy(linked)
        self.side = torch.from_numpy(groups.side)
        self.kind = torch.from_numpy(groups.kind)
        self.never = torch.eye(n, dtype=torch.bool)
        if apart is not None:
            self.never |= torch.from_numpy(apart)
        self.same = (self.side[:, None] == self.side).long()
        sides, kinds = int(self.side.max()) + 1, int(self.kind.max()) + 1
        self.of_side = torch.nn.functional.one_hot(self.side, sides).float()
        self.of_kind = torch.nn.functional.one_hot(self.kind, kinds).float()
        self.sent = self.linked.float() @ self.of_side
        self.received = self.linked.float().T @ self.of_side
        self.between = self._blocks(self.linked.float())
        self.slope = 1.0
        self.sender = torch.where(self.sent > 0, -2.0, SILENT)
        self.receiver = torch.where(self.received > 0, -2.0, SILENT)
        self.blocks = torch.zeros(2, kinds, kinds)

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


@dataclass(frozen=True, eq=False)
class Coupling:
    """Correlations of the variates of two pairs.

    Attributes:
        reversal: ``[S, S]`` float32, of a pair and its reversal, by the sides of its two neurons.
        mirrored: of a pair and its left-right mirror image.
    """

    reversal: np.ndarray
    mirrored: float = 0.0

    @classmethod
    def none(cls, sides: int = 1) -> "Coupling":
        """All independent."""
        return cls(np.zeros((sides, sides), dtype=np.float32))


def fit_coupling(probability: np.ndarray, linked: np.ndarray, groups: Groups) -> Coupling:
    """Correlations with which as many links are mutual, and mirrored, as of the real ones.

    0 where chance alone gives as many.
    """
    side, sides = groups.side, int(groups.side.max()) + 1
    reversal = np.zeros((sides, sides), dtype=np.float32)
    for one in range(sides):
        for other in range(one, sides):
            rows, columns = np.flatnonzero(side == one), np.flatnonzero(side == other)
            pre, post = (grid.ravel() for grid in np.meshgrid(rows, columns, indexing="ij"))
            once = pre < post if one == other else np.ones(len(pre), dtype=bool)
            pre, post = pre[once], post[once]
            mutual = float((linked[pre, post] & linked[post, pre]).sum())
            found = _correlation(probability[pre, post], probability[post, pre], mutual)
            reversal[one, other] = reversal[other, one] = found
    rows, columns = _mirrored_pairs(groups)
    mate = groups.homolog
    pairs = probability[rows, columns], probability[mate[rows], mate[columns]]
    both = linked[rows, columns] & linked[mate[rows], mate[columns]]
    return Coupling(reversal, _correlation(*pairs, float(both.sum())))


def _mirrored_pairs(groups: Groups) -> tuple[np.ndarray, np.ndarray]:
    """Pairs with a mirror image other than themselves and their reversal, one of the two each."""
    paired = np.flatnonzero(groups.homolog >= 0)
    rows, columns = (grid.ravel() for grid in np.meshgrid(paired, paired, indexing="ij"))
    mate, n = groups.homolog, len(groups.homolog)
    first = rows * n + columns < mate[rows] * n + mate[columns]
    kept = first & (rows != columns) & (mate[rows] != columns)
    return rows[kept], columns[kept]


def _correlation(one: np.ndarray, other: np.ndarray, wanted: float) -> float:
    """Correlation at which ``wanted`` of the pairs of events are expected to happen both."""
    likely = (one > 1e-7) & (other > 1e-7)
    one, other = one[likely].astype(np.float64), other[likely].astype(np.float64)
    if not len(one) or float((one * other).sum()) >= wanted:
        return 0.0
    low, high = 0.0, STRONGEST
    quantiles = _quantile(one), _quantile(other)
    for _ in range(14):
        middle = (low + high) / 2
        low, high = (middle, high) if _both(*quantiles, middle) < wanted else (low, middle)
    return (low + high) / 2


def _both(one: np.ndarray, other: np.ndarray, correlation: float) -> float:
    """Expected number of pairs of events that both happen, by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    root, rest = np.sqrt(correlation), np.sqrt(1 - correlation)
    total = 0.0
    for start in range(0, len(one), CHUNK):
        a, b = one[start : start + CHUNK], other[start : start + CHUNK]
        for node, weight in zip(nodes, weights / weights.sum(), strict=True):
            total += weight * float(
                (norm.cdf((a - root * node) / rest) * norm.cdf((b - root * node) / rest)).sum()
            )
    return total


def _quantile(probability: np.ndarray) -> np.ndarray:
    return np.asarray(norm.ppf(np.clip(probability, 1e-12, 1 - 1e-7)))


def draw_links(
    probability: np.ndarray, coupling: Coupling, groups: Groups, rng: np.random.Generator
) -> np.ndarray:
    """A graph ``[N, N]`` bool, each pair linked with its ``probability``."""
    n = len(probability)
    reverse = coupling.reversal[np.ix_(groups.side, groups.side)]
    variate = _reciprocal(n, reverse, rng)
    if coupling.mirrored > 0:
        common = _reciprocal(n, reverse, rng)
        variate = np.where(
            _has_mirror(groups),
            np.float32(np.sqrt(coupling.mirrored)) * _mirror_shared(common, groups)
            + np.float32(np.sqrt(1 - coupling.mirrored)) * variate,
            variate,
        )
    return np.asarray(variate < _quantile(probability).astype(np.float32)) & (probability > 0)


def _reciprocal(n: int, correlation: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Standard normal ``[N, N]``, correlated with its transpose."""
    common = np.triu(rng.standard_normal((n, n), dtype=np.float32), 1)
    common += common.T
    own = rng.standard_normal((n, n), dtype=np.float32)
    return np.asarray(np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own)


def _has_mirror(groups: Groups) -> np.ndarray:
    paired = groups.homolog >= 0
    own = np.arange(len(paired))
    reversal = (groups.homolog[:, None] == own) & (own[:, None] == groups.homolog)
    return np.asarray(paired[:, None] & paired & ~reversal)


def _mirror_shared(values: np.ndarray, groups: Groups) -> np.ndarray:
    """``values`` of one of the two mirror images for both: chosen for both directions alike."""
    n = len(values)
    mate = np.where(groups.homolog >= 0, groups.homolog, np.arange(n))

    def dyad(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return np.asarray(np.minimum(rows, columns) * n + np.maximum(rows, columns))

    own = np.arange(n)
    turn = dyad(own[:, None], own) > dyad(mate[:, None], mate)
    return np.where(turn, values[np.ix_(mate, mate)], values)


@dataclass(frozen=True, eq=False)
class ConnectomeLaw:
    """What connectomes are drawn from.

    Attributes:
        name: of the method.
        probability: ``[N, N]`` of each pair to be linked.
        groups: of its neurons.
        coupling: of links with their reversals and mirror images.
        synapses: draws synapse counts ``[P]`` of links ``[2, P]``.
    """

    name: str
    probability: np.ndarray
    groups: Groups
    coupling: Coupling
    synapses: Callable[[np.ndarray, np.random.Generator], np.ndarray] = field(repr=False)

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Links ``[2, E]`` int64, sorted, and their synapse counts ``[E]`` float64."""
        linked = draw_links(self.probability, self.coupling, self.groups, rng)
        edges = np.stack(linked.nonzero())
        return edges, self.synapses(edges, rng)
