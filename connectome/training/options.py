"""Sizes that no graph and no machine has, and numbers that are none: refused at once."""

import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from connectome.types import InputError

WIDEST = 2**16
# Lowest and highest value. The highest are far beyond any use, and still end in one's lifetime.
SIZES: dict[str, tuple[int, int]] = {
    "latent_dim": (1, WIDEST),
    "hidden_dim": (1, WIDEST),
    "state_dim": (1, WIDEST),
    "rank": (1, WIDEST),
    "num_blocks": (1, WIDEST),
    "layers": (0, 100),
    "hops": (0, 100),
    "rounds": (0, 100),
    "views": (1, 1000),
    "negatives": (1, 1000),
    "walk_length": (1, 10_000),
    "walk_steps": (1, 10_000),
    "window": (1, 10_000),
    "rows": (1, 2**31),
    "columns": (1, 2**31),
    "kl_warmup_steps": (0, 2**31),
    "seed": (0, 2**63 - 1),
}


def plain_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a constructor, its ``locals()``, with settings classes as mappings."""
    own = {name: value for name, value in given.items() if name not in ("self", "__class__")}
    return {name: asdict(v) if is_dataclass(v) else v for name, v in own.items()}  # type: ignore[arg-type]


def check_numbers(options: Mapping[str, object], path: str = "model") -> None:
    """Reject sizes out of bounds and numbers that are none; null is left to the model.

    Args:
        options: of the constructor of a model, by name; groups of them as mappings.
        path: what stands before their names.

    Raises:
        InputError: for the first that cannot be used.
    """
    for name, value in options.items():
        full = f"{path}.{name}"
        if isinstance(value, Mapping):
            check_numbers(value, full)
        elif name in SIZES and value is not None:
            _check_size("latent_dim" if name == "latent_dim" else full, value, *SIZES[name])
        elif isinstance(value, float) and not math.isfinite(value):
            raise InputError(f"{full}={value}: must be a finite number")


def _check_size(name: str, value: object, lowest: int, highest: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(f"{name}={value}: must be a whole number")
    if value < lowest:
        raise InputError(f"{name}={value}: must be {lowest} or more")
    if value > highest:
        raise InputError(f"{name}={value}: must be {highest} or less")
