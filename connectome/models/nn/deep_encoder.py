"""A deep encoder: a free table of each neuron, what its partners say, and a bottleneck."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from connectome.models.nn.encoders import glorot
from connectome.models.sparse import SparseOperator


class DeepEncoder(nn.Module):
    r"""Factors through a bottleneck from a wide state of each neuron.

    The state starts as a free table (and a linear map of the node features, if there are any):
    :math:`h = T + X W`. Every hop adds what the partners say, outputs and inputs with weights of
    their own: :math:`h \leftarrow h + \sum_c \hat A_c\,\mathrm{gelu}(h W_c)`. As it adds to the
    table, a hop that does not help can be trained away. The factors are a two-layer perceptron of
    the state. With a wide table two dimensions are reached around the obstacles that hold up a
    direct descent in two dimensions.

    Args:
        num_neurons: number of neurons ``N``.
        num_features: number of node features ``F``, 0 for none.
        state_dim: width of the state; None makes the state the factors themselves, without a
            bottleneck.
        hidden_dim: units of the hidden layer before the factors.
        latent_dim: number of latent dimensions ``d``.
        heads: how many factors ``[N, d]`` come out.
        hops: rounds of messages, 0 for none.
        channels: number of operators that messages travel along.
        generator: source of the initial weights.
    """

    def __init__(
        self,
        num_neurons: int,
        num_features: int,
        state_dim: int | None,
        hidden_dim: int,
        latent_dim: int,
        heads: int,
        hops: int,
        channels: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        width = state_dim or heads * latent_dim
        spread = 0.3 if state_dim else 0.1
        self.table = nn.Parameter(spread * torch.randn(num_neurons, width, generator=generator))
        self.features = glorot(num_features, width, generator) if num_features else None
        self.hops = nn.ParameterList(
            nn.Parameter(0.3 * glorot(width, channels * width, generator).detach())
            for _ in range(hops)
        )
        self.heads = heads
        self.hidden: nn.Parameter | None = None
        if state_dim:
            self.hidden = glorot(state_dim, hidden_dim, generator)
            self.offset = nn.Parameter(torch.zeros(hidden_dim))
            self.factors = glorot(hidden_dim, heads * latent_dim, generator)

    def forward(
        self, operators: tuple[SparseOperator, ...], features: Tensor | None
    ) -> tuple[Tensor, ...]:
        """Factors ``[N, d]``, one a head; ``features`` is ``[N, F]`` or None."""
        state: Tensor = self.table
        if self.features is not None and features is not None:
            state = state + features @ self.features
        for weights in self.hops:
            messages = (F.gelu(state) @ weights).chunk(len(operators), dim=1)
            for operator, message in zip(operators, messages, strict=True):
                state = state + operator @ message
        if self.hidden is None:
            return state.chunk(self.heads, dim=1)
        hidden = F.gelu(state @ self.hidden + self.offset)
        return (hidden @ self.factors).chunk(self.heads, dim=1)
