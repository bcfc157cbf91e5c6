"""Every configuration composes, builds, and refuses what it does not know."""

import re
import shlex
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from connectome.config import (
    build,
    check,
    identity,
    load_config,
    register,
    require_fitting_variant,
    require_whole,
)
from connectome.config.identity import FULL
from connectome.config.variants import Variant, read_variants
from connectome.data.splits import SplitConfig
from connectome.errors import _config_error, clear_errors
from connectome.training.batching import LinkDataModule
from connectome.training.loop import Benchmark, check_callbacks
from connectome.training.modules import EmbeddingModule
from connectome.types import InputError

CONF = Path(__file__).parents[1] / "conf"
VARIANTS = read_variants(CONF / "variants.yaml")
# Where the method is not called as its configuration file is.
NAMES = {
    "linear_gae": "linear_gae",
    "linear_vgae": "linear_vgae",
    "source_target_gae": "source_target_gae",
    "directed_gae": "directed_gae",
    "directed_vgae": "directed_vgae",
    "directed_factor": "directed_factor",
    "directed_distance": "directed_distance",
    "directed_blend": "directed_blend",
}
RUN = ["run_dir=/nowhere", "name=test"]


def names(group: str) -> list[str]:
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


@pytest.mark.parametrize("model", names("model"))
def test_every_model_builds(model: str) -> None:
    module = build(load_config([f"model={model}", "latent_dim=3", *RUN]).model)
    assert isinstance(module, EmbeddingModule)
    assert NAMES.get(model, model) in module.method


def test_factor_model_is_named_by_its_options() -> None:
    plain = build(load_config(["model=factor", *RUN]).model)
    assert plain.method == "factor"
    other = build(load_config(["model=factor", "model.biases=false", *RUN]).model)
    assert other.method == "factor-no-biases"


@pytest.mark.parametrize("trainer", names("trainer"))
def test_every_trainer_composes(trainer: str) -> None:
    config = load_config([f"trainer={trainer}", *RUN]).trainer
    assert config._partial_ is True
    assert config.max_epochs >= 1


@pytest.mark.parametrize("trainer", ["cpu", "smoke"])
def test_cpu_trainers_build(trainer: str) -> None:
    assert build(load_config([f"trainer={trainer}", *RUN]).trainer)(logger=False).max_epochs


@pytest.mark.parametrize("data", names("data"))
def test_every_data_set_composes(data: str) -> None:
    assert load_config([f"data={data}", *RUN]).data._target_.startswith("connectome.data.")


@pytest.mark.parametrize("experiment", names("experiment"))
def test_every_experiment_composes(experiment: str) -> None:
    data = ["data.root=/x"] if experiment == "cora" else []
    config = load_config([f"experiment={experiment}", *data, *RUN])
    require_whole(config)
    check(config.datamodule)
    assert isinstance(build(config.model), EmbeddingModule)
    assert isinstance(build(config.benchmark), Benchmark)
    callbacks = [one for one in build(config.callbacks).values() if one]
    check_callbacks(Path("/nowhere/checkpoints/best.ckpt"), callbacks)
    check_callbacks(Path("/elsewhere/../nowhere/checkpoints/best.ckpt"), callbacks)
    watched = {one.monitor for one in callbacks if getattr(one, "monitor", None)}
    assert bool(watched) == (config.split.protocol != "whole")


def settings(config: DictConfig) -> dict[str, Any]:
    """What determines a run, without what its variant is called."""
    return {key: value for key, value in identity(config).items() if key != "variant"}


@cache
def plain_config(model: str) -> DictConfig:
    """Of a model without a variant: composed once for all variants."""
    return load_config([f"model={model}", *RUN])


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=str)
def test_every_variant_changes_something_of_the_models_that_it_fits(variant: Variant) -> None:
    for model in variant.models:
        config = load_config([f"variant={variant.name}", f"model={model}", *RUN])
        plain = plain_config(model)
        assert config.variant == variant.means
        assert settings(config) != settings(plain), model
        made, whole = (build(one.model, EmbeddingModule).hparams for one in (config, plain))
        assert (made == whole) == (config.model == plain.model), model
        if config.features:
            assert build(config.model, EmbeddingModule).uses_features, model


def test_without_a_variant_a_method_is_as_it_is() -> None:
    config, plain = load_config(["variant=none", *RUN]), load_config(RUN)
    assert config == plain
    assert config.variant == FULL


def test_a_variant_of_another_model_is_refused_in_a_line() -> None:
    whole = compose_whole(["variant=no_networks", "model=vgae", *RUN])
    with pytest.raises(InputError, match="no_networks: fits model=directed_gae,directed_vgae, not"):
        require_fitting_variant(whole)
    require_fitting_variant(compose_whole(["variant=none", "model=vgae", *RUN]))
    require_fitting_variant(compose_whole(["variant=no_networks", "model=directed_gae", *RUN]))


def compose_whole(overrides: list[str]) -> DictConfig:
    """With what Hydra knows of its choices."""
    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("train", overrides, return_hydra_config=True)


def test_a_table_as_narrow_as_the_factors_follows_the_dimension_that_is_used() -> None:
    chosen = ["variant=narrow_table", "model=directed_gae", "model.latent_dim=5", *RUN]
    assert load_config(chosen).model.network.state_dim == 5


def test_variants_have_names_of_their_own() -> None:
    called = [variant.means for variant in VARIANTS.values()]
    assert len({*called, FULL}) == len(called) + 1


def test_variants_name_models_that_there_are() -> None:
    assert {model for variant in VARIANTS.values() for model in variant.models} <= {*names("model")}


@pytest.mark.parametrize("logger", ["csv", "none"])
def test_quiet_loggers_build(logger: str, tmp_path: Path) -> None:
    config = load_config([f"logger={logger}", f"run_dir={tmp_path}", "name=test"])
    assert len(build(config.logger)) == {"csv": 1, "none": 0}[logger]


def test_callbacks_build(tmp_path: Path) -> None:
    callbacks = build(load_config([f"run_dir={tmp_path}", "name=test"]).callbacks)
    assert list(callbacks) == ["best", "last", "early_stopping", "timer", "progress"]


def test_default_data_module_is_the_mushroom_body() -> None:
    datamodule = build(load_config(["seed=4", *RUN]).datamodule)
    assert isinstance(datamodule, LinkDataModule)
    assert datamodule.connectome.num_neurons == 213
    assert datamodule.split.seed == 4


def test_constructors_get_plain_values_only() -> None:
    module = build(load_config(["model=vgae", *RUN]).model)
    assert {"hidden_dim", "kl_weight", "seed"} <= {*module.hparams}
    for option in module.hparams.values():
        for value in option.values() if type(option) is dict else (option,):
            assert value is None or isinstance(value, bool | int | float | str)


def test_identity_ignores_where_but_not_what() -> None:
    def of(*overrides: str) -> dict[str, object]:
        return identity(load_config([*overrides, "data=larva_brain", *RUN]))

    assert of() == of("data.archive=/a.zip", "output_root=/b", "logger=none")
    for change in ("model.hidden_dim=9", "seed=1", "split.directed=true", "trainer.max_epochs=7"):
        assert of() != of(change)
    assert of() != of("callbacks.early_stopping.patience=3")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["latent_dimm=2"], r"latent_dimm: unknown option \(did you mean latent_dim\?\)"),
        (
            ["model.hiden_dim=2"],
            r"model\.hiden_dim: unknown option \(did you mean model.hidden_dim",
        ),
        (["model=gea"], "Could not find 'model/gea' - available options in 'model': adamic"),
        (["latent_dim=two"], "latent_dim: Value 'two' of type 'str' could not be converted"),
    ],
)
def test_configuration_errors_take_one_line(
    overrides: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_info, clear_errors():
        load_config(overrides)
    assert exit_info.value.code == 2
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert re.search(message, text)


def test_an_option_of_some_models_of_a_sweep_names_the_way(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first job Hydra composes the default model, which may lack the option."""
    words = ["train.py", "-m", "model=factor,directed_gae", "model.network.hops=1"]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit), clear_errors():
        load_config(["model.network.hops=1"])
    said = capsys.readouterr().err
    assert "if the choices of model have it, set ++model.network.hops=VALUE" in said


def test_missing_values_name_the_option() -> None:
    config = load_config(["data=table", *RUN])
    with pytest.raises(InputError) as error:
        build(config.datamodule)
    assert str(error.value) == "data.edges: has no default; set data.edges=VALUE"
    with pytest.raises(Exception, match="Missing mandatory value") as raw:
        _ = config.data.edges
    assert _config_error(raw.value) == str(error.value)


def test_unknown_argument_of_a_constructor() -> None:
    config = load_config(["+model.hiden_dim=2", *RUN])
    message = r"^model\.hiden_dim: unknown option \(did you mean model\.hidden_dim\?\)$"
    with pytest.raises(InputError, match=message):
        build(config.model)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model.hidden_dim=abc", "model.hidden_dim=abc: must be int"),
        ("model.learning_rate=true", "learning_rate=True: must be a number"),
        ("model.kl_weight=much", "kl_weight=much: must be float or int or null"),
        ("model.variational=3", "variational=3: must be bool"),
        ("model.decoder=null", "decoder=None: must be str"),
    ],
)
def test_options_of_the_wrong_type(override: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        build(load_config([override, *RUN]).model)


def test_defects_keep_their_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        build({"_target_": "operator.truediv", "_args_": [1, 0]})


def test_errors_of_constructors_reach_the_user() -> None:
    config = load_config(["data.side=middle", *RUN])
    with pytest.raises(InputError, match=r"data\.side=middle"):
        build(config.datamodule)


def test_split_config_has_an_option_for_each_field() -> None:
    config = OmegaConf.to_container(load_config(RUN).split)
    assert isinstance(config, dict)
    assert set(config) - {"_target_"} == set(SplitConfig.__dataclass_fields__)


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("data.edges=a,b.csv", """'data.edges="a,b.csv"'"""),
        ("data.edges=a=b.csv", """'data.edges="a=b.csv"'"""),
        ("data.edges=a(b).csv", """'data.edges="a(b).csv"'"""),
        ("data.edges=it's.csv", """'data.edges="it'"'"'s.csv"'"""),
        ('data.edges=a\\"b.csv', """'data.edges="a\\\\\\"b.csv"'"""),
        ("data.pre=1e5", """'data.pre="1e5"'"""),
        ("data.pre=true", """'data.pre="true"'"""),
    ],
)
def test_what_hydra_reads_itself_is_to_be_quoted(
    word: str, written: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["data=table", *([] if "edges" in word else ["data.edges=e.csv"])]
    monkeypatch.setattr(sys, "argv", ["train.py", *words, word])
    with pytest.raises(SystemExit), clear_errors():
        build(load_config([*words, word, *RUN]).data)
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert text.rstrip().endswith(f"quote it, {written}")
    key, _, value = word.partition("=")
    config = load_config([*words, *shlex.split(written), *RUN])
    assert OmegaConf.select(config, key) == value


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["train.py", "latent_dim=2,4"], "add -m to run one after another"),
        (["connectome", "train", "model=gae,vgae"], "add -m to run one after another"),
        (["connectome", "describe", "data=mushroom_body,larva_brain"], "give one"),
    ],
)
def test_several_values_are_a_sweep_or_one_too_many(
    words: list[str],
    remedy: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit), clear_errors():
        load_config([words[-1], *RUN])
    word, _, text = capsys.readouterr().err.partition(": ")[2].partition(": ")
    key, _, values = word.partition("=")
    quoted = f"""'{key}="{values}"'"""
    assert text.strip() == f"is several values; {remedy}, or if it is one text, quote it, {quoted}"


TABLE = r"\| `model=` \|.*\n\|[-|]+\n((?:\|.*\n)+)"
OFF_BOARD = {
    *("directed_gae", "directed_vgae", "directed_factor", "directed_distance", "directed_blend"),
    *("l3_weighted", "inductive"),
}


def test_the_leaderboard_has_all_models_but_those_that_say_no() -> None:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", ["experiment=leaderboard", *RUN], return_hydra_config=True)
    listed = config.hydra.sweeper.params.model.split(",")
    assert set(names("model")) - set(listed) == OFF_BOARD
    assert set(listed) <= set(names("model"))


def test_the_table_of_methods_lists_the_models() -> None:
    """In README.md or a page of docs/: a row a method or a few, their names in the first cell."""
    root = CONF.parent
    pages = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    [table] = [text for page in pages for text in re.findall(TABLE, page.read_text("utf-8"))]
    rows = [line.split("|")[1] for line in table.splitlines()]
    listed = [name for cell in rows for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(listed) == names("model")
