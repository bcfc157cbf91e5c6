"""How factors are swept, by what compares them."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from connectome.models.factors.distance import DistanceTerms
from connectome.models.factors.pairs import Terms
from connectome.models.factors.parts import Columns, Factors, Side
from connectome.models.factors.product import ProductTerms
from connectome.models.factors.start import distance_start, spectral_start
from connectome.models.losses import PairWeights

LARGE = 8192  # neurons beyond which some columns stand for all


@dataclass(frozen=True)
class OwnSettings:
    """Settings of sweeps that those of small steps do not serve.

    Attributes:
        factors, biases: penalties of the squared length of a factor and of a squared bias, in units
            of the loss of an absent pair.
        degree_share: of the weight of absent pairs.
    """

    factors: float
    biases: float
    degree_share: float


@dataclass(frozen=True)
class Recipe:
    """What sweeps of one comparison are made of.

    Attributes:
        terms: of unknowns ``[N, d + 1]``, factors ``[N, d]`` and biases ``[N]`` of the other side,
            links and columns: gradient and curvature of a half sweep.
        start: of edges ``[2, M]``, weights, ``d`` and a generator: where the first sweep begins.
        longest: step of a neuron; beyond it the parabola is not to be trusted.
        level: whether biases are held to their mean rather than to zero.
        stretch: of steps, where all pairs are seen: valleys are long and nothing is noise.
        plain: sweeps before that.
        enough: decrement a link that is not worth another sweep, times ``d`` to the ``growth``.
        growth: of that.
        usual: what suits the comparison, where nothing is said. None: what suits small steps.
        least_dim: latent dimensions from which on the sweeps are as good as small steps.
        most_neurons: up to which they are known to be.
    """

    terms: Callable[[Tensor, tuple[Tensor, Tensor], Side, Columns, Columns], Terms]
    start: Callable[[Tensor, PairWeights, int, torch.Generator], Factors]
    longest: float
    level: bool
    stretch: float
    plain: int
    enough: float
    growth: int
    usual: OwnSettings | None = None
    least_dim: int = 1
    most_neurons: float = math.inf

    def suits(self, latent_dim: int, num_neurons: int) -> bool:
        """Whether sweeps are as good as small steps, as far as that was measured."""
        return latent_dim >= self.least_dim and num_neurons <= self.most_neurons

    def limit(self, latent_dim: int) -> float:
        """Decrement a link that ends the sweeps."""
        return self.enough * float(latent_dim) ** self.growth


# Of products, few dimensions pass slowly by places where the slope all but vanishes, and are cheap
# to sweep: hence the square. The scale of distances is 1 where they are swept: with a scale that is
# learned (a, s, t) and (c a, s / c, t / c) have the same logits, and a penalty of the lengths means
# what the scale has come to. So here it can be counted in pairs.
RECIPES = {
    "inner_product": Recipe(
        terms=ProductTerms.of,
        start=spectral_start,
        longest=2.0,
        level=False,
        stretch=1.5,
        plain=3,
        enough=6e-6,
        growth=2,
    ),
    "distance": Recipe(
        terms=DistanceTerms.of,
        start=distance_start,
        longest=1.0,
        level=True,
        stretch=1.7,
        plain=0,
        enough=1e-2,
        growth=-1,
        usual=OwnSettings(factors=1.2, biases=2.0, degree_share=0.4),
        least_dim=8,
        most_neurons=LARGE,
    ),
}
