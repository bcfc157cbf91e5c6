"""Mini-batches: exact where nothing is left out, repeatable, and refused where they do not go."""

from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch

from connectome.config import build, identity, load_config
from connectome.data.splits import SplitConfig
from connectome.metrics.links import link_metrics
from connectome.models.nn import reconstruction_loss, sampled_latent, sampled_logits
from connectome.models.sparse import gcn_operator
from connectome.scores import Embedding
from connectome.training.batching import EdgeBatches, LinkDataModule, messages_of
from connectome.training.loop.fit import require_applicable
from connectome.training.modules.autoencoder import AutoencoderModule
from connectome.training.modules.spectral import SpectralModule
from connectome.training.modules.subgraph_steps import sample_of
from connectome.types import Connectome, InputError, NotApplicableError

KINDS: dict[str, dict[str, Any]] = {
    "gae": {"variational": False, "dropout": 0.2},
    "vgae": {"variational": True, "conv_bias": True},
    "linear": {"variational": False, "encoder": "linear"},
    "factor": {"variational": False, "encoder": "table", "biases": True, "source_target": True},
}
EXACT = (10_000, 10_000)


def trainer(**options: Any) -> pl.Trainer:
    usual = {"accelerator": "cpu", "devices": 1, "logger": False, "enable_checkpointing": False}
    quiet = {"enable_progress_bar": False, "enable_model_summary": False}
    return pl.Trainer(**usual | quiet | options)


def data(connectome: Connectome, batch: Any, steps: int = 4, **split: Any) -> LinkDataModule:
    return LinkDataModule(connectome, SplitConfig(**split), steps, batch=batch)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def auc(embedding: Embedding, module: LinkDataModule) -> float:
    positives, negatives = module.split.test, module.split.test_negatives
    return link_metrics(embedding.score_pairs(positives), embedding.score_pairs(negatives)).auc


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_large_fanouts_give_the_full_batch_loss_and_gradients(
    tiny: Connectome, kind: str, directed: bool
) -> None:
    """In double precision, so that only the order of sums may differ."""
    datamodule = data(tiny, None, directed=directed)
    links = datamodule.split.train.shape[1]
    module = AutoencoderModule(3, seed=1, **KINDS[kind] | {"dropout": 0.0}).double()
    module.build(datamodule.graph)
    network = module.double().network
    assert network is not None
    batch = EdgeBatches(links, EXACT).source(datamodule.graph, datamodule.split, 1)
    hops = {"linear": 1, "factor": 0}.get(kind, 2)
    draw = batch.draw(0, 0, hops, generator())
    assert draw.positives.shape[1] == links

    sampled = sampled_latent(network, sample_of(draw), None).mean
    pairs = [draw.positives, draw.negatives]
    reconstruction_loss(
        *(sampled_logits(network, sampled, draw.neurons, part) for part in pairs)
    ).backward()
    named = dict(network.named_parameters())
    found = {name: p.grad.to_dense() for name, p in named.items() if p.grad is not None}
    network.zero_grad()

    operator = gcn_operator(datamodule.graph.edge_index, tiny.num_neurons)
    whole = network(operator, None).mean
    reconstruction_loss(*(network.logits(whole, draw.neurons[part]) for part in pairs)).backward()
    torch.testing.assert_close(sampled, whole[draw.neurons], rtol=1e-5, atol=1e-7)
    expected = {name: p.grad for name, p in named.items() if p.grad is not None}
    assert set(found) == set(expected)
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-7)


def test_a_pass_sees_every_link_once_and_shares_it_among_processes(tiny: Connectome) -> None:
    datamodule = data(tiny, None)
    total = datamodule.split.train.shape[1]
    config, seen = EdgeBatches(20, (2, 2)), []
    for rank in range(2):
        source = config.source(datamodule.graph, datamodule.split, 1, rank, 2)
        for step in range(source.steps_a_pass):
            draw = source.draw(step, 0, 2, generator(step))
            assert draw.positives.shape[1] <= 20
            assert draw.positives.shape == draw.negatives.shape
            seen += [tuple(pair) for pair in draw.neurons[draw.positives].T.tolist()]
    assert sorted(seen) == sorted(tuple(pair) for pair in datamodule.split.train.T.tolist())
    assert len(seen) == total


def test_negatives_are_no_training_links(tiny: Connectome) -> None:
    datamodule = data(tiny, None)
    linked = {tuple(sorted(pair)) for pair in datamodule.split.train.T.tolist()}
    draw = EdgeBatches(50).source(datamodule.graph, datamodule.split, 1).draw(0, 0, 2, generator())
    drawn = draw.neurons[draw.negatives].T.tolist()
    assert not linked & {tuple(sorted(pair)) for pair in drawn}
    assert {tuple(sorted(p)) for p in draw.neurons[draw.positives].T.tolist()} <= linked


def test_the_prior_is_estimated_without_bias(tiny: Connectome) -> None:
    """Mean over the ends of negatives, weighted, against the mean over all neurons."""
    datamodule = data(tiny, None)
    source = EdgeBatches(200).source(datamodule.graph, datamodule.split, 1)
    value = torch.arange(40.0) ** 2
    means = []
    for step in range(400):
        draw = source.draw(step, 0, 0, generator(step))
        means.append(float((value[draw.neurons[draw.ends]] * draw.weights).mean()))
    spread = torch.tensor(means)
    standard_error = float(spread.std() / 20)
    assert abs(float(spread.mean()) - float(value.mean())) < 4 * standard_error


@pytest.mark.parametrize("kind", KINDS)
def test_training_repeats_itself_and_goes_on_where_it_stopped(
    tiny: Connectome, tmp_path: Path, kind: str
) -> None:
    batch = EdgeBatches(60, (3, 3))

    def module() -> AutoencoderModule:
        return AutoencoderModule(3, seed=2, **KINDS[kind])

    whole, first = module(), module()
    trainer(max_epochs=2).fit(whole, data(tiny, batch))
    begun = trainer(max_epochs=1)
    begun.fit(first, data(tiny, batch))
    assert begun.global_step == 4  # one a step, however many optimisers there are
    begun.save_checkpoint(tmp_path / "half.ckpt")
    second = module()
    trainer(max_epochs=2).fit(
        second, data(tiny, batch), ckpt_path=tmp_path / "half.ckpt", weights_only=True
    )
    for a, b, c in zip(whole.parameters(), second.parameters(), first.parameters(), strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_mini_batches_find_held_out_links(mushroom: Connectome, kind: str) -> None:
    datamodule = data(mushroom, EdgeBatches(600), steps=60)
    module = AutoencoderModule(4, **KINDS[kind])
    trainer(max_epochs=5).fit(module, datamodule)
    assert auc(module.embed(datamodule.graph), datamodule) > 0.85


def test_the_whole_graph_is_embedded_as_by_the_full_operator(mushroom: Connectome) -> None:
    datamodule = data(mushroom, None)
    module = AutoencoderModule(4, variational=True)
    module.build(datamodule.graph)
    full = module.embed(datamodule.graph)
    module.in_blocks, module._operators = True, None
    torch.testing.assert_close(module.embed(datamodule.graph).source, full.source)


def test_features_are_gathered_for_the_sample(mushroom: Connectome) -> None:
    batch = EdgeBatches(500, EXACT)
    datamodule = LinkDataModule(mushroom, SplitConfig(), 2, ["degrees"], batch=batch)
    module = AutoencoderModule(2, variational=False)
    module.build(datamodule.graph)
    source = batch.source(datamodule.graph, datamodule.split, 1)
    draw = source.draw(0, 0, 2, generator())
    assert module.network is not None
    sampled = sampled_latent(module.network, sample_of(draw), source.features).mean
    torch.testing.assert_close(sampled, module(datamodule.graph).mean[draw.neurons])


def test_messages_are_the_training_edges_both_ways(tiny: Connectome) -> None:
    for directed in (False, True):
        graph = data(tiny, None, directed=directed).graph
        messages = messages_of(graph)
        found = messages.pairs(torch.arange(messages.num_links)).T.tolist()
        both = torch.cat([graph.edge_index, graph.edge_index.flip(0)], dim=1)
        assert {tuple(pair) for pair in found} == {tuple(pair) for pair in both.T.tolist()}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda c: EdgeBatches(0), "batch.edges=0"),
        (lambda c: EdgeBatches(5, (-1, 2)), r"batch.fanouts=\[-1, 2\]"),
        (lambda c: EdgeBatches(5, (2.5,)), r"batch.fanouts=\[2.5\]"),  # type: ignore[arg-type]
        (lambda c: data(c, EdgeBatches(10**6)), "batch.edges=1000000: 1 process.* choose fewer"),
    ],
)
def test_bad_batches_are_refused(tiny: Connectome, make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make(tiny)


def test_a_fanout_for_each_convolution_is_asked_for(tiny: Connectome) -> None:
    datamodule = data(tiny, None)
    source = EdgeBatches(9, (4,)).source(datamodule.graph, datamodule.split, 1)
    with pytest.raises(InputError, match="the method has 2 graph convolutions"):
        source.draw(0, 0, 2, generator())


def test_methods_of_the_whole_graph_refuse_mini_batches(tiny: Connectome) -> None:
    with pytest.raises(NotApplicableError, match="takes the graph whole"):
        require_applicable(SpectralModule(2), data(tiny, EdgeBatches(20)))


def test_batches_are_configured_and_part_of_what_a_run_is() -> None:
    run = ["run_dir=/nowhere", "name=test"]
    chosen = ["batch=edges", "batch.edges=300", "batch.fanouts=[4,3]"]
    config = load_config([*chosen, *run])
    assert build(config.datamodule).batch == EdgeBatches(300, (4, 3))
    assert identity(load_config(run))["batch"] is None
    assert identity(config)["batch"]["edges"] == 300
    assert build(load_config(["batch=full", *run]).datamodule).batch is None
