"""A directed autoencoder by orthogonalised steps and jumps: ends, resumes, is refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from connectome.models.losses import LikelihoodSettings
from connectome.models.nn import HeadSettings, NetworkSettings, PosteriorSettings
from connectome.training.modules import directed, muon, newton
from connectome.training.modules.directed import DirectedAutoencoderModule
from connectome.types import Connectome, InputError, NotApplicableError
from tests.training.test_directed import SMALL, auc, datamodule, train
from tests.training.test_modules import trainer


def module(seed: int = 0, **changed: Any) -> DirectedAutoencoderModule:
    options = {"network": SMALL, "likelihood": LikelihoodSettings(None, 0.5, 0.4, rows=64)}
    return DirectedAutoencoderModule(2, **options | {"solver": "muon", "seed": seed} | changed)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 100 steps."""
    for one in (directed, muon):
        monkeypatch.setattr(one, "STEPS", 100)


@pytest.mark.usefixtures("short")
def test_it_ends_by_itself_and_finds_links_with_their_direction(mushroom: Connectome) -> None:
    data, model = datamodule(mushroom), module()
    assert train(model, data, epochs=50).global_step == 100
    assert model.encoder is not None
    assert model.encoder.hidden is None  # the table is the factors
    assert model.method == "directed_gae"
    assert auc(model, data) > 0.9
    assert auc(model, data, data.split.test.flip(0)) > 0.55


@pytest.mark.usefixtures("short")
def test_a_resumed_run_ends_with_the_same_weights(mushroom: Connectome, tmp_path: Path) -> None:
    data = datamodule(mushroom)
    whole, first, second = (module() for _ in range(3))
    ended = train(whole, data, epochs=50)
    ended.save_checkpoint(tmp_path / "end.ckpt")
    train(first, data, epochs=50, begin=tmp_path / "end.ckpt")  # no step is left
    half = module()

    def stop(*_: Any) -> None:
        if half.trainer.current_epoch == 1:
            half.trainer.save_checkpoint(tmp_path / "half.ckpt")
            raise ZeroDivisionError  # as a kill would

    half.on_train_epoch_end = stop  # type: ignore[method-assign]
    with pytest.raises(ZeroDivisionError):
        train(half, data, epochs=50)
    assert train(second, data, epochs=50, begin=tmp_path / "half.ckpt").global_step == 100
    other = module(seed=1)
    train(other, data, epochs=50)
    for model, same in ((first, True), (second, True), (other, False)):
        pairs = zip(whole.parameters(), model.parameters(), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs) is same


@pytest.mark.parametrize("precision", ["64-true", "bf16-mixed"])
def test_other_precisions_jump_too(mushroom: Connectome, precision: str) -> None:
    model = module()
    options = {"precision": precision, "max_epochs": 2}  # of 20 steps, with several jumps
    trainer(**options).fit(model, datamodule(mushroom))
    assert model.embed(datamodule(mushroom).graph).source.isfinite().all()


def test_jumps_are_at_equal_distances_and_end_before_the_training() -> None:
    jumped = [step for step in range(1, 31) if muon.due(step / 30, step)]
    assert jumped == [*range(2, 27, 2)]  # of 15 the last two fall after nine tenths
    assert [step for step in range(1, 901) if muon.due(step / 900, step)] == [*range(60, 811, 60)]


def test_a_jump_lowers_the_loss_of_all_pairs(mushroom: Connectome) -> None:
    data, model = datamodule(mushroom), module()
    model.build(data.graph)
    assert model.muon is not None
    assert model.encoder is not None
    everybody = LikelihoodSettings(None, 0.5, 0.4, rows=213, columns=213)
    model.muon.likelihood = everybody

    def loss() -> float:
        model.likelihood = everybody
        return model._loss(data.graph, torch.Generator().manual_seed(0), 0.1)[0].item()

    before = loss()
    biases = model.biases.sender + model.offset, model.biases.receiver
    draw = torch.Generator().manual_seed(0)
    model.muon.jump(data.graph, model.encoder.table, biases, model._compared, draw)
    assert loss() < before - 0.01


@pytest.mark.parametrize(
    ("options", "features", "reason"),
    [
        ({"network": replace(SMALL, layers=0)}, [], "no networks stand before the comparison"),
        ({"network": replace(SMALL, hops=1)}, [], "messages pass before it"),
        ({"decoder": "distance"}, [], "model.decoder=distance is no inner product"),
        ({"posterior": PosteriorSettings(variational=True)}, [], "the model is variational"),
        ({"source_target": False}, [], "sender and receiver share their factors"),
        ({"heads": HeadSettings(count_weight=1.0)}, [], "model.heads train beside the links"),
        ({}, ["degrees"], "node features are added to the factors"),
    ],
)
def test_where_it_cannot_be_it_is_refused(
    mushroom: Connectome, options: dict[str, Any], features: list[str], reason: str
) -> None:
    graph = datamodule(mushroom, features=features).graph
    auto = module(**options | {"solver": "auto"})
    auto.build(graph)
    assert auto.muon is None
    with pytest.raises(NotApplicableError, match=rf"^model\.solver=muon: {reason}"):
        module(**options).build(graph)


def test_auto_takes_it_in_two_dimensions_of_a_graph_that_is_not_large(
    mushroom: Connectome, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = datamodule(mushroom).graph
    taken = []
    for d, large in ((2, 8192), (3, 8192), (2, 100)):
        monkeypatch.setattr(newton, "LARGE", large)
        model = DirectedAutoencoderModule(d, network=NetworkSettings(hidden_dim=8), solver="auto")
        model.build(graph)
        taken.append(model.muon is not None)
    assert taken == [True, False, False]
    with pytest.raises(
        InputError, match=r"^model\.solver=sgd: choose one of auto, adam, newton, m"
    ):
        module(solver="sgd")
