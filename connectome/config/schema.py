"""Configuration: its top-level schema, and the names of runs."""

import hashlib
import json
import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import MISSING, DictConfig, OmegaConf

from connectome.config.identity import FULL, identity
from connectome.config.variants import NONE, read_variants, store_variants
from connectome.config.warnings_in_words import say_plainly
from connectome.input_error import InputError

# Warnings of the libraries about themselves, or about what is meant to be so.
LIBRARY_NOISE = (
    r".*isinstance\(treespec, LeafSpec\)",  # Lightning 2.6 with torch 2.13
    r".*this fit will run with no optimizer",  # spectral methods have nothing to optimise
    r".*returned `None`",  # same
    r".*Checkpoint directory .* exists and is not empty",  # that is what resuming means
    r".*recommended to use `self.log\(.*sync_dist=True",  # it is used
)

# Commands whose words Hydra reads: they have --cfg, -m and tab completion.
HYDRA_PROGRAMS = ("train", "evaluate")

# Groups whose options are columns of the data.
OPEN_GROUPS = r"^(data|home)\.(keep|drop|drawn_by_connectivity)\."

USUAL_OBJECTIVE = ["val/auc"]
VARIANTS = "variants.yaml"  # in conf/
USUAL = {"optimizer": "adam", "scheduler": "none"}  # files in conf/, as conf/train.yaml chooses


@dataclass
class TrainConfig:
    """Top level of ``conf/train.yaml``; a key that is not listed here is an error.

    Attributes:
        name: name of the study, a folder below ``output_root`` and the W&B group.
        output_root: where all results go.
        run_dir: folder of this run.
        seed: of initial weights, negatives and noise; of the split too unless ``split.seed`` says
            otherwise.
        latent_dim: number of latent dimensions.
        steps_per_epoch: optimiser steps between two validations.
        features: groups of node features to show, out of
            ``connectome.data.features.groups.GROUPS``.
        test: False ends every run after validation.
        objective: validation metrics whose mean is ``val/objective``, what a run returns.
        batch: what an optimiser step sees; None is all training links.
        optimizer, scheduler: what the weights step with, and how the learning rate changes, of
            models that take them.
        variant: what was taken out of the method or exchanged, in words.
        search, trial: how settings are searched for, and which trial of a search this run is.
        data, split, datamodule, model, trainer, logger, callbacks, benchmark: what is built.
    """

    name: str = MISSING
    output_root: str = "outputs"
    run_dir: str = MISSING
    seed: int = 0
    latent_dim: int = 2
    steps_per_epoch: int = 20
    features: list[str] = field(default_factory=list)
    data: Any = MISSING
    split: Any = MISSING
    datamodule: Any = MISSING
    model: Any = MISSING
    trainer: Any = MISSING
    logger: Any = MISSING
    callbacks: Any = MISSING
    benchmark: Any = MISSING
    test: bool = True
    objective: list[str] = field(default_factory=lambda: [*USUAL_OBJECTIVE])
    batch: Any = None
    optimizer: Any = MISSING
    scheduler: Any = MISSING
    variant: str = FULL
    search: Any = None
    trial: int | None = None


def require_places(config: DictConfig) -> None:
    """Refuse an empty part of a path: results would go to another folder, or to the root of all.

    Raises:
        InputError: naming the option.
    """
    for key, remedy in (
        ("output_root", "set output_root=. for this folder"),
        ("name", "set name=STUDY"),
    ):
        if not str(config[key]).strip():
            raise InputError(f"{key}='': is empty; {remedy}")


def option(config: DictConfig, key: str) -> Any:
    """Plain value of the option with the dotted name ``key``."""
    value = OmegaConf.select(config, key)
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value


def run_name(*, _root_: DictConfig) -> str:
    """``vgae-d02-seed0-1a2b3c4d``: the last part is a hash of all that determines the result.

    The same configuration therefore finds its own folder again and no other's. A variant is named
    after the model, a trial of a search before the hash.
    """
    known = identity(_root_)
    text = json.dumps(known, sort_keys=True, default=str)
    short = hashlib.sha256(text.encode()).hexdigest()[:8]
    dimension = known["latent_dim"]
    shown = f"{dimension:02d}" if isinstance(dimension, int) else str(dimension)
    model = choice("model", _root_=_root_)
    if _root_.variant != FULL:
        model = f"{model}-{choice('variant', _root_=_root_)}"
    trial = "" if _root_.trial is None else f"-trial{_root_.trial:03d}"
    width = "" if dimension is None else f"-d{shown}"
    return f"{model}{width}-seed{known['seed']}{trial}-{short}"


def study(*, _root_: DictConfig) -> str:
    """The folder of a study, ``outputs/mushroom_body``.

    Raises:
        InputError: if a part of it is empty, before Hydra makes a folder.
    """
    require_places(_root_)
    return f"{_root_.output_root}/{_root_.name}"


def choice(group: str, *, _root_: DictConfig) -> str:
    """Name chosen in a config group: ``${choice:data}`` is ``mushroom_body``.

    Hydra's own ``${hydra:...}`` does not resolve before the first job of a sweep has started.
    """
    node = _root_.hydra if "hydra" in _root_ else HydraConfig.get()
    return str(node.runtime.choices[group])


OFF_BOARD = "# Not in experiment=leaderboard"  # in the configuration of a model


def leaderboard_models() -> str:
    """Names in ``conf/model``, by commas, but those whose file says :data:`OFF_BOARD`."""
    files = sorted((config_folder() / "model").glob("*.yaml"))
    return ",".join(p.stem for p in files if OFF_BOARD not in p.read_text(encoding="utf-8"))


def register_schema(name: str, schema: type) -> None:
    """Let ``conf/NAME.yaml`` name its schema, as ``NAME_schema``; safe to call twice."""
    ConfigStore.instance().store(name=f"{name}_schema", node=schema)


def register() -> None:
    """Make resolvers and the schema of a run known to Hydra; safe to call twice."""
    register_schema("train", TrainConfig)
    store_variants(read_variants(config_folder() / VARIANTS))
    OmegaConf.register_new_resolver("run_name", run_name, replace=True)
    OmegaConf.register_new_resolver("study", study, replace=True)
    OmegaConf.register_new_resolver("choice", choice, replace=True)
    OmegaConf.register_new_resolver("leaderboard_models", leaderboard_models, replace=True)


def config_folder() -> Path:
    """``conf/`` beside the package in a checkout, inside it in an installed wheel."""
    here = Path(__file__).parents[1]
    return here / "conf" if (here / "conf").is_dir() else here.parent / "conf"


def require_fitting_variant(config: DictConfig) -> None:
    """Refuse a variant that is not of the model that the command line chose.

    Raises:
        InputError: naming the models that it fits.
    """
    if "hydra" not in config and not HydraConfig.initialized():
        return  # composed by hand: nobody knows of its choices
    name = choice("variant", _root_=config)
    if name != NONE:
        read_variants(config_folder() / VARIANTS)[name].require_fit(choice("model", _root_=config))


def load_config(overrides: Sequence[str], name: str | None = "train") -> DictConfig:
    """Compose a configuration outside a Hydra program; without a name, of the overrides alone."""
    register()
    with initialize_config_dir(str(config_folder()), version_base="1.3"):
        return compose(name, overrides=open_groups(overrides))


def open_groups(words: Sequence[str]) -> list[str]:
    """``data.keep.COLUMN=[VALUE]`` as Hydra takes it: the columns are not known beforehand."""
    return [re.sub(OPEN_GROUPS, r"++\g<0>", word) for word in words]


def plain(config: DictConfig) -> dict[str, Any]:
    """The configuration as plain Python values, resolved."""
    values = OmegaConf.to_container(config, resolve=True)
    assert isinstance(values, dict)
    return {str(key): value for key, value in values.items()}


def in_sweep() -> bool:
    """Whether this is a job of ``-m``."""
    return HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN


def typed() -> list[str]:
    """What was typed after ``train.py`` for this job, without ``-m``: the same again repeats it."""
    if not HydraConfig.initialized():
        return []
    return [str(word) for word in HydraConfig.get().overrides.task]


def quiet_libraries() -> None:
    """Hide what the libraries say about themselves, and say plainly what scikit-learn warns of.

    Each process of a launcher calls it.
    """
    say_plainly()
    for noise in LIBRARY_NOISE:
        warnings.filterwarnings("ignore", message=noise)


@contextmanager
def quietly() -> Iterator[None]:
    """Without what Lightning and the other libraries say about themselves; set back at the end."""
    logger = logging.getLogger("pytorch_lightning")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            quiet_libraries()
            yield
    finally:
        logger.setLevel(level)
