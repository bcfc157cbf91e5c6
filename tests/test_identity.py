"""Every option is part of what makes two runs the same run, or a table says why it is not."""

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from omegaconf import DictConfig, OmegaConf

from connectome.config import check, differences, identity, load_config, require_whole
from connectome.config.identity import NOT_IDENTITY, left_out
from connectome.config.schema import TrainConfig, run_name
from connectome.types import InputError
from tests.programs import ROOT

CONF = ROOT / "conf"
RUN = ("run_dir=/nowhere", "name=test")
GROUPS = ("data", "model", "trainer", "callbacks", "batch", "optimizer", "scheduler")
CHOICES = [(group, path.stem) for group in GROUPS for path in sorted((CONF / group).glob("*.yaml"))]


def leaves(values: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names of all options with their values; lists are values."""
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, values


def another(value: Any) -> Any:
    """A value of the same kind that is not this one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return "another"
    return ["another"] if isinstance(value, list) else 7


@cache
def composed(*overrides: str) -> DictConfig:
    return load_config([*overrides, *RUN])


def changed(config: DictConfig, key: str, value: Any) -> DictConfig:
    other = deepcopy(config)
    OmegaConf.update(other, key, value, force_add=True)
    return other


def options(config: DictConfig) -> dict[str, Any]:
    return dict(leaves(OmegaConf.to_container(config, resolve=False)))


def wrong(config: DictConfig, keys: Sequence[str]) -> list[str]:
    """Options that count though the table lists them, or the other way round."""
    before, raw = identity(config), options(config)
    found = []
    for key in keys:
        refers = "${" in str(raw.get(key)) and not left_out(key)
        value = OmegaConf.select(config, key) if refers else raw.get(key)
        plain = OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value
        if (identity(changed(config, key, another(plain))) != before) == left_out(key):
            found.append(key)
    return found


@pytest.mark.parametrize(("group", "name"), CHOICES, ids=["=".join(choice) for choice in CHOICES])
def test_every_option_of_a_group_counts_or_is_listed(group: str, name: str) -> None:
    config = composed(f"{group}={name}")
    keys = [key for key in options(config) if key.startswith(f"{group}.")]
    assert keys or group == "batch"
    assert wrong(config, keys) == []


def test_every_other_option_counts_or_is_listed() -> None:
    config = composed()
    keys = [key for key in options(config) if not key.startswith(GROUPS)]
    assert {"seed", "latent_dim", "test", "objective", "split.protocol"} <= {*keys}
    assert wrong(config, keys) == []
    assert {key.split(".")[0] for key in options(config)} == {*TrainConfig.__dataclass_fields__}


def test_options_that_only_stand_for_others_are_refused_by_themselves() -> None:
    config = composed("model=directed_gae")
    require_whole(config)
    for key in config.datamodule:
        if key != "_target_":
            with pytest.raises(InputError, match=rf"^datamodule\.{key}=.*: stands for "):
                require_whole(changed(config, f"datamodule.{key}", "another"))


def test_every_reason_is_of_an_option_that_exists() -> None:
    every = {key for group, name in CHOICES for key in options(composed(f"{group}={name}"))}
    for name in NOT_IDENTITY:
        pattern = re.compile(name.replace(".", r"\.").replace("*", r"\w+") + r"(\.|$)")
        assert any(pattern.match(key) for key in every), name


def named_in_docs() -> list[str]:
    """Options of train.py in the code of the documentation, and in what --help prints."""
    files = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), CONF / "train.yaml"]
    found = set()
    for path in files:
        found |= set(
            re.findall(r"(?<![\w.=\[-])\+{0,2}([a-z_]+(?:\.[a-z_0-9]+)*)=", path.read_text())
        )
    words = {word for word in found if word.split(".")[0] in TrainConfig.__dataclass_fields__}
    return sorted(words - {*GROUPS, "logger", "benchmark", "variant"})


NAMED = named_in_docs()


def test_the_documentation_is_read() -> None:
    expected = {
        "trainer.max_time",
        "callbacks.best.monitor",
        "model.posterior.variational",
        "split.directed",
    }
    assert expected <= {*NAMED}


@pytest.mark.parametrize("key", NAMED)
def test_what_the_documentation_names_exists_and_counts(key: str) -> None:
    """In the defaults, in another choice of its group, or as an argument of Lightning's."""
    group = key.split(".")[0]
    of_group = [composed(f"{group}={name}") for where, name in CHOICES if where == group]
    of_group += [composed("benchmark=full"), composed("logger=wandb")]
    having = [config for config in (composed(), *of_group) if key in options(config)]
    if not having:
        check(changed(composed(), key, "00:00:01:00")[group])  # unknown ones are refused
        having = [composed()]
    assert wrong(having[0], [key]) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("callbacks.best.monitor", "val/ap"),
        ("callbacks.best.mode", "min"),
        ("callbacks.early_stopping.patience", 3),
        ("trainer.max_time", "00:00:01:00"),
        ("trainer.gradient_clip_val", 1.0),
        ("model.latent_dim", 3),
        ("model.seed", 3),
        ("split.seed", 3),
        ("batch", {"_target_": "connectome.training.batching.edge_batches.EdgeBatches"}),
    ],
)
def test_options_that_change_the_result(key: str, value: Any) -> None:
    config = composed()
    assert identity(changed(config, key, value)) != identity(config)


def test_the_time_limit_reaches_the_one_timer() -> None:
    config = composed("+trainer.max_time=00:00:01:00")
    assert config.callbacks.timer.duration == "00:00:01:00"
    assert composed().callbacks.timer.duration is None


def test_names_and_tables_have_the_dimension_and_the_seed_that_are_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("connectome.config.schema.choice", lambda group, _root_: group)
    config = composed("model=gae", "latent_dim=2", "seed=1", "model.latent_dim=5", "model.seed=4")
    known = identity(config)
    assert (known["latent_dim"], known["seed"]) == (5, 4)
    assert run_name(_root_=config).startswith("model-d05-seed4-")
    bare = composed("model=l3", "seed=1")
    assert (identity(bare)["latent_dim"], identity(bare)["seed"]) == (None, 1)
    assert identity(composed("model=l3", "seed=1", "latent_dim=9")) == identity(bare)


def test_a_class_of_ones_own_counts_with_its_source_and_that_of_its_bases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "own_models"
    package.mkdir()
    (package / "base.py").write_text("class Base:\n    pass\n")
    (package / "mine.py").write_text("from own_models.base import Base\nclass Mine(Base): pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    config = composed("model=gae", "model._target_=own_models.mine.Mine")
    seen = [identity(config)]
    for name in ("mine", "base"):
        with (package / f"{name}.py").open("a") as file:
            file.write("# another line\n")
        seen.append(identity(config))
    assert all(one["files"].keys() == {"own_models.mine.Mine"} for one in seen)
    assert len({str(one["files"]) for one in seen}) == 3
    assert "files" not in identity(composed("model=gae"))  # ours has a version


def test_a_checkpoint_to_start_from_counts_with_its_content(tmp_path: Path) -> None:
    start = tmp_path / "start.ckpt"
    start.write_bytes(b"one")
    config = composed("model=inductive", f"model.start={start}")
    before = identity(config)
    start.write_bytes(b"two")
    assert differences(before, identity(config))[0].startswith(f"files.{start}=")


def test_differences_are_named_with_both_values() -> None:
    before = {"model": {"l2": 0.1, "layers": None}, "features": [], "test": True}
    now = {"model": {"l2": 0.2, "layers": None, "hops": 1}, "features": ["x"], "test": True}
    assert differences(before, now) == [
        'features=[], here ["x"]',
        "model.hops=unset, here 1",
        "model.l2=0.1, here 0.2",
    ]
    assert differences(now, deepcopy(now)) == []
