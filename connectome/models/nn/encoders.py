"""From a message graph to latent factors."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from connectome.models.sparse import SparseOperator


def glorot(rows: int, columns: int, generator: torch.Generator) -> nn.Parameter:
    """Uniform initialisation of Glorot & Bengio 2010 as a ``[rows, columns]`` parameter."""
    bound = (6.0 / (rows + columns)) ** 0.5
    return nn.Parameter((2 * torch.rand(rows, columns, generator=generator) - 1) * bound)


class GCNEncoder(nn.Module):
    r"""Two graph convolutions: :math:`\hat A\,\mathrm{relu}(\hat A X W_0 + b_0) W_1 + b_1`.

    Without node features ``X`` is the identity, so ``X W_0`` is a free table with one row a
    neuron, and the identity is never built. Several heads share the first layer (Kipf & Welling
    2016, arXiv:1611.07308).

    Args:
        num_inputs: number of features ``F``, or of neurons ``N`` if there are none.
        hidden_dim: width of the first layer.
        latent_dim: number of latent dimensions ``d``.
        heads: how many factors ``[N, d]`` come out.
        dropout: probability with which a hidden unit is dropped in training.
        generator: source of the initial weights.
        biases: the biases ``b``, 0 at first, as in ``torch_geometric.nn.GCNConv``; the code of
            Kipf & Welling has none.
    """

    def __init__(
        self,
        num_inputs: int,
        hidden_dim: int,
        latent_dim: int,
        heads: int,
        dropout: float,
        generator: torch.Generator,
        biases: bool = False,
    ) -> None:
        super().__init__()
        self.first = glorot(num_inputs, hidden_dim, generator)
        self.heads = nn.ParameterList(
            glorot(hidden_dim, latent_dim, generator) for _ in range(heads)
        )
        self.hidden_bias = nn.Parameter(torch.zeros(hidden_dim)) if biases else None
        self.head_biases = nn.Parameter(torch.zeros(heads * latent_dim)) if biases else None
        self.dropout = dropout

    def forward(
        self,
        operator: SparseOperator,
        features: Tensor | None,
        generator: torch.Generator | None = None,
    ) -> tuple[Tensor, ...]:
        """Factors ``[N, d]``, one a head; ``features`` is ``[N, F]`` or None.

        ``generator`` draws the dropout, so that a seeded step repeats itself.
        """
        inputs = self.first if features is None else features @ self.first
        return self.convolved((operator, operator), inputs, generator)

    def convolved(
        self,
        hops: tuple[SparseOperator, SparseOperator],
        inputs: Tensor,
        generator: torch.Generator | None = None,
    ) -> tuple[Tensor, ...]:
        """Factors ``[S, d]``, one a head, of ``inputs`` ``[I, H]`` after the first weights.

        The two convolutions may see other neurons, ``[J, I]`` and ``[S, J]``, as in mini-batches.
        """
        inner, outer = hops
        hidden = inner @ inputs
        if self.hidden_bias is not None:
            hidden = hidden + self.hidden_bias
        hidden = self._dropped(F.relu(hidden), generator)
        heads = outer @ (hidden @ torch.cat(list(self.heads), dim=1))
        if self.head_biases is not None:
            heads = heads + self.head_biases
        return heads.chunk(len(self.heads), dim=1)

    def _dropped(self, hidden: Tensor, generator: torch.Generator | None) -> Tensor:
        """``hidden`` with some units dropped in training, as it is outside."""
        if not self.training or self.dropout == 0:
            return hidden
        draw = torch.rand(hidden.shape, generator=generator, device=hidden.device)
        return hidden * (draw >= self.dropout) / (1 - self.dropout)


class LinearEncoder(nn.Module):
    r"""One hop and no activation: :math:`\hat A X W` (Salha et al. 2020, arXiv:1910.00942).

    Args:
        num_inputs: number of features ``F``, or of neurons ``N`` if there are none.
        latent_dim: number of latent dimensions ``d``.
        heads: how many factors ``[N, d]`` come out.
        generator: source of the initial weights.
    """

    def __init__(
        self, num_inputs: int, latent_dim: int, heads: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.heads = nn.ParameterList(
            glorot(num_inputs, latent_dim, generator) for _ in range(heads)
        )

    def forward(
        self,
        operator: SparseOperator,
        features: Tensor | None,
        generator: torch.Generator | None = None,
    ) -> tuple[Tensor, ...]:
        """Factors ``[N, d]``, one a head; ``features`` is ``[N, F]`` or None."""
        weights = torch.cat(list(self.heads), dim=1)
        inputs = weights if features is None else features @ weights
        return (operator @ inputs).chunk(len(self.heads), dim=1)


class TableEncoder(nn.Module):
    """Free factors: what there is to learn of a neuron is a row of a table, links do not mix them.

    Args:
        num_neurons: number of neurons ``N``.
        latent_dim: number of latent dimensions ``d``.
        heads: how many factors ``[N, d]`` come out.
        generator: source of the initial factors.
    """

    def __init__(
        self, num_neurons: int, latent_dim: int, heads: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.heads = nn.ParameterList(
            nn.Parameter(0.1 * torch.randn(num_neurons, latent_dim, generator=generator))
            for _ in range(heads)
        )

    def forward(
        self,
        operator: SparseOperator,
        features: Tensor | None,
        generator: torch.Generator | None = None,
    ) -> tuple[Tensor, ...]:
        """The tables ``[N, d]``, one a head; ``features`` (``[N, F]`` or None) do not count."""
        return tuple(self.heads)


Encoder = GCNEncoder | LinearEncoder | TableEncoder


@dataclass(frozen=True)
class ConvolutionSettings:
    """Of a graph convolutional encoder.

    Attributes:
        hidden_dim: width of the first convolution.
        dropout: of the hidden layer.
        biases: whether convolutions have biases.
    """

    hidden_dim: int
    dropout: float
    biases: bool


def make_encoder(
    name: str,
    sizes: tuple[int, int, int],
    heads: int,
    generator: torch.Generator,
    convolution: ConvolutionSettings,
) -> Encoder:
    """An encoder by its name: ``gcn``, ``linear`` or ``table``.

    Args:
        name: of the encoder.
        sizes: numbers of neurons, of inputs and of latent dimensions.
        heads: how many factors come out.
        generator: source of the initial weights.
        convolution: what ``gcn`` is told beside.
    """
    num_neurons, num_inputs, latent_dim = sizes
    if name == "table":
        return TableEncoder(num_neurons, latent_dim, heads, generator)
    if name == "linear":
        return LinearEncoder(num_inputs, latent_dim, heads, generator)
    inputs = num_inputs, convolution.hidden_dim, latent_dim, heads
    return GCNEncoder(*inputs, convolution.dropout, generator, biases=convolution.biases)
