"""The directed factor model by Newton steps: ends by itself, resumes, says where it cannot be."""

import math
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from connectome.models.factors import RECIPES, NewtonFit, fit
from connectome.models.losses import LikelihoodSettings
from connectome.models.nn import HeadSettings, NetworkSettings, PosteriorSettings
from connectome.training.modules.autoencoder import AutoencoderModule
from connectome.training.modules.directed import DirectedAutoencoderModule
from connectome.training.modules.newton import (
    SOLVERS,
    takes,
    usual_dropout,
)
from connectome.types import Connectome, InputError, NotApplicableError
from tests.training.test_directed import auc, datamodule, train

Module = DirectedAutoencoderModule | AutoencoderModule
to_end = partial(train, epochs=100)  # it stops long before
FREE = NetworkSettings(state_dim=None, layers=0)
WEIGHTS = LikelihoodSettings(30, 1.0, 0.3)


def module(seed: int = 0, **changed: Any) -> DirectedAutoencoderModule:
    options = {"network": FREE, "likelihood": WEIGHTS, "dropout": 0.03, "l2": 0.02}
    return DirectedAutoencoderModule(8, **options | {"solver": "newton", "seed": seed} | changed)


def distance(seed: int = 0, **changed: Any) -> DirectedAutoencoderModule:
    own = {"decoder": "distance", "likelihood": LikelihoodSettings(30, 1.0, None)}
    return module(seed, **own | {"dropout": None, "l2": None} | changed)


def factor(seed: int = 0, **changed: Any) -> AutoencoderModule:
    options = {"encoder": "table", "source_target": True, "biases": True, "l2": 0.01}
    options |= {"learning_rate": 0.03, "solver": "newton", "seed": seed} | changed
    return AutoencoderModule(8, variational=False, **options)


def weights(model: Module) -> torch.Tensor:
    return torch.cat([value.flatten().float() for value in model.state_dict().values()])


def test_it_ends_by_itself_as_good_as_adam(mushroom: Connectome) -> None:
    data = datamodule(mushroom)
    newton, adam = module(), module(solver="adam", learning_rate=0.1)
    trainer = to_end(newton, data)
    assert 3 <= trainer.global_step <= 30
    assert newton.newton is not None
    assert bool(newton.newton.converged)
    train(adam, data, epochs=40)
    assert auc(newton, data) > 0.93
    assert auc(newton, data) > auc(adam, data) - 0.005
    assert newton.method == adam.method == "directed_factor"
    assert float(newton.offset.detach()) == 0


def test_the_factor_model_ends_as_good_as_adam(mushroom: Connectome) -> None:
    data = datamodule(mushroom)
    newton, adam = factor(), factor(solver="adam")
    assert 3 <= to_end(newton, data).global_step <= 30
    train(adam, data, epochs=40)
    assert auc(newton, data) > 0.92
    assert auc(newton, data) > auc(adam, data) - 0.005
    assert newton.method == adam.method == "factor"


def test_distances_end_as_good_as_adam(mushroom: Connectome) -> None:
    data = datamodule(mushroom)
    newton, adam = distance(), distance(solver="adam", learning_rate=0.03)
    assert 3 <= to_end(newton, data).global_step <= 40
    train(adam, data, epochs=40)
    assert auc(newton, data) > 0.94
    assert auc(newton, data) > auc(adam, data) - 0.005
    assert newton.method == adam.method == "directed_distance"
    embedding = newton.embed(data.graph)
    assert (embedding.scale, embedding.offset) == (1, 0)


def test_few_dimensions_take_it_for_distances_only_if_it_is_asked_for(mushroom: Connectome) -> None:
    """They end in worse places than by small steps."""
    graph, own = datamodule(mushroom).graph, {"network": FREE, "decoder": "distance"}
    taken = []
    for d, solver in ((7, "auto"), (7, "newton"), (8, "auto")):
        model = DirectedAutoencoderModule(d, dropout=None, l2=None, solver=solver, **own)
        model.build(graph)
        taken.append(model.newton is not None)
    assert taken == [False, True, True]


def test_settings_that_nobody_chose_follow_solver_and_decoder(mushroom: Connectome) -> None:
    """A penalty of 1.2 absent pairs a neuron, and 40% of the weight of absent pairs by degrees."""
    assert (distance().dropout, distance().l2) == (0.065, 0.09)
    assert distance().likelihood.degree_share == 0.5
    usual = module(dropout=None, l2=None, likelihood=LikelihoodSettings(30, 1.0, None))
    assert (usual.dropout, usual.l2, usual.likelihood.degree_share) == (0.03, 0.02, 0.3)
    data = datamodule(mushroom)
    graph = data.graph
    weight = 30 * graph.edge_index.shape[1] / graph.num_neurons  # of the links, for a neuron
    share = LikelihoodSettings(30, 1.0, 0.4)
    fits = []
    for options in ({}, {"l2": 1.2 / weight, "likelihood": share}, {"l2": 0.0}):
        model = distance(**options)
        train(model, data, epochs=2)
        fits.append(weights(model))
    torch.testing.assert_close(fits[0], fits[1], rtol=1e-3, atol=1e-3)
    assert not torch.allclose(fits[0], fits[2], rtol=1e-3, atol=1e-3)


def test_an_interrupted_run_ends_in_the_same_bits(mushroom: Connectome, tmp_path: Path) -> None:
    data = datamodule(mushroom)
    drawn = LikelihoodSettings(30, 1.0, 0.3, columns=100)
    some = partial(distance, likelihood=drawn)
    for make in (module, partial(module, likelihood=drawn), factor, distance, some):
        whole, first, second = (make() for _ in range(3))
        ended = to_end(whole, data)
        train(first, data, epochs=2).save_checkpoint(tmp_path / "two.ckpt")
        again = to_end(second, data, begin=tmp_path / "two.ckpt")
        assert again.global_step == ended.global_step > 2
        assert torch.equal(weights(second), weights(whole))


def test_steps_shrink_where_columns_are_drawn(
    mushroom: Connectome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their noise averages out: as many whole steps end farther from what all pairs say."""
    data, some = datamodule(mushroom), LikelihoodSettings(30, 1.0, 0.3, columns=100)
    usual = NewtonFit.of(data.graph, some, 0.02, 5e-4, 0.0, RECIPES["inner_product"])
    assert [usual.stretch(done) for done in range(6)] == [1, 1, 1, 2 / 3, 1 / 2, 2 / 5]
    best, shrunk, whole = module(), module(likelihood=some), module(likelihood=some)
    to_end(best, data)
    sweeps = to_end(shrunk, data).global_step
    assert 5 <= sweeps <= 60
    monkeypatch.setattr(fit, "SHRINK", math.inf)
    monkeypatch.setattr(fit, "SPENT", 0.0)
    assert train(whole, data, epochs=sweeps).global_step == sweeps
    rows = [m.embed(data.graph).score_rows(torch.arange(213)) for m in (best, shrunk, whole)]
    assert (rows[1] - rows[0]).norm() < 0.7 * (rows[2] - rows[0]).norm()


def test_dropout_that_nobody_chose_follows_solver_and_dimensions(mushroom: Connectome) -> None:
    assert usual_dropout(58) == pytest.approx(0.5)
    assert usual_dropout(29) == pytest.approx(0.2)  # odds of 1 to 4
    data = datamodule(mushroom)
    fits = []
    for dropout in (None, usual_dropout(8), 0.03):
        model = module(dropout=dropout)
        assert model.dropout == (dropout or 0.03)
        train(model, data, epochs=2)
        fits.append(weights(model))
    assert torch.equal(fits[0], fits[1])
    assert not torch.equal(fits[0], fits[2])


def test_what_has_converged_is_not_swept_again(mushroom: Connectome, tmp_path: Path) -> None:
    data = datamodule(mushroom)
    ended, resumed = module(), module()
    to_end(ended, data).save_checkpoint(tmp_path / "end.ckpt")
    to_end(resumed, data, begin=tmp_path / "end.ckpt")
    assert torch.equal(weights(resumed), weights(ended))


def test_other_seeds_are_other_columns_only(mushroom: Connectome) -> None:
    """All pairs leave nothing to chance: it begins with the spectrum."""
    data = datamodule(mushroom)
    drawn = LikelihoodSettings(30, 1.0, 0.3, columns=100)
    for likelihood, same in ((WEIGHTS, True), (drawn, False)):
        one, other = (module(seed, likelihood=likelihood) for seed in (0, 1))
        for model in (one, other):
            train(model, data, epochs=3)
        assert torch.equal(weights(one), weights(other)) is same


@pytest.mark.parametrize(
    ("options", "features", "reason"),
    [
        ({"network": NetworkSettings()}, [], "networks stand before the comparison"),
        ({"posterior": PosteriorSettings(variational=True)}, [], "the model is variational"),
        ({"decoder": "gravity"}, [], "model.decoder=gravity has no Newton steps"),
        (
            {"decoder": "distance"},
            [],
            "distances leave out no dimensions (model.dropout=null mends that)",
        ),
        ({"source_target": False}, [], "sender and receiver share their factors"),
        ({"heads": HeadSettings(count_weight=1.0)}, [], "model.heads train beside the links"),
        ({}, ["degrees"], "node features are added to the factors"),
    ],
)
def test_where_it_cannot_be_adam_is_taken_or_it_is_refused(
    mushroom: Connectome, options: dict[str, Any], features: list[str], reason: str
) -> None:
    data = datamodule(mushroom, features=features)
    auto = module(**options | {"solver": "auto"})
    auto.build(data.graph)
    assert auto.newton is None
    with pytest.raises(NotApplicableError) as refused:
        module(**options).build(data.graph)
    expected = f"model.solver=newton: {reason}; set model.solver=auto, which takes one that can"
    assert str(refused.value) == expected


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (
            {"encoder": "gcn", "l2": 0.0},
            "an encoder stands before the factors (model.encoder=table has none)",
        ),
        ({"variational": True}, "the model is variational"),
        ({"decoder": "distance"}, "model.decoder=distance is no inner product"),
        ({"biases": False}, "there are no biases (model.biases=true mends that)"),
        ({"source_target": False}, "sender and receiver share their factors"),
    ],
)
def test_where_a_factor_model_cannot_take_it(
    mushroom: Connectome, options: dict[str, Any], reason: str
) -> None:
    graph = datamodule(mushroom).graph
    given = {"encoder": "table", "source_target": True, "biases": True, "variational": False}
    auto = AutoencoderModule(8, **given | options | {"solver": "auto"})
    auto.build(graph)
    assert auto.newton is None
    with pytest.raises(NotApplicableError) as refused:
        AutoencoderModule(8, **given | options | {"solver": "newton"}).build(graph)
    assert str(refused.value).startswith(f"model.solver=newton: {reason}")


def test_the_factor_model_of_a_large_graph_takes_adam(
    mushroom: Connectome, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []
    for large in (213, 212):
        monkeypatch.setattr("connectome.training.modules.autoencoder.LARGE", large)
        model = factor(solver="auto")
        model.build(datamodule(mushroom).graph)
        taken.append(model.newton is not None)
    assert taken == [True, False]


def test_auto_takes_newton_where_it_suits() -> None:
    taken = {
        (solver, suits): takes("newton", solver, {}, suits)
        for solver in SOLVERS
        for suits in (1, 0)
    }
    assert taken == {
        ("auto", 1): True, ("auto", 0): False, ("adam", 1): False,
        ("adam", 0): False, ("newton", 1): True, ("newton", 0): True,
    }  # fmt: skip
    product, distance = RECIPES["inner_product"], RECIPES["distance"]
    assert product.suits(2, 10**6)
    assert distance.suits(8, 8192)
    assert not distance.suits(8, 8193)


def test_an_undirected_split_takes_adam(mushroom: Connectome) -> None:
    auto, graph = module(solver="auto"), datamodule(mushroom, directed=False).graph
    auto.build(graph)
    assert auto.newton is None
    with pytest.raises(NotApplicableError, match=r"undirected \(split\.directed=true mends that\)"):
        module().build(graph)
    with pytest.raises(InputError, match=r"model\.solver=sgd: choose one of auto, adam, newton"):
        module(solver="sgd")
