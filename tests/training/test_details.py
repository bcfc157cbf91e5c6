"""Synapse counts and edge types beside presence, as a run trains, saves and reports them."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import pytorch_lightning as pl
import torch

from connectome.config import build, load_config, plain
from connectome.data.splits import SplitConfig
from connectome.models.nn import HeadSettings, NetworkSettings
from connectome.runs import RunFolder, load_details, load_json, pair_synapses
from connectome.training.batching import LinkDataModule
from connectome.training.loop import Benchmark, fit_and_test
from connectome.training.loop.edge_attribute_scores import report_details
from connectome.training.modules.directed import DirectedAutoencoderModule
from connectome.types import Connectome, NotApplicableError

NONE, BOTH = HeadSettings(), HeadSettings(count_weight=0.1, type_weight=0.1)


@pytest.fixture(scope="module")
def typed(mushroom: Connectome) -> Connectome:
    """Synapses of Kenyon cells are of one type, others of another, and a few are of both."""
    kenyon = torch.tensor((mushroom.neurons["cell_type"] == "Kenyon").tolist()).double()
    share = kenyon[mushroom.edge_index[0]] * 0.5 + kenyon[mushroom.edge_index[1]] * 0.5
    by_type = torch.stack([mushroom.synapses * share, mushroom.synapses * (1 - share)], dim=1)
    return replace(mushroom, edge_type_names=("k", "other"), edge_type_synapses=by_type)


def train(
    data: LinkDataModule, heads: HeadSettings = NONE, epochs: int = 10, layers: int = 3
) -> DirectedAutoencoderModule:
    network = NetworkSettings(hidden_dim=32, layers=layers)
    module = DirectedAutoencoderModule(2, network=network, heads=heads)
    pl.Trainer(
        accelerator="cpu", devices=1, logger=False, max_epochs=epochs, enable_progress_bar=False,
        enable_model_summary=False, enable_checkpointing=False,
    ).fit(module, data)  # fmt: skip
    return module


def test_a_run_learns_saves_and_reports_both(typed: Connectome, tmp_path: Path) -> None:
    config = load_config(
        [
            f"run_dir={tmp_path}", "name=x", "model=directed_gae", "latent_dim=2", "logger=none",
            "split.directed=true", "trainer.max_epochs=10", "callbacks.progress=null",
            "model.heads.count_weight=0.1", "model.heads.type_weight=0.1",
            "model.network.hidden_dim=32",
        ]
    )  # fmt: skip
    data = LinkDataModule(typed, build(config.split), steps_per_epoch=20)
    folder, module = RunFolder(tmp_path, plain(config), identity={}), build(config.model)
    folder.write("running")
    metrics = fit_and_test(
        folder, data, module, build(config.trainer),
        [one for one in map(build, config.callbacks.values()) if one is not None], [], Benchmark(),
    )  # fmt: skip
    assert metrics is not None
    added = report_details(folder, module, data, metrics)
    folder.write_complete(None)
    assert added.items() <= load_json(tmp_path / "metrics.json").items()
    for part in ("val", "test"):
        assert added[f"{part}/count_nll"] < added[f"{part}/count_nll_constant"]
        assert added[f"{part}/count_nll"] < added[f"{part}/count_nll_poisson"]
        assert added[f"{part}/type_auc_k"] > 0.9
    tables = [pd.read_csv(tmp_path / name) for name in ("counts.csv", "edge_types.csv")]
    assert list(tables[0]["model"]) == ["model", "same_mean", "poisson", "constant"] * 2
    assert list(tables[1]["type"]) == ["k", "other"] * 2

    # What lies in the folder says the same without the model.
    details = load_details(tmp_path)
    assert details.counts is not None
    counts, _ = pair_synapses(typed, data.split.val, directed=True)
    nll = -float(details.counts.log_prob(data.split.val, counts).mean())
    assert nll == pytest.approx(added["val/count_nll"], rel=1e-6)
    assert folder.completed(data.fingerprints, None) is not None
    (tmp_path / "counts.npz").unlink()
    assert folder.completed(data.fingerprints, None) is None  # made again


def test_parts_that_a_run_does_not_score_stay_untouched(typed: Connectome, tmp_path: Path) -> None:
    data = LinkDataModule(typed, SplitConfig(directed=True), steps_per_epoch=2)
    module = train(data, BOTH, epochs=1)
    (tmp_path / "metrics.json").write_text("{}")
    added = report_details(RunFolder(tmp_path, {}, {}), module, data, {"val/auc": 0.5})
    assert added
    assert all(name.startswith("val/") for name in added)


def test_without_heads_nothing_is_written(mushroom: Connectome, tmp_path: Path) -> None:
    data = LinkDataModule(mushroom, SplitConfig(directed=True), steps_per_epoch=2)
    module = train(data, epochs=1)
    assert module.heads is None
    assert report_details(RunFolder(tmp_path, {}, {}), module, data, {"val/auc": 0.5}) == {}
    assert not list(tmp_path.iterdir())


def test_heads_without_weight_leave_presence_alone(typed: Connectome) -> None:
    """Weight 0 makes no heads; and as heads draw no random numbers, a tiny one changes nothing
    but the order in which gradients are added up.
    """
    data = LinkDataModule(typed, SplitConfig(directed=True), steps_per_epoch=5)
    without, barely = (
        train(data, HeadSettings(count_weight=weight, type_weight=weight), epochs=2)
        for weight in (0.0, 1e-30)
    )
    assert not [name for name in without.state_dict() if name.startswith("heads")]
    assert barely.heads is not None
    left, right = without.embed(data.graph), barely.embed(data.graph)
    pairs = data.split.val
    torch.testing.assert_close(left.score_pairs(pairs), right.score_pairs(pairs))


def test_counts_inform_undirected_factors_too(typed: Connectome) -> None:
    data = LinkDataModule(typed, SplitConfig(directed=False), steps_per_epoch=10)
    module = train(data, BOTH, layers=0)
    counts = module.details(data.graph).counts
    assert counts is not None
    pairs = data.split.val
    torch.testing.assert_close(
        counts.expected_synapses(pairs), counts.expected_synapses(pairs.flip(0))
    )
    truth, _ = pair_synapses(typed, pairs, directed=False)
    both = torch.stack([counts.expected_synapses(pairs), truth])
    assert float(torch.corrcoef(both)[0, 1]) > 0.3


def test_types_are_refused_where_there_are_none(mushroom: Connectome) -> None:
    data = LinkDataModule(mushroom, SplitConfig(directed=True), steps_per_epoch=1)
    with pytest.raises(NotApplicableError, match="type_weight=1: the data have no edge types"):
        train(data, HeadSettings(type_weight=1.0), epochs=1)
