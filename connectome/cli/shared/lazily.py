"""From what was typed to what is done, without importing the latter before."""

import gc
from pkgutil import resolve_name
from typing import Any


def do(job: str, *given: Any) -> Any:
    """Import and call ``MODULE:FUNCTION`` of ``connectome.cli.jobs``.

    Python looks for garbage from then on, but no longer among what was imported.
    """
    function = resolve_name(f"connectome.cli.jobs.{job}")
    if not gc.get_freeze_count():  # else another job of a sweep would leave its garbage for good
        gc.freeze()
    gc.enable()
    return function(*given)
