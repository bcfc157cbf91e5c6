"""How two vectors are compared: what a link score is before its scale and biases."""

from typing import Literal

import torch
from torch import Tensor

ScoreName = Literal["inner_product", "negative_distance", "gravity", "network"]
CANCELLED = 2.0**-21  # of its terms: what float32 leaves of an inner product that is zero
SOFTENING = 0.01  # added to squared distances under a logarithm, which has no end at zero


def compare_pairs(score: ScoreName, source: Tensor, target: Tensor) -> Tensor:
    r"""Values ``[P]`` of ``source`` and ``target`` ``[P, K]``, row by row.

    The inner product (of outputs of networks for ``network``), :math:`-\lVert s - t\rVert`
    or, for ``gravity``, :math:`-\log(\lVert s - t\rVert^2 + 0.01)`.

    An inner product whose terms cancel but for rounding is 0: as many dimensions as the rank of a
    graph give every absent pair the same score, which noise would put in an order.
    """
    if score in ("inner_product", "network"):
        terms = source * target
        return _without_noise(terms.sum(dim=1), terms.abs().sum(dim=1))
    if score == "negative_distance":
        return -(source - target).norm(dim=1)
    return _gravity((source - target).square().sum(dim=1))


def compare_all(score: ScoreName, source: Tensor, target: Tensor) -> Tensor:
    """The same for every row of ``source`` ``[S, K]`` and of ``target`` ``[N, K]``: ``[S, N]``."""
    if score in ("inner_product", "network"):
        return _without_noise(source @ target.T, source.abs() @ target.abs().T)
    distance = torch.cdist(source, target, compute_mode="donot_use_mm_for_euclid_dist")
    return -distance if score == "negative_distance" else _gravity(distance.square())


def below_all(
    source: Tensor, target: Tensor, sends: Tensor, receives: Tensor
) -> tuple[Tensor | None, Tensor | None]:
    """Biases of a score that falls with distance, so that neurons without a place score lowest.

    They lie at the origin together, at distance 0 from each other, which would be the likeliest
    link of all. With the biases every pair of two placed neurons scores as high or higher.

    Args:
        source, target: ``[N, d]`` factors.
        sends, receives: ``[N]`` bool, which neurons have a place as sender and as receiver.

    Returns:
        Source and target biases ``[N]``, one and the same where the two are alike; None, None if
        all neurons have a place.
    """
    if bool(sends.all()) and bool(receives.all()):
        return None, None
    farthest = source.norm(dim=1).max() + target.norm(dim=1).max()
    sent = torch.where(sends, 0.0, -farthest)
    return sent, sent if torch.equal(sends, receives) else torch.where(receives, 0.0, -farthest)


def _without_noise(value: Tensor, terms: Tensor) -> Tensor:
    return torch.where(value.abs() < CANCELLED * terms, 0.0, value)  # NaN stays NaN


def _gravity(square: Tensor) -> Tensor:
    return -(square + SOFTENING).log()
