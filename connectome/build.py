"""Building the objects that a configuration describes, and what is wrong with one."""

import difflib
import re
from collections.abc import Iterator, Sequence
from types import NoneType, UnionType
from typing import Any, get_args, get_type_hints

from hydra.errors import InstantiationException
from hydra.utils import get_object, instantiate
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from connectome.types import InputError


def build(node: DictConfig | dict[str, Any]) -> Any:
    """Build the object that ``node`` describes, from plain Python values.

    Raises:
        InputError: what the constructor itself raised, or that an option is unknown or of the
            wrong type.
    """
    _check_types(node, f"{node._get_full_key(None)}." if isinstance(node, DictConfig) else "")
    try:
        return instantiate(node, _convert_="all")
    except InstantiationException as error:
        cause = error.__cause__
        if isinstance(cause, InputError):
            raise cause from None
        if isinstance(cause, TypeError) and "unexpected keyword" in str(cause):
            word = re.findall(r"'(\w+)'", str(cause))[-1]
            raise InputError(
                f"{word}: unknown option{suggest(word, [x for x in _leaves(node) if x != word])}"
            ) from None
        if cause is None or isinstance(cause, OmegaConfBaseException):
            raise
        raise cause from None  # a defect, to be shown with its own traceback


def _check_types(node: Any, path: str = "") -> None:
    """Compare scalar options with the annotations of the constructor they are meant for.

    Raises:
        InputError: naming option and value.
    """
    if not isinstance(node, DictConfig | dict):
        return
    annotations: dict[str, Any] = {}
    if (target := node.get("_target_")) is not None and not node.get("_partial_"):
        annotations = get_type_hints(_callable(str(target)))
    for key in map(str, node):
        if isinstance(node, DictConfig) and OmegaConf.is_missing(node, key):
            continue  # reported with its remedy when it is used
        value = node[key]
        _check_types(value, f"{path}{key}.")
        allowed = _scalars(annotations.get(key))
        if allowed and not isinstance(value, allowed):
            names = " or ".join("null" if t is NoneType else t.__name__ for t in allowed)
            raise InputError(f"{option_name(path + key)}={value}: must be {names}")
        if allowed and isinstance(value, bool) and bool not in allowed:
            raise InputError(f"{option_name(path + key)}={value}: must be a number")


def option_name(full_key: str) -> str:
    """The option as the user sets it: the data module refers to ``data`` and ``split``."""
    return full_key.replace("datamodule.connectome.", "data.").replace(
        "datamodule.split.", "split."
    )


def _callable(target: str) -> Any:
    found = get_object(target)
    return getattr(found, "__init__") if isinstance(found, type) else found  # noqa: B009


def _scalars(annotation: Any) -> tuple[type, ...]:
    """The types that ``annotation`` allows if all are scalars, else ()."""
    types = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    if not set(types) <= {int, float, str, bool, NoneType}:
        return ()
    return (*types, int) if float in types and int not in types else types


def _leaves(node: Any) -> Iterator[str]:
    """Names of all options in ``node`` and below."""
    if isinstance(node, DictConfig | dict):
        for key in node:
            yield str(key)
            if not (isinstance(node, DictConfig) and OmegaConf.is_missing(node, key)):
                yield from _leaves(node[key])


def suggest(word: str, known: Sequence[str]) -> str:
    """The option that was probably meant, in brackets; empty if none is like ``word``."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.75)
    return f" (did you mean {close[0]}?)" if close else ""
