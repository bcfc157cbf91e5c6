"""Attention by hand and against PyG, learned weights of synapses, and the encoder that has them."""

import numpy as np
import pytest
import torch
from torch_geometric.nn import GATv2Conv

from connectome.models import (
    ChannelWeights,
    DeepEncoder,
    EdgeAttention,
    MessageEdges,
    SynapseCurve,
    count_channels,
    message_operators,
)
from connectome.types import MessageGraph, NotApplicableError

# 0 -> 1 with 3 synapses, 0 -> 2 with 1, 1 -> 2 with e, 3 without edges
EDGES = torch.tensor([[1, 0, 0], [2, 1, 2]])
SYNAPSES = torch.tensor([np.e, 3.0, 1.0])


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_graph(seed: int, n: int = 30, m: int = 150) -> MessageGraph:
    rng = np.random.default_rng(seed)
    keys = rng.choice(n * n, m, replace=False)
    by_type = torch.from_numpy(rng.integers(0, 3, (m, 2))).float() + torch.tensor([1.0, 0.0])
    return MessageGraph(
        np.arange(n),
        torch.from_numpy(np.stack([keys // n, keys % n])),
        True,
        synapses=by_type.sum(1),
        edge_type_synapses=by_type,
        edge_type_names=("aa", "ad"),
    )


def permuted(graph: MessageGraph, order: torch.Tensor, edge_order: torch.Tensor) -> MessageGraph:
    place = order.argsort()
    assert graph.synapses is not None
    assert graph.edge_type_synapses is not None
    return MessageGraph(
        graph.neuron_ids[order.numpy()],
        place[graph.edge_index[:, edge_order]],
        True,
        synapses=graph.synapses[edge_order],
        edge_type_synapses=graph.edge_type_synapses[edge_order],
        edge_type_names=graph.edge_type_names,
    )


def encoder(graph: MessageGraph, weights: ChannelWeights, hops: int = 2) -> DeepEncoder:
    channels = count_channels(graph, True)
    made = DeepEncoder(graph.num_neurons, 0, 8, 16, 3, 2, hops, channels, seeded(), weights)
    for parameter in made.weighing.parameters():  # some of which start at zero
        torch.nn.init.normal_(parameter, generator=seeded(1))
    return made


def test_edges_are_sorted_by_listener_and_keep_their_synapses() -> None:
    back, on = MessageEdges.both_ways(EDGES, 4, SYNAPSES)
    logs = np.log([3.0, 1.0, np.e])
    assert back.listeners.tolist() == [0, 0, 1]
    assert back.speakers.tolist() == [1, 2, 2]
    assert back.log_synapses.tolist() == pytest.approx(logs)
    assert on.listeners.tolist() == [1, 2, 2]
    assert on.speakers.tolist() == [0, 0, 1]
    assert on.log_synapses.tolist() == pytest.approx(logs)


def test_attention_by_hand() -> None:
    _, on = MessageEdges.both_ways(EDGES, 4, SYNAPSES)
    attention = EdgeAttention(1, seeded())
    with torch.no_grad():
        attention.listener.fill_(2.0)
        attention.synapses.fill_(-3.0)
        attention.attention.fill_(0.5)
    messages, state = torch.tensor([[1.0], [4.0], [9.0], [9.0]]), torch.full((4, 1), -1.0)
    # Neuron 2 hears 0: 1 - 2 + 0 = -1, leaky -.2; and 1: 4 - 2 - 3 = -1, leaky -.2. So evenly.
    assert attention.weights(on, messages, state).tolist() == pytest.approx([1, 0.5, 0.5])
    assert attention(on, messages, state)[:, 0].tolist() == pytest.approx([0, 1, 2.5, 0])
    with torch.no_grad():
        attention.synapses.fill_(0.0)
    # And now -.2 and 2, of which a half: the second weighs e^1.1 times as much.
    share = 1 / (1 + np.exp(-1.1))
    found = attention.weights(on, messages, state).tolist()
    assert found == pytest.approx([1, 1 - share, share])


def test_attention_is_that_of_pyg() -> None:
    graph = random_graph(0)
    assert graph.synapses is not None
    _, on = MessageEdges.both_ways(graph.edge_index, 30, graph.synapses)
    attention = EdgeAttention(5, seeded())
    theirs = GATv2Conv(5, 5, edge_dim=1, bias=False, add_self_loops=False)
    state = torch.randn(30, 5, generator=seeded())
    with torch.no_grad():
        for parameter in (attention.synapses, attention.attention):
            parameter.normal_(generator=seeded(2))
        for layer in (theirs.lin_l, theirs.lin_r):
            layer.bias = None
        theirs.lin_r.weight.copy_(attention.listener.T)
        theirs.lin_edge.weight.copy_(attention.synapses[:, None])
        theirs.att.copy_(attention.attention[None, None])
        messages = theirs.lin_l(state)
        expected = theirs(state, graph.edge_index, graph.synapses.log()[:, None])
        torch.testing.assert_close(attention(on, messages, state), expected)


def test_untrained_weights_are_a_mean_over_partners() -> None:
    _, on = MessageEdges.both_ways(EDGES, 4, SYNAPSES)
    messages = torch.randn(4, 3, generator=seeded())
    mean = torch.stack(
        [torch.zeros(3), messages[0], (messages[0] + messages[1]) / 2, torch.zeros(3)]
    )
    for weigh in (EdgeAttention(3, seeded()), SynapseCurve()):
        torch.testing.assert_close(weigh(on, messages, messages), mean)


def test_learned_weights_by_hand() -> None:
    _, on = MessageEdges.both_ways(EDGES, 4, SYNAPSES)
    curve = SynapseCurve()
    with torch.no_grad():
        curve.level.fill_(0.5)
        curve.rise.fill_(2.0)
    low, high = np.log1p(np.exp(0.5)), np.log1p(np.exp(2.5))  # of 1 and of e synapses
    expected = [1, low / (low + high), high / (low + high)]
    assert curve.weights(on, 4).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("weights", ["learned", "attention"])
def test_neurons_and_edges_in_another_order_change_nothing_else(weights: ChannelWeights) -> None:
    graph = random_graph(1)
    order = torch.randperm(30, generator=seeded(1))
    other = permuted(graph, order, torch.randperm(150, generator=seeded(2)))
    made = encoder(graph, weights)
    here = made(message_operators(graph, weights, True), None)
    with torch.no_grad():
        made.table.copy_(made.table[order])
    there = made(message_operators(other, weights, True), None)
    for ours, theirs in zip(here, there, strict=True):
        torch.testing.assert_close(theirs, ours[order])


@pytest.mark.parametrize("weights", ["learned", "attention"])
def test_every_weight_is_learned(weights: ChannelWeights) -> None:
    graph = random_graph(2)
    made = encoder(graph, weights)
    source, target = made(message_operators(graph, weights, True), None)
    (source * target).square().sum().backward()
    for name, parameter in made.named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().max()) > 0, name


@pytest.mark.parametrize("weights", ["plain", "learned", "attention"])
def test_without_message_weights_it_is_the_free_encoder(weights: ChannelWeights) -> None:
    graph = random_graph(3)
    made, free = encoder(graph, weights), encoder(graph, "plain", hops=0)
    with torch.no_grad():
        for hop in made.hops:
            hop.zero_()
    same = {name: value for name, value in made.state_dict().items() if name in free.state_dict()}
    free.load_state_dict(same)
    here = made(message_operators(graph, weights, True), None)
    for ours, theirs in zip(here, free((), None), strict=True):
        assert torch.equal(ours, theirs)


def test_a_type_without_edges_is_silent() -> None:
    graph = MessageGraph(
        np.arange(4), EDGES, True, synapses=SYNAPSES, edge_type_names=("aa",),
        edge_type_synapses=torch.zeros(3, 1),
    )  # fmt: skip
    empty = message_operators(graph, "attention", by_type=True)[2]
    assert isinstance(empty, MessageEdges)
    for weigh in (EdgeAttention(3, seeded()), SynapseCurve()):
        assert torch.equal(weigh(empty, torch.ones(4, 3), torch.ones(4, 3)), torch.zeros(4, 3))


def test_synapses_are_needed() -> None:
    bare = MessageGraph(np.arange(4), EDGES, True)
    with pytest.raises(NotApplicableError, match=r"channels=attention: the graph has no synapse"):
        message_operators(bare, "attention")


def test_half_precision_sums_its_weights_to_one() -> None:
    _, on = MessageEdges.both_ways(EDGES, 4, SYNAPSES)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        weights = EdgeAttention(3, seeded()).weights(on, torch.ones(4, 3), torch.ones(4, 3))
        assert float(weights[1:].detach().sum()) == pytest.approx(1, abs=1e-2)
