"""Whether the value of an option is of the kind that the annotation of its argument names."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from omegaconf import DictConfig, ListConfig, OmegaConf

from connectome.input_error import InputError

_LISTS = (list, tuple, Sequence, Iterable)
_DICTS = (dict, Mapping)
LONGEST = 80  # characters of a value in a message


def check_value(value: Any, annotation: Any, name: str) -> None:
    """Compare one option with its annotation, which is not needed to be a simple one.

    Raises:
        InputError: naming option, value and what it must be.
    """
    plain = OmegaConf.to_container(value, resolve=True) if isinstance(value, ListConfig) else value
    shown = " ".join(str(plain).split())
    shown = f"{name}={shown if len(shown) <= LONGEST else shown[:LONGEST] + '...'}"
    if isinstance(plain, int) and abs(plain) >= 2**63:
        raise InputError(f"{shown}: must lie between -2^63 and 2^63")
    described = isinstance(plain, DictConfig | dict) and "_target_" in plain
    kinds = [] if described else _kinds(annotation)
    if not kinds or any(_fits(plain, kind) for kind in kinds):
        return
    if isinstance(plain, bool) and {int, float} & {*kinds}:
        raise InputError(f"{shown}: must be a number")
    wanted = " or ".join(dict.fromkeys(map(_called, kinds)))
    lists = all((get_origin(kind) or kind) in _LISTS for kind in kinds)
    one = lists and isinstance(plain, str | int | float)
    raise InputError(f"{shown}: must be {wanted}{f'; write [{plain}]' if one else ''}")


def _kinds(annotation: Any) -> list[Any]:
    """What an annotation allows, one by one; [] if any value may do."""
    if get_origin(annotation) in (Union, UnionType):
        parts = [_kinds(one) for one in get_args(annotation)]
        kinds = [] if [] in parts else list(dict.fromkeys(kind for part in parts for kind in part))
        return [*kinds, int] if float in kinds and int not in kinds else kinds
    if annotation is float:
        return [float, int]
    origin = get_origin(annotation) or annotation
    known = isinstance(origin, type) or origin is Literal
    return [annotation] if known and origin not in (object, Any) else []


def _fits(value: Any, kind: Any) -> bool:
    origin = get_origin(kind) or kind
    if origin is Literal:
        return value in get_args(kind)
    if origin in _LISTS:
        inside = _kinds((*get_args(kind), Any)[0])
        whole = isinstance(value, list | tuple)
        return whole and (not inside or all(any(_fits(v, k) for k in inside) for v in value))
    if origin in _DICTS:
        whole = isinstance(value, Mapping | DictConfig)
        return whole and all(isinstance(key, str) for key in value)
    if origin is Path:
        return isinstance(value, str | Path)
    return isinstance(value, origin) and (origin is bool or not isinstance(value, bool))


def _called(kind: Any) -> str:
    """What a kind is called in a message."""
    if kind is NoneType:
        return "null"
    if get_origin(kind) is Literal:
        return " or ".join(map(str, get_args(kind)))
    if (get_origin(kind) or kind) in _LISTS:
        inside = [_called(one) for one in _kinds((*get_args(kind), Any)[0])]
        return "list" + (f" of {' or '.join(inside)}" if inside else "")
    return "{...}" if (get_origin(kind) or kind) in _DICTS else str(kind.__name__)
