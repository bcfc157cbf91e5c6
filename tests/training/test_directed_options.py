"""Decoders, posteriors and pairs of the directed autoencoder, trained."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from connectome import api
from connectome.build import build
from connectome.config import load_config, plain
from connectome.data import SplitConfig, left_right_pairs, load_json, load_scorer
from connectome.scores import Embedding
from connectome.training import (
    Benchmark,
    DirectedAutoencoderModule,
    LinkDataModule,
    RunFolder,
    fit_and_test,
)
from connectome.types import Connectome, InputError, NotApplicableError
from tests.conftest import random_connectome
from tests.training.test_directed import auc, datamodule, train

FREE: dict[str, Any] = {"state_dim": None, "layers": 0}


def two_sided(n: int = 40) -> Connectome:
    """The first half left, the second half right, in pairs but for the last of each."""
    bare = random_connectome(3, neurons=n, edges=500)
    half = n // 2
    partner = [*range(half, n), *range(half)]
    pairs = pd.array([int(bare.neuron_ids[p]) for p in partner], dtype="Int64")
    pairs[half - 1] = pairs[n - 1] = pd.NA
    side = ["left"] * half + ["right"] * half
    return replace(bare, neurons=pd.DataFrame({"pair_id": pairs, "hemisphere": side}))


@pytest.mark.parametrize(
    ("options", "method"),
    [
        ({"decoder": "distance"}, "directed-gae-distance"),
        ({"decoder": "gravity", **FREE}, "directed-factor-gravity"),
        ({"variational": True, "latent": "sphere"}, "directed-vgae-sphere"),
        ({"variational": True, "kl_warmup": 0.5, "free_bits": 0.1}, "directed-vgae"),
    ],
)
def test_held_out_links_are_found(
    mushroom: Connectome, options: dict[str, Any], method: str
) -> None:
    data = datamodule(mushroom)
    module = DirectedAutoencoderModule(3, hidden_dim=32, **options)
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
    module = DirectedAutoencoderModule(2, hidden_dim=8, decoder=decoder)
    train(module, data, epochs=3)
    scorer, pairs = module.embed(data.graph), data.split.test
    assert torch.equal(scorer.score_pairs(pairs), scorer.score_pairs(pairs.flip(0)))


def test_mirrored_pairs_score_links_like_their_mirror_images() -> None:
    connectome = two_sided()
    data = LinkDataModule(connectome, SplitConfig(True, "orbit"), 5, pairs="mirror")
    module = DirectedAutoencoderModule(4, pairs="mirror", hidden_dim=8, **FREE)
    train(module, data, epochs=3)
    embedding = replace(module.embed(data.graph), source_bias=None, target_bias=None)
    left, right = left_right_pairs(connectome)
    inside = torch.stack([left[:9], left[9:18]])
    images = torch.stack([right[:9], right[9:18]])
    torch.testing.assert_close(embedding.score_pairs(inside), embedding.score_pairs(images))
    across = torch.stack([left[:9], right[9:18]])
    assert not torch.allclose(embedding.score_pairs(inside), embedding.score_pairs(across))
    assert embedding.pairs == "mirror"


@pytest.mark.parametrize("pairs", ["share", "tie"])
def test_a_run_says_that_it_was_trained_on_pairs(tmp_path: Path, pairs: str) -> None:
    options = [
        f"run_dir={tmp_path}", "name=x", "model=directed_gae", "logger=none", "model.hidden_dim=8",
        "split.directed=true", "split.protocol=orbit", "trainer.max_epochs=2",
        "callbacks.progress=null", f"model.pairs={pairs}",
    ]  # fmt: skip
    config = load_config(options)
    assert config.datamodule.pairs == pairs
    connectome = two_sided()
    data = LinkDataModule(connectome, SplitConfig(True, "orbit"), 5, pairs=pairs)
    fit_and_test(
        folder=RunFolder(tmp_path, plain(config), {}),
        datamodule=data,
        module=build(config.model),
        make_trainer=build(config.trainer),
        callbacks=[build(one) for one in config.callbacks.values() if one is not None],
        loggers=[],
        benchmark=Benchmark(),
    )
    saved = load_scorer(tmp_path / "embedding.npz")
    assert isinstance(saved, Embedding)
    assert saved.pairs == pairs
    assert load_json(tmp_path / "metrics.json")["trained_pairs"] == 19
    assert set(data.fingerprints) == {"data_fingerprint", "split_fingerprint", "pairs_fingerprint"}


def test_a_checkpoint_with_shared_rows_is_restored(tmp_path: Path) -> None:
    module = DirectedAutoencoderModule(2, pairs="share", hidden_dim=8)
    data = LinkDataModule(two_sided(), SplitConfig(True, "orbit"), 5, pairs="share")
    trainer = train(module, data, epochs=1)
    path = tmp_path / "x.ckpt"
    trainer.save_checkpoint(path)
    again = DirectedAutoencoderModule(2, pairs="share", hidden_dim=8)
    again.build(data.graph)
    again.load_state_dict(torch.load(path, weights_only=True)["state_dict"])
    assert torch.equal(again.embed(data.graph).source, module.embed(data.graph).source)


def test_pairs_are_refused_where_mirror_images_leak_or_none_are_known() -> None:
    with pytest.raises(NotApplicableError, match=r"split\.protocol=reciprocal with model\.pairs"):
        LinkDataModule(two_sided(), SplitConfig(True), 5, pairs="share")
    for protocol in ("whole", "reciprocal"):  # another protocol would be no remedy
        with pytest.raises(NotApplicableError, match=r"no column.*model\.pairs=null"):
            LinkDataModule(random_connectome(1), SplitConfig(True, protocol), 5, pairs="share")
    blind = LinkDataModule(two_sided(), SplitConfig(True, "orbit"), 5)
    assert blind.graph.pairs is None
    with pytest.raises(NotApplicableError, match="the graph has no left-right pairs"):
        DirectedAutoencoderModule(2, pairs="tie").build(blind.graph)


def test_pairs_from_python() -> None:
    options: dict[str, Any] = {"trainer": {"max_epochs": 1}, "directed": True}
    fitted = api.fit(two_sided(), "directed_factor", pairs="tie", **options)
    assert fitted.embedding.pairs == "tie"
    assert api.fit(two_sided(), "directed_factor", **options).embedding.pairs is None


def test_bad_options_are_refused() -> None:
    with pytest.raises(InputError, match=r"model\.decoder=dot"):
        DirectedAutoencoderModule(2, decoder="dot")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="directions need at least 2"):
        DirectedAutoencoderModule(1, latent="sphere")
