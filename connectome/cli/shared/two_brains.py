"""Commands on a brain in ``data`` and another one in ``home``."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from omegaconf import DictConfig

from connectome.cli.shared.options import check_options, require_seed
from connectome.cli.shared.reading import read_brain
from connectome.config import load_config, require_known
from connectome.types import Connectome, InputError


def read_words(
    overrides: Sequence[str], command: str, schema: type
) -> tuple[DictConfig, dict[str, Any]]:
    """The configuration of ``command``, and its options as plain values; ``home`` is a data set.

    Raises:
        InputError: for an option that is not there or out of range, or if ``data`` is no brain.
    """
    words = [re.sub(r"^home=", "data@home=", word) for word in overrides]
    config = load_config(words, command)
    require_known(config, schema)
    options = check_options(config)
    if options["data"] is None:
        raise InputError("data=null: names no brain; give data=NAME")
    require_seed(options["seed"], f"seed={options['seed']}")
    return config, options


def read_brains(config: DictConfig) -> tuple[Connectome, Connectome | None]:
    """The brain in ``data``, and that in ``home`` if there is one.

    Raises:
        InputError: if one cannot be read, with its options as they were typed.
    """
    brain = read_brain(config.data)
    if config.home is None:
        return brain, None
    with _called_home():
        return brain, read_brain(config.home)


def require_two(brain: Connectome, home: Connectome, remedy: str = "give another one") -> None:
    """Refuse one brain in place of two.

    Raises:
        InputError: if both are the same.
    """
    if home.fingerprint == brain.fingerprint:
        raise InputError(f"home: {home.name} is the brain in data itself; {remedy}")


def asked(options: dict[str, Any]) -> dict[str, Any]:
    """The options that results depend on, for ``scores.json``."""
    return {key: value for key, value in options.items() if key not in ("out", "wandb", "explorer")}


@contextmanager
def _called_home() -> Iterator[None]:
    """Name options of the other brain as they were typed."""
    try:
        yield
    except InputError as error:
        raise InputError(re.sub(r"\bdata\.", "home.", str(error))) from error
