from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from connectome.data.splits import (
    WHOLE,
    SplitConfig,
    audit_split,
    message_graph,
    scored_parts,
    split_links,
    whole_graph,
)
from connectome.types import Connectome, InputError, LinkSplit, MessageGraph
from tests.conftest import random_connectome


def rows(pairs: torch.Tensor) -> set[tuple[int, ...]]:
    return {tuple(pair) for pair in pairs.T.tolist()}


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    edges=st.integers(60, 500),
    directed=st.booleans(),
    fractions=st.tuples(st.floats(0.05, 0.3), st.floats(0.05, 0.3)),
)
def test_no_split_leaks(
    seed: int, edges: int, directed: bool, fractions: tuple[float, float]
) -> None:
    connectome = random_connectome(seed, edges=edges)
    split = split_links(connectome, SplitConfig(directed, "reciprocal", *fractions, seed=seed))
    train, val, test = rows(split.train), rows(split.val), rows(split.test)
    negatives = rows(split.val_negatives) | rows(split.test_negatives)
    loops = connectome.edge_index[0] == connectome.edge_index[1]
    real = rows(connectome.edge_index[:, ~loops])
    if not directed:
        real = {(min(pair), max(pair)) for pair in real}
    assert train | val | test == real
    assert len(train) + len(val) + len(test) == len(real)
    assert not negatives & real
    assert len(negatives) == len(val) + len(test)
    assert all(i != j for i, j in negatives)
    reversed_held_out = {(j, i) for i, j in val | test}
    assert not reversed_held_out & train
    assert not {(j, i) for i, j in val} & test
    seen = rows(message_graph(connectome, split).edge_index)
    assert seen == (train if directed else train | {(j, i) for i, j in train})
    assert split.dropped_self_loops == int(loops.sum())


def test_published_protocol_sizes(mushroom_split: LinkSplit) -> None:
    # 5625 undirected links; Kipf & Welling round 10 % and 5 % down
    sizes = [part.shape[1] for part in (mushroom_split.test, mushroom_split.val)]
    assert sizes == [562, 281]


def test_same_seed_same_split_other_seed_other_split(tiny: Connectome) -> None:
    first, again = (split_links(tiny, SplitConfig(seed=5)) for _ in range(2))
    assert first.fingerprint == again.fingerprint
    assert first.fingerprint != split_links(tiny, SplitConfig(seed=6)).fingerprint


def test_split_ignores_the_global_generators(tiny: Connectome) -> None:
    torch.manual_seed(1)
    first = split_links(tiny, SplitConfig()).fingerprint
    torch.manual_seed(2)
    assert split_links(tiny, SplitConfig()).fingerprint == first


def test_whole_graph_holds_every_link(tiny: Connectome) -> None:
    undirected, directed = (whole_graph(tiny, directed) for directed in (False, True))
    loops = tiny.edge_index[0] == tiny.edge_index[1]
    real = rows(tiny.edge_index[:, ~loops])
    assert rows(directed.edge_index) == real
    assert rows(undirected.edge_index) == real | {(j, i) for i, j in real}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"val_fraction": 0.0}, "split.val_fraction=0.0"),
        ({"test_fraction": 1.0}, "split.test_fraction=1.0"),
        ({"val_fraction": 0.5, "test_fraction": 0.5}, "leave no training link"),
        ({"seed": -1}, "split.seed=-1"),
    ],
)
def test_bad_options_are_refused(options: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        SplitConfig(**options)  # type: ignore[arg-type]


def test_too_small_a_graph_is_refused() -> None:
    with pytest.raises(InputError, match="too few"):
        split_links(random_connectome(0, neurons=5, edges=6), SplitConfig())


def with_edge(graph: MessageGraph, edge: torch.Tensor) -> MessageGraph:
    assert graph.synapses is not None
    edges = torch.cat([graph.edge_index, edge], dim=1)
    return replace(graph, edge_index=edges, synapses=torch.cat([graph.synapses, torch.ones(1)]))


def tampered(split: LinkSplit, graph: MessageGraph, case: str) -> tuple[LinkSplit, MessageGraph]:
    test = split.test[:, :1]
    match case:
        case "test link in training":
            split = replace(split, train=torch.cat([split.train, test], dim=1))
        case "reversed test link in training":
            split = replace(split, train=torch.cat([split.train, test.flip(0)], dim=1))
        case "training link among negatives":
            split = replace(split, test_negatives=split.train[:, :5])
        case "negatives shared":
            split = replace(split, val_negatives=split.test_negatives)
        case "repeated negative":
            split = replace(split, test_negatives=split.test_negatives[:, [0, 0]])
        case "self-loop":
            split = replace(split, test_negatives=torch.tensor([[3], [3]]))
        case "lost links":
            split = replace(split, train=split.train[:, 1:])
        case "invented link":
            split = replace(split, test=split.test_negatives)
        case "messages over test links":
            graph = with_edge(graph, test)
        case "messages over reversed test links":
            graph = with_edge(graph, test.flip(0))
        case "synapses of held-out links in those of a training link":
            assert graph.synapses is not None
            graph = replace(
                graph, synapses=graph.synapses + 1.0 * (torch.arange(len(graph.synapses)) == 0)
            )
    return split, graph


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize(
    "case",
    [
        "test link in training",
        "reversed test link in training",
        "training link among negatives",
        "negatives shared",
        "repeated negative",
        "self-loop",
        "lost links",
        "invented link",
        "messages over test links",
        "messages over reversed test links",
        "synapses of held-out links in those of a training link",
    ],
)
def test_audit_catches_every_tampering(tiny: Connectome, case: str, directed: bool) -> None:
    split = split_links(tiny, SplitConfig(directed=directed))
    graph = message_graph(tiny, split)
    assert audit_split(tiny, split, graph).require().passed
    audit = audit_split(tiny, *tampered(split, graph, case))
    assert not audit.passed
    with pytest.raises(InputError, match="the split leaks"):
        audit.require()


@pytest.mark.parametrize("directed", [False, True])
def test_whole_split_trains_on_every_link(mushroom: Connectome, directed: bool) -> None:
    split = split_links(mushroom, SplitConfig(directed, WHOLE))
    graph = message_graph(mushroom, split)
    expected = whole_graph(mushroom, directed).edge_index
    keys = [e[0] * mushroom.num_neurons + e[1] for e in (graph.edge_index, expected)]
    assert keys[0].sort().values.equal(keys[1].sort().values)
    assert split.val.shape == split.test.shape == (2, 0)
    assert audit_split(mushroom, split, graph).passed
    ((name, (links, pairs)),) = scored_parts(split).items()
    assert name == "train"
    assert links.shape == pairs.shape
    connected = {*zip(*expected.tolist(), strict=True)}
    assert not connected & {*zip(*pairs.tolist(), strict=True)}
