r"""The power spherical distribution (De Cao & Aziz 2020, arXiv:2006.04437).

Its density on the unit sphere in ``d`` dimensions is proportional to :math:`(1 + \mu^T x)^\kappa`.
It looks like a von Mises-Fisher distribution; but it is sampled without rejection, with gradients,
and its divergence from the uniform distribution is closed.
"""

import math

import torch
from torch import Tensor
from torch.distributions import Beta

TINY = 1e-12


def log_area(dim: int) -> float:
    """Logarithm of the area of the unit sphere in ``dim`` dimensions."""
    return math.log(2) + dim / 2 * math.log(math.pi) - math.lgamma(dim / 2)


def log_density(cosine: Tensor, concentration: Tensor, dim: int) -> Tensor:
    r"""Log density at points whose inner product with the mean direction is ``cosine``."""
    return concentration * torch.log1p(cosine) - _log_normaliser(concentration, dim)


def divergence_to_uniform(concentration: Tensor, dim: int) -> Tensor:
    r"""Kullback-Leibler divergence from the uniform distribution, in nats.

    :math:`\kappa\,(\log 2 + \psi(\alpha + \kappa) - \psi(2\alpha + \kappa)) - \log Z + \log A` with
    :math:`\alpha = (d - 1)/2`, normaliser :math:`Z` and area :math:`A` of the sphere.

    Args:
        concentration: ``[N]``, :math:`\kappa \ge 0`.
        dim: number of dimensions ``d`` of the space, from 2.
    """
    half, single = (dim - 1) / 2, concentration
    concentration = concentration.double()  # differences of large numbers
    turn = torch.digamma(half + concentration) - torch.digamma(2 * half + concentration)
    expected = concentration * (math.log(2) + turn)
    return (expected - _log_normaliser(concentration, dim) + log_area(dim)).to(single.dtype)


def sample_sphere(mean: Tensor, concentration: Tensor, generator: torch.Generator) -> Tensor:
    """One draw for each mean direction, differentiable in both arguments.

    Args:
        mean: ``[N, d]``, of unit length, ``d`` from 2.
        concentration: ``[N]``.
        generator: source of randomness, on the device of ``mean``.

    Returns:
        ``[N, d]`` of unit length.
    """
    n, dim = mean.shape
    half = (dim - 1) / 2
    part = _beta(half + concentration, torch.full_like(concentration, half), generator)
    noise = torch.randn(n, dim - 1, generator=generator, device=mean.device).to(mean.dtype)
    around = noise / noise.norm(dim=1, keepdim=True).clamp(min=TINY)
    across = (4 * part * (1 - part)).clamp(min=TINY).sqrt()[:, None] * around
    upright = torch.cat([(2 * part - 1)[:, None], across], dim=1)
    # A reflection takes the first axis to the mean; where the two coincide there is none to do.
    axis = -mean + torch.eye(1, dim, device=mean.device, dtype=mean.dtype)
    axis = axis / axis.norm(dim=1, keepdim=True).clamp(min=TINY)
    return upright - 2 * (upright * axis).sum(dim=1, keepdim=True) * axis


def _log_normaliser(concentration: Tensor, dim: int) -> Tensor:
    half = (dim - 1) / 2
    gammas = torch.lgamma(half + concentration) - torch.lgamma(2 * half + concentration)
    return (2 * half + concentration) * math.log(2) + half * math.log(math.pi) + gammas


def _beta(a: Tensor, b: Tensor, generator: torch.Generator) -> Tensor:
    """Beta draws ``[N]``. torch draws these from its global state, which is left as it was."""
    seed = torch.randint(2**31, (1,), generator=generator, device=generator.device)
    devices = [a.device] if a.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(int(seed))
        draws: Tensor = Beta(a, b, validate_args=False).rsample()
    return draws
