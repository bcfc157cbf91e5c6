"""Runs that are shown node features: what they see, where they are stored, what is refused."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch
from omegaconf import OmegaConf

from connectome import api
from connectome.config import build, identity, load_config, plain
from connectome.data.splits import SplitConfig, graph_hash
from connectome.errors import clear_errors
from connectome.runs import (
    AUDIT,
    EMBEDDING,
    SPLIT,
    STATUS,
    RunFolder,
    load_json,
    load_scorer,
    load_split,
)
from connectome.scores import Embedding
from connectome.training.batching import LinkDataModule
from connectome.training.loop import restore
from connectome.training.loop.fit import require_applicable
from connectome.training.modules.autoencoder import AutoencoderModule
from connectome.training.modules.spectral import SpectralModule
from connectome.types import Connectome, InputError, NotApplicableError
from tests.programs import run_program

RUN = ["run_dir=/nowhere", "name=test"]
QUICK = ("trainer.max_epochs=2", "logger=none", "~callbacks.progress")


def signed(connectome: Connectome) -> Connectome:
    """With transmitters, which follow from nothing else."""
    kinds = (["ACH", "GABA", None] * connectome.num_neurons)[: connectome.num_neurons]
    return replace(connectome, neurons=pd.DataFrame({"nt_type": kinds}))


def test_each_stage_sees_the_features(mushroom: Connectome) -> None:
    without = LinkDataModule(mushroom, SplitConfig(), 1)
    data = LinkDataModule(mushroom, SplitConfig(), 1, ["degrees"])
    assert without.graph.features is None
    assert data.graph.feature_names == ("degree", "strength")
    seen = set(data.audit.graph_seen.values())
    assert seen == {graph_hash(data.graph)} != set(without.audit.graph_seen.values())
    assert torch.equal(without.split.test, data.split.test)
    moved = data.graph.to("meta")
    assert moved.feature_names == data.graph.feature_names
    for tensor in (moved.edge_index, moved.features, moved.synapses):
        assert tensor is not None
        assert tensor.device.type == "meta"


def test_only_chosen_features_have_a_fingerprint(tiny: Connectome) -> None:
    data = signed(tiny)
    without = LinkDataModule(data, SplitConfig(), 1).fingerprints
    assert set(without) == {"data_fingerprint", "split_fingerprint"}
    chosen = LinkDataModule(data, SplitConfig(), 1, ["transmitter"]).fingerprints
    assert without.items() < chosen.items()
    edited = replace(data, neurons=data.neurons.iloc[::-1])
    other = LinkDataModule(edited, SplitConfig(), 1, ["transmitter"]).fingerprints
    assert {name for name in chosen if chosen[name] != other[name]} == {"features_fingerprint"}


def test_configuration_hands_them_over() -> None:
    config = load_config(["features=[degrees]", *RUN])
    datamodule = build(config.datamodule)
    assert datamodule.features == ("degrees",)
    assert identity(config)["features"] == ["degrees"]
    # a run without is the run that it was before there were features
    assert identity(load_config(RUN))["features"] == []
    with pytest.raises(InputError, match=r"features=degree: unknown group \(did you mean degrees"):
        build(load_config(["features=[degree]", *RUN]).datamodule)


def test_features_change_what_is_learnt(mushroom: Connectome) -> None:
    options = {"model": "gae", "trainer": {"max_epochs": 2}}
    without, again, shown = (
        api.fit(mushroom, features=features, **options) for features in ([], (), ["degrees"])
    )
    assert torch.equal(without.embedding.source, again.embedding.source)
    assert not torch.equal(without.embedding.source, shown.embedding.source)
    # two features into 64 hidden units and 2 dimensions, in place of a row for each neuron
    assert shown.metrics["parameters"] == 2 * 64 + 64 * 2
    with pytest.raises(InputError, match="features=x: unknown group"):
        api.fit(mushroom, features=["x"], **options)


def test_methods_that_see_edges_only_refuse_them(mushroom: Connectome) -> None:
    data = LinkDataModule(mushroom, SplitConfig(), 1, ["degrees"])
    factor = AutoencoderModule(2, False, encoder="table")
    for module in (SpectralModule(2, variant="lse"), factor):
        with pytest.raises(NotApplicableError, match=r"features=\[degrees\]: .* sees edges only"):
            require_applicable(module, data)
    require_applicable(AutoencoderModule(2, False), data)


def test_degrees_tell_nothing_of_held_out_neurons(tiny: Connectome) -> None:
    split, module = SplitConfig(False, "neuron", 0.1, 0.2), AutoencoderModule(2, False)
    with pytest.raises(NotApplicableError, match="node features other than degrees"):
        require_applicable(module, LinkDataModule(signed(tiny), split, 1, ["degrees"]))
    require_applicable(module, LinkDataModule(signed(tiny), split, 1, ["degrees", "transmitter"]))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    words = ("model=gae", "features=[degrees]", *QUICK)
    done = run_program("train.py", *words, cwd=folder)
    assert done.returncode == 0, done.stderr
    again = run_program("train.py", *words, cwd=folder)
    assert "is complete: skipped" in again.stdout + again.stderr
    [path] = (file.parent for file in folder.rglob("status.json"))
    return path


@pytest.mark.slow
def test_run_is_recomputed_with_its_features(run: Path) -> None:
    status = load_json(run / STATUS)
    assert status["identity"]["features"] == ["degrees"]
    assert "features_fingerprint" in status
    restored = restore(run / "checkpoints" / "best.ckpt", build)
    graph = restored.datamodule.graph
    assert graph.feature_names == ("degree", "strength")
    assert set(load_json(run / AUDIT)["graph_seen"].values()) == {graph_hash(graph)}
    saved = load_scorer(run / EMBEDDING)
    assert isinstance(saved, Embedding)
    assert isinstance(restored.scorer, Embedding)
    torch.testing.assert_close(restored.scorer.source, saved.source)
    assert torch.equal(load_split(run / SPLIT).test, restored.datamodule.split.test)
    done = run_program("evaluate.py", f"runs={run}", cwd=run)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_another_choice_is_another_run(run: Path) -> None:
    other = load_config(["model=gae", *QUICK, *RUN])
    folder = RunFolder(run, plain(other), identity(other))
    now = {"features_fingerprint": "z"}
    with pytest.raises(InputError, match=r"features_fingerprint .*, now z"):
        folder.completed(now, None)


def test_old_configurations_have_none() -> None:
    config = load_config([*RUN, "logger=none"])
    stored = OmegaConf.to_container(config.datamodule, resolve=True)
    assert isinstance(stored, dict)
    assert stored.pop("features") == []
    assert build(stored).features == ()


def test_a_word_in_place_of_a_list_takes_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), clear_errors():
        load_config(["features=degrees", *RUN])
    text = capsys.readouterr().err
    assert text.startswith("error: features: ")
    assert text.count("\n") == 1


@pytest.mark.slow
def test_an_unknown_group_takes_one_line(tmp_path: Path) -> None:
    done = run_program("train.py", "features=[wealth]", *QUICK, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: features=wealth: unknown group; choose from degrees, ")
    assert done.stderr.count("\n") == 1
