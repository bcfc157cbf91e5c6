"""Weights & Biases as its environment variables want it: offline unless asked, never a question."""

import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectome.input_error import InputError

if TYPE_CHECKING:
    import wandb

log = logging.getLogger(__name__)

PROJECT = "connectome-latent"  # as in conf/logger/wandb.yaml
# What W&B reads for one run; jobs of a sweep that all read it would be one run.
ONE_RUN = (
    *("WANDB_RUN_ID", "WANDB_NAME", "WANDB_RESUME", "WANDB_RESUME_FROM", "WANDB_FORK_FROM"),
    "WANDB_RUN_STORAGE_ID",
)
MODES = {"online": "online", "run": "online", "shared": "online"} | {
    "offline": "offline",
    "dryrun": "offline",
    "disabled": "disabled",
    "": None,
}
KEY = "set WANDB_API_KEY or run 'wandb login'"
QUIET = {"WANDB_SILENT": "true", "WANDB_CONSOLE": "off"}  # unless the user says otherwise


def forget_single_run() -> list[str]:
    """Take out of the environment what would make one run of many; returns the names."""
    return [name for name in ONE_RUN if os.environ.pop(name, None) is not None]


def mode(offline: bool | None) -> str:
    """``online``, ``offline`` or ``disabled``.

    ``WANDB_MODE=disabled`` and ``WANDB_DISABLED=true`` always count; other values of ``WANDB_MODE``
    count where ``offline`` is None, so that what is typed wins over them.

    Raises:
        InputError: for an unknown ``WANDB_MODE``.
    """
    said = os.environ.get("WANDB_MODE", "").lower()
    if said not in MODES:
        raise InputError(f"WANDB_MODE={said}: choose one of online, offline, disabled")
    off = os.environ.get("WANDB_DISABLED", "").lower() in ("true", "1", "yes", "on")
    if off or MODES[said] == "disabled":
        return "disabled"
    if offline is None:
        return MODES[said] or "offline"
    return "offline" if offline else "online"


def group(study: str, sweep: str | None) -> str:
    """The group of a run: its study, or the one sweep of it that ``sweep`` marks."""
    return study if sweep is None else f"{study}-{sweep}"


def tags(given: Iterable[str]) -> list[str]:
    """``given`` and those of ``WANDB_TAGS``, which W&B forgets where others are given."""
    said = os.environ.get("WANDB_TAGS", "").split(",")
    return list(dict.fromkeys(tag.strip() for tag in (*given, *said) if tag.strip()))


def settings(offline: bool | None, init_timeout: float | None = None) -> "wandb.Settings | None":
    """What a run of W&B starts with; None, after a line in the log, if there is to be none.

    Args:
        offline: keep it on disk; None asks ``WANDB_MODE``, and is True without that.
        init_timeout: seconds to wait for the server.

    Raises:
        InputError: for an unknown ``WANDB_MODE``, or online if there is no key: W&B would ask.
    """
    chosen = mode(offline)
    if chosen == "disabled":
        log.info("W&B is off, as WANDB_MODE or WANDB_DISABLED says")
        return None
    if chosen == "online" and not _has_key():
        raise InputError(
            "W&B: no key, and it is to be online (logger.offline=false, wandb=online or "
            f"WANDB_MODE=online); {KEY}, or let it be offline"
        )
    if (fault := _unwritable()) is not None:
        log.warning(
            "W&B is off: %s; set WANDB_DATA_DIR and WANDB_CACHE_DIR to folders of your own", fault
        )
        return None
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import wandb  # takes a moment, and most programs send nothing

    _start_sooner()
    waiting = {} if init_timeout is None else {"init_timeout": init_timeout}
    return wandb.Settings(mode=chosen, **waiting)


LAUNCH = "wandb.sdk.launch.inputs.internal"
ASKS = "_detect_and_apply_job_inputs"


def _start_sooner() -> None:
    """Leave out of the start of a run what W&B did before, or what nobody has asked for.

    Each run lists all installed packages for its ``requirements.txt``, which takes longer than the
    rest of its start: the list of the first serves the others. And each asks W&B Launch for inputs,
    for which the first imports half of W&B; where Launch was not imported there are none. Neither
    name is public: a version without it starts as it always did.
    """
    from wandb import util
    from wandb.sdk.wandb_run import Run

    listing, ask = (getattr(*one, None) for one in ((util, "working_set"), (Run, ASKS)))
    if listing is not None and not hasattr(listing, "cache_info"):
        util.working_set = _listed_once(listing)
    if ask is not None and not hasattr(ask, "before"):
        setattr(Run, ASKS, _only_for_launch(ask))


def _listed_once(listing: Callable[[], Iterable[Any]]) -> Callable[[], tuple[Any, ...]]:
    return cache(lambda: tuple(listing()))


def _only_for_launch(ask: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def asked(run: Any) -> Any:
        return ask(run) if LAUNCH in sys.modules else None

    asked.before = ask  # type: ignore[attr-defined]
    return asked


def require_key() -> None:
    """Refuse what only works online if there is no key, since W&B would ask for one.

    Raises:
        InputError: without a key.
    """
    if not _has_key():
        raise InputError(f"W&B: no key; {KEY}")


def folder(default: Path) -> Path:
    """In which ``wandb/`` is made: ``WANDB_DIR``, else ``default``."""
    return Path(os.environ.get("WANDB_DIR") or default)


def _has_key() -> bool:
    """Whether W&B could log in without a question; asks nothing and sends nothing."""
    if os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    netrc = Path(os.environ.get("NETRC") or Path.home() / ".netrc")
    return netrc.is_file() and "wandb" in netrc.read_text()


def _unwritable() -> str | None:
    """Why W&B's own folders, usually in HOME, cannot be used; it would end the run at its end."""
    from wandb.env import get_cache_dir, get_data_dir

    for path in map(Path, (get_data_dir(), get_cache_dir())):
        try:
            path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path):
                pass
        except OSError as error:
            return f"{path}: {error.strerror}"
    return None
