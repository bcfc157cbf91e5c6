"""The likelihood of all pairs in a block of the adjacency matrix: no negatives are drawn."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from connectome.models.losses.blocks import Block
from connectome.models.sparse import LinkRows
from connectome.types import InputError, MessageGraph, NotApplicableError, degrees

TILE = 2**16  # pairs: logits and weights of so many fit the second level of a cache


def with_biases(
    sent: Tensor, received: Tensor, sender: Tensor, receiver: Tensor
) -> tuple[Tensor, Tensor]:
    """Vectors whose inner product is that of ``sent`` and ``received`` plus the biases.

    Args:
        sent: ``[R, K]``.
        received: ``[C, K]``.
        sender, receiver: ``[R]`` and ``[C]`` biases.

    Returns:
        ``[R, K + 2]`` and ``[C, K + 2]``.
    """
    ones = torch.ones_like
    return (
        torch.cat([sent, sender[:, None], ones(sender)[:, None]], dim=1),
        torch.cat([received, ones(receiver)[:, None], receiver[:, None]], dim=1),
    )


@dataclass(frozen=True)
class LikelihoodSettings:
    """What links and absent pairs weigh in the likelihood, and how many pairs a step takes.

    Attributes:
        link_weight: how many absent pairs a link weighs in the mean; None gives all links together
            the weight of all absent pairs together.
        synapse_weight: a link of ``k`` synapses weighs ``1 + synapse_weight * log k``, relative to
            others: stronger links are surer, and say more.
        degree_share: share of the weight of the absent pairs that is dealt out in proportion to
            the sender's out-degree times the receiver's in-degree, the rest evenly. Degrees alone
            tell links from evenly drawn pairs, and not from pairs like these. None: the model's.
        rows: random senders of a block.
        columns: random receivers whose absent pairs a step takes beside all links of its rows;
            None for all.

    Raises:
        InputError: for weights out of range.
    """

    option: ClassVar[str] = "model.likelihood"  # where messages say that they stand

    link_weight: float | None = None
    synapse_weight: float = 0.0
    degree_share: float | None = 0.0
    rows: int = 512
    columns: int | None = None

    def __post_init__(self) -> None:
        option = self.option
        if self.link_weight is not None and not self.link_weight > 0:
            raise InputError(f"{option}.link_weight={self.link_weight}: must be positive")
        if not self.synapse_weight >= 0:
            raise InputError(f"{option}.synapse_weight={self.synapse_weight}: must be 0 or more")
        if self.degree_share is not None and not 0 <= self.degree_share <= 1:
            raise InputError(f"{option}.degree_share={self.degree_share}: must be between 0 and 1")

    def completed(self, degree_share: float) -> "LikelihoodSettings":
        """With this share of degrees if none is said."""
        return replace(self, degree_share=degree_share) if self.degree_share is None else self

    def size(self, graph: MessageGraph) -> tuple[int, int]:
        """Rows and random columns of a block of ``graph``."""
        n = graph.num_neurons
        return min(self.rows, n), min(self.columns or n, n)


@dataclass(frozen=True)
class DistanceSettings(LikelihoodSettings):
    """The same for the part of a blend that is compared by distance."""

    option: ClassVar[str] = "model.distance"


@dataclass(frozen=True)
class ProductSettings(LikelihoodSettings):
    """The same for the part of a blend that is compared by product."""

    option: ClassVar[str] = "model.product"


@dataclass(frozen=True, eq=False)
class PairWeights:
    """The weights of the pairs of a graph.

    Attributes:
        links: ``[M]`` of each edge.
        total: sum over all edges.
        sender, receiver: ``[N]``, out- and in-degrees over their mean.
        degree_share: an absent pair weighs ``1 - degree_share + degree_share * sender * receiver``.
        member: ``[N]`` the brain of each neuron, where several are joined: pairs of two of them are
            no pairs and weigh nothing. None for one.
    """

    links: Tensor
    total: float
    sender: Tensor
    receiver: Tensor
    degree_share: float
    member: Tensor | None = None

    @classmethod
    def of(cls, graph: MessageGraph, settings: LikelihoodSettings) -> "PairWeights":
        """Weights by ``settings``, from the training edges alone.

        Raises:
            NotApplicableError: if synapse counts are to weigh and the graph has none.
        """
        n, count = graph.num_neurons, graph.edge_index.shape[1]
        pairs = sum(size * (size - 1) for size in graph.member_sizes or (n,))
        weight = settings.link_weight or max(pairs - count, 1) / count
        links = torch.ones(count, device=graph.edge_index.device)
        if settings.synapse_weight:
            if graph.synapses is None:
                raise NotApplicableError(
                    f"{settings.option}.synapse_weight={settings.synapse_weight}: the graph has "
                    f"no synapse counts; set {settings.option}.synapse_weight=0"
                )
            links = 1 + settings.synapse_weight * graph.synapses.clamp(min=1).log()
            links = links / links.mean()
        mean = max(count / n, 1e-12)
        out_degree, in_degree = (x.float() / mean for x in degrees(graph.edge_index, n))
        member = graph.member.to(links.device) if graph.member_sizes else None
        share = settings.degree_share or 0.0
        return cls(weight * links, weight * count, out_degree, in_degree, share, member)


def block_loss(sent: Tensor, received: Tensor, block: Block, weights: PairWeights) -> Tensor:
    r"""Cross-entropy of a block of logits :math:`x_{ij} = p_i \cdot q_j`, summed over its pairs.

    :math:`\sum_{i \to j} w_{ij} \log(1 + e^{-x_{ij}})
    + \sum_{i \not\to j} v_{ij} \log(1 + e^{x_{ij}})`

    Its gradient is worked out beside it, so that the block of logits is passed over only a few
    times and not kept.

    Args:
        sent: ``[R, K]``, ``p`` of the rows.
        received: ``[C, K]``, ``q`` of the columns.
        block: which pairs are linked, and what columns stand for.
        weights: ``w``, and ``v`` but for what columns stand for.

    Returns:
        A scalar, differentiable once, in ``sent`` and ``received``.
    """
    loss: Tensor = _BlockLoss.apply(sent, received[: block.drawn], block, weights)
    if block.drawn < len(block.columns):
        (row, column), edges = block.outside()
        logits = (sent.index_select(0, row) * received.index_select(0, column)).sum(dim=1)
        loss = loss + link_loss(logits, edges, weights)
    return loss


def link_loss(logits: Tensor, edges: Tensor, weights: PairWeights) -> Tensor:
    """Sum of :func:`block_loss` over links alone, a scalar, by ``logits`` and ``edges`` ``[Q]``."""
    return (weights.links[edges].to(logits.dtype) * F.softplus(-logits)).sum()


class _BlockLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx,
        sent: Tensor,
        received: Tensor,
        block: Block,
        weights: PairWeights,
    ) -> Tensor:
        loss, slope = block_terms(sent @ received.T, block, weights)
        ctx.save_for_backward(slope @ received, slope.T @ sent)
        return loss

    @staticmethod
    def backward(
        ctx: torch.autograd.function.FunctionCtx, gradient: Tensor
    ) -> tuple[Tensor, Tensor, None, None]:
        of_sent, of_received = ctx.saved_tensors  # type: ignore[attr-defined]
        return gradient * of_sent, gradient * of_received, None, None


def block_terms(logits: Tensor, block: Block, weights: PairWeights) -> tuple[Tensor, Tensor]:
    """Sum of :func:`block_loss` over ``logits`` ``[R, drawn]``, a scalar, and its slopes.

    The slopes overwrite the logits. Without a wanted value the scalar is NaN: a softplus of all
    pairs takes longer than all the rest of a pass.
    """
    links, edges = block.inside()
    linked, link_weight = logits[*links], weights.links[edges].to(logits.dtype)
    logits[*links] = -torch.inf  # neither slope nor value as an absent pair
    logits[*block.loops] = -torch.inf
    loss = (
        (link_weight * F.softplus(-linked)).sum() if block.valued else logits.new_tensor(torch.nan)
    )
    for rows in _tiles(logits):
        slope = logits[rows]
        value = F.softplus(slope) if block.valued else None
        slope.sigmoid_()
        for factor in _absent_weights(block, weights, rows):
            slope *= factor
            if value is not None:
                value *= factor
        if value is not None:
            loss += value.sum()
    logits[*links] = -link_weight * (-linked).sigmoid()
    return loss, logits


def _tiles(logits: Tensor) -> Iterator[slice]:
    """Rows that are passed over several times while they are in the cache; on a GPU all."""
    count, columns = logits.shape
    step = count if logits.is_cuda else max(TILE // max(columns, 1), 1)
    return (slice(first, first + step) for first in range(0, count, step))


def _absent_weights(block: Block, weights: PairWeights, rows: slice) -> Iterator[Tensor]:
    """What to multiply the terms of absent pairs by, in ``rows`` of the block."""
    if block.weight != 1:
        yield torch.tensor(block.weight)
    if weights.degree_share:
        sender = weights.sender[block.rows[rows]]
        receiver = weights.receiver[block.columns[: block.drawn]]
        weight = torch.outer(weights.degree_share * sender, receiver)
        yield weight.add_(1 - weights.degree_share)
    if weights.member is not None:
        columns = weights.member[block.columns[: block.drawn]]
        yield (weights.member[block.rows[rows]][:, None] == columns).float()


@dataclass(frozen=True, eq=False)
class LinkLikelihood:
    """The likelihood of the links of a graph, estimated on blocks.

    Attributes:
        rows: the links.
        weights: what the pairs weigh.
    """

    rows: LinkRows
    weights: PairWeights

    @classmethod
    def of(cls, graph: MessageGraph, settings: LikelihoodSettings) -> "LinkLikelihood":
        """Of the training edges."""
        rows = LinkRows.of(graph.edge_index, graph.num_neurons)
        return cls(rows, PairWeights.of(graph, settings))

    def loss(self, sent: Tensor, received: Tensor, block: Block) -> Tensor:
        """Cross-entropy of the whole graph in proportion to its links, estimated on ``block``.

        A scalar, from ``sent`` ``[R, K]`` and ``received`` ``[C, K]``: as large as a mean over
        links plus a mean over absent pairs if both weigh the same.
        """
        return self.per_link(block_loss(sent, received, block, self.weights), block)

    def per_link(self, total: Tensor, block: Block) -> Tensor:
        """Scalar estimate for all pairs, per link, from the scalar ``total`` over ``block``."""
        share = block.share * len(block.rows) / self.rows.num_neurons
        return total / share / self.weights.total
