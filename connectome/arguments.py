"""From arguments of Python to the configuration that the programs have."""

import os
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

import numpy as np
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from connectome.config import build, build_given, check_value, config_folder, load_config
from connectome.data.splits import WHOLE
from connectome.training.loop import check_arguments
from connectome.types import InputError

IN_PYTHON = "in Python"  # stands in a configuration for an object that it cannot hold
LONGEST = 60  # characters of a value in a message
GROUPS = ("optimizer", "scheduler")  # options of a model with files of their own


def choose_file(group: str, name: str) -> str:
    """The choice of a configuration file, in Hydra's syntax.

    Raises:
        InputError: if there is no such file, naming those that there are.
    """
    known = sorted(path.stem for path in (config_folder() / group).glob("*.yaml"))
    if name not in known:
        raise InputError(f"{group} '{name}': choose one of {', '.join(known)}")
    return f"{group}={name}"


def fit_config(
    model: str, protocol: str, trainer: Mapping[str, Any], options: Mapping[str, Any]
) -> DictConfig:
    """What conf/ says, for one device: several would each start the user's program again.

    Raises:
        InputError: for a model that is unknown, or arguments of the Trainer that do not fit.
    """
    base = ["experiment=latent_map"] if protocol == WHOLE else []
    # By its name, so that {"name": "sgd"} brings what optimizer=sgd brings.
    named = {key: dict(options[key]) for key in GROUPS if isinstance(options.get(key), Mapping)}
    base += [choose_file(key, group["name"]) for key, group in named.items() if "name" in group]
    config = load_config([*base, choose_file("model", model), "logger=none"])
    set_options(config.split, protocol=protocol)
    set_options(config.trainer, **trainer)
    check_arguments(config.trainer)
    devices = config.trainer.devices
    if str(devices) != "1" and not (OmegaConf.is_list(devices) and len(devices) == 1):
        raise InputError(f"trainer devices={devices}: fit uses one device; use train.py for more")
    return config


def check_call(function: Callable[..., Any], **values: Any) -> None:
    """Compare what was given with the annotations of ``function``.

    Raises:
        InputError: naming the first argument of another type.
    """
    annotations = get_type_hints(function)
    for name, value in values.items():
        plain = value.item() if isinstance(value, np.generic) else value
        check_value(plain, annotations[name], name)


def given_objects(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are tables, arrays or graphs, which no configuration holds."""
    kinds = ("DataFrame", "ndarray", "Graph")
    return {
        name: value
        for name, value in options.items()
        if hasattr(value, "tocoo") or any(one.__name__ in kinds for one in type(value).__mro__)
    }


def build_with(node: DictConfig, objects: Mapping[str, Any], kind: type) -> Any:
    """Build an object of this kind of what is in the configuration and what is not.

    Args:
        node: its class or function and options.
        objects: arguments that replace options of the same name.
        kind: the class that it must be of.

    Raises:
        InputError: for what :func:`connectome.config.build.build` refuses, what YAML cannot hold,
            and objects that another reader is given.
    """
    try:
        if not objects:
            return build(node, kind)
        if not str(node.get("_target_")).endswith(".read_table"):
            name, value = next(iter(objects.items()))
            raise InputError(f"{name}: is a {type(value).__name__}; load('table') alone takes that")
        return build_given(node, objects)
    except OmegaConfBaseException as error:
        raise InputError(f"{error.full_key}: {str(error).splitlines()[0]}") from error


def change_options(config: DictConfig, /, **values: Any) -> None:
    """As :func:`set_options`, but a mapping changes those options of a group that it names.

    Raises:
        InputError: for a value that YAML cannot hold.
    """
    for key, value in values.items():
        group = config.get(key)
        if isinstance(value, Mapping) and OmegaConf.is_dict(group):
            change_options(group, **value)
        else:
            set_options(config, **{key: value})


def set_options(config: DictConfig, /, **values: Any) -> None:
    """Replace options; those that are unknown are reported when the object is built.

    Raises:
        InputError: for a value that YAML cannot hold.
    """
    for key, value in values.items():
        if isinstance(value, np.generic):
            value = value.item()
        elif isinstance(value, os.PathLike):
            value = os.fspath(value)
        try:
            with open_dict(config):
                config[key] = value
        except OmegaConfBaseException as error:
            shown = " ".join(repr(value).split())  # of an array or table in one line
            shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}..."
            raise InputError(f"{key}={shown}: {str(error).splitlines()[0]}") from error
