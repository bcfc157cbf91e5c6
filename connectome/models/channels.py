"""What messages travel along: edges, weighted by their synapses, and edges of each type."""

from typing import Literal, get_args

import torch
from torch import Tensor

from connectome.models.sparse import SparseOperator, directed_operators
from connectome.types import InputError, MessageGraph, NotApplicableError

ChannelWeights = Literal["plain", "log", "fraction"]


def message_operators(
    graph: MessageGraph, weights: ChannelWeights = "plain", by_type: bool = False
) -> tuple[SparseOperator, ...]:
    r"""Operators for messages along the edges, normalised as in :func:`directed_operators`.

    An edge of :math:`k` synapses weighs 1 (``plain``), :math:`\log(1 + k)` (``log``) or its share
    of all synapses onto its receiver (``fraction``).

    Args:
        graph: edges and their synapses.
        weights: what an edge weighs.
        by_type: whether operators for the edges of each type follow, weighted by the synapses of
            that type; a ``fraction`` is still one of all synapses onto the receiver.

    Returns:
        Two of all edges (from receivers back to senders, from senders on to receivers) and, if
        ``by_type``, two of each type; one instead of two if the graph is undirected.

    Raises:
        InputError: for unknown ``weights``.
        NotApplicableError: if the graph lacks the synapse counts or edge types.
    """
    if weights not in get_args(ChannelWeights):
        names = ", ".join(get_args(ChannelWeights))
        raise InputError(f"model.channels={weights}: choose one of {names}")
    edges, n = graph.edge_index, graph.num_neurons

    def both_ways(edge_index: Tensor, value: Tensor | None) -> list[SparseOperator]:
        back, on = directed_operators(edge_index, n, value)
        return [back, on] if graph.directed else [on]

    value = None if weights == "plain" else _weights(graph, graph.synapses, weights)
    operators = both_ways(edges, value)
    if by_type:
        if graph.edge_type_synapses is None:
            raise NotApplicableError(
                "model.edge_type_channels=true: the data have no edge types; set it to false"
            )
        for synapses in graph.edge_type_synapses.T:
            there = synapses > 0
            value = None if weights == "plain" else _weights(graph, synapses, weights)[there]
            operators += both_ways(edges[:, there], value)
    return tuple(operators)


def count_channels(graph: MessageGraph, by_type: bool) -> int:
    """How many operators :func:`message_operators` returns."""
    return (2 if graph.directed else 1) * (1 + len(graph.edge_type_names) * by_type)


def _weights(graph: MessageGraph, synapses: Tensor | None, weights: ChannelWeights) -> Tensor:
    """Weights ``[M]`` of edges that have ``synapses`` ``[M]``."""
    if synapses is None or graph.synapses is None:
        raise NotApplicableError(
            f"model.channels={weights}: the graph has no synapse counts; set model.channels=plain"
        )
    if weights == "log":
        return synapses.log1p()
    receiver = graph.edge_index[1]
    inputs = torch.zeros(graph.num_neurons, device=synapses.device)
    inputs = inputs.index_add(0, receiver, graph.synapses)
    return synapses / inputs[receiver]
