"""Decoders and posteriors of the directed autoencoder, trained."""

from typing import Any

import pytest
import torch

from connectome import api
from connectome.models.nn import NetworkSettings, PosteriorSettings
from connectome.training.modules.directed import DirectedAutoencoderModule
from connectome.types import Connectome, InputError
from tests.training.test_directed import NARROW, SMALL, auc, datamodule, train

FREE: dict[str, Any] = {"network": NetworkSettings(state_dim=None, layers=0)}


@pytest.mark.parametrize(
    ("options", "method"),
    [
        ({"decoder": "distance", "network": SMALL}, "directed_gae-distance"),
        ({"decoder": "gravity", **FREE}, "directed_factor-gravity"),
        ({"network": SMALL, "posterior": PosteriorSettings(True, 1e-3, 0.5, 0.1)}, "directed_vgae"),
    ],
)
def test_held_out_links_are_found(
    mushroom: Connectome, options: dict[str, Any], method: str
) -> None:
    data = datamodule(mushroom)
    module = DirectedAutoencoderModule(3, **options)
    train(module, data, epochs=15)
    assert module.method == method
    assert auc(module, data) > 0.9
    assert auc(module, data, data.split.test.flip(0)) > 0.55


def test_one_position_leaves_the_direction_to_the_biases(mushroom: Connectome) -> None:
    data = datamodule(mushroom)
    module = DirectedAutoencoderModule(2, decoder="gravity", source_target=False, **FREE)
    train(module, data)
    embedding = module.embed(data.graph)
    assert embedding.source is embedding.target
    assert embedding.numbers_per_neuron == 2 + 2
    pairs = data.split.test
    difference = embedding.score_pairs(pairs) - embedding.score_pairs(pairs.flip(0))
    assert embedding.source_bias is not None
    assert embedding.target_bias is not None
    mass = embedding.target_bias - embedding.source_bias
    torch.testing.assert_close(difference, mass[pairs[1]] - mass[pairs[0]], rtol=0, atol=1e-5)


@pytest.mark.parametrize("decoder", ["distance", "gravity"])
def test_an_undirected_distance_is_symmetric(mushroom: Connectome, decoder: Any) -> None:
    data = datamodule(mushroom, directed=False)
    module = DirectedAutoencoderModule(2, decoder, network=NARROW)
    train(module, data, epochs=3)
    scorer, pairs = module.embed(data.graph), data.split.test
    assert torch.equal(scorer.score_pairs(pairs), scorer.score_pairs(pairs.flip(0)))


def test_bad_options_are_refused() -> None:
    with pytest.raises(InputError, match=r"model\.decoder=dot"):
        DirectedAutoencoderModule(2, decoder="dot")  # type: ignore[arg-type]


def test_from_python_a_group_keeps_the_options_that_are_not_named(mushroom: Connectome) -> None:
    quick: dict[str, Any] = {"trainer": {"max_epochs": 1}, "directed": True}
    fitted = api.fit(mushroom, "directed_factor", posterior={"variational": True}, **quick)
    assert fitted.scorer.method == "directed_vfactor"  # no encoder, no networks
    with pytest.raises(InputError, match=r"^model\.network\.hop: unknown .*model\.network\.hops\?"):
        api.fit(mushroom, "directed_factor", network={"hop": 1}, **quick)
