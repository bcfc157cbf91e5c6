"""What the trained methods step with: by hand, as torch's own, and refused where it is ignored."""

from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch

from connectome import api
from connectome.config import build, identity, load_config, require_whole
from connectome.data.splits import SplitConfig
from connectome.models.nn import OptimizerSettings, SchedulerSettings
from connectome.training.batching import EdgeBatches, LinkDataModule
from connectome.training.modules import EmbeddingModule
from connectome.training.modules.autoencoder import AutoencoderModule
from connectome.training.modules.deepwalk import DeepWalkModule
from connectome.types import Connectome, InputError
from tests.training.test_modules import datamodule, trained, trainer

RUN = ("run_dir=/nowhere", "name=test")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (SchedulerSettings(), [1, 1, 1, 1, 1]),
        (SchedulerSettings("cosine"), [1, 0.75, 0.5, 0.25, 0]),
        (SchedulerSettings("step", drops=2, gamma=0.1), [1, 0.1, 0.1, 0.01, 0.01]),
    ],
)
def test_factors_by_hand(settings: SchedulerSettings, expected: list[float]) -> None:
    shares = (0, 1 / 3, 0.5, 2 / 3, 1)  # cos(pi / 3) is a half
    assert [settings.factor(done) for done in shares] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("settings", "plain"),
    [
        (OptimizerSettings(), lambda p: torch.optim.Adam(p, lr=0.1)),
        (
            OptimizerSettings("adamw", weight_decay=0.5),
            lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.5),
        ),
        (
            OptimizerSettings("sgd", momentum=0.9),
            lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        ),
        (
            OptimizerSettings("muon", momentum=0.9),  # of a vector
            lambda p: torch.optim.Adam(p, lr=0.02, betas=(0.9, 0.99)),
        ),
    ],
    ids=["adam", "adamw", "sgd", "muon"],
)
@pytest.mark.parametrize("fused", [False, True])
def test_steps_are_those_of_torch(settings: OptimizerSettings, plain: Any, fused: bool) -> None:
    ours, theirs = (torch.nn.Parameter(torch.tensor([1.0, -2.0, 3.0])) for _ in range(2))
    steps = ((ours, settings.make([ours], 0.1, fused)), (theirs, plain([theirs])))
    for values, optimizer in steps:
        for _ in range(3):
            optimizer.zero_grad()
            values.square().sum().backward()
            optimizer.step()
    torch.testing.assert_close(ours, theirs, rtol=1e-6 if fused else 0, atol=0)
    assert not torch.equal(ours, torch.tensor([1.0, -2.0, 3.0]))


@pytest.mark.parametrize(
    ("make", "fused"),
    [(lambda: AutoencoderModule(3, True), True), (lambda: DeepWalkModule(3), None)],
    ids=["vgae", "deepwalk"],
)
def test_the_default_is_plain_adam_to_the_last_bit(
    mushroom: Connectome, make: Any, fused: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against the same module with an optimiser that is written out."""
    data = datamodule(mushroom)
    got = trained(make(), data, max_epochs=1)

    def written_out(module: EmbeddingModule) -> torch.optim.Optimizer:
        return torch.optim.Adam(module.parameters(), lr=module.learning_rate, fused=fused)

    other = make()
    monkeypatch.setattr(type(other), "configure_optimizers", written_out)
    assert torch.equal(got.source, trained(other, data, max_epochs=1).source)


@pytest.mark.parametrize("make", [lambda **o: AutoencoderModule(2, False, **o), DeepWalkModule])
def test_the_learning_rate_follows_the_scheduler(mushroom: Connectome, make: Any) -> None:
    options = {} if make is not DeepWalkModule else {"latent_dim": 2}
    module = make(scheduler=SchedulerSettings("step", 1, 0.5), learning_rate=0.08, **options)
    assert module.scheduled
    fitter = trainer(max_epochs=2)  # of 20 steps each; the second half has half the rate
    rates: list[float] = []
    make_optimizer = module.configure_optimizers

    def watched() -> Any:
        optimizer = make_optimizer()
        optimizer.register_step_pre_hook(lambda o, *_: rates.append(o.param_groups[0]["lr"]))
        return optimizer

    module.configure_optimizers = watched
    fitter.fit(module, datamodule(mushroom))
    assert rates == [0.08] * 20 + [0.04] * 20


@pytest.mark.parametrize("name", ["sgd", "muon"])
def test_a_resumed_run_ends_with_the_same_weights(
    mushroom: Connectome, tmp_path: Path, name: str
) -> None:
    class Halfway(pl.Callback):
        def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
            if trainer.current_epoch == 1:
                trainer.save_checkpoint(tmp_path / "half.ckpt")

    def make() -> AutoencoderModule:
        chosen = OptimizerSettings(name, momentum=0.9)
        return AutoencoderModule(2, True, optimizer=chosen, scheduler=SchedulerSettings("cosine"))

    data, whole, resumed = datamodule(mushroom), make(), make()
    trainer(max_epochs=4, callbacks=[Halfway()]).fit(whole, data)
    trainer(max_epochs=4).fit(resumed, data, ckpt_path=tmp_path / "half.ckpt", weights_only=True)
    assert torch.equal(whole.embed(data.graph).source, resumed.embed(data.graph).source)
    assert resumed.global_step == 80


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: OptimizerSettings("lion"),
            "optimizer.name=lion: choose one of adam, adamw, sgd, muon",
        ),
        (lambda: OptimizerSettings(weight_decay=-1), "optimizer.weight_decay=-1: must be 0 or"),
        (lambda: OptimizerSettings(momentum=0.9), "optimizer.momentum=0.9: is of optimizer=sgd"),
        (lambda: OptimizerSettings("sgd", momentum=1), "optimizer.momentum=1: must be"),
        (lambda: SchedulerSettings("plateau"), "scheduler.name=plateau: choose one of none, cos"),
        (lambda: SchedulerSettings("step", drops=0), "scheduler.drops=0: must be a whole number"),
        (lambda: SchedulerSettings("step", gamma=2), "scheduler.gamma=2: must be above 0"),
        (lambda: SchedulerSettings("cosine", gamma=0.5), "scheduler.gamma=0.5: is of scheduler=st"),
    ],
)
def test_bad_settings_are_refused(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        make()


@pytest.mark.parametrize("model", ["directed_gae", "inductive", "spectral", "l3"])
@pytest.mark.parametrize("choice", ["optimizer=sgd", "scheduler=cosine"])
def test_methods_that_do_not_take_a_choice_refuse_it(model: str, choice: str) -> None:
    require_whole(load_config([f"model={model}", *RUN]))
    with pytest.raises(InputError, match=f"^{choice}: .* trains nothing; leave it out"):
        require_whole(load_config([f"model={model}", choice, *RUN]))


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"optimizer": OptimizerSettings("sgd")}, "optimizer=sgd"),
        ({"optimizer": OptimizerSettings(weight_decay=0.1)}, "optimizer.weight_decay=0.1"),
        ({"scheduler": SchedulerSettings("cosine")}, "scheduler=cosine"),
    ],
)
def test_mini_batches_refuse_a_choice(
    mushroom: Connectome, options: dict[str, Any], named: str
) -> None:
    data = LinkDataModule(mushroom, SplitConfig(), 2, batch=EdgeBatches(100, (2, 2)))
    with pytest.raises(InputError, match=f"^{named}: batch=edges has Adam of its own"):
        trained(AutoencoderModule(2, False, **options), data, max_epochs=1)


def test_choices_count_and_are_plain_values() -> None:
    usual = load_config(["model=gae", *RUN])
    assert build(usual.model).optimizer == OptimizerSettings()  # the files say what the class does
    assert build(usual.model).scheduler == SchedulerSettings()
    for choice in ("optimizer=adamw", "optimizer.weight_decay=0.1", "scheduler=step"):
        other = load_config(["model=gae", choice, *RUN])
        require_whole(other)
        assert identity(other) != identity(usual)
    module = build(load_config(["model=gae", "optimizer=sgd", *RUN]).model)
    assert module.hparams["optimizer"] == {"name": "sgd", "weight_decay": 0.0, "momentum": 0.9}


def test_from_python_a_name_brings_what_its_file_says(tiny: Connectome) -> None:
    short = {"trainer": {"max_epochs": 1}, "steps_per_epoch": 2}
    usual, sgd = (
        api.fit(tiny, "gae", **short, **options) for options in ({}, {"optimizer": {"name": "sgd"}})
    )
    assert not torch.equal(usual.embedding.source, sgd.embedding.source)
    with pytest.raises(InputError, match="optimizer 'lion': choose one of adam, adamw, muon, sgd"):
        api.fit(tiny, "gae", optimizer={"name": "lion"})
    with pytest.raises(InputError, match=r"^optimizer: unknown option"):
        api.fit(tiny, "spectral", optimizer={"name": "sgd"})
