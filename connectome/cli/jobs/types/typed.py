"""``types``: cell types from wiring, of a few known neurons, of all that are known, of a brain."""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from omegaconf import DictConfig
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from connectome.analysis.cell_typing import (
    Labels,
    Typed,
    TypeReport,
    grouped,
    origin_of,
    outcome,
    report_types,
    require_told,
    told_by_brain,
    told_labels,
    type_few,
    type_from,
    type_rest,
)
from connectome.cli.shared.results import check_options, claim, log_to_wandb
from connectome.cli.types import ALL, LABELLED, TypesConfig
from connectome.config import build, load_config, require_known
from connectome.data.readers import restricted
from connectome.receipt import many, printed_later
from connectome.types import Connectome, InputError

MOST_SEED = 2**32 - 1
MOST_GROUPS = 10_000
STEPS_AFTER = 3  # tables, figures, page
CONTROLS = 8


def types(overrides: Sequence[str]) -> None:
    """Do what the options say.

    Raises:
        InputError: if an option is wrong, data cannot be read, or results of others are in the way.
    """
    words = [re.sub(r"^home=", "data@home=", word) for word in overrides]
    config = load_config(words, "types")
    require_known(config, TypesConfig)
    options = check_options(config)
    _check(options)
    brain, home = _brains(config, options)
    out = Path(options["out"] or Path("outputs") / "types" / brain.name)
    if home is None:
        draw = options["every_type"], options["seed"]
        told, how = told_labels(brain, options["label"], options["known"], *draw)
        task = _task(brain, told, options)
    else:
        task, how = _carrying(home, brain, options)
    claim(out, {**options, "from": options["home"]})
    for line in (str(brain.receipt), *([str(home.receipt)] if home else []), f"told: {how}"):
        print(line)
    origin = origin_of(brain, options["label"])
    with _progress(options) as note:
        typed = grouped(task(note), options["precision"], options["groups"], options["seed"])
        wanted = options["precision"], origin, _asked(options), options["explorer"]
        report = report_types(typed, out, *wanted, note=note)
    _print(typed, report, origin, options["precision"])
    log_to_wandb(options, {"scores": report.scores}, report.files, out, brain.name, "types")


def _check(options: dict[str, Any]) -> None:
    """What is wrong with the options by themselves, before anything is read."""
    if options["data"] is None:
        raise InputError("data=null: names no brain; give data=NAME")
    if options["neurons"] not in (ALL, LABELLED):
        raise InputError(f"neurons={options['neurons']}: choose {ALL} or {LABELLED}")
    if not 0 < options["precision"] < 1:
        raise InputError(f"precision={options['precision']}: must be between 0 and 1")
    if not 0 <= options["seed"] <= MOST_SEED:
        raise InputError(f"seed={options['seed']}: must be from 0 to {MOST_SEED}")
    if not 0 <= options["groups"] <= MOST_GROUPS:
        raise InputError(f"groups={options['groups']}: must be from 0 to {MOST_GROUPS}")
    known = options["known"]
    if known == "" or isinstance(known, bool) or not isinstance(known, int | float | str | None):
        raise InputError(f"known={known}: give a share such as 0.02, or a file")
    if isinstance(known, int | float) and not 0 < known < 1:
        raise InputError(
            f"known={known}: must be a share between 0 and 1, or a file; leave it out to tell all"
        )
    if options["home"] is None:
        if options["label_home"] is not None or options["score"]:
            key = "score" if options["score"] else "label_home"
            raise InputError(f"{key}={options[key]}: is for types of another brain; give home=NAME")
    elif known is not None:
        raise InputError(f"known={known}: home=... has the types; leave one of them out")
    elif options["neurons"] == LABELLED and not options["score"]:
        raise InputError("neurons=labelled: uses the labels of the data; give score=true too")


def _brains(config: DictConfig, options: dict[str, Any]) -> tuple[Connectome, Connectome | None]:
    """The brain to be typed, and that whose types are known."""
    with Console(stderr=True).status("Reading"), printed_later():
        brain: Connectome = build(config.data, Connectome)
        home: Connectome | None = None
        if config.home is not None:
            with _called_home():
                home = build(config.home, Connectome)
    if options["neurons"] == LABELLED:
        brain = restricted(brain, options["label"], "neurons=labelled")
        if home is not None:
            column = options["label_home"] or options["label"]
            home = restricted(home, column, "neurons=labelled")
    return brain, home


@contextmanager
def _called_home() -> Iterator[None]:
    """Name options of the other brain as they were typed."""
    try:
        yield
    except InputError as error:
        raise InputError(re.sub(r"\bdata\.", "home.", str(error))) from error


def _task(brain: Connectome, told: Labels, options: dict[str, Any]) -> Callable[..., Typed]:
    """Few seeds where the data know more than is told, else folds of what is told."""
    controls, seed = options["controls"], options["seed"]
    option = f"known={options['known']}" if isinstance(options["known"], str) else "known"
    require_told(told.known, 2 if told.asked.any() else options["folds"], option)
    if told.asked.any():
        return lambda note: type_few(brain, told, controls, seed, note)
    return lambda note: type_rest(brain, told, options["folds"], controls, seed, note)


def _carrying(
    home: Connectome, brain: Connectome, options: dict[str, Any]
) -> tuple[Callable[..., Typed], str]:
    if home.fingerprint == brain.fingerprint:
        raise InputError(f"home: {home.name} is the brain in data itself; give another one")
    column = options["label_home"] or options["label"]
    code, labels, how = told_by_brain(home, column, brain, options["label"], options["score"])
    require_told(code, option="home")
    seed, controls = options["seed"], options["controls"]
    return lambda note: type_from(home, code, brain, labels, controls, seed, note), how


def _asked(options: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if key not in ("out", "wandb", "explorer")}


@contextmanager
def _progress(options: dict[str, Any]) -> Iterator[Callable[[str], None]]:
    """A bar on stderr; each call names the next step."""
    folds = options["folds"] if options["known"] is None and options["home"] is None else 0
    total = 1 + folds + (CONTROLS if options["controls"] else 0) + STEPS_AFTER
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, completed=-1)
        yield lambda what: bar.update(task, description=what, advance=1)


def _print(typed: Typed, report: TypeReport, origin: str, precision: float) -> None:
    if typed.method:
        print(f"method: {typed.method}")
    if report.types["told"].all():
        print("typed: nothing, since every neuron was told; the scores are what there is")
    else:
        print(f"typed: {outcome(report.types, precision)}")
    if typed.typing.trouble:
        print(f"confidence: none, so that every neuron abstains: {typed.typing.trouble}")
    nameless = int(((typed.labels.truth < 0) & (typed.labels.known < 0)).sum())
    if typed.scores and nameless:
        print(
            f"note: {many(nameless, 'neuron')} without a label may be of types that nobody told, "
            "which the scores cannot know"
        )
    print(f"label: {origin}")
    for note in report.notes:
        print(f"note: {note}")
    if len(report.scores):
        print(f"\nscores over {typed.how}")
        shown = ("method", "accuracy", "macro_f1", "coverage_at_95", "precision_at_95", "ece")
        wide = report.scores[[*shown, "untold_refused", "seconds", "peak_mb"]]
        print(wide.to_string(index=False, float_format="%.3f", na_rep="-"))
    print()
    for path in report.files:
        print(f"File:  {path}")
    sys.stdout.flush()
