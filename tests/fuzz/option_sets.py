"""Cases of option sets: composed over the real ``conf/`` and built as ``train.py`` builds them."""

import contextlib
import shutil
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
from omegaconf import OmegaConf

from connectome.cli.jobs import evaluate, train
from connectome.config import load_config
from tests.fuzz.cases import Case, without_figures
from tests.fuzz.option_words import ODD, RIGHT, WRONG, WRONG_EVALUATE

Words = tuple[str, ...]
MODELS = ("vgae", "spectral", "factor", "directed_gae", "l3", "inductive", "dcsbm", "deepwalk")
USUAL = ("trainer=smoke", "logger=none", "~callbacks.progress", "steps_per_epoch=1")
TRAINED = 25  # one of so many right sets is trained to its end
# No option of these makes anything wrong, or only where it points does.
FREE = ("name", "variant", "run_dir", "output_root", "experiment", "hydra")


class ReachedError(BaseException):
    """All was built; training would begin."""


def option_case(seed: int, number: int, folder: Path) -> Case:
    """Case ``number``: wrong, odd, misspelt and right options in turn."""
    rng = np.random.default_rng([2, seed, number])
    kinds = (_wrong, _odd, _misspelt, _right, _wrong, _right_and_wrong, _odd, _evaluated)
    drawn = kinds[number % len(kinds)](rng, number // len(kinds))
    what, words, known = drawn
    place = folder / f"options-{seed}-{number}"
    evaluates = known.pop("evaluates", False)
    attempt = partial(_evaluate if evaluates else _start, words, place, folder)
    if known.pop("trained", not (known.get("accept", True) or evaluates)):
        attempt = partial(_train, words, place)  # some things are found out in training only
    names = known.pop("names", tuple(word.lstrip("+~").split("=")[0] for word in words))
    known["words"] = ("evaluate.py" if evaluates else "train.py", *words)
    return Case("options", seed, number, what, attempt, names=names, **known)


def _wrong(rng: np.random.Generator, number: int) -> tuple[str, Words, dict[str, Any]]:
    words, names = WRONG[(2 * number + int(rng.integers(2))) % len(WRONG)]
    return " ".join(words), words, {"names": names, "accept": False}


def _right_and_wrong(rng: np.random.Generator, number: int) -> tuple[str, Words, dict[str, Any]]:
    """An option that is right wherever it is used does not hide one that is wrong."""
    words, names = WRONG[int(rng.integers(len(WRONG)))]
    simple = [right for right in RIGHT if len(right) == 1 and _free(right, words)]
    right = simple[rng.integers(len(simple))]
    return " ".join((*right, *words)), (*right, *words), {"names": names, "accept": False}


def _free(right: Words, words: Words) -> bool:
    groups = {word.lstrip("+~").split("=")[0].split(".")[0] for word in words}
    return not {word.lstrip("+~").split("=")[0].split(".")[0] for word in right} & groups


def _right(rng: np.random.Generator, number: int) -> tuple[str, Words, dict[str, Any]]:
    first = RIGHT[number % len(RIGHT)]
    more = [right for right in RIGHT if len(right) == 1 and _free(right, first)]
    words = (*first, *more[rng.integers(len(more))])
    if rng.random() < 0.5:
        words = first
    # Two that are right alone may still not go together: that is said, or it trains.
    known = {"refuse": words != first, "trained": number % TRAINED == 0}
    return " ".join(words), words, known


def _odd(rng: np.random.Generator, number: int) -> tuple[str, Words, dict[str, Any]]:
    """Any value for any option of a model: refused or accepted, never a traceback."""
    model = str(rng.choice(MODELS))
    options = leaves(model)
    key = options[rng.integers(len(options))]
    value = ODD[rng.integers(len(ODD))]
    directed = ("split.directed=true",) if model in ("directed_gae", "inductive") else ()
    words = (f"model={model}", *directed, f"{key}={value}")
    last = key.split(".")
    return f"{key}={value}", words, {"names": (key, last[-1], last[0], value)}


def _misspelt(rng: np.random.Generator, number: int) -> tuple[str, Words, dict[str, Any]]:
    """A letter too few or twice, with ``+`` or without."""
    model = str(rng.choice(MODELS))
    options = [key for key in leaves(model) if len(key.split(".")[-1]) > 2]
    key = options[rng.integers(len(options))]
    place = int(rng.integers(len(key) - len(key.split(".")[-1]), len(key)))
    letters = key[:place] + (key[place] * 2 if rng.random() < 0.5 else "") + key[place + 1 :]
    if letters in leaves(model):
        letters = f"{key}x"
    plus = "+" if rng.random() < 0.4 else ""
    words = (f"model={model}", f"{plus}{letters}=1")
    return words[-1], words, {"names": (letters, letters.split(".")[-1]), "accept": False}


def _evaluated(rng: np.random.Generator, number: int) -> tuple[str, Words, dict[str, Any]]:
    words, names = WRONG_EVALUATE[number % len(WRONG_EVALUATE)]
    known = {"names": names, "accept": False, "evaluates": True, "lines": 2}
    return "evaluate.py " + " ".join(words), words, known


@cache
def leaves(model: str) -> list[str]:
    """Options of ``train.py`` with ``model``, by their dotted names."""
    config = load_config([f"model={model}", "name=x", "run_dir=x"])
    values = OmegaConf.to_container(config, resolve=False)
    assert isinstance(values, dict)
    found = list(_below(values, ""))
    kept = [key for key in found if key.split(".")[0] not in (*FREE, "datamodule")]
    return [key for key in kept if not key.split(".")[-1].startswith("_")]


def _below(values: dict[Any, Any], prefix: str) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _below(value, f"{prefix}{key}.")
        yield f"{prefix}{key}"


def _start(words: Words, place: Path, _: Path) -> str:
    """Everything that ``train.py`` does before it trains."""
    with stopped_before_training():
        try:
            return _train(words, place)
        except ReachedError:
            return "trains"


def _train(words: Words, place: Path) -> str:
    config = load_config([*USUAL, "name=fuzz", f"run_dir={place}", *words])
    train.train(config)
    return "trained"


@contextlib.contextmanager
def stopped_before_training() -> Iterator[None]:
    """Let every trainer end where it would begin."""
    fit = pl.Trainer.fit

    def stop(*_: object, **__: object) -> None:
        raise ReachedError

    pl.Trainer.fit = stop  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        pl.Trainer.fit = fit  # type: ignore[method-assign]


def _evaluate(words: Words, place: Path, folder: Path) -> str:
    """``evaluate.py`` on a sound run."""
    run = folder / "sound"
    if not (run / "status.json").is_file():
        _train(("model=spectral",), run)
    shutil.copytree(run, place / "run")
    with without_figures():
        config = load_config([f"runs={place / 'run'}", f"out={place}/out", *words], "evaluate")
        evaluate.evaluate(config)
    return "evaluated"
