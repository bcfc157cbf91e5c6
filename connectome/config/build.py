"""Building the objects that a configuration describes, and what is wrong with one."""

import difflib
import re
import sys
from collections.abc import Mapping, Sequence
from inspect import signature
from pkgutil import resolve_name
from typing import Any, get_type_hints

from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from connectome.config.kinds import check_value
from connectome.input_error import InputError


def build(node: DictConfig | dict[str, Any], kind: type | None = None, path: str = "") -> Any:
    """Build the object that ``node`` describes, from plain Python values.

    Args:
        node: its class or function under ``_target_``, and options.
        kind: the class that it must be of; None for any.
        path: what stands before its options where it is a plain dictionary, such as ``split.``.

    Raises:
        InputError: what the constructor itself raised, or that an option is unknown or of the
            wrong type, or the object of another kind.
    """
    path = _path(node) or path
    _check(node, path)
    try:
        made = instantiate(node, _convert_="all")
    except InstantiationException as error:
        cause = error.__cause__
        if isinstance(cause, InputError):
            raise cause from None
        if cause is None or isinstance(cause, OmegaConfBaseException):
            raise
        if _of_lightning(cause) or (_of_a_library(error) and isinstance(cause, _COMPLAINTS)):
            raise InputError(f"{_where(error, path)}: {cause}") from None
        raise cause from None  # a defect, to be shown with its own traceback
    if kind is not None and not isinstance(made, kind):
        raise InputError(
            f"{path}_target_={node.get('_target_')}: makes a {type(made).__name__}, where a "
            f"{kind.__name__} is needed"
        )
    return made


def build_given(node: DictConfig, objects: Mapping[str, Any]) -> Any:
    """Build what ``node`` describes, with ``objects`` in place of its options of the same names.

    Raises:
        InputError: as :func:`build`.
    """
    node = node.copy()
    with open_dict(node):
        for name in objects:
            node.pop(name, None)  # it is not built
        node["_partial_"] = True
    return build(node)(**objects)


# How libraries complain of what they are given; their own exceptions are of these kinds.
_COMPLAINTS = (ValueError, TypeError, ImportError)


def _of_lightning(cause: BaseException) -> bool:
    """Whether Lightning found the options wrong; if it was not imported, it raised nothing."""
    module = sys.modules.get("pytorch_lightning.utilities.exceptions")
    return module is not None and isinstance(cause, module.MisconfigurationException)


def _of_a_library(error: InstantiationException) -> bool:
    target = re.search(r"call to target '([\w.]+)'", str(error))
    return target is not None and target.group(1).split(".")[0] == "pytorch_lightning"


def _where(error: InstantiationException, path: str) -> str:
    key = re.search(r"full_key: (\S+)", str(error))
    return option_name(key.group(1) if key else path.rstrip("."))


def _path(node: Any) -> str:
    """What stands before the names of the options in ``node``: ``model.``, or nothing."""
    key = node._get_full_key(None) if isinstance(node, DictConfig) else ""
    return f"{key}." if key else ""


def check(node: DictConfig | dict[str, Any]) -> None:
    """Compare options with the constructors that they are meant for, without building anything.

    Raises:
        InputError: naming an option that is unknown, missing or of another type.
    """
    _check(node, _path(node))


def _check(node: Any, path: str) -> None:
    if not isinstance(node, DictConfig | dict):
        return
    annotations: dict[str, Any] = {}
    if (target := node.get("_target_")) is not None:
        constructor = _found(str(target), path)
        _check_names(node, constructor, path)
        annotations = _annotations(constructor)
    for key in node:  # a number where YAML has one
        if isinstance(node, DictConfig) and OmegaConf.is_missing(node, key):
            continue  # reported with its remedy when it is used
        value = node[key]
        name = f"{path}{key!s}"
        _check(value, f"{name}.")
        if key in annotations:
            check_value(value, annotations[key], option_name(name))


def _check_names(node: Any, constructor: Any, path: str) -> None:
    """Every option is one that the constructor has, and those without a default are there."""
    try:
        parameters = signature(constructor).parameters.values()
    except ValueError:  # some that are written in C have none
        return
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return  # it tells unknown ones itself
    known = [one.name for one in parameters]
    for key in map(str, node):
        if key not in known and not key.startswith("_"):
            names = [option_name(path + name) for name in known]
            full = option_name(path + key)
            raise InputError(
                f"{full}: unknown option{suggest(full, names) or f'; there are {_listed(known)}'}"
            )
    needed = [one.name for one in parameters if one.default is one.empty]
    for name in needed if not {"_partial_", "_args_"} & set(node) else ():
        if name not in node:
            full = option_name(path + name)
            raise InputError(f"{full}: has no default; set {full}=VALUE")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def option_name(full_key: str) -> str:
    """The option as the user sets it: data module and model refer to others (``conf/``)."""
    for pattern, name in _REFERENCES:
        full_key = re.sub(rf"^{pattern}\b", name, full_key)
    return full_key


_REFERENCES = (
    (r"datamodule\.connectome", "data"),
    (r"datamodule\.(split|steps_per_epoch|features|objective|batch)", r"\1"),
    (r"model\.(optimizer|scheduler)", r"\1"),
)


def _found(target: str, path: str) -> Any:
    """The class or function of this name.

    Raises:
        InputError: if Python cannot import it.
    """
    try:
        return resolve_name(target)
    except Exception as error:  # whatever a module raises on import
        raise InputError(f"{path}_target_={target}: cannot be imported ({error})") from error


def _annotations(constructor: Any) -> dict[str, Any]:
    called = getattr(constructor, "__init__") if isinstance(constructor, type) else constructor  # noqa: B009
    try:
        return get_type_hints(called)
    except (NameError, TypeError):  # of names that exist for type checkers only
        return {}


def suggest(word: str, known: Sequence[str]) -> str:
    """The option that was probably meant, in brackets; empty if none beside it is like ``word``."""
    parent, dot, name = word.rpartition(".")
    beside = [key.removeprefix(parent + dot) for key in known if key.rpartition(".")[0] == parent]
    close = difflib.get_close_matches(name, [key for key in beside if key != name], 1, 0.75)
    return f" (did you mean {parent}{dot}{close[0]}?)" if close else ""
