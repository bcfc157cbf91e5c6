"""A network on each side of the inner product: few factors, a curved space of links."""

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from connectome.scores import apply_network


class DecoderMLP(nn.Module):
    r"""Maps factors of senders by :math:`\phi` and of receivers by :math:`\psi`.

    The logit of a link is :math:`\phi(s_i) \cdot \psi(t_j)` with outputs of ``K > d`` dimensions:
    neurons lie on a d-dimensional curved sheet of a random dot product graph (a latent structure
    model, Athreya et al. 2021, arXiv:1806.01401). The two networks are shared by all neurons, and
    cost ``N`` evaluations where a network of the pair would cost one for each pair.

    An undirected graph has one network, with the second half of the outputs negated on one side:
    the product is symmetric and not forced to be positive definite.

    Args:
        latent_dim: number of latent dimensions ``d``.
        hidden_dim: units of each hidden layer.
        layers: number of hidden layers.
        rank: number of outputs ``K``.
        directed: whether the two sides have networks of their own.
        generator: source of the initial weights.
        indefinite: False negates nothing, for comparisons other than the inner product.
    """

    def __init__(
        self,
        latent_dim: int,
        hidden_dim: int,
        layers: int,
        rank: int,
        directed: bool,
        generator: torch.Generator,
        indefinite: bool = True,
    ) -> None:
        super().__init__()
        self.widths = (latent_dim, *[hidden_dim] * layers, rank)
        self.indefinite = indefinite
        self.source = nn.Parameter(_initial(self.widths, generator))
        self.target = nn.Parameter(_initial(self.widths, generator)) if directed else None

    def forward(self, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """What is compared, ``[S, K]`` and ``[T, K]``, of factors ``[S, d]`` and ``[T, d]``."""
        weights = self.weights()
        return (
            apply_network(weights[0], self.widths, source),
            apply_network(weights[1], self.widths, target),
        )

    def weights(self) -> tuple[Tensor, Tensor]:
        """Weights ``[W]`` of both sides, for :func:`connectome.scores.apply_network`."""
        if self.target is not None:
            return self.source, self.target
        if not self.indefinite:
            return self.source, self.source
        return self.source, self.source * _last_half_negative(self.widths).to(self.source)

    @property
    def matrices(self) -> tuple[tuple[int, int, int], ...]:
        """Start, rows and columns of each matrix among the weights ``[W]`` of a side."""
        found, start = [], 0
        for rows, columns in pairwise(self.widths):
            found.append((start, rows, columns))
            start += rows * columns + columns
        return *found, (start, self.widths[0], self.widths[-1])

    def plain(self) -> dict[str, Any]:
        """What :class:`~connectome.scores.Embedding` keeps of them, float32 on the CPU."""
        source, target = (weights.detach().float().cpu().clone() for weights in self.weights())
        widths = torch.tensor(self.widths)
        return {"source_network": source, "target_network": target, "widths": widths}


def _initial(widths: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Uniform within :math:`1/\\sqrt{\\mathrm{inputs}}`, the default of torch's linear layers."""

    def draw(count: int, inputs: int) -> Tensor:
        return (2 * torch.rand(count, generator=generator) - 1) / inputs**0.5

    layers = [draw(rows * columns + columns, rows) for rows, columns in pairwise(widths)]
    return torch.cat([*layers, draw(widths[0] * widths[-1], widths[0])])


def _last_half_negative(widths: tuple[int, ...]) -> Tensor:
    """1 for every weight, -1 for those that lead to the second half of the outputs."""
    outputs = torch.ones(widths[-1])
    outputs[(widths[-1] + 1) // 2 :] = -1
    *before, last = pairwise(widths)
    kept = torch.ones(sum(rows * columns + columns for rows, columns in before))
    return torch.cat([kept, outputs.repeat(last[0]), outputs, outputs.repeat(widths[0])])
