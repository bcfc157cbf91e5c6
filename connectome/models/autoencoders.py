"""Graph autoencoders of Kipf & Welling 2016 (arXiv:1611.07308): mathematics only."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from connectome.models.decoders import Decoder
from connectome.models.encoders import GCNEncoder
from connectome.models.sparse import SparseOperator

MAX_LOG_STD = 10.0  # exp(10) is beyond any useful noise and still far from overflow
ACTIVE_VARIANCE = 0.01


@dataclass(frozen=True)
class Latent:
    """Posterior of every neuron: ``mean`` and, if variational, ``log_std``, ``[N, d]`` each."""

    mean: Tensor
    log_std: Tensor | None = None

    def sample(self, generator: torch.Generator) -> Tensor:
        """One draw ``[N, d]``; the mean itself where there is no variance."""
        if self.log_std is None:
            return self.mean
        noise = torch.randn(self.mean.shape, generator=generator, device=self.mean.device)
        return self.mean + noise.to(self.mean.dtype) * self.log_std.exp()


class GraphAutoencoder(nn.Module):
    """GAE (an encoder with one head) or VGAE (two heads: mean and log standard deviation)."""

    def __init__(self, encoder: GCNEncoder, decoder: Decoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(
        self,
        operator: SparseOperator,
        features: Tensor | None,
        generator: torch.Generator | None = None,
    ) -> Latent:
        """Latent of every neuron in the graph that ``operator`` stands for."""
        mean, *rest = self.encoder(operator, features, generator)
        return Latent(mean, rest[0].clamp(max=MAX_LOG_STD) if rest else None)


def reconstruction_loss(positive: Tensor, negative: Tensor) -> Tensor:
    """Binary cross-entropy of the logits ``[P]`` and ``[Q]``, both classes with equal weight."""
    return F.softplus(-positive).mean() + F.softplus(negative).mean()


def kl_divergence(mean: Tensor, log_std: Tensor) -> Tensor:
    r"""Mean over neurons of :math:`KL(N(\mu, \sigma^2) \,\|\, N(0, 1))`, summed over dimensions.

    Equation 10 of Kingma & Welling 2014 (arXiv:1312.6114).
    """
    per_dimension = 0.5 * (mean.square() + (2 * log_std).exp() - 1 - 2 * log_std)
    return per_dimension.sum(dim=1).mean()


def active_units(mean: Tensor) -> int:
    """Latent dimensions whose posterior mean varies over neurons with a variance above 0.01.

    Burda, Grosse & Salakhutdinov 2016 (arXiv:1509.00519).
    """
    return int((mean.var(dim=0) > ACTIVE_VARIANCE).sum())
