"""``match``: which neuron of one brain is which of another, for data that are read."""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from connectome.analysis.cell_typing import origin_of
from connectome.analysis.neuron_matching import (
    Across,
    GivenTypes,
    Matched,
    MatchReport,
    Truth,
    halves,
    match_brains,
    outcome,
    read_truth,
    report_match,
)
from connectome.cli.shared.progress import progress
from connectome.cli.shared.results import claim, log_to_wandb, told_files
from connectome.cli.shared.two_brains import asked
from connectome.data.neurons import read_found_types, read_known_pairs
from connectome.models.matching import SparseSettings
from connectome.receipt import many
from connectome.runs import MATCH, require_no_circle
from connectome.types import Connectome
from connectome.user_files import user_file

STEPS = 5  # matching, confidence, tables, figures, page
CONTROLS = 5


def match_and_report(brain: Connectome, other: Connectome | None, options: dict[str, Any]) -> None:
    """Match, write tables and page, and print what came of it.

    Args:
        brain: whose neurons are the rows.
        other: the brain of their partners; None matches the left half of ``brain`` with the right.
        options: of the command.

    Raises:
        InputError: if weights or known pairs are wrong, or results of others are in the way.
    """
    settings = SparseSettings(weights=options["weights"], seed=options["seed"])
    brain, home, across = _two(brain, other)
    known, how = _known(options["known"], brain, home)
    files = told_files(options, "known", "types", "types_home")
    for each in files:
        remedy = f"leave {each.option} out, or give one made without a matching"
        require_no_circle(each, MATCH, remedy)
    types = _types(options, brain, home)
    truth = _truth(options["truth"], brain, home, types)
    out = Path(options["out"] or Path("outputs") / "match" / f"{brain.name}_{home.name}")
    claim(out, {**options, "other": options["home"]})
    midline = [] if across is None else [_midline(across)]
    said = [f"told: {how}", *([] if types is None else [f"types: {types.words}"])]
    said += [f"from: {each.words}" for each in files]
    for line in (str(brain.receipt), str(home.receipt), *midline, *said):
        print(line)
    label = "" if options["truth"] is None else origin_of(brain, options["truth"])
    with progress(STEPS + (CONTROLS if options["controls"] else 0)) as note:
        prior = None if types is None else types.prior
        given = known, truth, settings, options["controls"], note, across, prior
        made = match_brains(brain, home, *given)
        report = report_match(made, out, label, asked(options), options["explorer"], note, files)
    _print(made, report, label)
    log_to_wandb(options, {"scores": report.scores}, report.files, out, brain.name, "match")


def _two(
    brain: Connectome, other: Connectome | None
) -> tuple[Connectome, Connectome, Across | None]:
    """Two brains, or the halves of one with what connects them."""
    if other is not None:
        return brain, other, None
    parts = halves(brain)
    return parts.left, parts.right, parts.across


def _types(options: dict[str, Any], brain: Connectome, home: Connectome) -> GivenTypes | None:
    """Types that narrow the candidates, of two files or of one."""
    if options["types"] is None:
        return None
    files = options["types"], options["types_home"] or options["types"]
    sides = zip(("types", "types_home"), files, (brain, home), strict=True)
    found = [read_found_types(user_file(option, file), each) for option, file, each in sides]
    return GivenTypes.of((brain, home), found)


def _truth(
    column: str | None, brain: Connectome, home: Connectome, types: GivenTypes | None
) -> Truth | None:
    if column is None:
        return None
    truth = read_truth(brain, home, column)
    return truth if types is None else types.judged(truth, column)


def _midline(across: Across) -> str:
    """What the receipt of each half calls left out, though the matching goes by it."""
    edges, synapses = (sum(of(m) for m in across) for of in (lambda m: m.nnz, lambda m: m.sum()))
    return f"midline: {many(edges, 'edge')} across it, {many(int(synapses), 'synapse')}, used too"


def _known(file: str | None, brain: Connectome, home: Connectome) -> tuple[np.ndarray, str]:
    """Pairs ``[S, 2]`` that are told, and how many, in words."""
    if file is None:
        return np.empty((0, 2), dtype=np.int64), "no pair"
    path = user_file("known", file)
    found = read_known_pairs(path, brain, home)
    without = f"; {many(found.empty, 'row')} without a partner" if found.empty else ""
    return found.pairs, f"{many(len(found.pairs), 'pair')} in {path.name}{without}"


def _print(made: Matched, report: MatchReport, label: str) -> None:
    print(f"matched: {outcome(made)}")
    if made.pairing.trouble:
        print(f"confidence: none: {made.pairing.trouble}")
    first = report.scores.iloc[0]
    print(
        f"wiring: {first['agreement']:.3f} of it agrees through this matching, "
        f"{made.null:.3f} through permuted partners"
    )
    if made.by_chance:
        print(
            "warning: that is little more than by chance, so do not use the partners; tell some "
            "pairs that are known, known=FILE"
        )
    if made.truth is not None:
        print(f"label: {label}")
        print(f"\nscores over {made.how}")
    shown = ["method", "hits@1", "same_type", "same_type_connected", "ece", "sure", "right_of_sure"]
    shown = shown if made.truth is not None else ["method"]
    wide = report.scores[[*shown, "coverage", "agreement", "seconds", "peak_mb"]]
    print(wide.to_string(index=False, float_format="%.3f", na_rep="-"))
    print()
    for path in report.files:
        print(f"File:  {path}")
    sys.stdout.flush()
