"""Runs cases of every kind, each in a folder of its own that is removed afterwards."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.fuzz.cases import Case, Result, try_case
from tests.fuzz.data_files import data_case
from tests.fuzz.option_sets import option_case
from tests.fuzz.run_folders import run_case

KINDS: dict[str, Callable[[int, int, Path], Case]] = {
    "data": data_case,
    "options": option_case,
    "runs": run_case,
}


def run_cases(kind: str, seed: int, numbers: Iterable[int], folder: Path) -> Iterator[Result]:
    """Try cases of ``kind``; the same seed and number are the same case wherever they are tried.

    Args:
        kind: one of :data:`KINDS`.
        seed: of all cases.
        numbers: which cases.
        folder: for files; sound runs that cases damage copies of stay in it.
    """
    for number in numbers:
        case = KINDS[kind](seed, number, folder)
        yield try_case(case)
        shutil.rmtree(folder / f"{kind}-{seed}-{number}", ignore_errors=True)
