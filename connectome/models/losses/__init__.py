"""Likelihoods of links and of whole blocks of pairs."""

from connectome.models.losses.block_likelihood import (
    DistanceSettings,
    LikelihoodSettings,
    LinkLikelihood,
    PairWeights,
    ProductSettings,
    with_biases,
)
from connectome.models.losses.blocks import Block, draw_block, draw_rectangle
from connectome.models.losses.distance import Comparison
from connectome.models.losses.link_loss import (
    PairRows,
    inner_product_loss,
)

__all__ = [
    "Block",
    "Comparison",
    "DistanceSettings",
    "LikelihoodSettings",
    "LinkLikelihood",
    "PairRows",
    "PairWeights",
    "ProductSettings",
    "draw_block",
    "draw_rectangle",
    "inner_product_loss",
    "with_biases",
]
