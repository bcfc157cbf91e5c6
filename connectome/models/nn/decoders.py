"""From latent factors to link logits."""

import torch
from torch import Tensor, nn

from connectome.scores import InnerProduct, Similarity, find_similarity

NATIVE = "native"  # the inner product, which Kipf & Welling published


class Decoder(nn.Module):
    r"""Logit :math:`a f(s_i, t_j) + b` with a similarity :math:`f`.

    Of the inner product :math:`a = 1` and :math:`b = 0`, which with :math:`s = t` is the decoder of
    Kipf & Welling 2016 (arXiv:1611.07308); its size is that of the factors. Of others both are
    learned.

    Args:
        similarity: :math:`f`.
    """

    def __init__(self, similarity: Similarity) -> None:
        super().__init__()
        self.similarity = similarity
        learned = not isinstance(similarity, InnerProduct)
        self.log_scale = nn.Parameter(torch.zeros(())) if learned else None
        self.bias = nn.Parameter(torch.ones(())) if learned else None

    def forward(self, source: Tensor, target: Tensor, pairs: Tensor) -> Tensor:
        """Logits ``[P]`` of ``pairs`` ``[2, P]``; ``source`` and ``target`` are ``[N, d]`` each."""
        # index_select: its backward is reproducible with several threads, that of z[idx] is not.
        sent, received = source.index_select(0, pairs[0]), target.index_select(0, pairs[1])
        value = self.similarity.trained(sent, received)
        if self.log_scale is None or self.bias is None:
            return value
        return self.bias + self.log_scale.exp() * value

    @property
    def scale(self) -> float:
        """``a``."""
        return 1.0 if self.log_scale is None else self.log_scale.detach().exp().item()

    @property
    def offset(self) -> float:
        """``b``."""
        return 0.0 if self.bias is None else self.bias.item()


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


def make_decoder(name: str) -> Decoder:
    """A decoder by the name of its similarity; ``native`` is the inner product.

    Raises:
        InputError: for an unknown name.
    """
    known = "inner_product" if name == NATIVE else name
    return Decoder(find_similarity(known, more=(NATIVE,)))
