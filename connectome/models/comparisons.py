"""How the directed autoencoder compares two vectors, with the likelihood of blocks that follows."""

from typing import Literal, get_args

import torch
from torch import Tensor, nn

from connectome.models.block_likelihood import (
    Block,
    LinkLikelihood,
    PairWeights,
    block_terms,
    link_loss,
    with_biases,
)
from connectome.scores import SOFTENING, ScoreName
from connectome.types import InputError

DecoderName = Literal["inner_product", "distance", "squared_distance", "gravity"]
NEAREST = 1e-6  # added to squared distances under a root, whose slope has no end at zero
SCORES: dict[DecoderName, ScoreName] = {
    "inner_product": "inner_product",
    "distance": "negative_distance",
    "squared_distance": "negative_squared_distance",
    "gravity": "gravity",
}


class Comparison(nn.Module):
    r"""Logit :math:`a\,f(p_i, q_j) + b_i + c_j` of what is compared of sender and receiver.

    - ``inner_product``: :math:`f = p \cdot q`.
    - ``distance``: :math:`f = -\lVert p - q\rVert` (Hoff, Raftery & Handcock 2002, JASA 97:1090).
    - ``squared_distance``: :math:`f = -\lVert p - q\rVert^2`.
    - ``gravity``: :math:`f = -\log(\lVert p - q\rVert^2 + 0.01)` (Salha et al. 2019,
      arXiv:1905.09570): :math:`a` is their :math:`\lambda`, learned here, and the receiver's bias
      is its mass. They have no bias of the sender, and one position for both roles.

    Args:
        decoder: which ``f``; :math:`a` is 1 for the inner product, learned from 1 for others.

    Raises:
        InputError: for an unknown decoder.
    """

    def __init__(self, decoder: DecoderName = "inner_product") -> None:
        super().__init__()
        if decoder not in get_args(DecoderName):
            names = ", ".join(get_args(DecoderName))
            raise InputError(f"model.decoder={decoder}: choose one of {names}")
        self.decoder: DecoderName = decoder
        learned = decoder != "inner_product"
        self.log_scale = nn.Parameter(torch.zeros(())) if learned else None

    @property
    def scale(self) -> float:
        """``a``."""
        return 1.0 if self.log_scale is None else float(self.log_scale.detach().exp())

    def score(self, networks: bool) -> ScoreName:
        """Name of ``f`` in an embedding, behind networks or not."""
        return "network" if networks and self.decoder == "inner_product" else SCORES[self.decoder]

    def loss(
        self,
        likelihood: LinkLikelihood,
        vectors: tuple[Tensor, Tensor],
        biases: tuple[Tensor, Tensor],
        block: Block,
        kept: Tensor,
        dropout: float,
    ) -> Tensor:
        """The loss of :class:`LinkLikelihood` on ``block``.

        Args:
            likelihood: of the training graph.
            vectors: ``[R, K]`` and ``[C, K]``, what is compared of rows and columns.
            biases: ``[R]`` and ``[C]``.
            block: rows, columns and their links.
            kept: ``[K]``, which dimensions count.
            dropout: share of the dimensions that is left out; the others count for them.
        """
        (sent, received), (sender, receiver) = vectors, biases
        if self.decoder == "inner_product":
            sent = sent * kept / (1 - dropout)
            return likelihood.loss(*with_biases(sent, received, sender, receiver), block)
        assert self.log_scale is not None
        root = (kept / (1 - dropout)).sqrt()
        total = distance_block_loss(
            (sent * root, received * root),
            biases,
            self.log_scale.exp(),
            block,
            likelihood.weights,
            self.decoder,
        )
        return likelihood.per_link(total, block)


def distance_block_loss(
    vectors: tuple[Tensor, Tensor],
    biases: tuple[Tensor, Tensor],
    scale: Tensor,
    block: Block,
    weights: PairWeights,
    decoder: DecoderName,
) -> Tensor:
    r"""As :func:`connectome.models.block_loss`, with logits :math:`a f(\lVert p_i - q_j\rVert^2)`.

    A squared distance is the inner product of vectors with two more entries,
    :math:`(-2 p, \lVert p\rVert^2, 1) \cdot (q, 1, \lVert q\rVert^2)`, so one matrix product gives
    all of a block, and its gradient follows from the slope of :math:`f`.

    Args:
        vectors: ``[R, K]`` and ``[C, K]``, ``p`` of the rows and ``q`` of the columns.
        biases: ``[R]`` and ``[C]``, added to the logits.
        scale: a scalar, ``a``.
        block: which pairs are linked, and what columns stand for.
        weights: what pairs weigh.
        decoder: which ``f``, any but the inner product.

    Returns:
        A scalar, differentiable once, in vectors, biases and scale.
    """
    with torch.autocast(scale.device.type, enabled=False):  # half precision loses differences
        sent, received = (side.to(scale.dtype) for side in vectors)
        centre = received.detach().mean(dim=0)  # distances stay, their rounding errors shrink
        sent, received = sent - centre, received - centre
        left, right = with_biases(
            -2 * sent, received, sent.square().sum(dim=1), received.square().sum(dim=1)
        )
        sender, receiver = biases
        drawn = right[: block.drawn], sender, receiver[: block.drawn]
        loss: Tensor = _DistanceLoss.apply(left, *drawn, scale, block, weights, decoder)
        if block.drawn < len(block.columns):
            (row, column), edges = block.outside()
            square = (left.index_select(0, row) * right.index_select(0, column)).sum(dim=1)
            value, _ = link_function(decoder, square.clamp(min=0))
            logits = sender[row] + receiver[column] + scale * value
            loss = loss + link_loss(logits, edges, weights)
    return loss


def link_function(decoder: DecoderName, square: Tensor) -> tuple[Tensor, Tensor]:
    """``f`` of squared distances, and its slope in them."""
    if decoder == "squared_distance":
        return -square, -torch.ones_like(square)
    if decoder == "gravity":
        softened = square + SOFTENING
        return -softened.log(), -1 / softened
    root = (square + NEAREST).sqrt()
    return -root, -0.5 / root


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
        decoder: DecoderName,
    ) -> Tensor:
        value, steepness = link_function(decoder, (left @ right.T).clamp_(min=0))
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
