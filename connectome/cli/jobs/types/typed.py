"""``types``: what is told, the task, and what is printed of it, for data that are read."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
from connectome.cli.shared.progress import progress
from connectome.cli.shared.results import claim, log_to_wandb
from connectome.cli.shared.two_brains import asked, require_two
from connectome.receipt import many
from connectome.types import Connectome

STEPS_AFTER = 3  # tables, figures, page
CONTROLS = 8


def type_brain(brain: Connectome, home: Connectome | None, options: dict[str, Any]) -> None:
    """Predict types, write tables and page, and print what came of it.

    Args:
        brain: to be typed.
        home: a brain whose types are known; None types from what ``brain`` has.
        options: of the command.

    Raises:
        InputError: if too little is told, or results of others are in the way.
    """
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


def _task(brain: Connectome, told: Labels, options: dict[str, Any]) -> Callable[..., Typed]:
    """Few seeds where the data know more than is told, else folds of what is told."""
    controls, seed = options["controls"], options["seed"]
    option = f"known={options['known']}" if isinstance(options["known"], str) else "known"
    require_told(told.known, 2 if told.asked.any() else options["folds"], option)
    if told.asked.any():
        return lambda note: type_few(brain, told, controls, seed, note)
    folds, parts = options["folds"], options["judged_folds"]
    return lambda note: type_rest(brain, told, folds, controls, seed, note, parts=parts)


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
    judged = options["judged_folds"] or options["folds"]
    folds = judged if options["known"] is None and options["home"] is None else 0
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
