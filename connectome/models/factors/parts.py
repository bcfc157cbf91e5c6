"""What Newton steps are told: factors, penalties, links with their weights, and columns."""

from dataclasses import dataclass

import torch
from torch import Tensor

from connectome.models.losses import PairWeights
from connectome.models.sparse import LinkRows


@dataclass(frozen=True, eq=False)
class Factors:
    """Logit ``sent[i] . received[j] + sender[i] + receiver[j]`` of a link from ``i`` to ``j``.

    Attributes:
        sent, received: ``[N, d]``.
        sender, receiver: ``[N]`` biases.
    """

    sent: Tensor
    received: Tensor
    sender: Tensor
    receiver: Tensor


@dataclass(frozen=True)
class Penalty:
    """What keeps factors short, in units of the likelihood's sum over pairs.

    Attributes:
        factors: times the squared length of each factor.
        biases: times each squared bias.
        dropout: share of the dimensions that are left out at random, in expectation.
    """

    factors: float
    biases: float
    dropout: float = 0.0


@dataclass(frozen=True, eq=False)
class Columns:
    """Neurons whose absent pairs stand for those of all.

    Attributes:
        index: ``[m]`` int64, different neurons.
        weight: ``[m]``, for how many absent pairs one of each stands.
        place: ``[N]`` int64, where a neuron stands in ``index``; -1 if it does not.
    """

    index: Tensor
    weight: Tensor
    place: Tensor

    @classmethod
    def draw(cls, degree: Tensor, count: int | None, generator: torch.Generator) -> "Columns":
        """All neurons, or ``count`` draws: half evenly, half in proportion to ``degree`` ``[N]``.

        Weights are such that a sum over the columns is, in expectation, the sum over all neurons.
        """
        n, device = len(degree), degree.device
        everybody = torch.arange(n, device=device)
        if count is None or count >= n:
            return cls(everybody, torch.ones(n, device=device), everybody)
        chance = 0.5 / n + 0.5 * degree / degree.sum().clamp(min=1)
        drawn = torch.multinomial(chance, count, replacement=True, generator=generator)
        index, times = drawn.unique(return_counts=True)
        place = torch.full((n,), -1, device=device)
        place[index] = torch.arange(len(index), device=device)
        return cls(index, times / (count * chance[index]), place)


@dataclass(frozen=True, eq=False)
class Side:
    """Links and weights of pairs as one side sees them, senders or receivers.

    Attributes:
        links: a row of each neuron of the side.
        weight: ``[M]`` of each edge.
        own, other: ``[N]`` degrees over their mean, of this side and of the other.
        share: of the weight of absent pairs that goes by degrees.
        member: ``[N]`` brain of each neuron, or None for one brain.
    """

    links: LinkRows
    weight: Tensor
    own: Tensor
    other: Tensor
    share: float
    member: Tensor | None

    @classmethod
    def both(cls, edge_index: Tensor, weights: PairWeights) -> tuple["Side", "Side"]:
        """Senders and receivers of edges ``[2, M]``."""
        n, rest = len(weights.sender), (weights.degree_share, weights.member)
        there, back = (LinkRows.of(pairs, n) for pairs in (edge_index, edge_index.flip(0)))
        return (
            cls(there, weights.links, weights.sender, weights.receiver, *rest),
            cls(back, weights.links, weights.receiver, weights.sender, *rest),
        )
