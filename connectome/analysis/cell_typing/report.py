"""Everything that is written of predicted types: tables, scores, figures and a page."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from connectome.analysis.cell_typing.figures import (
    judged_answers,
    plot_confusion,
    plot_controls,
    plot_coverage,
    plot_reliability,
    plot_sizes,
)
from connectome.analysis.cell_typing.methods import METHOD
from connectome.analysis.cell_typing.page import type_views, write_page
from connectome.analysis.cell_typing.tables import by_type, scores_record, type_table
from connectome.analysis.cell_typing.tasks import Typed, score_table
from connectome.analysis.explorer import MapView
from connectome.analysis.neuron_table import NEIGHBOURS, TableParts, save_neuron_table
from connectome.analysis.plotting import save_figure
from connectome.models.maps import nearest_others
from connectome.runs import TYPES as MADE_BY
from connectome.runs import ToldFile, provenance, save_json, save_table

TYPES, SCORES, BY_TYPE, PAGE = "types.csv", "scores.json", "by_type.csv", "types.html"


@dataclass(frozen=True)
class TypeReport:
    """What was written.

    Attributes:
        types: columns as :func:`connectome.analysis.cell_typing.tables.type_table`.
        scores: columns as :func:`connectome.analysis.cell_typing.tasks.score_table`.
        files: all files.
        notes: what the table of neurons could not hold as it is.
    """

    types: pd.DataFrame
    scores: pd.DataFrame
    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def report_types(
    typed: Typed,
    folder: Path,
    precision: float,
    origin: str,
    options: dict[str, Any],
    explorer: bool = True,
    note: Callable[[str], None] = print,
    told: tuple[ToldFile, ...] = (),
) -> TypeReport:
    """Write tables, scores, figures and a page into ``folder``.

    Args:
        typed: what came of a task.
        folder: where ``types.csv``, ``neurons.csv``, ``neurons.xlsx``, ``scores.json``,
            ``by_type.csv``, figures and ``types.html`` go; what is judged has scores and figures.
        precision: of the abstention, a share.
        origin: what is known of the label.
        options: of the command, for ``scores.json``.
        explorer: whether to write the page, and with it places and neighbours into the table.
        note: told what is being done.
        told: files that the types were made with, for ``scores.json``.
    """
    note("tables")
    table = type_table(typed, precision)
    save_table(folder / TYPES, table)
    record = scores_record(typed, precision, origin, options)
    save_json(folder / SCORES, record | provenance(MADE_BY, folder / TYPES, told))
    files = [folder / TYPES, folder / SCORES]
    if typed.scores:
        types = by_type(typed)
        save_table(folder / BY_TYPE, types)
        note("figures")
        files += [folder / BY_TYPE, *_figures(typed, types, folder)]
    views: tuple[MapView, ...] = ()
    if explorer:
        note("page")
        views = type_views(typed)
        files.append(write_page(folder / PAGE, typed, views, precision, origin))
    saved = save_neuron_table(folder, _parts(typed, table, views))
    files += saved.files
    return TypeReport(table, score_table(typed.scores), tuple(files), saved.notes)


def _parts(typed: Typed, types: pd.DataFrame, views: tuple[MapView, ...]) -> TableParts:
    groups = {} if typed.groups is None else {"new types": typed.groups}
    maps = {view.method: view.position for view in views}
    near = nearest_others(views[0].latent, NEIGHBOURS).rows if views else None
    return TableParts(typed.connectome, maps, groups, types, near)


def _figures(typed: Typed, types: pd.DataFrame, folder: Path) -> list[Path]:
    name = typed.connectome.name
    sure, right = judged_answers(typed)
    values = {
        method: {"accuracy": found.accuracy, "macro-F1": found.macro_f1}
        for method, found in typed.scores.items()
    }
    made: dict[str, Figure] = {
        "by_size": plot_sizes(types, f"{name}: types found, by size of the type"),
        "reliability": plot_reliability(sure, right, f"{name}: confidence"),
        "confusion": plot_confusion(typed, f"{name}: the largest types"),
        "coverage": plot_coverage(sure, right, f"{name}: precision and coverage"),
        "controls": plot_controls(values, METHOD, f"{name}: method and controls"),
    }
    return [path for stem, figure in made.items() for path in save_figure(figure, folder, stem)]
