"""Trained beside the presence of links: how many synapses they have, and of which types they are.

Both are conditional on a link, so the score of a link keeps its meaning.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from connectome.models.losses import Block
from connectome.scores import (
    CountModel,
    EdgeTypeModel,
    Embedding,
    LinkDetails,
    Readout,
    count_log_prob,
    require_counts,
)
from connectome.types import InputError, MessageGraph, NotApplicableError

# Of the normal prior on biases. Refitted to frozen factors of the larval brain, biases of counts
# (shifted) and of types did better on validation links with 3 than with 1; 10 was no better.
BIAS_PRECISION = 3.0


@dataclass(frozen=True)
class HeadSettings:
    """What is trained beside presence.

    Attributes:
        count_weight: weight of the mean negative log-likelihood of synapse counts; 0 for none.
        type_weight: weight of the mean cross-entropy of edge types; 0 for none.
        type_biases: whether each neuron has a bias for each type, as sender and as receiver.

    Raises:
        InputError: for values out of range.
    """

    count_weight: float = 0.0
    type_weight: float = 0.0
    type_biases: bool = True

    def __post_init__(self) -> None:
        for name in ("count_weight", "type_weight"):
            if not (value := getattr(self, name)) >= 0:
                raise InputError(f"model.heads.{name}={value}: must be 0 or more")

    @property
    def any(self) -> bool:
        """Whether there is anything to train."""
        return self.count_weight > 0 or self.type_weight > 0


class ReadoutHead(nn.Module):
    """The weights of a :class:`~connectome.scores.Readout` while they are trained.

    Args:
        offset: ``[R]``, initial offsets.
        rank: number of dimensions ``K`` that the link score compares.
        num_neurons: number of neurons ``N``.
        biases: number of sides with biases of their own: 2, 1 for an undirected graph, 0 for none.
    """

    def __init__(self, offset: Tensor, rank: int, num_neurons: int, biases: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(rank, len(offset)))
        self.offset = nn.Parameter(offset.clone())
        self.biases = nn.ParameterList(
            nn.Parameter(torch.zeros(num_neurons, len(offset))) for _ in range(biases)
        )

    def forward(self, source: Tensor, target: Tensor, pairs: Tensor) -> Tensor:
        """Answers ``[Q, R]``: ``source`` and ``target`` ``[Q, K]`` belong to ``pairs`` ``[2, Q]``.

        In float32, whatever the rest is computed in.
        """
        with torch.autocast(source.device.type, enabled=False):
            value = (source * target).to(self.weights.dtype) @ self.weights + self.offset
        if len(self.biases):
            sender, receiver = self.biases[0], self.biases[-1]
            value = value + sender.index_select(0, pairs[0]) + receiver.index_select(0, pairs[1])
        return value

    def prior(self) -> Tensor:
        """Minus the normal log-density of the biases, up to a constant: a scalar in nats."""
        squares = [bias.square().sum() for bias in self.biases]
        return (
            0.5 * BIAS_PRECISION * torch.stack(squares).sum()
            if squares
            else self.offset.new_zeros(())
        )

    def readout(self) -> Readout:
        """Plain float32 copies on the CPU."""
        weights, offset, *biases = (
            parameter.detach().float().cpu().clone()
            for parameter in (self.weights, self.offset, *self.biases)
        )
        both = (biases[0], biases[-1]) if biases else (None, None)
        return Readout(weights, offset, *both)


class LinkHeads(nn.Module):
    """Counts and types of links, from what the link score compares.

    Args:
        graph: the training edges; their mean count and types are where training starts.
        rank: number of dimensions ``K`` that the link score compares.
        settings: what to train, and with what weights.

    Raises:
        InputError: if synapse counts are not whole numbers.
        NotApplicableError: if the graph lacks counts or types that are to be trained.
    """

    def __init__(self, graph: MessageGraph, rank: int, settings: HeadSettings) -> None:
        super().__init__()
        self.settings, self.type_names = settings, graph.edge_type_names
        sides = 2 if graph.directed else 1
        self.counts: ReadoutHead | None = None
        self.types: ReadoutHead | None = None
        if settings.count_weight:
            start = _start_of_counts(graph, settings)
            self.counts = ReadoutHead(start, rank, graph.num_neurons, sides)
            self.log_dispersion = nn.Parameter(torch.zeros(()))
        if settings.type_weight:
            start = _start_of_types(graph, settings.type_weight)
            biases = sides if settings.type_biases else 0
            self.types = ReadoutHead(start, rank, graph.num_neurons, biases)

    def own_parameters(self) -> list[nn.Parameter]:
        """Those that belong to single neurons, and scalars."""
        return [p for name, p in self.named_parameters() if not name.endswith("weights")]

    def forward(
        self, sent: Tensor, received: Tensor, block: Block, graph: MessageGraph
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Weighted loss of the links of a block, with a normal prior on the biases.

        Args:
            sent: ``[R, K]``, what is compared of the rows.
            received: ``[C, K]``, what is compared of the columns.
            block: its links.
            graph: synapses and types of all edges.

        Returns:
            The loss, a scalar, and the mean negative log-likelihoods in nats by name.
        """
        source = sent.index_select(0, block.links[0])
        target = received.index_select(0, block.links[1])
        pairs = torch.stack([block.rows[block.links[0]], block.columns[block.links[1]]])
        loss, parts, links = sent.new_zeros(()), {}, max(graph.edge_index.shape[1], 1)
        if self.counts is not None and graph.synapses is not None:
            log_mean = self.counts(source, target, pairs)[:, 0]
            counts = graph.synapses[block.edges].to(log_mean.dtype)
            log_prob = count_log_prob(counts, log_mean, self.log_dispersion)
            parts["count_nll"] = -log_prob.sum() / max(len(log_prob), 1)
            penalty = self.counts.prior() / links
            loss = loss + self.settings.count_weight * (parts["count_nll"] + penalty)
        if self.types is not None and graph.edge_type_synapses is not None:
            logits = self.types(source, target, pairs)
            present = (graph.edge_type_synapses[block.edges] > 0).to(logits.dtype)
            entropy = F.binary_cross_entropy_with_logits(logits, present, reduction="sum")
            parts["type_nll"] = entropy / max(present.numel(), 1)
            penalty = self.types.prior() / present.shape[1] / links
            loss = loss + self.settings.type_weight * (parts["type_nll"] + penalty)
        return loss, {f"train/{name}": value.detach() for name, value in parts.items()}

    def details(self, embedding: Embedding) -> LinkDetails:
        """What was learned, as plain tensors beside ``embedding``."""
        counts = types = None
        if self.counts is not None:
            dispersion = float(self.log_dispersion.detach())
            counts = CountModel(embedding, self.counts.readout(), dispersion)
        if self.types is not None:
            types = EdgeTypeModel(embedding, self.types.readout(), self.type_names)
        return LinkDetails(counts, types)


def _start_of_counts(graph: MessageGraph, settings: HeadSettings) -> Tensor:
    if graph.synapses is None:
        raise NotApplicableError(
            f"model.heads.count_weight={settings.count_weight:g}: the graph has no synapse counts; "
            "set model.heads.count_weight=0"
        )
    mean = require_counts(graph.synapses, "model.heads.count_weight").mean()
    return (mean - 1).clamp(min=0.1).log().cpu()[None]


def _start_of_types(graph: MessageGraph, weight: float) -> Tensor:
    if graph.edge_type_synapses is None:
        raise NotApplicableError(
            f"model.heads.type_weight={weight:g}: the data have no edge types; "
            "set model.heads.type_weight=0"
        )
    present = (graph.edge_type_synapses > 0).float()
    return ((present.sum(dim=0) + 1) / (len(present) + 2)).logit().cpu()
