"""Paths that users give; a module of its own, since they are looked for before any library."""

from collections.abc import Iterable
from pathlib import Path

from connectome.input_error import InputError


def user_path(option: str, given: str) -> Path:
    """The path that an option names, with ``~`` and ``~name`` replaced by the home folder.

    Raises:
        InputError: if there is no such home folder.
    """
    try:
        return Path(given).expanduser()
    except RuntimeError as error:
        raise InputError(
            f"{option}={given}: no home folder of that name; write ./{given} if it is a file here"
        ) from error


def user_file(option: str, given: str) -> Path:
    """The path of the file that an option names.

    Raises:
        InputError: if it is a folder, or in a home folder that does not exist.
    """
    path = user_path(option, given)
    if path.is_dir():
        raise InputError(f"{option}={given}: is a folder; give the path of a file in it")
    return path


def require_files(paths: Iterable[Path]) -> None:
    """Refuse files that are not there.

    Raises:
        InputError: naming all of them.
    """
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        files = "files; check the paths" if missing[1:] else "file; check the path"
        raise InputError(f"{', '.join(missing)}: no such {files}")
