import numpy as np
import pytest
import torch

from connectome.models.losses import Block
from connectome.models.nn import HeadSettings, LinkHeads
from connectome.scores import Embedding
from connectome.types import InputError, MessageGraph, NotApplicableError

N = 60


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def graph(directed: bool = True, **values: torch.Tensor | None) -> MessageGraph:
    edges = (~torch.eye(N, dtype=torch.bool)).nonzero().T
    names = ("aa", "ad") if values.get("edge_type_synapses") is not None else ()
    known = {"synapses": torch.ones(edges.shape[1])} | values
    return MessageGraph(np.arange(N), edges, directed, edge_type_names=names, **known)


def whole(message_graph: MessageGraph) -> Block:
    links, every = message_graph.edge_index, torch.arange(N)
    loops = torch.stack([every, every])
    return Block(every, every, N, links, torch.arange(links.shape[1]), loops, 1.0)


def fit(heads: LinkHeads, sent: torch.Tensor, received: torch.Tensor, g: MessageGraph) -> None:
    optimizer = torch.optim.LBFGS(
        heads.parameters(), max_iter=80, line_search_fn="strong_wolfe", history_size=10
    )

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss: torch.Tensor = heads(sent, received, whole(g), g)[0]
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[arg-type]


def embedding(sent: torch.Tensor, received: torch.Tensor) -> Embedding:
    return Embedding("test", np.arange(N), sent, received)


def test_simulated_counts_are_recovered() -> None:
    rng = np.random.default_rng(3)
    sent, received = (torch.randn(N, 3, generator=generator(s)) for s in (1, 2))
    sender = torch.from_numpy(rng.normal(0, 0.5, N)).float()
    pre, post = graph().edge_index
    log_mean = (sent[pre] * received[post]) @ torch.tensor([0.5, -0.4, 0.0]) + 1 + sender[pre]
    r = 1.5
    drawn = rng.poisson(log_mean.exp().numpy() * rng.gamma(r, 1 / r, len(pre)))
    counts = torch.from_numpy(drawn).float()
    g = graph(synapses=counts + 1)
    heads = LinkHeads(g, 3, HeadSettings(count_weight=1.0))
    fit(heads, sent, received, g)
    model = heads.details(embedding(sent, received)).counts
    assert model is not None
    found = model.log_mean(graph().edge_index).float()
    assert float(torch.corrcoef(torch.stack([found, log_mean]))[0, 1]) > 0.97
    assert float((found - log_mean).mean().abs()) < 0.1
    assert model.log_dispersion == pytest.approx(np.log(r), abs=0.25)  # 120 biases take a share
    torch.testing.assert_close(
        model.readout.weights[:, 0], torch.tensor([0.5, -0.4, 0.0]), atol=0.06, rtol=0
    )


def test_types_follow_their_own_dimensions() -> None:
    sent, received = (torch.randn(N, 2, generator=generator(s)) for s in (1, 2))
    pre, post = graph().edge_index
    logits = 3 * sent[pre] * received[post]
    present = torch.rand(logits.shape, generator=generator(4)) < logits.sigmoid()
    g = graph(edge_type_synapses=present.float())
    heads = LinkHeads(g, 2, HeadSettings(type_weight=1.0, type_biases=False))
    assert len(heads.own_parameters()) == 1  # the offsets
    fit(heads, sent, received, g)
    model = heads.details(embedding(sent, received)).edge_types
    assert model is not None
    assert model.names == ("aa", "ad")
    torch.testing.assert_close(model.readout.weights, 3 * torch.eye(2), atol=0.35, rtol=0)


@pytest.mark.parametrize("count", [1.0, 1000.0])
def test_extreme_counts_give_finite_gradients(count: float) -> None:
    g = graph(synapses=torch.full((N * (N - 1),), count))
    heads = LinkHeads(g, 2, HeadSettings(count_weight=1.0))
    sent = (50 * torch.randn(N, 2, generator=generator())).requires_grad_()
    torch.nn.init.ones_(heads.counts.weights)  # type: ignore[union-attr]
    heads(sent, 50 * torch.ones(N, 2), whole(g), g)[0].backward()
    for gradient in (sent.grad, *(p.grad for p in heads.parameters())):
        assert gradient is not None
        assert bool(gradient.isfinite().all())


def test_an_undirected_graph_has_the_same_bias_both_ways() -> None:
    g = graph(directed=False)
    heads = LinkHeads(g, 2, HeadSettings(count_weight=1.0))
    torch.nn.init.normal_(heads.counts.biases[0], generator=generator())  # type: ignore[union-attr]
    same = torch.randn(N, 2, generator=generator())
    model = heads.details(embedding(same, same)).counts
    assert model is not None
    pairs = torch.tensor([[0, 5], [3, 9]])
    assert torch.equal(model.log_mean(pairs), model.log_mean(pairs.flip(0)))


def test_a_block_without_links_costs_nothing() -> None:
    g = graph()
    empty = Block(
        torch.tensor([0]), torch.arange(N), N, torch.empty(2, 0).long(), torch.empty(0).long(),
        torch.empty(2, 0).long(), 1.0,
    )  # fmt: skip
    heads = LinkHeads(g, 2, HeadSettings(count_weight=1.0))
    assert float(heads(torch.ones(1, 2), torch.ones(N, 2), empty, g)[0].detach()) == 0.0


@pytest.mark.parametrize(
    ("message_graph", "settings", "error", "message"),
    [
        (graph(), HeadSettings(type_weight=1.0), NotApplicableError, "have no edge types"),
        (graph(synapses=None), HeadSettings(1.0), NotApplicableError, "has no synapse counts"),
        (
            graph(synapses=torch.full((N * (N - 1),), 0.5)),
            HeadSettings(1.0),
            InputError,
            "model.heads.count_weight: 0.5 synapses on a link",
        ),
    ],
)
def test_what_is_not_there_cannot_be_learned(
    message_graph: MessageGraph, settings: HeadSettings, error: type[InputError], message: str
) -> None:
    with pytest.raises(error, match=message):
        LinkHeads(message_graph, 2, settings)


def test_bad_settings_are_refused() -> None:
    with pytest.raises(InputError, match=r"model\.heads\.count_weight=-1: must be 0 or more"):
        HeadSettings(count_weight=-1)
