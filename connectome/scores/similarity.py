"""Similarities: how two vectors are compared, before scale and biases.

A similarity is one class with :func:`register_similarity`. Decoders (``model.decoder``), the
likelihood of blocks, stored embeddings and the checks of options read :data:`SIMILARITIES`, so that
a new one is known everywhere.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor

from connectome.types import InputError

CANCELLED = 2.0**-21  # of its terms: what float32 leaves of an inner product that is zero
SOFTENING = 0.01  # added to squared distances under a logarithm, which has no end at zero
# Added to squared distances under a root, whose slope has no end at zero: pairs, and blocks.
NEAREST_PAIR, NEAREST = 1e-12, 1e-6


class Similarity(ABC):
    """How two vectors are compared; a higher value is a likelier link.

    A subclass needs a name and :meth:`pairs`; the other methods follow from it. Override them
    where they can be faster, or must be more exact.

    Attributes:
        name: in options, stored embeddings and names of methods.
    """

    name: ClassVar[str]

    @abstractmethod
    def pairs(self, source: Tensor, target: Tensor) -> Tensor:
        """Values ``[P]`` of ``source`` and ``target`` ``[P, K]``, row by row."""

    def all_pairs(self, source: Tensor, target: Tensor) -> Tensor:
        """Values ``[S, N]`` of every row of ``source`` ``[S, K]`` and of ``target`` ``[N, K]``."""
        return every_pair(self.pairs, source, target)

    def trained(self, source: Tensor, target: Tensor) -> Tensor:
        """:meth:`pairs` ``[P]`` for training, of ``source`` and ``target`` ``[P, K]``.

        The gradient must be finite, also for equal vectors.
        """
        return self.pairs(source, target)

    def trained_all_pairs(self, source: Tensor, target: Tensor) -> Tensor:
        """:meth:`trained` of every row of ``source`` ``[S, K]`` and of ``target`` ``[N, K]``.

        By itself it goes row by row. Whoever can give ``[S, N]`` by a matrix product trains faster.
        """
        return every_pair(self.trained, source, target)

    def depth(self, source: Tensor, target: Tensor, scale: float = 1.0) -> Tensor | None:
        """How much a neuron without a place must lose, see :func:`below_all`.

        Args:
            source, target: ``[N, K]`` vectors of all neurons.
            scale: what the values are multiplied by.

        Returns:
            A scalar; None where the origin, at which such neurons lie, is no likely place.
        """
        return None


def every_pair(pairs: Callable[[Tensor, Tensor], Tensor], source: Tensor, target: Tensor) -> Tensor:
    """``pairs`` of every row of ``source`` ``[S, K]`` and of ``target`` ``[N, K]``: ``[S, N]``."""
    rows = [pairs(row.expand_as(target), target) for row in source]
    return torch.stack(rows) if rows else source.new_empty(0, len(target))


SIMILARITIES: dict[str, Similarity] = {}


def register_similarity(kind: type[Similarity]) -> type[Similarity]:
    """Add a similarity to :data:`SIMILARITIES`, as a decorator of its class.

    Raises:
        InputError: if there is another of that name.
    """
    if kind.name in SIMILARITIES:
        raise InputError(f"similarity {kind.name}: there is one already; choose another name")
    SIMILARITIES[kind.name] = kind()
    return kind


def find_similarity(name: str, more: tuple[str, ...] = ()) -> Similarity:
    """The similarity that ``model.decoder`` names.

    Args:
        name: of the similarity.
        more: further names that the option may have, for the message.

    Raises:
        InputError: for an unknown name.
    """
    if name not in SIMILARITIES:
        known = ", ".join((*more, *SIMILARITIES))
        raise InputError(f"model.decoder={name}: choose one of {known}")
    return SIMILARITIES[name]


@register_similarity
class InnerProduct(Similarity):
    r""":math:`s \cdot t`.

    One whose terms cancel but for rounding is 0: as many dimensions as the rank of a graph give
    every absent pair the same value, which noise would put in an order.
    """

    name = "inner_product"

    def pairs(self, source: Tensor, target: Tensor) -> Tensor:
        """Values ``[P]`` of the rows of ``source`` and ``target`` ``[P, K]``."""
        terms = source * target
        return _without_noise(terms.sum(dim=1), terms.abs().sum(dim=1))

    def all_pairs(self, source: Tensor, target: Tensor) -> Tensor:
        """Values ``[S, N]`` of ``source`` ``[S, K]`` and ``target`` ``[N, K]``, by products."""
        return _without_noise(source @ target.T, source.abs() @ target.abs().T)

    def trained(self, source: Tensor, target: Tensor) -> Tensor:
        """Values ``[P]`` of ``source`` and ``target`` ``[P, K]`` as they are, noise included."""
        return (source * target).sum(dim=1)


class DistanceSimilarity(Similarity):
    """A function of the squared distance, falling: one matrix product gives a whole block."""

    @abstractmethod
    def link(self, square: Tensor) -> tuple[Tensor, Tensor]:
        """The function of squared distances ``square`` ``[...]``, and its slope: ``[...]`` each,
        finite.
        """


@register_similarity
class Distance(DistanceSimilarity):
    r""":math:`-\lVert s - t\rVert` (Hoff et al. 2002, doi:10.1198/016214502388618906)."""

    name = "distance"

    def pairs(self, source: Tensor, target: Tensor) -> Tensor:
        """Values ``[P]`` of the rows of ``source`` and ``target`` ``[P, K]``."""
        return -(source - target).norm(dim=1)

    def all_pairs(self, source: Tensor, target: Tensor) -> Tensor:
        """Values ``[S, N]`` of ``source`` ``[S, K]`` and ``target`` ``[N, K]``."""
        return -_distances(source, target)

    def trained(self, source: Tensor, target: Tensor) -> Tensor:
        """Values ``[P]`` of ``source`` and ``target`` ``[P, K]``, with a finite slope at zero."""
        return -((source - target).square().sum(dim=1) + NEAREST_PAIR).sqrt()

    def link(self, square: Tensor) -> tuple[Tensor, Tensor]:
        """Minus the root of ``square`` ``[...]``, and its slope: ``[...]`` each."""
        root = (square + NEAREST).sqrt()
        return -root, -0.5 / root

    def depth(self, source: Tensor, target: Tensor, scale: float = 1.0) -> Tensor:
        """The largest distance that there can be, a scalar; ``source`` and ``target`` are
        ``[N, K]``.
        """
        return _farthest(scale * source, scale * target)


@register_similarity
class Gravity(DistanceSimilarity):
    r""":math:`-\log(\lVert s - t\rVert^2 + 0.01)` (Salha et al. 2019, arXiv:1905.09570).

    The scale is their :math:`\lambda`, learned here, and the receiver's bias its mass. They have no
    bias of the sender, and one position for both roles.
    """

    name = "gravity"

    def pairs(self, source: Tensor, target: Tensor) -> Tensor:
        """Values ``[P]`` of the rows of ``source`` and ``target`` ``[P, K]``."""
        return self._of((source - target).square().sum(dim=1))

    def all_pairs(self, source: Tensor, target: Tensor) -> Tensor:
        """Values ``[S, N]`` of ``source`` ``[S, K]`` and ``target`` ``[N, K]``."""
        return self._of(_distances(source, target).square())

    def link(self, square: Tensor) -> tuple[Tensor, Tensor]:
        """Minus the logarithm of ``square`` ``[...]``, and its slope: ``[...]`` each."""
        return self._of(square), -1 / (square + SOFTENING)

    def depth(self, source: Tensor, target: Tensor, scale: float = 1.0) -> Tensor:
        """From distance 0 to the largest, a scalar; ``source`` and ``target`` are ``[N, K]``."""
        square = _farthest(source, target).square()
        return scale * (self._of(torch.zeros_like(square)) - self._of(square))

    @staticmethod
    def _of(square: Tensor) -> Tensor:
        return -(square + SOFTENING).log()


def below_all(
    depth: Tensor | None, sends: Tensor, receives: Tensor
) -> tuple[Tensor | None, Tensor | None]:
    """Biases with which neurons without a place score lowest.

    They lie at the origin together, at distance 0 from each other, which would be the likeliest
    link of all. With the biases every pair of two placed neurons scores as high or higher.

    Args:
        depth: scalar of :meth:`Similarity.depth`; None for no biases.
        sends, receives: ``[N]`` bool, which neurons have a place as sender and as receiver.

    Returns:
        Source and target biases ``[N]``, one and the same where the two are alike; None, None if
        all neurons have a place.
    """
    if depth is None or (bool(sends.all()) and bool(receives.all())):
        return None, None
    sent = torch.where(sends, 0.0, -depth)
    return sent, sent if torch.equal(sends, receives) else torch.where(receives, 0.0, -depth)


def _without_noise(value: Tensor, terms: Tensor) -> Tensor:
    return torch.where(value.abs() < CANCELLED * terms, 0.0, value)  # NaN stays NaN


def _distances(source: Tensor, target: Tensor) -> Tensor:
    return torch.cdist(source, target, compute_mode="donot_use_mm_for_euclid_dist")


def _farthest(source: Tensor, target: Tensor) -> Tensor:
    return source.norm(dim=1).max() + target.norm(dim=1).max()
