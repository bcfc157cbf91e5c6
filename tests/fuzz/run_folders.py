"""Cases of damaged run folders beside a sound one: the sound one is served, the other is named."""

import io
import shutil
from collections.abc import Callable
from copy import deepcopy
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
from omegaconf import DictConfig

from connectome.cli.jobs import evaluate, generate, train, transfer
from connectome.cli.jobs.export import export_all
from connectome.config import load_config
from connectome.types import InputError
from tests.fuzz.cases import Case, OracleError, quiet, without_figures
from tests.fuzz.damage import (
    CHECKPOINT,
    CONFIG,
    DAMAGES,
    EMBEDDING,
    MARK,
    METRICS,
    SPLIT,
    STATUS,
    UNREADABLE,
    WRONG,
)

# What each run is made with: factors, weights with a benchmark, and no factors at all.
RUNS = {
    "spectral": ("model=spectral",),
    "vgae": ("model=vgae", "benchmark=full", "benchmark.negatives=[uniform]"),
    "adamic_adar": ("model=adamic_adar",),
}
USUAL = ("trainer=smoke", "logger=none", "~callbacks.progress", "steps_per_epoch=1")
# Which files a program reads, and of which it looks at the values.
READS = {
    "embedding": (STATUS, METRICS, EMBEDDING, SPLIT),
    "checkpoint": (STATUS, METRICS, CHECKPOINT),
    "export": (STATUS, METRICS, EMBEDDING, CONFIG),
    "alone": (CHECKPOINT,),
    "repeat": (),
    "commands": (),
}
LOOKS = {"embedding": (METRICS, EMBEDDING), "checkpoint": (METRICS, CHECKPOINT)}
BY_FILE = {  # what is most worth doing with a run that has lost it
    STATUS: ("embedding", "export", "repeat"), METRICS: ("embedding", "checkpoint", "repeat"),
    CONFIG: ("export", "repeat"), EMBEDDING: ("embedding", "export", "repeat"),
    SPLIT: ("embedding", "repeat"), CHECKPOINT: ("checkpoint", "alone", "repeat"),
}  # fmt: skip


def run_case(seed: int, number: int, folder: Path) -> Case:
    """Case ``number``: one file of one run is damaged, and a program reads it."""
    rng = np.random.default_rng([3, seed, number])
    place = folder / f"runs-{seed}-{number}"
    source = str(rng.choice(list(RUNS)))
    shutil.copytree(sound_run(folder, "spectral"), place / "good")
    shutil.copytree(sound_run(folder, source), place / "bad")
    damage = DAMAGES[number % len(DAMAGES)]
    file, how, must = damage(rng, place / "bad")
    choices = BY_FILE.get(file, ("embedding", "export", "repeat", "commands"))
    if rng.random() < 0.1:
        choices = ("commands",)
    program = str(choices[rng.integers(len(choices))])
    read = file in READS[program] and must == UNREADABLE
    read |= file in LOOKS.get(program, ()) and must == WRONG
    read &= not (program == "export" and source == "adamic_adar" and file == CONFIG)
    sound = damage.__name__ == "nothing" and program != "commands"
    return Case(
        kind="runs",
        seed=seed,
        number=number,
        what=f"{program} of {source}, {file}: {how}",
        attempt=partial(_attempt, program, place, RUNS[source], file),
        names=("bad", "runs"),
        refuse=not sound and program != "repeat",
        accept=not read and program != "commands",
        lines=4,
    )


def sound_run(folder: Path, name: str) -> Path:
    """A run that was made once for all cases in ``folder``."""
    run = folder / "sound-runs" / name
    if not (run / STATUS).is_file():
        with quiet(io.StringIO()):
            _train(run, RUNS[name])
    return run


def _train(run: Path, words: tuple[str, ...]) -> None:
    train.train(_configured("train", *USUAL, "name=fuzz", *words, run_dir=run))


def _configured(name: str, *words: str, **places: Path) -> DictConfig:
    """What ``words`` and an option a place compose: once, since that took most of a case."""
    config = deepcopy(_composed(name, *words, *(f"{option}=here" for option in places)))
    for option, place in places.items():
        config[option] = str(place)
    return config


@cache
def _composed(name: str, *words: str) -> DictConfig:
    return load_config(words, name)


def _attempt(program: str, place: Path, words: tuple[str, ...], damaged: str) -> str:
    try:
        with without_figures():
            PROGRAMS[program](place, words, damaged)
    except InputError as error:
        if not _served(program, place):
            raise OracleError("the sound run is not served") from error
        raise
    finally:
        if (place / MARK).exists():
            raise OracleError("a foreign target was called")
    if not _served(program, place):
        raise OracleError("the sound run is not served")
    return program


def _served(program: str, place: Path) -> bool:
    if program == "export":
        return (place / "out" / "good.parquet").is_file()
    if program in ("embedding", "checkpoint"):
        table = place / "out" / "evaluation.csv"
        return table.is_file() and "good" in set(pd.read_csv(table)["run"])
    return True


def _evaluate(source: str, place: Path, *_: object) -> None:
    places = {"runs": place, "out": place / "out"}
    evaluate.evaluate(_configured("evaluate", f"source={source}", **places))


def _alone(place: Path, *_: object) -> None:
    places = {"runs": place / "bad" / CHECKPOINT, "out": place / "out"}
    evaluate.evaluate(_configured("evaluate", **places))


def _export(place: Path, *_: object) -> None:
    export_all(place, place / "out", ["parquet"], {})


def _commands(place: Path, words: tuple[str, ...], *_: object) -> None:
    """No run here is of a model for these."""
    command = transfer.transfer if len(words) > 1 else generate.generate
    command([f"runs={place / 'bad'}", f"out={place}/out"])


def _repeat(place: Path, words: tuple[str, ...], damaged: str) -> None:
    """The remedy works: the same command again, if it says so after deleting what is damaged."""
    bad = place / "bad"
    try:
        _train(bad, words)
    except SystemExit:
        path = bad / damaged
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        try:
            _train(bad, words)
        except SystemExit as second:
            raise OracleError("deleting it and repeating is refused") from second
    try:
        evaluate.evaluate(_configured("evaluate", runs=bad, out=place / "out"))
    except InputError as error:
        raise OracleError("the run is not whole after its command was repeated") from error


PROGRAMS: dict[str, Callable[..., None]] = {
    "embedding": partial(_evaluate, "embedding"),
    "checkpoint": partial(_evaluate, "checkpoint"),
    "export": _export,
    "alone": _alone,
    "repeat": _repeat,
    "commands": _commands,
}
assert set(PROGRAMS) == set(READS)
