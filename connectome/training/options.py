"""Sizes that no graph and no machine has, and numbers that are none: refused at once."""

import math
from collections.abc import Mapping

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
    "window": (1, 10_000),
    "rows": (1, 2**31),
    "columns": (1, 2**31),
    "kl_warmup_steps": (0, 2**31),
    "seed": (0, 2**63 - 1),
}


def check_numbers(options: Mapping[str, object]) -> None:
    """Reject sizes out of bounds and numbers that are none; null is left to the model.

    Args:
        options: of the constructor of a model, by name.

    Raises:
        InputError: for the first that cannot be used.
    """
    for name, value in options.items():
        if name in SIZES and value is not None:
            _check_size(name, value, *SIZES[name])
        elif isinstance(value, float) and not math.isfinite(value):
            raise InputError(f"model.{name}={value}: must be a finite number")


def _check_size(name: str, value: object, lowest: int, highest: int) -> None:
    given = f"{name}={value}" if name == "latent_dim" else f"model.{name}={value}"
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(f"{given}: must be a whole number")
    if value < lowest:
        raise InputError(f"{given}: must be {lowest} or more")
    if value > highest:
        raise InputError(f"{given}: must be {highest} or less")
