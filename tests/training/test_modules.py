from typing import Any

import pytest
import pytorch_lightning as pl
import torch

from connectome.data.splits import SplitConfig
from connectome.metrics.links import link_metrics
from connectome.models.nn import kl_divergence, reconstruction_loss
from connectome.models.sparse import gcn_operator
from connectome.scores import Embedding
from connectome.training.batching import LinkDataModule
from connectome.training.modules import EmbeddingModule
from connectome.training.modules.autoencoder import AutoencoderModule
from connectome.training.modules.spectral import SpectralModule
from connectome.training.randomness import step_generator
from connectome.types import Connectome, InputError, MessageGraph


def trainer(**options: Any) -> pl.Trainer:
    defaults = {"accelerator": "cpu", "devices": 1, "logger": False, "max_epochs": 10}
    quiet = {"enable_progress_bar": False, "enable_model_summary": False}
    return pl.Trainer(**defaults | quiet | {"enable_checkpointing": False} | options)


def datamodule(connectome: Connectome, **options: Any) -> LinkDataModule:
    return LinkDataModule(connectome, SplitConfig(**options), steps_per_epoch=20)


def trained(module: EmbeddingModule, data: LinkDataModule, **options: Any) -> Embedding:
    trainer(**options | module.trainer_limits).fit(module, data)
    return module.embed(data.graph)


def auc(embedding: Embedding, data: LinkDataModule) -> float:
    split = data.split
    return link_metrics(
        embedding.score_pairs(split.test), embedding.score_pairs(split.test_negatives)
    ).auc


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize(
    "module",
    [
        lambda: AutoencoderModule(4, variational=False),
        lambda: AutoencoderModule(4, variational=True, kl_warmup_steps=10),
        lambda: AutoencoderModule(4, variational=False, decoder="distance", dropout=0.2),
        lambda: SpectralModule(4, "ase"),
        lambda: SpectralModule(4, "laplacian"),
        lambda: SpectralModule(4, "diffusion"),
        lambda: SpectralModule(4, "lse"),
    ],
    ids=["gae", "vgae", "gae-distance", "ase", "laplacian", "diffusion", "lse"],
)
def test_every_method_finds_held_out_links(
    mushroom: Connectome, module: Any, directed: bool
) -> None:
    data = datamodule(mushroom, directed=directed)
    embedding = trained(module(), data)
    assert embedding.latent_dim == 4
    assert auc(embedding, data) > 0.75
    symmetric = embedding.score_pairs(data.split.test)
    reversed_ = embedding.score_pairs(data.split.test.flip(0))
    knows_direction = directed and embedding.method in ("spectral", "lse")
    assert torch.allclose(symmetric, reversed_) != knows_direction


def test_training_improves_on_the_initial_weights(mushroom: Connectome) -> None:
    data = datamodule(mushroom)
    module = AutoencoderModule(2, variational=False)
    module.build(data.graph)
    before = auc(module.embed(data.graph), data)
    assert auc(trained(module, data), data) > before + 0.05


@pytest.mark.parametrize("variational", [False, True])
def test_training_takes_the_steps_of_plain_autograd(
    mushroom: Connectome, variational: bool
) -> None:
    data, steps = datamodule(mushroom), 20
    module = AutoencoderModule(3, variational, learning_rate=1e-3)
    got = trained(module, data, max_epochs=1)
    batch = data.train_dataloader().batch
    operator = gcn_operator(data.graph.edge_index, 213).matrix.to_dense()
    plain = AutoencoderModule(3, variational)
    plain.build(data.graph)
    assert plain.network is not None
    optimizer = torch.optim.Adam(plain.parameters(), lr=1e-3)
    for step in range(steps):
        generator = step_generator(0, step, 0, "cpu")
        negatives = batch.absent.sample(batch.positives.shape[1], generator)
        latent = plain.network(operator, None, generator)
        sample, logits = latent.sample(generator), plain.network.logits
        loss = reconstruction_loss(logits(sample, batch.positives), logits(sample, negatives))
        if latent.log_std is not None:
            loss = loss + kl_divergence(latent.mean, latent.log_std) / 213
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    expected = plain.network(operator, None).mean.detach()
    torch.testing.assert_close(got.source, expected, rtol=1e-5, atol=1e-5)


def test_same_seed_same_weights_whatever_the_global_seed(mushroom: Connectome) -> None:
    data = datamodule(mushroom)
    results = []
    for seed, global_seed in ((3, 1), (3, 2), (4, 1)):
        torch.manual_seed(global_seed)
        module = AutoencoderModule(2, variational=True, dropout=0.3, seed=seed)
        results.append(trained(module, data, max_epochs=2).source)
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


@pytest.mark.parametrize("precision", ["bf16-mixed", "64-true"])
def test_other_precisions_train(mushroom: Connectome, precision: str) -> None:
    data = datamodule(mushroom)
    embedding = trained(AutoencoderModule(4, variational=True), data, precision=precision)
    assert auc(embedding, data) > 0.85


def test_variational_logs_weight_and_activity(mushroom: Connectome) -> None:
    data = datamodule(mushroom)
    module = AutoencoderModule(4, variational=True, kl_warmup_steps=40)
    fitter = trainer(max_epochs=1)
    fitter.fit(module, data)
    assert fitter.callback_metrics["train/kl_weight"] == pytest.approx(0.5 / 213)
    assert 0 <= fitter.callback_metrics["train/active_units"] <= 4
    assert fitter.callback_metrics["train/kl"] > 0
    embedding = module.embed(data.graph)
    assert embedding.log_std is not None
    assert embedding.log_std.shape == embedding.source.shape


def test_huge_kl_weight_collapses_the_posterior(mushroom: Connectome) -> None:
    module = AutoencoderModule(2, variational=True, kl_weight=100.0)
    fitter = trainer(max_epochs=10)
    fitter.fit(module, datamodule(mushroom))
    assert fitter.callback_metrics["train/active_units"] == 0


def test_features_replace_the_table(mushroom: Connectome) -> None:
    data = datamodule(mushroom)
    features = torch.randn(213, 7, generator=torch.Generator().manual_seed(0))
    graph = MessageGraph(data.graph.neuron_ids, data.graph.edge_index, False, features)
    module = AutoencoderModule(2, variational=False)
    module.build(graph)
    assert module.network is not None
    assert module.network.encoder.first.shape == (7, 64)
    assert module.embed(graph).source.shape == (213, 2)


def test_step_counter_advances_by_optimiser_steps(mushroom: Connectome) -> None:
    fitter = trainer(max_epochs=3)
    fitter.fit(AutoencoderModule(2, variational=False), datamodule(mushroom))
    assert fitter.global_step == 60


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AutoencoderModule(2, False, hidden_dim=0), "model.hidden_dim=0"),
        (lambda: AutoencoderModule(2, False, dropout=1.0), "model.dropout=1.0"),
        (lambda: AutoencoderModule(2, False, "linear", conv_bias=True), "model.conv_bias=True"),
        (lambda: AutoencoderModule(2, False, learning_rate=0), "model.learning_rate=0"),
        (lambda: AutoencoderModule(2, True, kl_weight=-1), "model.kl_weight=-1"),
        (lambda: AutoencoderModule(2, True, kl_warmup_steps=-1), "model.kl_warmup_steps=-1"),
        (lambda: AutoencoderModule(2, False, decoder="x"), "model.decoder=x"),
        (lambda: SpectralModule(2, variant="x"), "model.variant=x"),
        (lambda: SpectralModule(2, decoder="x"), "model.decoder=x"),
        (lambda: SpectralModule(2, solver="x"), "model.solver=x"),
    ],
)
def test_bad_options_are_refused(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize("model", ["autoencoder", "spectral"])
def test_latent_dim_must_fit_the_graph(mushroom: Connectome, model: str) -> None:
    module = SpectralModule(213) if model == "spectral" else AutoencoderModule(213, False)
    with pytest.raises(InputError, match="latent_dim=213: the graph has 213 neurons"):
        module.build(datamodule(mushroom).graph)


def test_methods_are_named_by_what_they_do() -> None:
    assert AutoencoderModule(2, True).method == "vgae"
    assert AutoencoderModule(2, False, decoder="distance").method == "gae-distance"
    assert SpectralModule(2).method == "spectral"
    whole = SpectralModule(2, "laplacian", "inner_product", largest_component=False)
    assert whole.method == "laplacian-whole-inner_product"
    assert SpectralModule(2, "diffusion").method == "diffusion"
    assert SpectralModule(2, "diffusion", walk_steps=4).method == "diffusion-4-steps"


def test_native_score_of_the_spectral_variants(mushroom: Connectome) -> None:
    data = datamodule(mushroom)
    eigenmaps = trained(SpectralModule(2, "laplacian"), data)
    assert eigenmaps.score == "distance"
    plain = trained(SpectralModule(24, "ase", "inner_product"), data)
    signed = trained(SpectralModule(24, "ase"), data)
    assert plain.target is plain.source
    assert not torch.equal(signed.source, signed.target)
    assert auc(signed, data) != auc(plain, data)
    assert signed.numbers_per_neuron == plain.numbers_per_neuron == 24


@pytest.mark.parametrize("variant", ["ase", "laplacian"])
def test_solvers_of_the_spectral_module_agree(mushroom: Connectome, variant: str) -> None:
    data = datamodule(mushroom)
    exact = trained(SpectralModule(6, variant), data)
    module = SpectralModule(6, variant, solver="randomized")
    found = trained(module, data)
    torch.testing.assert_close(found.source, exact.source, atol=1e-5, rtol=0)
    name = {"ase": "spectral", "laplacian": "laplacian"}[variant]
    assert module.method == name  # the result is the same, so is the name
    assert 0 < float(module.trainer.logged_metrics["train/residual"]) <= 1e-6
