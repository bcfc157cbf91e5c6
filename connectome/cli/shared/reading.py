"""Data that a command reads, with a sign of life while it lasts."""

import re
import shlex

from omegaconf import DictConfig
from rich.console import Console

from connectome.config import build, quoted
from connectome.receipt import printed_later
from connectome.types import Connectome

PLAIN = re.compile(r"[A-Za-z_./][\w./-]*")  # values that neither Hydra nor a shell reads otherwise


def read_brain(config: DictConfig) -> Connectome:
    """The connectome that ``config`` describes; its receipt is left to be printed.

    Raises:
        InputError: if it cannot be read.
    """
    with Console(stderr=True).status("Reading"), printed_later():
        brain: Connectome = build(config, Connectome)
    return brain


def value_words(value: str) -> str:
    """A value as Hydra reads it: quoted, unless it is plain."""
    if PLAIN.fullmatch(value) and value not in ("null", "true", "false"):
        return value
    return shlex.split(quoted(f"value={value}"))[0].removeprefix("value=")
