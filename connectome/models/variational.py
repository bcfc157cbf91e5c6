"""Posteriors of the factors: normal or on a sphere, and what their divergence costs."""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional as F

from connectome.models.autoencoders import MAX_LOG_STD, Latent, active_units, kl_divergence
from connectome.models.power_spherical import divergence_to_uniform, sample_sphere
from connectome.types import InputError

LatentName = Literal["normal", "sphere"]
SHARPEST = -4.0  # least log standard deviation on a sphere: a concentration of 6000


@dataclass(frozen=True)
class Variation:
    """Whether factors are distributions, which ones, and what their divergence costs.

    Attributes:
        variational: False makes factors points, and leaves all but ``latent`` without effect.
        latent: ``normal``, or ``sphere``: factors of each side are directions in ``d`` dimensions.
        kl_weight: weight of the Kullback-Leibler term.
        kl_warmup: share of the training over which that weight rises from 0 in a straight line
            (Bowman et al. 2016, arXiv:1511.06349).
        free_bits: nats of mean divergence that each dimension (on a sphere: each side) has for
            free (Kingma et al. 2016, arXiv:1606.04934, section 4).

    Raises:
        InputError: for values out of range.
    """

    variational: bool = False
    latent: LatentName = "normal"
    kl_weight: float = 1e-3
    kl_warmup: float = 0.0
    free_bits: float = 0.0

    def __post_init__(self) -> None:
        if self.latent not in get_args(LatentName):
            raise InputError(f"model.latent={self.latent}: choose one of normal, sphere")
        if not 0 <= self.kl_warmup <= 1:
            raise InputError(f"model.kl_warmup={self.kl_warmup}: must be between 0 and 1")
        if not self.free_bits >= 0:
            raise InputError(f"model.free_bits={self.free_bits}: must be 0 or more")
        if not self.variational and (self.kl_warmup or self.free_bits):
            raise InputError(
                "model.variational=false: there is no divergence, so "
                f"model.kl_warmup={self.kl_warmup} and model.free_bits={self.free_bits} do "
                "nothing; set model.variational=true"
            )

    def posterior(self, heads: tuple[Tensor, ...], sides: int) -> Latent:
        """From what an encoder gives: ``sides`` factors ``[N, d]``, then as many log s.d.

        On a sphere the factors are turned into directions, and each side has one spread, the mean
        over its dimensions.
        """
        spread = heads[sides:]
        if self.latent == "sphere":
            mean = torch.cat([F.normalize(head, dim=1) for head in heads[:sides]], dim=1)
            one = [s.mean(dim=1, keepdim=True).expand_as(s) for s in spread]
            log_std = torch.cat(one, dim=1).clamp(min=SHARPEST, max=MAX_LOG_STD) if one else None
            return SphericalLatent(mean, log_std, sides)
        log_std = torch.cat(spread, dim=1).clamp(max=MAX_LOG_STD) if spread else None
        return Latent(torch.cat(heads[:sides], dim=1), log_std)

    def penalty(self, latent: Latent, done: float) -> tuple[Tensor, dict[str, Tensor | float]]:
        """Weighted divergence of ``latent``, and what to log.

        Args:
            latent: with a log standard deviation.
            done: share of the training that is over, 0 to 1.
        """
        parts = divergences(latent)
        if self.free_bits:
            cost = parts.clamp(min=self.free_bits).sum()
        elif isinstance(latent, SphericalLatent) or latent.log_std is None:
            cost = parts.sum()
        else:
            cost = kl_divergence(latent.mean, latent.log_std)
        risen = min(1.0, done / self.kl_warmup) if self.kl_warmup else 1.0
        logged: dict[str, Tensor | float] = {
            "train/kl": parts.sum().detach() if self.free_bits else cost.detach(),
            "train/active_units": float(active_units(latent.mean.detach())),
        }
        return self.kl_weight * risen * cost, logged


@dataclass(frozen=True)
class SphericalLatent(Latent):
    r"""Power spherical posteriors (De Cao & Aziz 2020, arXiv:2006.04437), one a side.

    Attributes:
        sides: how many directions stand side by side in ``mean`` ``[N, sides * d]``. Where
            ``log_std`` is :math:`\log\sigma`, the concentration is :math:`2/\sigma^2`: around its
            mean such a distribution is close to a normal one of standard deviation
            :math:`\sigma`.
    """

    sides: int = 1

    def concentrations(self) -> tuple[Tensor, ...]:
        """``[N]`` for each side."""
        assert self.log_std is not None
        return tuple(2 * (-2 * side[:, 0]).exp() for side in self.log_std.chunk(self.sides, dim=1))

    def sample(self, generator: torch.Generator) -> Tensor:
        """One draw ``[N, sides * d]``; the directions themselves where there is no spread."""
        if self.log_std is None:
            return self.mean
        means = self.mean.chunk(self.sides, dim=1)
        draws = [
            sample_sphere(mean, concentration, generator)
            for mean, concentration in zip(means, self.concentrations(), strict=True)
        ]
        return torch.cat(draws, dim=1)


def divergences(latent: Latent) -> Tensor:
    """Mean over neurons of the divergence from the prior, nats: ``[sides * d]`` by dimension.

    On a sphere ``[sides]``; the prior there is uniform. A dimension that says nothing has 0.
    """
    assert latent.log_std is not None
    if isinstance(latent, SphericalLatent):
        dim = latent.mean.shape[1] // latent.sides
        each = [divergence_to_uniform(one, dim) for one in latent.concentrations()]
        return torch.stack(each, dim=1).mean(dim=0)
    mean, log_std = latent.mean, latent.log_std
    return (0.5 * (mean.square() + (2 * log_std).exp() - 1 - 2 * log_std)).mean(dim=0)


def check_sphere(latent: LatentName, latent_dim: int) -> None:
    """A sphere needs two dimensions.

    Raises:
        InputError: with one.
    """
    if latent == "sphere" and latent_dim < 2:
        raise InputError(
            f"latent_dim={latent_dim} with model.latent=sphere: directions need at least 2"
        )


def latent_activity(latent: Latent) -> dict[str, float]:
    """Number of active units, and what each dimension (on a sphere: each side) says, in nats.

    See :func:`connectome.models.active_units` and :func:`divergences`; names are ``active_units``
    and ``kl_00`` onwards, senders before receivers.
    """
    each = {f"kl_{k:02d}": value for k, value in enumerate(divergences(latent).tolist())}
    return {"active_units": float(active_units(latent.mean)), **each}
