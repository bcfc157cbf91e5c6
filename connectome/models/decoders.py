"""From latent factors to link logits."""

import torch
from torch import Tensor, nn

from connectome.scores import ScoreName
from connectome.types import InputError


class InnerProductDecoder(nn.Module):
    r"""Logit :math:`s_i \cdot t_j`; with :math:`s = t` that of Kipf & Welling 2016."""

    score: ScoreName = "inner_product"
    scale = 1.0
    offset = 0.0

    def forward(self, source: Tensor, target: Tensor, pairs: Tensor) -> Tensor:
        """Logits ``[P]`` of ``pairs`` ``[2, P]`` from factors ``[N, d]`` of senders, receivers."""
        # index_select: its backward is reproducible with several threads, that of z[idx] is not.
        return (source.index_select(0, pairs[0]) * target.index_select(0, pairs[1])).sum(dim=1)


class DistanceDecoder(nn.Module):
    r"""Logit :math:`b - a\,\lVert s_i - t_j\rVert` with learned ``a > 0`` and ``b``.

    A latent space model in the sense of Hoff, Raftery & Handcock 2002 (JASA 97:1090).
    """

    score: ScoreName = "negative_distance"

    def __init__(self) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.ones(()))

    def forward(self, source: Tensor, target: Tensor, pairs: Tensor) -> Tensor:
        """Logits ``[P]`` of ``pairs`` ``[2, P]`` from factors ``[N, d]`` of senders, receivers."""
        difference = source.index_select(0, pairs[0]) - target.index_select(0, pairs[1])
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


class Biases(nn.Module):
    """What a neuron adds to the logit of each of its links, as a sender and as a receiver.

    Args:
        num_neurons: number of neurons ``N``.
        directed: False gives both roles the same bias.
    """

    def __init__(self, num_neurons: int, directed: bool) -> None:
        super().__init__()
        self.sender = nn.Parameter(torch.zeros(num_neurons))
        self.receiver = nn.Parameter(torch.zeros(num_neurons)) if directed else self.sender

    def forward(self, pairs: Tensor) -> Tensor:
        """Sums ``[P]`` for ``pairs`` ``[2, P]``."""
        return self.sender.index_select(0, pairs[0]) + self.receiver.index_select(0, pairs[1])


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
