"""The networks of the directed autoencoder: which there are, how wide, and how they are trained."""

import math
from dataclasses import dataclass

import torch

from connectome.models.nn.decoder_mlp import DecoderMLP
from connectome.models.nn.deep_encoder import DeepEncoder
from connectome.models.sparse import SparseOperator, directed_operators
from connectome.types import InputError, MessageGraph


@dataclass(frozen=True)
class NetworkSettings:
    """What stands between the table of the neurons and the comparison of a pair.

    Attributes:
        state_dim: width of the table that the encoder starts from; None makes the table the
            factors themselves.
        hidden_dim: units of each hidden layer, of encoder and of the networks of the decoder.
        layers: hidden layers of each network of the decoder; 0 compares the factors themselves.
        rank: outputs of each network of the decoder.
        hops: rounds of messages along the training edges; 0 for a free embedding.
        learning_rate: highest one of the weights that all neurons share.
        weight_decay: of those weights, decoupled (AdamW).

    Raises:
        InputError: for a learning rate or a weight decay out of range.
    """

    state_dim: int | None = 32
    hidden_dim: int = 128
    layers: int = 3
    rank: int = 32
    hops: int = 0
    learning_rate: float = 0.01
    weight_decay: float = 1e-3

    def __post_init__(self) -> None:
        if not 0 < self.learning_rate < math.inf:
            raise InputError(f"model.network.learning_rate={self.learning_rate}: must be positive")
        if not 0 <= self.weight_decay < math.inf:
            raise InputError(f"model.network.weight_decay={self.weight_decay}: must be 0 or more")

    @property
    def free(self) -> bool:
        """Whether the factors are a table and are compared as they are."""
        return self.state_dim is None and self.layers == self.hops == 0

    def compared(self, latent_dim: int) -> int:
        """Number of dimensions that are compared, of factors of ``latent_dim`` ones."""
        return self.rank if self.layers else latent_dim

    def encoder(
        self, graph: MessageGraph, latent_dim: int, heads: int, generator: torch.Generator
    ) -> DeepEncoder:
        """An encoder with ``heads`` outputs ``[N, d]`` for the neurons of ``graph``."""
        return DeepEncoder(
            num_neurons=graph.num_neurons,
            num_features=0 if graph.features is None else graph.features.shape[1],
            state_dim=self.state_dim,
            hidden_dim=self.hidden_dim,
            latent_dim=latent_dim,
            heads=heads,
            hops=self.hops,
            channels=2 if graph.directed else 1,
            generator=generator,
        )

    def decoder_mlp(
        self, graph: MessageGraph, latent_dim: int, generator: torch.Generator, indefinite: bool
    ) -> DecoderMLP | None:
        """The networks of the decoder; None if there are none."""
        if not self.layers:
            return None
        sizes = latent_dim, self.hidden_dim, self.layers, self.rank
        return DecoderMLP(*sizes, graph.directed, generator, indefinite)

    def operators(self, graph: MessageGraph) -> tuple[SparseOperator, ...]:
        """What messages travel along: edges backwards and forwards; one if undirected."""
        both = directed_operators(graph.edge_index, graph.num_neurons)
        return both if graph.directed else both[1:]
