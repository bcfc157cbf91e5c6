"""What a configuration must hold before anything is built of it."""

from typing import Any

from omegaconf import DictConfig, OmegaConf

from connectome.config.build import suggest
from connectome.config.schema import USUAL, TrainConfig, config_folder, option, require_places
from connectome.input_error import InputError

PARTS = (
    *("data", "split", "datamodule", "model", "optimizer", "scheduler", "trainer", "logger"),
    *("callbacks", "benchmark"),
)
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
    _require_taken(config)


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
    """Data module and model are made of other options, under which alone they are known."""
    inside = [("datamodule", str(key)) for key in config.datamodule]
    for part, key in [*inside, *(("model", key) for key in USUAL if key in config.model)]:
        source = REFERENCES.get(key, key)
        if key == "_target_" or (source not in REFERENCES.values() and source not in config):
            continue
        if (value := option(config, f"{part}.{key}")) != option(config, source):
            raise InputError(f"{part}.{key}={value}: stands for {source}; set {source}=VALUE")


def _require_taken(config: DictConfig) -> None:
    """A choice that the model does not take is refused, not ignored."""
    for group, usual in USUAL.items():
        if group in config.model:
            continue
        default = OmegaConf.load(config_folder() / group / f"{usual}.yaml")
        chosen = option(config, group)
        for key, value in chosen.items():
            if value != default.get(key):
                name = group if key == "name" else f"{group}.{key}"
                method = str(config.model.get("_target_")).rpartition(".")[2]
                raise InputError(
                    f"{name}={value}: {method} has its own way to train, or trains nothing; leave "
                    "it out, or take model=gae, linear_gae, factor, deepwalk or a kin of these"
                )
