"""How two vectors are compared: what a link score is before its scale and biases."""

from typing import Literal

import torch
from torch import Tensor

ScoreName = Literal[
    "inner_product", "negative_distance", "negative_squared_distance", "gravity", "network"
]
SOFTENING = 0.01  # added to squared distances under a logarithm, which has no end at zero


def compare_pairs(score: ScoreName, source: Tensor, target: Tensor) -> Tensor:
    r"""Values ``[P]`` of ``source`` and ``target`` ``[P, K]``, row by row.

    The inner product (of outputs of networks for ``network``), :math:`-\lVert s - t\rVert`,
    :math:`-\lVert s - t\rVert^2` or, for ``gravity``, :math:`-\log(\lVert s - t\rVert^2 + 0.01)`.
    """
    if score in ("inner_product", "network"):
        return (source * target).sum(dim=1)
    if score == "negative_distance":
        return -(source - target).norm(dim=1)
    return _of_squares(score, (source - target).square().sum(dim=1))


def compare_all(score: ScoreName, source: Tensor, target: Tensor) -> Tensor:
    """The same for every row of ``source`` ``[S, K]`` and of ``target`` ``[N, K]``: ``[S, N]``."""
    if score in ("inner_product", "network"):
        return source @ target.T
    distance = torch.cdist(source, target, compute_mode="donot_use_mm_for_euclid_dist")
    return -distance if score == "negative_distance" else _of_squares(score, distance.square())


def _of_squares(score: ScoreName, square: Tensor) -> Tensor:
    return -square if score == "negative_squared_distance" else -(square + SOFTENING).log()
