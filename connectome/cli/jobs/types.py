"""``types``: cell types from wiring, of a few known neurons, of all that are known, of a brain."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

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
from connectome.cli.shared.results import claim, log_to_wandb
from connectome.cli.shared.two_brains import asked, progress, read_brains, read_words, require_two
from connectome.cli.types import ALL, LABELLED, TypesConfig
from connectome.data.readers import restricted
from connectome.receipt import many
from connectome.types import Connectome, InputError

MOST_GROUPS = 10_000
STEPS_AFTER = 3  # tables, figures, page
CONTROLS = 8


def types(overrides: Sequence[str]) -> None:
    """Do what the options say.

    Raises:
        InputError: if an option is wrong, data cannot be read, or results of others are in the way.
    """
    config, options = read_words(overrides, "types", TypesConfig)
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
    with progress(_steps(options)) as note:
        typed = grouped(task(note), options["precision"], options["groups"], options["seed"])
        wanted = options["precision"], origin, asked(options), options["explorer"]
        report = report_types(typed, out, *wanted, note=note)
    _print(typed, report, origin, options["precision"])
    log_to_wandb(options, {"scores": report.scores}, report.files, out, brain.name, "types")


def _check(options: dict[str, Any]) -> None:
    """What is wrong with the options by themselves, before anything is read."""
    if options["neurons"] not in (ALL, LABELLED):
        raise InputError(f"neurons={options['neurons']}: choose {ALL} or {LABELLED}")
    if not 0 < options["precision"] < 1:
        raise InputError(f"precision={options['precision']}: must be between 0 and 1")
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
    brain, home = read_brains(config)
    if options["neurons"] == LABELLED:
        brain = restricted(brain, options["label"], "neurons=labelled")
        if home is not None:
            column = options["label_home"] or options["label"]
            home = restricted(home, column, "neurons=labelled")
    return brain, home


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
    require_two(brain, home)
    column = options["label_home"] or options["label"]
    code, labels, how = told_by_brain(home, column, brain, options["label"], options["score"])
    require_told(code, option="home")
    seed, controls = options["seed"], options["controls"]
    return lambda note: type_from(home, code, brain, labels, controls, seed, note), how


def _steps(options: dict[str, Any]) -> int:
    folds = options["folds"] if options["known"] is None and options["home"] is None else 0
    return 1 + folds + (CONTROLS if options["controls"] else 0) + STEPS_AFTER


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
