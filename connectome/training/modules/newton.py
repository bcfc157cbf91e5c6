"""Free factors fitted by alternating Newton steps: a training step is a sweep of all neurons."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from connectome.models.factors import Columns, Factors, Penalty, Side, spectral_start, sweep
from connectome.models.losses import LikelihoodSettings, PairWeights
from connectome.types import InputError, MessageGraph, NotApplicableError

SOLVERS = ("auto", "adam", "newton")
LARGE = 8192  # neurons from which on some columns stand for all
COLUMNS = 2048  # so many, unless the likelihood says otherwise
ENOUGH = 1.25e-5  # decrement a link and dimension: what is left to gain when all pairs were seen.
# Few dimensions pass slowly by places where the slope all but vanishes; they are cheap to sweep.
STRETCH = 1.5  # of steps, where all pairs are seen: valleys are long and nothing is noise
PLAIN = 3  # sweeps before that
MOST = 58.0  # dimensions at which half of them would be left out
NO_MORE = 0.75  # share of the decrement before, where it is the noise of the columns


def check_solver(solver: str) -> None:
    """Refuse an unknown one.

    Raises:
        InputError: naming those that there are.
    """
    if solver not in SOLVERS:
        raise InputError(f"model.solver={solver}: choose one of {', '.join(SOLVERS)}")


def takes_newton(solver: str, reasons: Mapping[str, bool]) -> bool:
    """Whether Newton steps are taken.

    Args:
        solver: one of :data:`SOLVERS`.
        reasons: what stands against them, in words, and whether it does.

    Raises:
        NotApplicableError: if they are asked for, and something does.
    """
    against = next((reason for reason, holds in reasons.items() if holds), None)
    if against is not None and solver == "newton":
        raise NotApplicableError(
            f"model.solver=newton: {against}; set model.solver=auto, which takes adam for it"
        )
    return against is None and solver != "adam"


def usual_dropout(latent_dim: int) -> float:
    """``p / (1 - p) = (d / 58)^2``: few dimensions need none, many need more than their share."""
    odds = (latent_dim / MOST) ** 2
    return odds / (1 + odds)


class NewtonState(nn.Module):
    """What a resumed run must know: how the last sweep went, and whether it was the last one."""

    def __init__(self) -> None:
        super().__init__()
        self.decrement: Tensor
        self.converged: Tensor
        self.register_buffer("decrement", torch.tensor(float("inf")))
        self.register_buffer("converged", torch.tensor(False))

    def after(self, decrement: float, latent_dim: int, sampled: bool) -> None:
        """Take note of a sweep, and of whether another one would gain anything."""
        limit = NO_MORE * float(self.decrement) if sampled else ENOUGH * latent_dim
        self.converged.fill_(decrement > limit if sampled else decrement < limit)
        self.decrement.fill_(decrement)


@dataclass(frozen=True, eq=False)
class NewtonFit:
    """What follows from a graph and the settings of a model.

    Attributes:
        graph: with the links.
        weights: of the pairs.
        sides: senders and receivers.
        penalty: of the factors.
        columns: how many columns are drawn for a half sweep; None takes all.
    """

    graph: MessageGraph
    weights: PairWeights
    sides: tuple[Side, Side]
    penalty: Penalty
    columns: int | None

    @classmethod
    def of(
        cls,
        graph: MessageGraph,
        likelihood: LikelihoodSettings,
        l2: float,
        bias_l2: float,
        dropout: float,
    ) -> "NewtonFit":
        """With the penalties of a mean over neurons, as an optimiser of steps has them."""
        weights, n = PairWeights.of(graph, likelihood), graph.num_neurons
        scale = weights.total / n
        penalty = Penalty(l2 * scale, bias_l2 * scale, dropout)
        usual = COLUMNS if n > LARGE else None
        columns = likelihood.columns or usual
        sides = Side.both(graph.edge_index, weights)
        return cls(graph, weights, sides, penalty, columns if columns and columns < n else None)

    def start(self, latent_dim: int, seed: int) -> Factors:
        """Where the first sweep begins."""
        generator = torch.Generator().manual_seed(seed)
        return spectral_start(self.graph.edge_index, self.weights, latent_dim, generator)

    def sweep(
        self,
        own: tuple[Tensor, Tensor, Tensor],
        done: int,
        seed: int,
        generator: torch.Generator,
    ) -> float:
        """Sweep once, in place; the decrement, a link of mean weight.

        Args:
            own: ``[N, 2 d]`` factors as sender and receiver, and ``[N]`` biases of either.
            done: sweeps before this one; the first one begins elsewhere.
            seed: of where that is.
            generator: of the columns.
        """
        table, sender, receiver = own
        sent, received = table.float().chunk(2, dim=1)
        begin = Factors(sent, received, sender.float(), receiver.float())
        begin = begin if done else self.start(sent.shape[1], seed)
        there, back = (
            Columns.draw(degree, self.columns, generator)
            for degree in (self.weights.receiver, self.weights.sender)
        )
        stretch = STRETCH if self.columns is None and done >= PLAIN else 1.0
        moved, decrement = sweep(begin, self.sides, self.penalty, (there, back), stretch)
        table.copy_(torch.cat([moved.sent, moved.received], dim=1))
        sender.copy_(moved.sender)
        receiver.copy_(moved.receiver)
        return decrement / self.weights.total
