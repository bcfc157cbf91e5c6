"""Options that a decorator adds to a reader, and the one of pairs."""

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from connectome.data.neurons import MATCHED, with_found_pairs
from connectome.types import Connectome, InputError
from connectome.user_files import user_file

_made: WeakKeyDictionary[Connectome, dict[object, Connectome]] = WeakKeyDictionary()


def paired(read: Callable[..., Connectome]) -> Callable[..., Connectome]:
    """Give a reader the option ``pairs``: a file of left-right pairs that were found from wiring.

    They are of the neurons that ``keep`` and ``drop`` leave
    (:func:`connectome.data.neurons.with_found_pairs`).

    Args:
        read: makes a connectome of its own options.
    """

    @wraps(read)
    def reader(*args: Any, pairs: str | None = None, **options: Any) -> Connectome:
        if pairs is None:
            return read(*args, **options)
        if pairs == MATCHED:
            raise InputError(
                f"data.pairs={MATCHED}: they are found by train, describe, leakage and "
                "connectome.load alone; give the file that match writes here, "
                "data.pairs=outputs/match/NAME/pairs.csv"
            )
        path = user_file("data.pairs", pairs)
        if not path.suffix and not path.exists():
            raise InputError(f"data.pairs={pairs}: give a file of pairs, or {MATCHED} to find them")
        brain = read(*args, **options)
        chosen = {**(options.get("keep") or {}), **(options.get("drop") or {})}
        return shared_pairs(brain, path, any(one is not None for one in chosen.values()))

    return with_options(reader, read, {"pairs": str | None})


def shared_pairs(connectome: Connectome, path: Path, partial: bool = False) -> Connectome:
    """As :func:`connectome.data.neurons.with_found_pairs`, once for a connectome and a file.

    Readers that cache give the jobs of a sweep one connectome, so they share what is made of it.
    """
    state = path.stat() if path.is_file() else None
    asked = path, partial, state and (state.st_mtime_ns, state.st_size)
    known = _made.setdefault(connectome, {})
    if asked not in known:
        known[asked] = with_found_pairs(connectome, path, partial)
    return known[asked]


def with_options(
    reader: Callable[..., Connectome], read: Callable[..., Connectome], own: Mapping[str, Any]
) -> Callable[..., Connectome]:
    """``reader``, which says that it has the options of ``read`` and its own."""
    known = [*signature(read).parameters.values()]
    rest = [known.pop()] if known and known[-1].kind is Parameter.VAR_KEYWORD else []
    added = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in own.items()
    ]
    reader.__annotations__ = {**read.__annotations__, **own}
    setattr(reader, "__signature__", signature(read).replace(parameters=[*known, *added, *rest]))  # noqa: B010
    return reader
