"""What messages travel along: edges, weighted by their synapses, and edges of each type."""

from typing import Literal, TypeAlias, get_args

import torch
from torch import Tensor

from connectome.models.learned_channels import MessageEdges
from connectome.models.sparse import SparseOperator, directed_operators
from connectome.types import InputError, MessageGraph, NotApplicableError

ChannelWeights = Literal["plain", "log", "fraction", "learned", "attention"]
LEARNED = ("learned", "attention")
Operator: TypeAlias = SparseOperator | MessageEdges
Operators: TypeAlias = tuple[Operator, ...]


def message_operators(
    graph: MessageGraph, weights: ChannelWeights = "plain", by_type: bool = False
) -> Operators:
    r"""Operators for messages along the edges, normalised as in :func:`directed_operators`.

    An edge of :math:`k` synapses weighs 1 (``plain``), :math:`\log(1 + k)` (``log``) or its share
    of all synapses onto its receiver (``fraction``). What it weighs can be learned instead, from
    its synapses (``learned``, :class:`SynapseCurve`) or the states of both ends as well
    (``attention``, :class:`EdgeAttention`); both make weights that sum to 1 for a neuron.

    Args:
        graph: edges and their synapses.
        weights: what an edge weighs.
        by_type: whether operators for the edges of each type follow, weighted by the synapses of
            that type; a ``fraction`` is still one of all synapses onto the receiver.

    Returns:
        Two of all edges (from receivers back to senders, from senders on to receivers) and, if
        ``by_type``, two of each type; one instead of two if the graph is undirected. Edges without
        weights (:class:`MessageEdges`) where those are learned.

    Raises:
        InputError: for unknown ``weights``.
        NotApplicableError: if the graph lacks the synapse counts or edge types.
    """
    check_channels(weights)
    if by_type and graph.edge_type_synapses is None:
        raise NotApplicableError(
            "model.edge_type_channels=true: the data have no edge types; set it to false"
        )
    operators = _both_ways(graph, graph.synapses, weights)
    if by_type and graph.edge_type_synapses is not None:
        for synapses in graph.edge_type_synapses.T:
            operators += _both_ways(graph, synapses, weights)
    return operators


def _both_ways(graph: MessageGraph, synapses: Tensor | None, weights: ChannelWeights) -> Operators:
    """Operators of the edges that have ``synapses`` ``[M]``; only the second if undirected."""
    edges, n = graph.edge_index, graph.num_neurons
    value = None if weights == "plain" else _weights(graph, synapses, weights)
    if synapses is not None:
        there = synapses > 0
        edges, value = edges[:, there], None if value is None else value[there]
    pair: Operators
    if value is not None and weights in LEARNED:
        pair = MessageEdges.both_ways(edges, n, value)
    else:
        pair = directed_operators(edges, n, value)
    return pair if graph.directed else pair[1:]


def check_channels(weights: str) -> None:
    """Reject what is none of ``ChannelWeights``.

    Raises:
        InputError: naming those that are.
    """
    if weights not in get_args(ChannelWeights):
        names = ", ".join(get_args(ChannelWeights))
        raise InputError(f"model.channels={weights}: choose one of {names}")


def count_channels(graph: MessageGraph, by_type: bool) -> int:
    """How many operators :func:`message_operators` returns."""
    return (2 if graph.directed else 1) * (1 + len(graph.edge_type_names) * by_type)


def _weights(graph: MessageGraph, synapses: Tensor | None, weights: ChannelWeights) -> Tensor:
    """Weights ``[M]`` of edges that have ``synapses`` ``[M]``; those themselves if learned."""
    if synapses is None or graph.synapses is None:
        raise NotApplicableError(
            f"model.channels={weights}: the graph has no synapse counts; set model.channels=plain"
        )
    if weights in LEARNED:
        return synapses
    if weights == "log":
        return synapses.log1p()
    receiver = graph.edge_index[1]
    inputs = torch.zeros(graph.num_neurons, device=synapses.device)
    inputs = inputs.index_add(0, receiver, graph.synapses)
    return synapses / inputs[receiver]
