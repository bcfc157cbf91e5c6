"""What part a neuron plays in its brain, from the wiring alone: the same numbers in any brain.

No parameter belongs to a neuron, so what is learned on one connectome embeds the neurons of another
(inductive learning, Hamilton, Ying & Leskovec 2017, arXiv:1706.02216).
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from connectome.models.encoders import glorot
from connectome.models.sparse import SparseOperator, csr_matrix
from connectome.models.spectral import adjacency, laplacian_spectral_embedding
from connectome.types import MessageGraph, NotApplicableError

KNOTS = 9  # of the filter, between singular values 0 and 1
LARGEST_LOG = 3.0  # of a neuron's weight in the positional part


@dataclass(frozen=True, eq=False)
class View:
    """What the encoder sees of a graph.

    Attributes:
        profile: ``[N, F]`` float32, structure around each neuron in the units of its brain.
        means: weighted means over those that a neuron sends to, and over those it hears; one
            operator where the graph is undirected.
        positions: ``[N, P]`` spectral factors as sender and as receiver, and their singular values
            ``[N, P]``, those of the own brain; None where none are asked for.
    """

    profile: Tensor
    means: tuple[SparseOperator, ...]
    positions: tuple[Tensor, Tensor, Tensor] | None = None

    def to(self, device: torch.device) -> "View":
        """The same on ``device``."""
        means = tuple(
            SparseOperator(one.matrix.to(device), one.transposed.to(device)) for one in self.means
        )
        here = self.positions
        moved = (
            None if here is None else (here[0].to(device), here[1].to(device), here[2].to(device))
        )
        return View(self.profile.to(device), means, moved)


def partner_means(graph: MessageGraph) -> tuple[SparseOperator, ...]:
    r"""Means over partners, each weighted by :math:`\log(1 + k)` of its ``k`` synapses.

    Returns:
        Over receivers and over senders; one operator if the graph is undirected.
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


def spectral_positions(graph: MessageGraph, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Regularised Laplacian embedding of each brain by itself; smaller brains are padded with 0.

    Returns:
        Factors as sender and as receiver and singular values, ``[N, count]`` each. Factors are
        scaled by the square root of the number of neurons of the brain, without which those of a
        larger brain would be smaller.
    """
    member, n = graph.member.numpy(), graph.num_neurons
    matrix = adjacency(graph.edge_index.numpy(), n, directed=True)
    found = np.zeros((3, n, count), dtype=np.float32)
    for code in range(member.max() + 1):
        rows = np.flatnonzero(member == code)
        kept = min(count, len(rows) - 1)
        part = matrix[rows][:, rows]
        factors = laplacian_spectral_embedding(part, kept, graph.directed)
        for side, values in enumerate(factors):
            found[side, rows, :kept] = values * len(rows) ** 0.5
        found[2, rows, :kept] = np.linalg.norm(factors[0], axis=0) ** 2
    sent, received, singular = torch.from_numpy(found)
    return sent, received, singular


@dataclass(frozen=True, eq=False)
class Roles:
    """What the encoder says of every neuron.

    Attributes:
        heads: ``[N, sides * d]``, once or (variational) twice.
        biases: ``[N, 2]``, to send and to receive.
        positions: ``[N, P]`` filtered positions as sender and as receiver, or None.
    """

    heads: tuple[Tensor, ...]
    biases: Tensor
    positions: tuple[Tensor, Tensor] | None


class RoleEncoder(nn.Module):
    r"""Profile, then rounds of messages: :math:`h \leftarrow \mathrm{norm}(h + \mathrm{gelu}(W
    [h; \bar h_{out}; \bar h_{in}]))`.

    The means :math:`\bar h` are over those that the neuron sends to and over those it hears. Beside
    the roles stands, where it is asked for, a filter of the graph's own spectrum: products of
    spectral factors do not change with their signs or rotations, so what a singular value is worth,
    and how much a neuron of which role, can be learned on one brain and used in another.

    Args:
        num_features: number of columns ``F`` of the profile.
        hidden_dim: width of the state.
        rounds: rounds of messages.
        outputs: width of each head.
        heads: number of heads.
        ways: operators of a round, 2 for directed graphs and 1 for others.
        positions: number of spectral factors ``P``; 0 for none.
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
        positions: int,
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
        self.filter = nn.Parameter(torch.zeros(KNOTS)) if positions else None
        self.weight = glorot(hidden_dim, 2, generator) if positions else None

    def forward(self, view: View) -> Roles:
        """Roles of the neurons of a graph."""
        state = F.gelu(view.profile @ self.entry + self.entry_offset) @ self.second
        for weights, offset, norm in zip(self.rounds, self.offsets, self.norms, strict=True):
            heard = [state, *(mean @ state for mean in view.means)]
            state = norm(state + F.gelu(torch.cat(heard, dim=1) @ weights + offset))
        heads = tuple(state @ head for head in self.heads)
        biases = state @ self.biases + self.bias_offset
        return Roles(heads, biases, self._positions(view, state))

    def _positions(self, view: View, state: Tensor) -> tuple[Tensor, Tensor] | None:
        if view.positions is None or self.filter is None or self.weight is None:
            return None
        sent, received, singular = view.positions
        place = singular.clamp(0, 1) * (KNOTS - 1)
        below = place.floor().long().clamp(max=KNOTS - 2)
        share = place - below
        knots = self.filter.index_select(0, below.flatten()).view_as(share)
        above = self.filter.index_select(0, below.flatten() + 1).view_as(share)
        worth = ((knots * (1 - share) + above * share) / 2).exp()
        amount = (state @ self.weight).clamp(-LARGEST_LOG, LARGEST_LOG).exp()
        if len(view.means) == 1:  # undirected: a neuron has one role in a link
            amount = amount[:, :1].expand(-1, 2)
        return sent * worth * amount[:, :1], received * worth * amount[:, 1:]


class BrainEffects(nn.Module):
    """What differs from brain to brain of several, as batches do in scVI.

    Weights of the dimensions and a level for each brain, about what all have in common: that is
    for the encoder to say.

    Args:
        brains: how many brains.
        latent_dim: number of latent dimensions ``d``.
    """

    def __init__(self, brains: int, latent_dim: int) -> None:
        super().__init__()
        self.log_weights = nn.Parameter(torch.zeros(brains, latent_dim))
        self.levels = nn.Parameter(torch.zeros(brains))

    def forward(self, member: Tensor | None) -> tuple[Tensor, Tensor]:
        """Weights ``[N, d]`` and levels ``[N]`` of neurons of the brains ``member`` ``[N]``.

        None is for a brain never seen, which gets the mean: ones and zero.
        """
        weights = (self.log_weights - self.log_weights.mean(dim=0)).exp()
        levels = self.levels - self.levels.mean()
        if member is None:
            return weights.new_ones(1, 1), levels.new_zeros(1)
        member = member.to(levels.device)
        return weights.index_select(0, member), levels.index_select(0, member)
