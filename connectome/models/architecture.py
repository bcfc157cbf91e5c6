"""The parts of the directed autoencoder: which there are, and how wide."""

from dataclasses import dataclass

import torch

from connectome.models.deep import DeepEncoder
from connectome.models.sparse import SparseOperator, directed_operators
from connectome.models.towers import Towers
from connectome.types import MessageGraph


@dataclass(frozen=True)
class Architecture:
    """What stands between the numbers of a neuron and the comparison of a pair.

    Attributes:
        latent_dim: number of latent dimensions ``d``.
        state_dim: width of the table that the encoder starts from; None makes the table the
            factors themselves.
        hidden_dim: units of each hidden layer, of encoder and of the networks of the decoder.
        layers: hidden layers of each network of the decoder; 0 compares the factors themselves.
        rank: outputs of each network of the decoder.
        hops: rounds of messages along the training edges; 0 for a free embedding.
        source_target: False gives a neuron the same factors as sender and as receiver, as in the
            gravity-inspired autoencoder; networks and biases of the two roles still differ.
    """

    latent_dim: int
    state_dim: int | None = 32
    hidden_dim: int = 128
    layers: int = 3
    rank: int = 32
    hops: int = 0
    source_target: bool = True

    @property
    def free(self) -> bool:
        """Whether the factors are a table and are compared as they are."""
        return self.state_dim is None and self.layers == self.hops == 0

    @property
    def compared(self) -> int:
        """Number of dimensions that are compared."""
        return self.rank if self.layers else self.latent_dim

    def sides(self, graph: MessageGraph) -> int:
        """How many factors a neuron has: 2 if other ones as a receiver than as a sender."""
        return 2 if graph.directed and self.source_target else 1

    def encoder(self, graph: MessageGraph, heads: int, generator: torch.Generator) -> DeepEncoder:
        """An encoder with ``heads`` outputs ``[N, d]`` for the neurons of ``graph``."""
        return DeepEncoder(
            num_neurons=graph.num_neurons,
            num_features=0 if graph.features is None else graph.features.shape[1],
            state_dim=self.state_dim,
            hidden_dim=self.hidden_dim,
            latent_dim=self.latent_dim,
            heads=heads,
            hops=self.hops,
            channels=2 if graph.directed else 1,
            generator=generator,
        )

    def towers(
        self, graph: MessageGraph, generator: torch.Generator, indefinite: bool
    ) -> Towers | None:
        """The networks of the decoder; None if there are none."""
        if not self.layers:
            return None
        return Towers(
            self.latent_dim,
            self.hidden_dim,
            self.layers,
            self.rank,
            graph.directed,
            generator,
            indefinite,
        )

    def operators(self, graph: MessageGraph) -> tuple[SparseOperator, ...]:
        """What messages travel along: edges backwards and forwards, once if undirected."""
        both = directed_operators(graph.edge_index, graph.num_neurons)
        return both if graph.directed else both[1:]
