"""What makes two runs the same run: every option counts, but for those named here."""

import hashlib
import inspect
import json
import sys
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from omegaconf import DictConfig, OmegaConf

FULL = "full model"  # the variant that takes nothing out
MISSING_VALUE = "???"

_MADE_OF_OTHERS = "refers to an option that counts itself; anything else is refused"
# Options that change no result, and why; with everything below them. * is any one name.
NOT_IDENTITY = {
    "name": "where results go",
    "output_root": "where results go",
    "run_dir": "where results go",
    "callbacks.*.dirpath": "where checkpoints go",
    "logger": "who is told",
    "callbacks.progress": "what is shown meanwhile",
    "trainer.enable_model_summary": "what is shown before",
    "trainer._partial_": "how the Trainer is built",
    "data.archive": "where the data lie; their content is compared by fingerprint",
    "data.mirrors": "where the data lie; their content is compared by fingerprint",
    "data.root": "where the data lie; their content is compared by fingerprint",
    "data.display": "how figures look",
    "data.drawn_by_connectivity": "what reports say of labels",
    "benchmark": "has a record of its own: a complete run is scored again without training",
    "search": "what a trial tries stands in the options that it sets",
    "datamodule.connectome": _MADE_OF_OTHERS,
    "datamodule.split": _MADE_OF_OTHERS,
    "datamodule.steps_per_epoch": _MADE_OF_OTHERS,
    "datamodule.features": _MADE_OF_OTHERS,
    "datamodule.objective": _MADE_OF_OTHERS,
    "datamodule.batch": _MADE_OF_OTHERS,
    "model.optimizer": _MADE_OF_OTHERS,
    "model.scheduler": _MADE_OF_OTHERS,
}
SELECTION = ("keep", "drop")  # options of every reader; empty as a rule
OURS = ("connectome", "pytorch_lightning", "builtins")  # their source has a version of its own


def identity(config: DictConfig) -> dict[str, Any]:
    """Resolved values that determine the result of a run, and checksums of code and files named.

    ``latent_dim`` and ``seed`` are those that the method uses, whatever the options of that name
    at the top say; ``latent_dim`` is None for a method that has none.
    """
    values: dict[str, Any] = {
        str(key): _values(config, str(key), str(key))
        for key in config
        if not left_out(str(key)) and key != "hydra"
    }
    model = values.get("model")
    used = model if isinstance(model, dict) else {}
    values["latent_dim"] = used.get("latent_dim")
    values["seed"] = used.get("seed", values.get("seed"))
    if values.get("variant") == FULL:
        del values["variant"]  # the method itself
    if isinstance(data := values.get("data"), dict):
        for key in SELECTION:
            if data.get(key) == {}:
                del data[key]  # nothing is kept or dropped by name: the data as they are
        if data.get("pairs", "") is None:
            del data["pairs"]  # those of the data
    files = dict(_files(values)) | _start(used)
    return values | ({"files": files} if files else {})


def left_out(option: str) -> bool:
    """Whether the option with this dotted name is one of :data:`NOT_IDENTITY`, or below one."""
    words = option.split(".")
    return any(
        all(a in (b, "*") for a, b in zip(name.split("."), words, strict=False))
        for name in NOT_IDENTITY
        if name.count(".") < len(words)
    )


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Options in which two identities differ, ``model.l2=0.1, here 0.2``, in alphabetical order."""
    old, new = _flat(before), _flat(now)
    keys = sorted(old.keys() | new.keys())
    groups = {part for key in keys for part in accumulate(key.split(".")[:-1], "{}.{}".format)}
    return [
        f"{key}={old.get(key, 'unset')}, here {new.get(key, 'unset')}"
        for key in keys
        if key not in groups  # an empty one differs in what the other has in it
        and old.get(key, MISSING_VALUE) != new.get(key, MISSING_VALUE)
    ]


def _values(node: DictConfig, key: Any, path: str) -> Any:
    """Plain value of an option, without what is not part of the identity."""
    if OmegaConf.is_missing(node, key):
        return MISSING_VALUE
    value = node[key]
    if isinstance(value, DictConfig):
        inside = [(name, f"{path}.{name!s}") for name in value]
        return {str(k): _values(value, k, name) for k, name in inside if not left_out(name)}
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value


def _flat(values: Any, path: str = "") -> dict[str, str]:
    """Nested values as JSON by dotted name: what was read from a file equals what was written."""
    if not isinstance(values, dict) or (path and not values):
        return {path: json.dumps(values, sort_keys=True, default=str).strip('"')}
    flat: dict[str, str] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{path}.{key}" if path else str(key))
    return flat


def _files(values: Any) -> Iterator[tuple[str, str]]:
    """Checksums of the source of classes and functions that are not from here, by their names."""
    if isinstance(values, list):
        for value in values:
            yield from _files(value)
    if not isinstance(values, dict):
        return
    for key, value in values.items():
        if key == "_target_" and str(value).split(".")[0] not in OURS:
            yield str(value), _source(str(value))
        yield from _files(value)


def _source(target: str) -> str:
    """Checksum of the modules of a class and of its bases in the same package."""
    try:
        found = resolve_name(target)
    except Exception:  # whatever a module raises on import; building it says so
        return "cannot be imported"
    classes = inspect.getmro(found) if inspect.isclass(found) else (found,)
    names = sorted({str(getattr(one, "__module__", "")) for one in classes})
    own = [name for name in names if name.split(".")[0] == target.split(".")[0]]
    paths = [getattr(sys.modules.get(name), "__file__", None) for name in own]
    return " ".join(_checksum(Path(path)) for path in paths if path)


def _start(model: dict[str, Any]) -> dict[str, str]:
    """Checksum of the checkpoint that a model starts from, if it is there."""
    start = model.get("start")
    path = Path(str(start)).expanduser()
    return {str(start): _checksum(path)} if start is not None and path.is_file() else {}


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
