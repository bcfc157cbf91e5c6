"""Likelihoods of links and of whole blocks of pairs."""

from connectome.models.losses.block_likelihood import (
    Block,
    LikelihoodSettings,
    LinkLikelihood,
    PairWeights,
    draw_block,
    with_biases,
)
from connectome.models.losses.distance import Comparison
from connectome.models.losses.link_loss import (
    PairRows,
    inner_product_loss,
)

__all__ = [
    "Block",
    "Comparison",
    "LikelihoodSettings",
    "LinkLikelihood",
    "PairRows",
    "PairWeights",
    "draw_block",
    "inner_product_loss",
    "with_biases",
]
