"""Holding what was read from a file against what it must be: values, arrays, tables."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import NoneType
from typing import Any

import numpy as np
import pandas as pd

from connectome.types import InputError

_WIDTHS = {"i": (4, 8), "f": (4, 8), "U": None, "b": None}  # bytes that torch and pandas take


class MisfitError(InputError):
    """What is wrong inside a file; whoever reads it adds its name and the remedy."""


@dataclass(frozen=True)
class Value:
    """A plain value.

    Attributes:
        types: of the value, exactly: a bool is no int.
        needed: whether it must be there.
        least, most: bounds of a number; NaN is in none.
        among: the values that it may have.
        fields: what must or may stand under some keys of a dictionary.
        rest: what stands under its other keys, or in a list; None allows anything.
    """

    types: tuple[type, ...]
    needed: bool = False
    least: float | None = None
    most: float | None = None
    among: Collection[Any] | None = None
    fields: Mapping[str, "Value"] = field(default_factory=dict)
    rest: "Value | None" = None


@dataclass(frozen=True)
class Array:
    """An array without pickle.

    Attributes:
        kinds: numpy's letters: ``i`` whole numbers, ``f`` finite numbers, ``U`` text, ``b`` bool.
        shape: numbers, names of sizes that several arrays share (at least 1), or None for any.
        names: the size that a single whole number gives a name to.
        below: the size that the entries are positions in.
        distinct: whether no entry may repeat.
        among: the texts that a single one may be; empty for any.
        needed: whether it must be there.
    """

    kinds: str
    shape: tuple[str | int | None, ...] = ()
    names: str | None = None
    below: str | None = None
    distinct: bool = False
    among: tuple[str, ...] = ()
    needed: bool = True


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        kind: ``text``, ``number`` (may be missing) or ``count`` (a whole number from 0).
        least, most: bounds of numbers.
        among: the texts that there may be; None for any, missing too.
    """

    kind: str
    least: float | None = None
    most: float | None = None
    among: tuple[str, ...] | None = None


def check_value(value: Any, schema: Value, name: str = "") -> None:
    """Hold a plain value against ``schema``.

    Args:
        value: from JSON, YAML or a checkpoint.
        schema: what it must be.
        name: what to call it, with dots; empty for a whole file.

    Raises:
        MisfitError: naming the first entry that does not fit.
    """
    what = f"'{name}'" if name else "it"
    if not isinstance(value, schema.types) or (type(value) is bool and bool not in schema.types):
        raise MisfitError(f"{what} is a {type(value).__name__}, not {_named(schema.types)}")
    if type(value) is int and not -(2**63) <= value < 2**63:
        raise MisfitError(f"{what} is beyond 64 bits")
    if schema.among is not None and value not in schema.among:
        raise MisfitError(f"{what} is {value!r}, not one of {', '.join(map(str, schema.among))}")
    _check_bounds(value, schema, what)
    if isinstance(value, dict):
        for key, inner in schema.fields.items():
            if key in value:
                check_value(value[key], inner, f"{name}.{key}".lstrip("."))
            elif inner.needed:
                raise MisfitError(f"it has no '{f'{name}.{key}'.lstrip('.')}'")
    if isinstance(value, dict | list) and schema.rest is not None:
        entries = value if isinstance(value, dict) else dict(enumerate(value))
        for place, entry in entries.items():
            if place not in schema.fields:
                check_value(entry, schema.rest, f"{name}.{place}".lstrip("."))


def _check_bounds(value: Any, schema: Value | Column, what: str) -> None:
    if value is None:
        return
    if schema.least is not None and not value >= schema.least:
        raise MisfitError(f"{what} is {value}, not at least {schema.least}")
    if schema.most is not None and not value <= schema.most:
        raise MisfitError(f"{what} is {value}, not at most {schema.most}")


def _named(types: tuple[type, ...]) -> str:
    return " or ".join("null" if kind is NoneType else kind.__name__ for kind in types)


def check_arrays(arrays: Mapping[str, np.ndarray], schema: Mapping[str, Array]) -> None:
    """Check ``arrays`` ``[...]`` against ``schema``: kinds, shapes, and positions within bounds.

    Raises:
        MisfitError: naming the first array that does not fit.
    """
    if unknown := sorted(set(arrays) - set(schema)):
        raise MisfitError(f"it holds '{unknown[0]}', of another file or version")
    sizes: dict[str, int] = {}
    for name, wanted in schema.items():
        if name not in arrays:
            if wanted.needed:
                raise MisfitError(f"it has no '{name}'")
            continue
        array = arrays[name]
        _check_type(name, array, wanted.kinds)
        _check_shape(name, array, wanted.shape, sizes)
        if wanted.names is not None:
            sizes[wanted.names] = int(array)
        if wanted.below is not None and array.size:
            low, high = int(array.min()), int(array.max())
            if low < 0 or high >= sizes[wanted.below]:
                raise MisfitError(f"'{name}' points to {low} .. {high} of {sizes[wanted.below]}")
        if wanted.distinct and len(np.unique(array)) != array.size:
            raise MisfitError(f"'{name}' repeats")
        if wanted.among and str(array) not in wanted.among:
            raise MisfitError(f"'{name}' is {array}, not one of {', '.join(wanted.among)}")
    floats = {a.dtype for a in arrays.values() if a.dtype.kind == "f" and a.ndim}
    if len(floats) > 1:
        raise MisfitError(f"it mixes {' and '.join(sorted(map(str, floats)))}")


def _check_type(name: str, array: np.ndarray, kinds: str) -> None:
    kind = array.dtype.kind
    widths = _WIDTHS.get(kind)
    if kind not in kinds or not array.dtype.isnative or (widths and array.itemsize not in widths):
        raise MisfitError(f"'{name}' is of type {array.dtype}")
    if kind == "f" and not np.isfinite(array).all():
        raise MisfitError(f"'{name}' has NaN or infinite entries")


def _check_shape(
    name: str, array: np.ndarray, shape: tuple[str | int | None, ...], sizes: dict[str, int]
) -> None:
    fits = array.ndim == len(shape)
    for found, wanted in zip(array.shape, shape, strict=False):
        if isinstance(wanted, str):
            fits &= 0 < found == sizes.setdefault(wanted, found)
        elif wanted is not None:
            fits &= found == wanted
    if not fits:
        raise MisfitError(f"'{name}' is of shape {array.shape}")


def check_table(table: pd.DataFrame, schema: Mapping[str, Column]) -> None:
    """Hold the columns of a table against ``schema``.

    Raises:
        MisfitError: naming the first column that does not fit.
    """
    for name, column in schema.items():
        if name not in table:
            raise MisfitError(f"it has no column '{name}'")
        values = table[name]
        if column.among is not None and not values.isin(column.among).all():
            raise MisfitError(f"column '{name}' holds others than {', '.join(column.among)}")
        if column.kind == "text":
            continue
        whole = column.kind == "count"
        if values.dtype.kind not in ("i" if whole else "if") or np.isinf(values).any():
            raise MisfitError(f"column '{name}' holds what is no {column.kind}")
        if len(known := values.dropna()):
            _check_bounds(known.min(), column, f"column '{name}'")
            _check_bounds(known.max(), column, f"column '{name}'")
        if whole and (values < 0).any():
            raise MisfitError(f"column '{name}' holds negative counts")
