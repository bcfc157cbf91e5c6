"""NaN slips through every comparison that asks whether a value is out of bounds."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from omegaconf import DictConfig, OmegaConf

from connectome.analysis.search.study import Search
from connectome.config import build, config_folder, load_config
from connectome.data.splits import SplitConfig
from connectome.models.losses import LikelihoodSettings
from connectome.types import InputError

MODELS = sorted(path.stem for path in (config_folder() / "model").glob("*.yaml"))


def _flat(node: DictConfig, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        if isinstance(value, DictConfig):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


@pytest.mark.parametrize("model", MODELS)
def test_no_number_of_a_model_may_be_nan(model: str) -> None:
    node = load_config([f"model={model}", "run_dir=/nowhere", "name=test"]).model
    OmegaConf.resolve(node)
    for key, value in list(_flat(node)):
        if isinstance(value, float):
            broken = node.copy()
            OmegaConf.update(broken, key, math.nan)
            with pytest.raises(InputError, match=rf"^(model\.)?{key}=nan: must be"):
                build(broken)


@pytest.mark.parametrize("option", ["link_weight", "synapse_weight", "degree_share"])
def test_no_weight_of_links_may_be_nan(option: str) -> None:
    with pytest.raises(InputError, match=rf"{option}=nan: must be"):
        LikelihoodSettings(**{option: math.nan})


@pytest.mark.parametrize("option", ["val_fraction", "test_fraction"])
def test_no_share_of_a_split_may_be_nan(option: str) -> None:
    with pytest.raises(InputError, match=rf"{option}=nan"):
        SplitConfig(**{option: math.nan})


@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_range_of_a_search_may_end_in_nan(tmp_path: Path, end: str, value: float) -> None:
    space = {"x": {"low": 0.0, "high": 1.0} | {end: value}}
    with pytest.raises(InputError, match=r"search\.space\.x=.*both ends must be numbers"):
        Search(str(tmp_path / "s"), space, trials=3)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_trial_without_a_number_failed(tmp_path: Path, value: float) -> None:
    search = Search(str(tmp_path / "s"), {"x": {"low": 0.0, "high": 1.0}}, trials=3)
    search.propose(0, {}, lambda key: 0.5)
    search.tell(0, value)
    [trial] = search.trials()
    assert (trial.state.name, trial.value) == ("FAIL", None)
