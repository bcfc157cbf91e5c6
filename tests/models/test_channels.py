import numpy as np
import pytest
import torch

from connectome.models import count_channels, directed_operators, message_operators
from connectome.types import InputError, MessageGraph, NotApplicableError

EDGES = torch.tensor([[0, 1, 2, 0], [1, 2, 1, 2]])
SYNAPSES = torch.tensor([3.0, 1.0, 1.0, 4.0])
BY_TYPE = torch.tensor([[3.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 3.0]])


def graph(directed: bool = True, types: bool = True) -> MessageGraph:
    edges, synapses, by_type = EDGES, SYNAPSES, BY_TYPE
    if not directed:  # 0-1: 3, 1-2: 2, 0-2: 4
        edges = torch.tensor([[0, 1, 0, 1, 2, 2], [1, 2, 2, 0, 1, 0]])
        synapses, by_type = torch.tensor([3.0, 2, 4] * 2), torch.ones(6, 2)
    return MessageGraph(
        np.arange(3),
        edges,
        directed,
        synapses=synapses,
        edge_type_synapses=by_type if types else None,
        edge_type_names=("aa", "ad") if types else (),
    )


def dense(operator: object) -> torch.Tensor:
    product: torch.Tensor = operator @ torch.eye(3)  # type: ignore[operator]
    return product


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ("plain", None),
        ("log", SYNAPSES.log1p()),
        ("fraction", torch.tensor([3 / 4, 1 / 5, 1 / 4, 4 / 5])),
    ],
)
def test_edges_weigh_as_they_should(weights: str, expected: torch.Tensor | None) -> None:
    found = message_operators(graph(), weights)
    by_hand = directed_operators(EDGES, 3, expected)
    assert len(found) == count_channels(graph(), by_type=False) == 2
    for ours, theirs in zip(found, by_hand, strict=True):
        torch.testing.assert_close(dense(ours), dense(theirs))


def test_each_type_has_channels_of_its_edges_alone() -> None:
    found = message_operators(graph(), "fraction", by_type=True)
    assert len(found) == count_channels(graph(), by_type=True) == 6
    of_second = directed_operators(EDGES[:, [1, 3]], 3, torch.tensor([1 / 5, 3 / 5]))
    torch.testing.assert_close(dense(found[4]), dense(of_second[0]))
    torch.testing.assert_close(dense(found[5]), dense(of_second[1]))


def test_a_type_without_edges_is_silent() -> None:
    silent = MessageGraph(
        np.arange(3), EDGES, True, synapses=SYNAPSES, edge_type_names=("aa",),
        edge_type_synapses=torch.zeros(4, 1),
    )  # fmt: skip
    of_types = message_operators(silent, "log", by_type=True)[2:]
    assert len(of_types) == 2
    for operator in of_types:
        assert torch.equal(dense(operator), torch.zeros(3, 3))


def test_an_undirected_graph_has_one_channel_that_sums_shares_of_inputs() -> None:
    (found,) = message_operators(graph(directed=False), "fraction")
    received = dense(found)
    # Inputs are 7, 5 and 6 synapses, so shares sent by 0 and 1 sum to 3/5 + 4/6 and 3/7 + 2/6;
    # shares received sum to 1, as does the mean strength that raises both.
    sent = {0: 3 / 5 + 4 / 6, 1: 3 / 7 + 2 / 6}
    assert float(received[0, 1]) == pytest.approx(3 / 7 / ((sent[1] + 1) * 2) ** 0.5)
    assert float(received[1, 0]) == pytest.approx(3 / 5 / ((sent[0] + 1) * 2) ** 0.5)
    assert count_channels(graph(directed=False), by_type=True) == 3


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match=r"model\.channels=square: choose one of plain, log"):
        message_operators(graph(), "square")  # type: ignore[arg-type]
    with pytest.raises(NotApplicableError, match="the data have no edge types"):
        message_operators(graph(types=False), "plain", by_type=True)
    bare = MessageGraph(np.arange(3), EDGES, True)
    with pytest.raises(NotApplicableError, match="the graph has no synapse counts"):
        message_operators(bare, "log")
