"""Posteriors of the factors, and what their divergence from the prior costs."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from connectome.models.nn.autoencoders import MAX_LOG_STD, Latent, active_units, kl_divergence
from connectome.types import InputError


@dataclass(frozen=True)
class PosteriorSettings:
    """Whether factors are normal distributions, and what their divergence costs.

    Attributes:
        variational: False makes factors points, and leaves the rest without effect.
        kl_weight: weight of the Kullback-Leibler term.
        kl_warmup: share of the training over which that weight rises from 0 in a straight line
            (Bowman et al. 2016, arXiv:1511.06349).
        free_bits: nats of mean divergence that each dimension has for free (Kingma et al. 2016,
            arXiv:1606.04934, section 4).

    Raises:
        InputError: for values out of range.
    """

    variational: bool = False
    kl_weight: float = 1e-3
    kl_warmup: float = 0.0
    free_bits: float = 0.0

    def __post_init__(self) -> None:
        for name in ("kl_weight", "free_bits"):
            if not 0 <= (value := getattr(self, name)) < math.inf:
                raise InputError(f"model.posterior.{name}={value}: must be 0 or more")
        if not 0 <= self.kl_warmup <= 1:
            raise InputError(f"model.posterior.kl_warmup={self.kl_warmup}: must be between 0 and 1")
        if not self.variational and (self.kl_warmup or self.free_bits):
            raise InputError(
                "model.posterior.variational=false: there is no divergence, so "
                f"kl_warmup={self.kl_warmup} and free_bits={self.free_bits} do nothing; set "
                "model.posterior.variational=true"
            )

    def latent(self, heads: tuple[Tensor, ...], sides: int) -> Latent:
        """From what an encoder gives: ``sides`` factors ``[N, d]``, then as many log s.d."""
        spread = heads[sides:]
        log_std = torch.cat(spread, dim=1).clamp(max=MAX_LOG_STD) if spread else None
        return Latent(torch.cat(heads[:sides], dim=1), log_std)

    def penalty(self, latent: Latent, done: float) -> tuple[Tensor, dict[str, Tensor | float]]:
        """Weighted divergence of ``latent``, and what to log.

        Args:
            latent: with a log standard deviation.
            done: share of the training that is over, 0 to 1.

        Returns:
            The penalty, a scalar, and numbers by name.
        """
        assert latent.log_std is not None
        parts = divergences(latent)
        whole = parts.sum() if self.free_bits else kl_divergence(latent.mean, latent.log_std)
        cost = parts.clamp(min=self.free_bits).sum() if self.free_bits else whole
        logged: dict[str, Tensor | float] = {
            "train/kl": whole.detach(),
            "train/active_units": float(active_units(latent.mean.detach())),
        }
        risen = min(1.0, done / self.kl_warmup) if self.kl_warmup else 1.0
        return self.kl_weight * risen * cost, logged


def divergences(latent: Latent) -> Tensor:
    """Mean over neurons of the divergence from the prior in nats, by dimension: ``[sides * d]``.

    A dimension that says nothing has 0.
    """
    mean, log_std = latent.mean, latent.log_std
    assert log_std is not None
    return (0.5 * (mean.square() + (2 * log_std).exp() - 1 - 2 * log_std)).mean(dim=0)


def latent_activity(latent: Latent) -> dict[str, float]:
    """Number of active units, and what each dimension says, in nats.

    See :func:`connectome.models.nn.autoencoders.active_units` and :func:`divergences`; names are
    ``active_units`` and ``kl_00`` onwards, senders before receivers.
    """
    each = {f"kl_{k:02d}": value for k, value in enumerate(divergences(latent).tolist())}
    return {"active_units": float(active_units(latent.mean)), **each}
