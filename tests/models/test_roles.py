from dataclasses import replace

import numpy as np
import pytest
import torch

from connectome.data.features import structural_profile
from connectome.data.readers.mushroom_body import read_mushroom_body
from connectome.data.splits import whole_graph
from connectome.models.nn import RoleEncoder, Roles, View, partner_means
from connectome.types import MessageGraph, NotApplicableError


def encoder(ways: int = 2, features: int = 22) -> RoleEncoder:
    generator = torch.Generator().manual_seed(0)
    made = RoleEncoder(features, 16, 2, 6, 1, ways, generator)
    with torch.no_grad():
        for parameter in made.parameters():  # no part may be idle
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    return made.eval()


def view(graph: MessageGraph) -> View:
    return View(structural_profile(graph), partner_means(graph))


def outputs(found: Roles) -> list[torch.Tensor]:
    return [*found.heads, found.biases]


@torch.no_grad()
def test_no_message_crosses_from_one_brain_to_another() -> None:
    joined = whole_graph(read_mushroom_body("both"), directed=True)
    graphs = [whole_graph(read_mushroom_body(side), directed=True) for side in ("left", "right")]
    model = encoder(features=view(joined).profile.shape[1])
    together = model(view(joined))
    alone = [model(view(graph)) for graph in graphs]
    for at, found in enumerate(outputs(together)):
        expected = torch.cat([outputs(one)[at] for one in alone])
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("directed", [False, True])
def test_the_order_of_neurons_changes_nothing_but_the_order(directed: bool) -> None:
    graph = whole_graph(read_mushroom_body("right"), directed)
    n = graph.num_neurons
    order = torch.randperm(n, generator=torch.Generator().manual_seed(1))
    turned = replace(
        graph,
        neuron_ids=graph.neuron_ids[order.argsort().numpy()],
        edge_index=order[graph.edge_index],
    )
    features = view(graph).profile.shape[1]
    model = encoder(2 if directed else 1, features)
    here, there = model(view(graph)), model(view(turned))
    for one, other in zip(outputs(here), outputs(there), strict=True):
        torch.testing.assert_close(one, other[order], rtol=1e-4, atol=1e-4)


def test_means_are_weighted_by_log_synapses() -> None:
    edges = torch.tensor([[0, 0, 2], [1, 2, 1]])
    graph = MessageGraph(np.arange(3), edges, True, synapses=torch.tensor([1.0, 3.0, 7.0]))
    out, into = partner_means(graph)
    values = torch.tensor([[10.0], [20.0], [40.0]])
    share = np.log(2) / (np.log(2) + np.log(4))
    assert (out @ values).flatten().tolist() == pytest.approx(
        [20 * share + 40 * (1 - share), 0, 20]
    )
    share = np.log(2) / (np.log(2) + np.log(8))
    assert (into @ values).flatten().tolist() == pytest.approx(
        [0, 10 * share + 40 * (1 - share), 10]
    )


def test_a_graph_without_synapses_is_refused() -> None:
    graph = MessageGraph(np.arange(3), torch.tensor([[0], [1]]), True)
    with pytest.raises(NotApplicableError, match="no synapse counts"):
        partner_means(graph)
