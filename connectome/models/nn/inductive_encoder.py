"""What part a neuron plays in its brain, from the wiring alone: the same numbers in any brain.

No parameter belongs to a neuron, so what is learned on one connectome embeds the neurons of another
(inductive learning, Hamilton, Ying & Leskovec 2017, arXiv:1706.02216).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from connectome.models.nn.encoders import glorot
from connectome.models.sparse import SparseOperator, csr_matrix
from connectome.types import MessageGraph, NotApplicableError


@dataclass(frozen=True, eq=False)
class View:
    """What the encoder sees of a graph.

    Attributes:
        profile: ``[N, F]`` float32, structure around each neuron in the units of its brain.
        means: weighted means over those that a neuron sends to, and over those it hears; one
            operator where the graph is undirected.
    """

    profile: Tensor
    means: tuple[SparseOperator, ...]

    def to(self, device: torch.device) -> "View":
        """The same on ``device``."""
        means = tuple(
            SparseOperator(one.matrix.to(device), one.transposed.to(device)) for one in self.means
        )
        return View(self.profile.to(device), means)


def partner_means(graph: MessageGraph) -> tuple[SparseOperator, ...]:
    r"""Means over partners, each weighted by :math:`\log(1 + k)` of its ``k`` synapses.

    Returns:
        Over receivers and over senders; one operator if the graph is undirected.

    Raises:
        NotApplicableError: if the graph has no synapse counts.
    """
    edges, n = graph.edge_index, graph.num_neurons
    if graph.synapses is None:
        raise NotApplicableError("model=inductive: the graph has no synapse counts")
    weights = graph.synapses.log1p()
    ways = (edges, edges.flip(0)) if graph.directed else (edges,)
    return tuple(_mean(way, weights, n) for way in ways)


def _mean(edges: Tensor, weights: Tensor, n: int) -> SparseOperator:
    total = torch.zeros(n).index_add(0, edges[0], weights)
    share = weights / total[edges[0]]
    return SparseOperator(csr_matrix(edges, share, n), csr_matrix(edges.flip(0), share, n))


@dataclass(frozen=True, eq=False)
class Roles:
    """What the encoder says of every neuron.

    Attributes:
        heads: ``[N, sides * d]``, once or (variational) twice.
        biases: ``[N, 2]``, to send and to receive.
    """

    heads: tuple[Tensor, ...]
    biases: Tensor


class RoleEncoder(nn.Module):
    r"""Profile, then rounds of messages: :math:`h \leftarrow \mathrm{norm}(h + \mathrm{gelu}(W
    [h; \bar h_{out}; \bar h_{in}]))`.

    The means :math:`\bar h` are over those that the neuron sends to and over those it hears.

    Args:
        num_features: number of columns ``F`` of the profile.
        hidden_dim: width of the state.
        rounds: rounds of messages.
        outputs: width of each head.
        heads: number of heads.
        ways: operators of a round, 2 for directed graphs and 1 for others.
        generator: source of the initial weights.
    """

    def __init__(
        self,
        num_features: int,
        hidden_dim: int,
        rounds: int,
        outputs: int,
        heads: int,
        ways: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.entry = glorot(num_features, hidden_dim, generator)
        self.entry_offset = nn.Parameter(torch.zeros(hidden_dim))
        self.second = glorot(hidden_dim, hidden_dim, generator)
        width = (1 + ways) * hidden_dim
        self.rounds = nn.ParameterList(glorot(width, hidden_dim, generator) for _ in range(rounds))
        self.offsets = nn.ParameterList(
            nn.Parameter(torch.zeros(hidden_dim)) for _ in range(rounds)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(hidden_dim) for _ in range(rounds))
        self.heads = nn.ParameterList(glorot(hidden_dim, outputs, generator) for _ in range(heads))
        self.biases = glorot(hidden_dim, 2, generator)
        self.bias_offset = nn.Parameter(torch.full((1,), -0.5))

    def forward(self, view: View) -> Roles:
        """Roles of the neurons of a graph."""
        state = F.gelu(view.profile @ self.entry + self.entry_offset) @ self.second
        for weights, offset, norm in zip(self.rounds, self.offsets, self.norms, strict=True):
            heard = [state, *(mean @ state for mean in view.means)]
            state = norm(state + F.gelu(torch.cat(heard, dim=1) @ weights + offset))
        heads = tuple(state @ head for head in self.heads)
        biases = state @ self.biases + self.bias_offset
        return Roles(heads, biases)
