"""How the directed autoencoder compares two vectors, with the likelihood of blocks that follows."""

import torch
from torch import Tensor, nn

from connectome.models.losses.block_likelihood import (
    LinkLikelihood,
    PairWeights,
    block_terms,
    link_loss,
    with_biases,
)
from connectome.models.losses.blocks import Block
from connectome.scores.similarity import (
    DistanceSimilarity,
    InnerProduct,
    Similarity,
    find_similarity,
)


class Comparison(nn.Module):
    r"""Logit :math:`a\,f(p_i, q_j) + b_i + c_j` of what is compared of sender and receiver.

    Args:
        decoder: name of the similarity :math:`f`, one of :data:`connectome.scores.SIMILARITIES`;
            :math:`a` is 1 for the inner product, learned from 1 for others.

    Raises:
        InputError: for an unknown decoder.
    """

    def __init__(self, decoder: str = "inner_product") -> None:
        super().__init__()
        self.similarity = find_similarity(decoder)
        self.decoder = self.similarity.name
        self.log_scale = None if self.indefinite else nn.Parameter(torch.zeros(()))

    @property
    def indefinite(self) -> bool:
        """Whether negating a dimension of one side makes alike repel: so with inner products."""
        return isinstance(self.similarity, InnerProduct)

    @property
    def scale(self) -> float:
        """``a``."""
        return 1.0 if self.log_scale is None else float(self.log_scale.detach().exp())

    def loss(
        self,
        likelihood: LinkLikelihood,
        vectors: tuple[Tensor, Tensor],
        biases: tuple[Tensor, Tensor],
        block: Block,
        kept: Tensor,
        dropout: float,
    ) -> Tensor:
        """The loss of :class:`LinkLikelihood` on ``block``, a scalar.

        Args:
            likelihood: of the training graph.
            vectors: ``[R, K]`` and ``[C, K]``, what is compared of rows and columns.
            biases: ``[R]`` and ``[C]``.
            block: rows, columns and their links.
            kept: ``[K]``, which dimensions count.
            dropout: share of the dimensions that is left out; the others count for them.
        """
        (sent, received), (sender, receiver) = vectors, biases
        if isinstance(self.similarity, InnerProduct):
            sent = sent * kept / (1 - dropout)
            return likelihood.loss(*with_biases(sent, received, sender, receiver), block)
        assert self.log_scale is not None
        root = (kept / (1 - dropout)).sqrt()
        total = similarity_block_loss(
            (sent * root, received * root),
            biases,
            self.log_scale.exp(),
            block,
            likelihood.weights,
            self.similarity,
        )
        return likelihood.per_link(total, block)


def similarity_block_loss(
    vectors: tuple[Tensor, Tensor],
    biases: tuple[Tensor, Tensor],
    scale: Tensor,
    block: Block,
    weights: PairWeights,
    similarity: Similarity,
) -> Tensor:
    r"""As :func:`connectome.models.losses.block_likelihood.block_loss`, with logits :math:`a
    f(p_i, q_j) + b_i + c_j`.

    Args:
        vectors: ``[R, K]`` and ``[C, K]``, ``p`` of the rows and ``q`` of the columns.
        biases: ``[R]`` and ``[C]``, added to the logits.
        scale: a scalar, ``a``.
        block: which pairs are linked, and what columns stand for.
        weights: what pairs weigh.
        similarity: ``f``. One of distances has its gradient by hand, any other by autograd.

    Returns:
        A scalar, differentiable once, in vectors, biases and scale.
    """
    with torch.autocast(scale.device.type, enabled=False):  # half precision loses differences
        sent, received = (side.to(scale.dtype) for side in vectors)
        if isinstance(similarity, DistanceSimilarity):
            return _of_distances((sent, received), biases, scale, block, weights, similarity)
        sender, receiver = biases
        value = similarity.trained_all_pairs(sent, received[: block.drawn])
        logits = torch.add(sender[:, None], receiver[: block.drawn]) + scale * value
        loss: Tensor = _TermsLoss.apply(logits, block, weights)
        if block.drawn < len(block.columns):
            (row, column), edges = block.outside()
            value = similarity.trained(sent.index_select(0, row), received.index_select(0, column))
            logits = sender[row] + receiver[column] + scale * value
            loss = loss + link_loss(logits, edges, weights)
    return loss


def _of_distances(
    vectors: tuple[Tensor, Tensor],
    biases: tuple[Tensor, Tensor],
    scale: Tensor,
    block: Block,
    weights: PairWeights,
    similarity: DistanceSimilarity,
) -> Tensor:
    r"""The same of a function of :math:`\lVert p_i - q_j\rVert^2`.

    A squared distance is the inner product of vectors with two more entries,
    :math:`(-2 p, \lVert p\rVert^2, 1) \cdot (q, 1, \lVert q\rVert^2)`, so one matrix product gives
    all of a block, and its gradient follows from the slope of :math:`f`.
    """
    sent, received = vectors
    centre = received.detach().mean(dim=0)  # distances stay, their rounding errors shrink
    sent, received = sent - centre, received - centre
    left, right = with_biases(
        -2 * sent, received, sent.square().sum(dim=1), received.square().sum(dim=1)
    )
    sender, receiver = biases
    drawn = right[: block.drawn], sender, receiver[: block.drawn]
    loss: Tensor = _DistanceLoss.apply(left, *drawn, scale, block, weights, similarity)
    if block.drawn < len(block.columns):
        (row, column), edges = block.outside()
        square = (left.index_select(0, row) * right.index_select(0, column)).sum(dim=1)
        value, _ = similarity.link(square.clamp(min=0))
        logits = sender[row] + receiver[column] + scale * value
        loss = loss + link_loss(logits, edges, weights)
    return loss


class _TermsLoss(torch.autograd.Function):
    """The loss of a block of logits ``[R, drawn]``, whose slopes come with it."""

    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx,
        logits: Tensor,
        block: Block,
        weights: PairWeights,
    ) -> Tensor:
        loss, slope = block_terms(logits.clone(), block, weights)
        ctx.save_for_backward(slope)
        return loss

    @staticmethod
    def backward(
        ctx: torch.autograd.function.FunctionCtx, gradient: Tensor
    ) -> tuple[Tensor, None, None]:
        (slope,) = ctx.saved_tensors  # type: ignore[attr-defined]
        return gradient * slope, None, None


class _DistanceLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx,
        left: Tensor,
        right: Tensor,
        sender: Tensor,
        receiver: Tensor,
        scale: Tensor,
        block: Block,
        weights: PairWeights,
        similarity: DistanceSimilarity,
    ) -> Tensor:
        value, steepness = similarity.link((left @ right.T).clamp_(min=0))
        loss, slope = block_terms(
            torch.add(sender[:, None], receiver).addcmul_(scale, value), block, weights
        )
        of_scale = (slope * value).sum()
        of_biases = slope.sum(dim=1), slope.sum(dim=0)
        slope *= steepness
        slope *= scale
        ctx.save_for_backward(slope @ right, slope.T @ left, *of_biases, of_scale)
        return loss

    @staticmethod
    def backward(
        ctx: torch.autograd.function.FunctionCtx, gradient: Tensor
    ) -> tuple[Tensor | None, ...]:
        saved: tuple[Tensor, ...] = ctx.saved_tensors  # type: ignore[attr-defined]
        return *(gradient * each for each in saved), None, None, None
