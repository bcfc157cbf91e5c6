"""The option ``data.display``, from plain values to a :class:`~connectome.display.Display`."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import wraps
from typing import Any
from weakref import WeakKeyDictionary

from connectome.data.readers.options import with_options
from connectome.display import MOST_COLUMNS, MOST_ROWS, Display, link_fault
from connectome.types import Connectome, InputError

OPTION = "data.display"
ROWS, LEVELS, LINKS = (f"{OPTION}.{one.name}" for one in fields(Display))
Look = Mapping[str, Any] | None


def displayed(read: Callable[..., Connectome]) -> Callable[..., Connectome]:
    """Give a reader the option ``display``: how the figures and pages of its data look.

    Args:
        read: makes a connectome of its own options.
    """

    made: WeakKeyDictionary[Connectome, dict[Display, Connectome]] = WeakKeyDictionary()

    @wraps(read)
    def reader(*args: Any, display: Look = None, **options: Any) -> Connectome:
        look = display_of(display)
        brain = read(*args, **options)
        if display is None or brain.display == look:
            return brain
        shown = made.setdefault(brain, {})  # of a reader that caches: the jobs of a sweep share it
        if look not in shown:
            shown[look] = with_display(brain, look)
        return shown[look]

    return with_options(reader, read, {"display": Look})


def display_of(given: Mapping[str, Any] | None) -> Display:
    """Check ``{type_rows: [[TYPE, ...], ...], homolog_levels: {LABEL: HITS}, links: {NAME: URL}}``.

    None is nothing of it.

    Raises:
        InputError: for an unknown option or another shape, a type that has two places or is no
            text, more rows or columns than there are markers or hues, levels outside 0 to 1, and a
            link that is no https address with ``{id}``.
    """
    names = [one.name for one in fields(Display)]
    if not isinstance(given, Mapping | None):
        raise InputError(f"{OPTION}={given}: must be {{{': ..., '.join(names)}: ...}}")
    options = dict(given or {})
    if unknown := [name for name in options if name not in names]:
        raise InputError(
            f"{OPTION}.{unknown[0]}: unknown option; there are {ROWS}, {LEVELS}, {LINKS}"
        )
    rows, levels, links = map(options.get, names)
    return Display(_rows(rows), _levels(levels), _links(links))


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


def _links(given: Any) -> tuple[tuple[str, str], ...]:
    links = {} if given is None else given
    if not isinstance(links, Mapping):
        raise InputError(f"{LINKS}={given}: must be a mapping; write {{NAME: 'https://...{{id}}'}}")
    for name, address in links.items():
        if (fault := link_fault(address)) is not None:
            raise InputError(f"{LINKS}: '{name}' is {address}; it {fault}")
    return tuple((str(name), str(address)) for name, address in links.items())
