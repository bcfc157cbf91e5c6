"""The likelihood of all pairs in a block of the adjacency matrix: no negatives are drawn."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from connectome.models.rows import LinkRows


@dataclass(frozen=True, eq=False)
class Block:
    """Some rows and columns of the adjacency matrix of ``N`` neurons.

    Attributes:
        rows: ``[R]`` int64, neurons as senders.
        columns: ``[C]`` int64, neurons as receivers, sorted.
        links: ``[2, Q]`` int64, links in the block as positions in ``rows`` and ``columns``.
        edges: ``[Q]`` int64, which edges of the graph these links are.
        loops: ``[2, L]`` int64, its self-loops, which are no pairs.
        weights: ``[C]`` float32, for how many absent pairs one in this column stands; None if all
            columns are there, each standing for itself.
    """

    rows: Tensor
    columns: Tensor
    links: Tensor
    edges: Tensor
    loops: Tensor
    weights: Tensor | None


def draw_block(graph: LinkRows, rows: int, columns: int, generator: torch.Generator) -> Block:
    """A block of ``rows`` random senders and, of all receivers, at least ``columns``.

    The receivers that the senders are linked to are always among them, so no link of a row is
    lost. Absent pairs of the columns that were drawn stand in for those of the columns left out.
    """
    n, device = graph.num_neurons, graph.starts.device
    chosen = torch.randperm(n, generator=generator, device=device)[:rows]
    row, linked = graph.places(chosen)
    receiver = graph.receivers[linked]
    weight = torch.ones(n, device=device)
    if columns < n:
        drawn = torch.randperm(n, generator=generator, device=device)[:columns]
        weight = torch.zeros(n, device=device).index_fill(0, drawn, n / columns)
    kept = weight.index_fill(0, receiver, 1.0).nonzero()[:, 0]
    place = torch.full((n,), -1, device=device)
    place[kept] = torch.arange(len(kept), device=device)
    loops = (place[chosen] >= 0).nonzero()[:, 0]
    return Block(
        rows=chosen,
        columns=kept,
        links=torch.stack([row, place[receiver]]),
        edges=graph.edges[linked],
        loops=torch.stack([loops, place[chosen[loops]]]),
        weights=weight[kept] if columns < n else None,
    )


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


def block_loss(sent: Tensor, received: Tensor, block: Block, link_weight: float) -> Tensor:
    r"""Cross-entropy of a block of logits :math:`x_{ij} = p_i \cdot q_j`, summed over its pairs.

    :math:`w \sum_{i \to j} \log(1 + e^{-x_{ij}}) + \sum_{i \not\to j} v_j \log(1 + e^{x_{ij}})`

    Its gradient is worked out beside it, so that the block of logits is passed over only a few
    times and not kept.

    Args:
        sent: ``[R, K]``, ``p`` of the rows.
        received: ``[C, K]``, ``q`` of the columns.
        block: which pairs are linked, and the weights ``v``.
        link_weight: ``w``.

    Returns:
        A scalar, differentiable once, in ``sent`` and ``received``.
    """
    loss: Tensor = _BlockLoss.apply(sent, received, block, link_weight)
    return loss


class _BlockLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx,
        sent: Tensor,
        received: Tensor,
        block: Block,
        link_weight: float,
    ) -> Tensor:
        logits = sent @ received.T
        linked = logits[*block.links]
        slope = logits.sigmoid()
        absent = F.softplus(logits)
        if block.weights is not None:
            slope *= block.weights
            absent *= block.weights
        absent[*block.links] = link_weight * F.softplus(-linked)
        slope[*block.links] = -link_weight * (-linked).sigmoid()
        absent[*block.loops] = 0.0
        slope[*block.loops] = 0.0
        ctx.save_for_backward(slope @ received, slope.T @ sent)
        return absent.sum()

    @staticmethod
    def backward(
        ctx: torch.autograd.function.FunctionCtx, gradient: Tensor
    ) -> tuple[Tensor, Tensor, None, None]:
        of_sent, of_received = ctx.saved_tensors  # type: ignore[attr-defined]
        return gradient * of_sent, gradient * of_received, None, None
