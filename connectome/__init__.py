"""Low-dimensional embeddings of the neurons of a connectome, compared honestly.

From Python: :func:`load`, :func:`fit`, :func:`embed`, :func:`score` (:mod:`connectome.api`).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # imported when first used: `import connectome` alone costs no torch
    from connectome.api import Fitted, embed, fit, load, score

__all__ = ["Fitted", "embed", "fit", "load", "score"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'connectome' has no attribute '{name}'")
    return getattr(import_module("connectome.api"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
