"""Everything that is written of matched neurons: tables, scores, figures and a page."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from connectome.analysis.neuron_matching.figures import figures
from connectome.analysis.neuron_matching.page import write_page
from connectome.analysis.neuron_matching.tables import pair_table, scores_record
from connectome.analysis.neuron_matching.tasks import Matched, score_table
from connectome.analysis.plotting import save_figure
from connectome.runs import MATCH, ToldFile, provenance, save_json, save_table
from connectome.types import degrees

PAIRS, SCORES, PAGE = "pairs.csv", "scores.json", "pairs.html"


@dataclass(frozen=True)
class MatchReport:
    """What was written.

    Attributes:
        pairs: columns as :func:`connectome.analysis.neuron_matching.tables.pair_table`.
        scores: columns as :func:`connectome.analysis.neuron_matching.tasks.score_table`.
        files: all files.
    """

    pairs: pd.DataFrame
    scores: pd.DataFrame
    files: tuple[Path, ...]


def report_match(
    matched: Matched,
    folder: Path,
    label: str,
    options: dict[str, Any],
    explorer: bool = True,
    note: Callable[[str], None] = print,
    told: tuple[ToldFile, ...] = (),
) -> MatchReport:
    """Write ``pairs.csv``, ``scores.json``, a page and, where something is judged, figures.

    Args:
        matched: what came of the matching.
        folder: where they go.
        label: what is known of the truth's origin, in a sentence.
        options: of the command, for ``scores.json``; ``truth`` among them.
        explorer: whether to write the page.
        note: told what is being done.
        told: files that the pairs were found with, for ``scores.json``.
    """
    note("tables")
    table = pair_table(matched, options["truth"])
    save_table(folder / PAIRS, table)
    record = scores_record(matched, label, options)
    save_json(folder / SCORES, record | provenance(MATCH, folder / PAIRS, told))
    note("figures")
    sent, received = degrees(matched.brain.edge_index, matched.brain.num_neurons)
    made = figures(matched, (sent + received).numpy())
    drawn = [path for stem, figure in made.items() for path in save_figure(figure, folder, stem)]
    files = [folder / PAIRS, folder / SCORES, *drawn]
    if explorer:
        note("page")
        files.append(write_page(folder / PAGE, matched, label))
    return MatchReport(table, score_table(matched.scores), tuple(files))
