"""What the commands share: data of a run, and where results go without loss of others."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from connectome.analysis.leaderboard import Place, send
from connectome.config import build, differences
from connectome.runs import CONFIG, ToldFile, Value, load_json, save_json, told_file, using
from connectome.types import InputError
from connectome.user_files import require_files, user_file

ASKED = "asked.json"
SHOWN = 3  # options in which two differ
NOT_ASKED = ("out", "wandb", "home", "explorer", "trust")  # options that change no number


def read_data(node: dict[str, Any], run: Path) -> Any:
    """Build ``node``, the data of ``run`` or what holds them.

    Raises:
        InputError: if they cannot be read, with what to do if they have moved.
    """
    try:
        with using(run / CONFIG):
            return build(node)
    except InputError as error:
        raise InputError(
            f"{error}; if its data have moved, say where they are: +home.KEY=VALUE"
        ) from error


@contextmanager
def called_home() -> Iterator[None]:
    """Name options of the data of a run as these commands do: ``data`` is another brain here."""
    try:
        yield
    except InputError as error:
        raise type(error)(str(error).replace("+data.", "+home.")) from error


def log_to_wandb(
    options: dict[str, Any],
    tables: dict[str, pd.DataFrame],
    files: Sequence[Path],
    folder: Path,
    study: str,
    job_type: str,
) -> None:
    """Send tables, figures and pages to W&B as a run of its own in the group ``study``, if asked.

    ``job_type`` is the command.

    Raises:
        InputError: if W&B does not start.
    """
    if options["wandb"] != "none":
        offline = options["wandb"] == "offline"
        name = f"{study}-{folder.name}"
        send(tables, files, Place(folder, name, study, job_type, offline))


def told_files(options: dict[str, Any], *names: str) -> tuple[ToldFile, ...]:
    """What is known of the files that ``options`` of these ``names`` tell.

    Raises:
        InputError: for a file that is not there.
    """
    given = [(name, options[name]) for name in names if isinstance(options[name], str)]
    paths = [user_file(name, file) for name, file in given]
    require_files(paths)
    return tuple(told_file(name, path) for (name, _), path in zip(given, paths, strict=True))


def claim(folder: Path, options: dict[str, Any]) -> None:
    """Note in ``folder`` what is asked.

    Raises:
        InputError: if the answers to other options, which are named with both values, or files of
            another origin are there.
    """
    asked = {key: value for key, value in options.items() if key not in NOT_ASKED}
    if "runs" in asked and options["out"] is None:
        del asked["runs"]  # the folder lies in them, however they are spelt
    elif "runs" in asked:
        asked["runs"] = str(Path(asked["runs"]).resolve())
    path = folder / ASKED
    if folder.exists() and not folder.is_dir():
        raise InputError(f"out={folder}: is no folder; give out=FOLDER")
    if path.is_file():
        remedy = "delete the folder, or give out=FOLDER"
        if changed := differences(load_json(path, Value((dict,)), remedy), asked):
            more = [f"{len(changed) - SHOWN} more"] if changed[SHOWN:] else []
            raise InputError(
                f"{folder}: holds results of other options or data "
                f"({'; '.join([*changed[:SHOWN], *more])}); give out=FOLDER, or delete it"
            )
    elif folder.exists() and (there := sorted(folder.iterdir())):
        raise InputError(
            f"out={folder}: holds {there[0].name}, which is not from here; give out=FOLDER, a new "
            "one"
        )
    save_json(path, asked)
