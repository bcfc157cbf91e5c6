import inspect
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch

from connectome.config import build, load_config, plain
from connectome.data.splits import SplitConfig
from connectome.metrics.links import link_metrics
from connectome.models.losses import LikelihoodSettings
from connectome.models.nn import NetworkSettings, PosteriorSettings
from connectome.runs import RunFolder, load_scorer, read_checkpoint
from connectome.training.batching import LinkDataModule
from connectome.training.loop import Benchmark, fit_and_test, restore
from connectome.training.modules.base import EmbeddingModule
from connectome.training.modules.directed import DirectedAutoencoderModule
from connectome.types import Connectome, InputError

SMALL, NARROW = NetworkSettings(hidden_dim=32), NetworkSettings(hidden_dim=8)


def datamodule(connectome: Connectome, directed: bool = True, **options: Any) -> LinkDataModule:
    return LinkDataModule(connectome, SplitConfig(directed=directed), steps_per_epoch=20, **options)


def train(
    module: EmbeddingModule,
    data: LinkDataModule,
    epochs: int = 10,
    begin: Path | None = None,
) -> pl.Trainer:
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=1,
        logger=False,
        max_epochs=epochs,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )
    trainer.fit(module, data, ckpt_path=begin, weights_only=True)
    return trainer


def auc(module: EmbeddingModule, data: LinkDataModule, negatives: Any = None) -> float:
    scorer, split = module.embed(data.graph), data.split
    absent = split.test_negatives if negatives is None else negatives
    return link_metrics(scorer.score_pairs(split.test), scorer.score_pairs(absent)).auc


@pytest.mark.parametrize(
    "options",
    [
        {"network": SMALL},
        {"network": replace(SMALL, layers=0)},
        {"network": replace(SMALL, hops=1)},
        {"network": SMALL, "likelihood": LikelihoodSettings(columns=40, rows=100)},
        {"network": SMALL, "likelihood": LikelihoodSettings(5.0, 1.0, 0.3), "dropout": 0.5},
        {"network": replace(SMALL, state_dim=None, layers=0)},
        {"network": SMALL, "posterior": PosteriorSettings(variational=True)},
    ],
    ids=[
        "networks",
        "factors",
        "hops",
        "columns",
        "weights",
        "free",
        "variational",
    ],
)
def test_held_out_links_are_found_with_their_direction(
    mushroom: Connectome, options: dict[str, Any]
) -> None:
    data = datamodule(mushroom)
    module = DirectedAutoencoderModule(2, **options)
    train(module, data)
    assert auc(module, data) > 0.9
    assert auc(module, data, data.split.test.flip(0)) > 0.55


def test_an_undirected_split_gets_a_symmetric_score(mushroom: Connectome) -> None:
    data = datamodule(mushroom, directed=False)
    module = DirectedAutoencoderModule(2, network=SMALL)
    train(module, data)
    scorer = module.embed(data.graph)
    assert scorer.source is scorer.target
    assert torch.equal(
        scorer.score_pairs(data.split.test), scorer.score_pairs(data.split.test.flip(0))
    )
    assert auc(module, data) > 0.85


def test_the_learning_rate_rises_and_falls_to_nothing(mushroom: Connectome) -> None:
    data = datamodule(mushroom)
    module = DirectedAutoencoderModule(2, network=NARROW, learning_rate=0.5)
    seen: list[float] = []

    class Watch(pl.Callback):
        def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
            seen.append(trainer.optimizers[0].param_groups[0]["lr"])

    trainer = pl.Trainer(
        max_epochs=20, accelerator="cpu", logger=False, enable_progress_bar=False,
        enable_model_summary=False, enable_checkpointing=False, callbacks=[Watch()],
    )  # fmt: skip
    trainer.fit(module, data)
    assert seen[1] == pytest.approx(0.5)  # after a tenth of training
    assert seen[2:] == sorted(seen[2:], reverse=True)
    assert seen[-1] == pytest.approx(0.0, abs=1e-12)


def test_same_seed_same_embedding(mushroom: Connectome) -> None:
    data, found = datamodule(mushroom), []
    for seed, everything in ((1, 5), (1, 6), (2, 5)):
        torch.manual_seed(everything)
        module = DirectedAutoencoderModule(
            2, network=NARROW, posterior=PosteriorSettings(variational=True), seed=seed
        )
        train(module, data, epochs=2)
        found.append(module.embed(data.graph).source)
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


@pytest.mark.parametrize(("model", "epochs"), [("directed_gae", 4), ("factor", 2)])
def test_early_stopping_does_not_cut_off_a_schedule(
    tmp_path: Path, model: str, epochs: int
) -> None:
    options = [
        f"run_dir={tmp_path}", "name=x", f"model={model}", "logger=none", "split.directed=true",
        "trainer.max_epochs=4", "callbacks.progress=null", "callbacks.early_stopping.patience=1",
        "+callbacks.early_stopping.min_delta=1.0",
    ]  # fmt: skip
    config = load_config(options)
    metrics = fit_and_test(
        folder=RunFolder(tmp_path, plain(config), {}),
        datamodule=build(config.datamodule),
        module=build(config.model),
        make_trainer=build(config.trainer),
        callbacks=[build(one) for one in config.callbacks.values() if one is not None],
        loggers=[],
        benchmark=Benchmark(),
    )
    assert metrics is not None
    last = read_checkpoint(tmp_path / "checkpoints" / "last.ckpt")
    assert last["epoch"] == epochs - 1
    # What was saved is what its checkpoint stands for.
    restored = restore(tmp_path / "checkpoints" / "best.ckpt", build).scorer
    saved = load_scorer(tmp_path / "embedding.npz")
    pairs = torch.arange(200).view(2, 100)
    torch.testing.assert_close(saved.score_pairs(pairs), restored.score_pairs(pairs))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"likelihood": LikelihoodSettings(rows=0)}, "likelihood.rows=0: must be 1 or more"),
        ({"likelihood": LikelihoodSettings(columns=0)}, "likelihood.columns=0: must be 1 or more"),
        ({"network": NetworkSettings(layers=-1)}, "network.layers=-1: must be 0 or more"),
        ({"network": NetworkSettings(state_dim=0)}, "network.state_dim=0: must be 1 or more"),
        ({"dropout": 1.0}, "dropout=1.0: must be at least 0 and below 1"),
        ({"learning_rate": 0.0}, "learning_rate=0.0: must be positive"),
    ],
)
def test_bad_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=rf"^model\.{message}"):
        DirectedAutoencoderModule(2, **options)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"learning_rate": 0.0}, "learning_rate=0.0: must be positive"),
        ({"learning_rate": math.nan}, "learning_rate=nan: must be positive"),
        ({"weight_decay": -1.0}, "weight_decay=-1.0: must be 0 or more"),
    ],
)
def test_networks_refuse_what_they_cannot_be_trained_with(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=rf"^model\.network\.{message}"):
        NetworkSettings(**settings)


def test_its_hyperparameters_are_plain_and_grouped_as_in_the_configuration() -> None:
    module = DirectedAutoencoderModule(2, network=NARROW)
    assert module.hparams["network"]["hidden_dim"] == 8
    assert module.hparams["likelihood"]["rows"] == 512
    assert len(inspect.signature(DirectedAutoencoderModule).parameters) <= 12
    for option in module.hparams.values():
        values = option.values() if isinstance(option, dict) else [option]
        assert all(isinstance(value, bool | int | float | str | None) for value in values)
