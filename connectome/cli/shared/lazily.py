"""From what was typed to what is done, without importing the latter before."""

from pkgutil import resolve_name
from typing import Any


def do(job: str, *given: Any) -> Any:
    """Import and call ``MODULE:FUNCTION`` of ``connectome.cli.jobs``."""
    return resolve_name(f"connectome.cli.jobs.{job}")(*given)
