"""Files that are whole or absent: written beside their place, then moved there."""

import errno
import os
import platform
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

# Whose part a file is: several processes, also of several machines, may write one file at once.
_PART = re.compile(r"\.(?P<pid>\d+)@(?P<host>[^@]*)\.part$")


@contextmanager
def into_place(path: Path) -> Iterator[Path]:
    """Where to write: beside ``path``, moved there if the body ends well and removed if not.

    What killed processes left of the same file is removed too.

    Raises:
        OSError: naming ``path``, whatever the library that wrote said or did not say.
    """
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear(path.parent.glob(f"{escape(path.name)}.*.part"))
        beside = path.with_name(f"{path.name}.{os.getpid()}@{_host()}.part")
        try:
            yield beside
            beside.replace(path)
        finally:
            _remove(beside)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name ``path`` in an error of writing; on a full disk most libraries name no file."""
    try:
        yield
    except OSError as error:
        named = None if error.filename is None else str(error.filename)
        if named is not None and not _PART.search(named):
            raise
        number = error.errno or errno.EIO  # numpy has none, only how much it wrote
        why = (
            os.strerror(number)
            if error.errno
            else f"not written whole, as on a full disk ({error})"
        )
        raise OSError(number, why, str(path)) from error


def clear_parts(folder: Path) -> None:
    """Remove what killed processes of this machine left half written in ``folder`` and below."""
    _clear(folder.rglob("*.part"))


def save_text(path: Path, text: str) -> None:
    """Write ``text`` beside ``path`` and move it into place."""
    with into_place(path) as beside:
        beside.write_text(text)


def _remove(part: Path) -> None:
    """Remove what was not moved; why it was not counts more than that it cannot be removed."""
    with suppress(OSError):
        os.truncate(part, 0)  # room for what happened: the writer that failed may hold it open
    with suppress(OSError):
        part.unlink(missing_ok=True)


def _clear(parts: Iterable[Path]) -> None:
    for part in list(parts):
        writer = _PART.search(part.name)
        if writer and writer["host"] == _host() and not _lives(int(writer["pid"])):
            part.unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    """Whether there is such a process; always so on Windows, where asking would end it."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # of another user
        return True
    return True


def _host() -> str:
    return re.sub(r"[^\w.-]", "_", platform.node())
