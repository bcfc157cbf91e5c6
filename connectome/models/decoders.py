"""From latent factors to link logits."""

import torch
from torch import Tensor, nn

from connectome.types import InputError, ScoreName


class InnerProductDecoder(nn.Module):
    r"""Logit :math:`z_i \cdot z_j` (Kipf & Welling 2016, arXiv:1611.07308)."""

    score: ScoreName = "inner_product"
    scale = 1.0
    offset = 0.0

    def forward(self, latent: Tensor, pairs: Tensor) -> Tensor:
        """Logits ``[P]`` of ``pairs`` ``[2, P]`` from ``latent`` ``[N, d]``."""
        # index_select: its backward is reproducible with several threads, that of z[idx] is not.
        return (latent.index_select(0, pairs[0]) * latent.index_select(0, pairs[1])).sum(dim=1)


class DistanceDecoder(nn.Module):
    r"""Logit :math:`b - a\,\lVert z_i - z_j\rVert` with learned ``a > 0`` and ``b``.

    A latent space model in the sense of Hoff, Raftery & Handcock 2002 (JASA 97:1090).
    """

    score: ScoreName = "negative_distance"

    def __init__(self) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.ones(()))

    def forward(self, latent: Tensor, pairs: Tensor) -> Tensor:
        """Logits ``[P]`` of ``pairs`` ``[2, P]`` from ``latent`` ``[N, d]``."""
        difference = latent.index_select(0, pairs[0]) - latent.index_select(0, pairs[1])
        distance = (difference.square().sum(dim=1) + 1e-12).sqrt()  # finite slope at zero
        return self.bias - self.log_scale.exp() * distance

    @property
    def scale(self) -> float:
        """Learned ``a``."""
        return self.log_scale.detach().exp().item()

    @property
    def offset(self) -> float:
        """Learned ``b``."""
        return self.bias.item()


Decoder = InnerProductDecoder | DistanceDecoder

DECODERS: dict[str, type[Decoder]] = {
    "inner_product": InnerProductDecoder,
    "distance": DistanceDecoder,
}


def make_decoder(name: str) -> Decoder:
    """A decoder by name; ``native`` is the inner product that Kipf & Welling published.

    Raises:
        InputError: for an unknown name.
    """
    if name == "native":
        return InnerProductDecoder()
    if name not in DECODERS:
        raise InputError(f"model.decoder={name}: choose one of native, {', '.join(DECODERS)}")
    return DECODERS[name]()
