"""What a foreign configuration may name: harmless, and it notes that it was called."""

import os
from typing import Any

from connectome.training.modules.spectral import SpectralModule

__all__ = ["OwnModule", "call", "called", "os"]

called: list[tuple[Any, ...]] = []


def call(*arguments: Any, **options: Any) -> None:
    """Note the call."""
    called.append((arguments, options))


class OwnModule(SpectralModule):
    """A class of a user's own."""
