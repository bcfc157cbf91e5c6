"""Messages whose edges weigh what is learned: by attention, or by a curve of their synapses."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch_geometric.utils import scatter, softmax

from connectome.models.rows import LinkRows

SLOPE = 0.2  # of the leaky rectifier, as in the paper


@dataclass(frozen=True, eq=False)
class MessageEdges:
    """The edges of a channel, for weights that change while they are learned.

    Attributes:
        speakers, listeners: ``[M]`` int64, who says and who hears a message; sorted by listener.
        log_synapses: ``[M]`` natural logarithm of the synapses of each edge.
    """

    speakers: Tensor
    listeners: Tensor
    log_synapses: Tensor

    @classmethod
    def both_ways(
        cls, edge_index: Tensor, num_neurons: int, synapses: Tensor
    ) -> tuple["MessageEdges", "MessageEdges"]:
        """From receivers back to senders, and from senders on to receivers.

        Args:
            edge_index: ``[2, M]`` unique directed edges.
            num_neurons: number of neurons ``N``.
            synapses: ``[M]`` positive counts.
        """
        logs = synapses.float().log()

        def sorted_by(listener: int) -> MessageEdges:
            turned = edge_index if listener == 0 else edge_index.flip(0)
            order = LinkRows.of(turned, num_neurons).edges
            ends = turned[:, order]
            return cls(ends[1].contiguous(), ends[0].contiguous(), logs[order])

        return sorted_by(0), sorted_by(1)

    def gather(self, weights: Tensor, messages: Tensor) -> Tensor:
        """What each neuron hears ``[N, K]``: ``weights`` ``[M]`` times ``messages`` ``[N, K]``."""
        said = weights[:, None] * messages.index_select(0, self.speakers)
        return scatter(said, self.listeners, dim=0, dim_size=len(messages), reduce="sum")


class EdgeAttention(nn.Module):
    r"""A listener chooses whom to hear (GATv2, Brody et al. 2022, arXiv:2105.14491).

    The message :math:`m_j` of a speaker :math:`j` weighs, for the listener :math:`i`,
    :math:`\mathrm{softmax}_j\, a \cdot \mathrm{LeakyReLU}(m_j + h_i W + u \log k_{ij})` with
    :math:`k_{ij}` synapses between them. :math:`a` starts at zero: a mean over the partners, from
    which attention has to be learned.

    Args:
        width: of messages and states.
        generator: source of the initial weights.
    """

    def __init__(self, width: int, generator: torch.Generator) -> None:
        super().__init__()
        bound = (3.0 / width) ** 0.5  # Glorot & Bengio 2010
        self.listener = nn.Parameter(
            bound * (2 * torch.rand(width, width, generator=generator) - 1)
        )
        self.synapses = nn.Parameter(torch.zeros(width))
        self.attention = nn.Parameter(torch.zeros(width))

    def weights(self, edges: MessageEdges, messages: Tensor, state: Tensor) -> Tensor:
        """``[M]``, summing to 1 for each listener that hears anyone."""
        asked = (state @ self.listener).index_select(0, edges.listeners)
        said = messages.index_select(0, edges.speakers)
        synapses = edges.log_synapses.to(said.dtype)[:, None] * self.synapses
        score = F.leaky_relu(said + asked + synapses, SLOPE) @ self.attention
        shares: Tensor = softmax(score.float(), edges.listeners, num_nodes=len(state))
        return shares.to(score.dtype)

    def forward(self, edges: MessageEdges, messages: Tensor, state: Tensor) -> Tensor:
        """What each neuron hears ``[N, K]``, of ``messages`` and ``state`` ``[N, K]``."""
        return edges.gather(self.weights(edges, messages, state), messages)


class SynapseCurve(nn.Module):
    r"""How much an edge weighs for its synapses, learned: two numbers a channel.

    An edge of :math:`k` synapses weighs :math:`\mathrm{softplus}(a + b \log k)`, divided by the
    sum over all that the listener hears. It starts at :math:`b = 0`, a mean over the partners.
    """

    def __init__(self) -> None:
        super().__init__()
        self.level = nn.Parameter(torch.zeros(()))
        self.rise = nn.Parameter(torch.zeros(()))

    def weights(self, edges: MessageEdges, num_neurons: int) -> Tensor:
        """``[M]``, summing to 1 for each listener that hears anyone."""
        weight = F.softplus(self.level + self.rise * edges.log_synapses)
        total = scatter(weight, edges.listeners, dim=0, dim_size=num_neurons, reduce="sum")
        return weight / total.index_select(0, edges.listeners)

    def forward(self, edges: MessageEdges, messages: Tensor, state: Tensor) -> Tensor:
        """What each neuron hears ``[N, K]``, of ``messages`` ``[N, K]``."""
        return edges.gather(self.weights(edges, len(messages)).to(messages.dtype), messages)
