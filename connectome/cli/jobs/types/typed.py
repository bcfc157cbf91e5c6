"""``types``: what is told, the task, and what is printed of it, for data that are read."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from connectome.analysis.cell_typing import (
    Labels,
    PairVotes,
    Typed,
    TypeReport,
    grouped,
    origin_of,
    outcome,
    report_types,
    require_told,
    told_beside,
    told_by_brain,
    told_labels,
    type_few,
    type_from,
    type_rest,
)
from connectome.cli.shared.progress import progress
from connectome.cli.shared.results import claim, log_to_wandb, told_files
from connectome.cli.shared.two_brains import asked, require_two
from connectome.data.neurons import read_partners
from connectome.receipt import many
from connectome.runs import MATCH, TYPES, ToldFile, require_no_circle
from connectome.types import Connectome
from connectome.user_files import user_file

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
    files = told_files(options, "known", "pairs")
    for each in files:
        require_no_circle(each, TYPES, f"leave {each.option} out, or give one made without types")
    if home is not None:
        require_two(brain, home)
    if home is not None and options["pairs"] is None:
        files += (ToldFile("home", home.name, MATCH),)  # which this command matches itself
    task, told = _task(brain, home, options)
    claim(out, {**options, "from": options["home"]})
    receipts = (str(brain.receipt), *([str(home.receipt)] if home else []))
    for line in (*receipts, *told, *(f"from: {each.words}" for each in files if each.sha256)):
        print(line)
    origin = origin_of(brain, options["label"])
    with progress(_steps(options)) as note:
        typed = grouped(task(note), options["precision"], options["groups"], options["seed"])
        wanted = options["precision"], origin, asked(options), options["explorer"]
        report = report_types(typed, out, *wanted, note=note, told=files)
    _print(typed, report, origin, options["precision"])
    log_to_wandb(options, {"scores": report.scores}, report.files, out, brain.name, "types")


def _task(
    brain: Connectome, home: Connectome | None, options: dict[str, Any]
) -> tuple[Callable[..., Typed], list[str]]:
    """What is to be done, and what is told, in words."""
    seed, controls, label = options["seed"], options["controls"], options["label"]
    column = options["label_home"] or label
    told, code, how = _told(brain, home, options)
    if options["pairs"] is None and home is not None:
        require_told(code, option="home")
        given = (home, code, brain, told, controls, seed)
        return lambda note: type_from(*given, note), [f"told: {how}"]
    said, pairs = [f"told: {how}"], None
    if options["pairs"] is not None:
        partners = read_partners(user_file("pairs", options["pairs"]), brain, home)
        pairs = PairVotes(partners, None if home is None else code, options["pairs"])
        said.append(f"pairs: {_voters(pairs, told, home, column)}")
    return _by_wiring(brain, told, pairs, options), said


def _told(
    brain: Connectome, home: Connectome | None, options: dict[str, Any]
) -> tuple[Labels, np.ndarray, str]:
    """What is told of ``brain``, types of ``home`` (of nobody without), and words."""
    label, known = options["label"], options["known"]
    if home is not None and known is None:
        column = options["label_home"] or label
        code, labels, how = told_by_brain(home, column, brain, label, options["score"])
        return labels, code, how
    told, how = told_labels(brain, label, known, options["every_type"], options["seed"])
    if home is None:
        return told, np.empty(0, dtype=np.int64), how
    code, told, more = told_beside(told, home, options["label_home"] or label)
    return told, code, f"{how}; {more}"


def _by_wiring(
    brain: Connectome, told: Labels, pairs: PairVotes | None, options: dict[str, Any]
) -> Callable[..., Typed]:
    """Few seeds where the data know more than is told, else folds of what is told."""
    controls, seed = options["controls"], options["seed"]
    option = f"known={options['known']}" if isinstance(options["known"], str) else "known"
    few = told.asked.any() or (pairs is not None and pairs.types is not None)
    every = told.known if pairs is None else pairs.told(told.known)
    require_told(every, 2 if few else options["folds"], option)
    if few:
        return lambda note: type_few(brain, told, controls, seed, note, pairs)
    folds, parts = options["folds"], options["judged_folds"]
    return lambda note: type_rest(
        brain, told, folds, controls, seed, note, parts=parts, pairs=pairs
    )


def _voters(pairs: PairVotes, told: Labels, home: Connectome | None, column: str) -> str:
    """How many have a partner, and how many of these say a type, in words."""
    given, votes = pairs.partners, pairs.of(told.known)
    there = "the same brain" if home is None else home.name
    voting = int(((votes.best >= 0) & (told.known < 0)).sum())
    rest = int((told.known < 0).sum())
    words = (
        f"{many(int(given.found.sum()), 'neuron')} with a partner in {there} ({pairs.file}); "
        f"partners of {voting:,} of {many(rest, 'neuron')} that were not told have a '{column}'"
    )
    if given.elsewhere:
        words += f"; {many(given.elsewhere, 'row')} of a neuron that is not read"
    return words


def _steps(options: dict[str, Any]) -> int:
    judged = options["judged_folds"] or options["folds"]
    folds = judged if options["known"] is None and options["home"] is None else 0
    apart = 0 if options["pairs"] is None else 2
    return 1 + folds + apart + (CONTROLS if options["controls"] else 0) + STEPS_AFTER


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
