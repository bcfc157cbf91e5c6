"""What a configuration must hold before anything is built of it."""

from typing import Any

from omegaconf import DictConfig

from connectome.config.build import suggest
from connectome.config.schema import TrainConfig, option, require_places
from connectome.types import InputError

PARTS = ("data", "split", "datamodule", "model", "trainer", "logger", "callbacks", "benchmark")
# What the data module is made of, where the option has another name there.
REFERENCES = {"connectome": "data"}


def require_known(config: DictConfig, schema: type) -> None:
    """Refuse options at the top that nothing reads, as ``+nope=1`` adds them.

    Raises:
        InputError: naming the first, and one that is like it.
    """
    known = [*getattr(schema, "__dataclass_fields__", ())]
    for key in map(str, config):
        if key not in known and key != "hydra":
            raise InputError(
                f"{key}: unknown option{suggest(key, known)}; --cfg job prints them all"
            )


def require_whole(config: DictConfig) -> None:
    """Refuse a configuration of ``train.py`` with a part that is missing or stands for nothing.

    Raises:
        InputError: naming option, value and remedy.
    """
    require_known(config, TrainConfig)
    require_places(config)
    if not str(config.run_dir).strip():
        raise InputError("run_dir='': is empty; give run_dir=FOLDER, or leave it out")
    for key in PARTS:
        require_part(config[key], key, "" if key == "callbacks" else "_target_")
    for key, callback in config.callbacks.items():
        if callback is not None:
            require_part(callback, f"callbacks.{key}")
    for key in ("batch", "search"):
        if config[key] is not None:
            require_part(config[key], key)
    if config.trial is not None and (config.search is None or config.trial < 0):
        raise InputError(f"trial={config.trial}: is for the jobs of a search; leave it out")
    _require_references(config)


def require_part(node: Any, key: str, needed: str = "_target_") -> None:
    """Refuse what stands for nothing to build: null, a number, a group without ``needed``.

    Raises:
        InputError: naming option, value and remedy.
    """
    if isinstance(node, DictConfig) and (not needed or node.get(needed) is not None):
        return
    shown = "null" if node is None else "{}" if isinstance(node, DictConfig) else node
    remedy = f"{key}=NAME, or leave it out"
    if key in ("split", "datamodule", "look") or "." in key:
        remedy = f"set {key}.KEY=VALUE, or leave it out"
    raise InputError(f"{key}={shown}: names nothing to build; {remedy}")


def _require_references(config: DictConfig) -> None:
    """The data module is made of other options, under which alone they are known everywhere."""
    for key in map(str, config.datamodule):
        source = REFERENCES.get(key, key)
        if key == "_target_" or (source not in REFERENCES.values() and source not in config):
            continue
        if option(config, f"datamodule.{key}") != option(config, source):
            raise InputError(
                f"datamodule.{key}={option(config, f'datamodule.{key}')}: stands for {source}; "
                f"set {source}=VALUE"
            )
