"""``export``: embeddings of finished runs for other programs."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from connectome.analysis.export import check_format, export_run
from connectome.config import build, load_config
from connectome.runs import (
    CONFIG,
    Run,
    about,
    check_trust,
    find_runs,
    load_data_config,
    tell,
    using,
)
from connectome.types import Connectome, InputError, NotApplicableError


def export(words: Sequence[str]) -> None:
    """Write every run that has an embedding.

    Raises:
        InputError: if an option is wrong, or a run could not be exported.
    """
    export_all(*read_words(words))


def read_words(
    words: Sequence[str],
) -> tuple[Path, Path, list[str], dict[str, Any], tuple[str, ...]]:
    """Folder of runs, folder to write to, formats, data options to replace, modules to trust.

    Raises:
        InputError: for another word, an unknown format, or without ``runs``.
    """
    given, data = {"format": "parquet"}, []
    for word in words:
        key, _, value = word.lstrip("+").partition("=")
        if value and key in ("runs", "out", "format", "trust"):
            given[key] = value
        elif value and key.startswith("data."):
            data.append(f"+{key}={value}")
        else:
            raise InputError(
                f"{word}: export takes runs, out, format, trust and data.KEY=VALUE only"
            )
    if "runs" not in given:
        raise InputError("runs: has no default; set runs=FOLDER")
    runs = Path(given["runs"])
    formats = [check_format(name, f"format={name}") for name in given["format"].split(",")]
    out = Path(given["out"]) if "out" in given else runs / "export"
    replaced = dict(load_config(data, None).get("data") or {})
    return runs, out, formats, replaced, check_trust(given.get("trust"))


def export_all(
    folder: Path,
    out: Path,
    formats: list[str],
    data: dict[str, Any],
    trust: tuple[str, ...] = (),
) -> None:
    """Write every run in ``folder`` below ``out``, under the names that they have there.

    Raises:
        InputError: if there is none, or one could not be exported; each is named on stderr.
    """
    found = find_runs(folder)
    tell(found.damaged)
    written: list[Path] = []
    failed = len(found.damaged)
    read = data_reader(data, trust)
    for run in track(found.runs, "Exporting", console=Console(stderr=True)):
        try:
            written += export_run(run, out / _name(run, folder), formats, read)
        except NotApplicableError as error:
            print(f"left out: {about(run, error)}", file=sys.stderr)
        except InputError as error:
            failed += 1
            print(f"error: {about(run, error)}", file=sys.stderr)
    for path in written:
        print(path)
    if failed:
        total = len(found.runs) + len(found.damaged)
        raise InputError(f"runs={folder}: {failed} of {total} runs could not be exported")
    if not written:
        raise InputError(f"runs={folder}: holds no complete run of a method with factors")


def _name(run: Run, folder: Path) -> Path:
    """Where a run lies in ``folder``; its own name if it is the folder."""
    inside = run.path.relative_to(folder)
    return inside if inside.name else Path(run.path.resolve().name)


def data_reader(replaced: dict[str, Any], trust: tuple[str, ...]) -> Callable[[Path], Connectome]:
    """Reads data of runs, with ``replaced`` instead of what they say; the same data only once."""
    known: dict[str, Connectome] = {}

    def read(run: Path) -> Connectome:
        wanted = load_data_config(run, replaced, trust)
        key = json.dumps(wanted, sort_keys=True, default=str)
        if key not in known:
            with using(run / CONFIG):
                known[key] = build(wanted)
        return known[key]

    return read
