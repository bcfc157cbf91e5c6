"""What a sweep pays for once: configurations, the list of packages, imports, threads."""

import gc
import sys
from pathlib import Path

import pytest
import torch
import wandb
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from omegaconf import DictConfig, OmegaConf
from wandb import util

from connectome.cli.shared import once
from connectome.cli.shared.lazily import do
from connectome.runtime import tracking
from connectome.training.loop import threads_for


@pytest.mark.parametrize("launcher", [once.IN_PROCESS, "hydra_plugins.elsewhere.Launcher"])
def test_each_configuration_is_composed_once_and_handed_out_once(
    launcher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    composed: list[str] = []

    def compose(loader: object, master: DictConfig, overrides: list[str]) -> DictConfig:
        composed.extend(overrides)
        return OmegaConf.create({"says": overrides[0]})

    monkeypatch.setattr(once, "_compose", compose)
    monkeypatch.setattr(ConfigLoaderImpl, "load_sweep_config", ConfigLoaderImpl.load_sweep_config)
    once.compose_jobs_once()
    loader = ConfigLoaderImpl.__new__(ConfigLoaderImpl)
    master = OmegaConf.create({"hydra": {"launcher": {"_target_": launcher}}})
    checked = [loader.load_sweep_config(master, [word]) for word in ("seed=0", "seed=1")]
    taken = loader.load_sweep_config(master, ["seed=1"])
    handed = launcher == once.IN_PROCESS  # else another process composes it, and none is kept
    assert (taken is checked[1]) == handed
    again = loader.load_sweep_config(master, ["seed=1"])  # a job has changed the first
    assert again is not taken
    assert composed[2:] == ["seed=1"] * (1 if handed else 2)


def test_packages_are_listed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[int] = []

    def listing() -> list[util.InstalledDistribution]:
        listed.append(1)
        return [util.InstalledDistribution("torch", "2.13")]

    monkeypatch.setattr(util, "working_set", listing)
    monkeypatch.setattr(wandb.Run, "_detect_and_apply_job_inputs", lambda run: None)
    for _ in range(2):
        assert tracking.settings(offline=True) is not None
        assert [package.key for package in util.working_set()] == ["torch"]
    assert listed == [1]


@pytest.mark.parametrize("imported", [True, False])
def test_launch_is_asked_where_it_was_imported(
    imported: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(util, "working_set", lambda: [])
    monkeypatch.setattr(wandb.Run, "_detect_and_apply_job_inputs", asked.append)
    tracking.settings(offline=True)
    monkeypatch.delitem(sys.modules, tracking.LAUNCH, raising=False)
    if imported:
        monkeypatch.setitem(sys.modules, tracking.LAUNCH, sys)
    wandb.Run._detect_and_apply_job_inputs(None)  # type: ignore[arg-type]
    assert len(asked) == imported


def test_a_version_without_these_names_starts_as_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(util, "working_set")
    monkeypatch.delattr(wandb.Run, tracking.ASKS)
    assert tracking.settings(offline=True) is not None
    assert not hasattr(util, "working_set")
    assert not hasattr(wandb.Run, tracking.ASKS)


@pytest.mark.parametrize(
    ("edges", "said", "expected"), [(9_000, None, 1), (40_000, None, 3), (9_000, "3", 3)]
)
def test_a_small_graph_has_one_thread(
    edges: int, said: str | None, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if said is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", said)
    usual = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with threads_for(edges):
            assert torch.get_num_threads() == expected
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(usual)


def test_a_job_collects_garbage_again() -> None:
    gc.disable()
    try:
        with pytest.raises(AttributeError):  # whatever it is given
            do("describe:print_facts", None, False)
        assert gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()
