"""The option ``data.display``, from plain values to a :class:`~connectome.display.Display`."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from connectome.display import MOST_COLUMNS, MOST_ROWS, Display
from connectome.types import Connectome, InputError

OPTION = "data.display"
ROWS, LEVELS = (f"{OPTION}.{one.name}" for one in fields(Display))


def display_of(given: Mapping[str, Any] | None) -> Display:
    """Check ``{type_rows: [[TYPE, ...], ...], homolog_levels: {LABEL: HITS}}``; None is neither.

    Raises:
        InputError: for an unknown option or another shape, a type that has two places or is no
            text, more rows or columns than there are markers or hues, and levels outside 0 to 1.
    """
    if not isinstance(given, Mapping | None):
        raise InputError(f"{OPTION}={given}: must be {{type_rows: ..., homolog_levels: ...}}")
    options = dict(given or {})
    rows, levels = options.pop("type_rows", None), options.pop("homolog_levels", None)
    if options:
        unknown = next(iter(options))
        raise InputError(f"{OPTION}.{unknown}: unknown option; there are {ROWS}, {LEVELS}")
    return Display(_rows(rows), _levels(levels))


def with_display(connectome: Connectome, display: Display) -> Connectome:
    """The connectome with ``display``; itself if it has that, since a copy is checked anew."""
    return connectome if connectome.display == display else replace(connectome, display=display)


def _rows(given: Any) -> tuple[tuple[str | None, ...], ...]:
    rows = () if given is None else given
    if not isinstance(rows, list | tuple) or not all(isinstance(row, list | tuple) for row in rows):
        raise InputError(f"{ROWS}={given}: must be a list of rows; write [[KC,PN],[MBON]]")
    longest = max(map(len, rows), default=0)
    if len(rows) > MOST_ROWS or longest > MOST_COLUMNS:
        raise InputError(
            f"{ROWS}: {len(rows)} rows of up to {longest} types; there are markers for {MOST_ROWS} "
            f"rows and hues for {MOST_COLUMNS} columns, so leave the others out"
        )
    names = [name for row in rows for name in row if name is not None]
    for name in names:
        if not isinstance(name, str):
            raise InputError(f"{ROWS}: {name} is no text; write '{name}' in quotes")
    for name, count in Counter(names).items():
        if count > 1:
            raise InputError(f"{ROWS}: '{name}' has {count} places; leave it one")
    return tuple(map(tuple, rows))


def _levels(given: Any) -> tuple[tuple[str, float], ...]:
    levels = {} if given is None else given
    if not isinstance(levels, Mapping):
        raise InputError(f"{LEVELS}={given}: must be a mapping; write {{LABEL: 0.5}}")
    for label, level in levels.items():
        number = isinstance(level, int | float) and not isinstance(level, bool)
        if not number or not 0 <= level <= 1:
            raise InputError(f"{LEVELS}: '{label}' is {level}; must be a share, from 0 to 1")
    return tuple((str(label), float(level)) for label, level in levels.items())
