"""Cell types from wiring: tasks, controls, scores, tables, figures and a page."""

from connectome.analysis.cell_typing.carried import type_from
from connectome.analysis.cell_typing.controls import structure_features
from connectome.analysis.cell_typing.figures import (
    plain_figure,
    plot_controls,
    plot_coverage,
    plot_reliability,
)
from connectome.analysis.cell_typing.labels import (
    Labels,
    told_beside,
    told_by_brain,
    told_labels,
)
from connectome.analysis.cell_typing.measured import Cost, measured
from connectome.analysis.cell_typing.methods import METHOD, PairVotes
from connectome.analysis.cell_typing.origins import origin_of
from connectome.analysis.cell_typing.report import TypeReport, report_types
from connectome.analysis.cell_typing.scores import Scores, Typing, score, threshold
from connectome.analysis.cell_typing.tables import (
    abstains,
    by_type,
    grouped,
    outcome,
    plain_scores,
    type_table,
)
from connectome.analysis.cell_typing.tasks import (
    Typed,
    require_told,
    score_table,
    type_few,
    type_rest,
)

__all__ = [
    "METHOD",
    "Cost",
    "Labels",
    "PairVotes",
    "Scores",
    "TypeReport",
    "Typed",
    "Typing",
    "abstains",
    "by_type",
    "grouped",
    "measured",
    "origin_of",
    "outcome",
    "plain_figure",
    "plain_scores",
    "plot_controls",
    "plot_coverage",
    "plot_reliability",
    "report_types",
    "require_told",
    "score",
    "score_table",
    "structure_features",
    "threshold",
    "told_beside",
    "told_by_brain",
    "told_labels",
    "type_few",
    "type_from",
    "type_rest",
    "type_table",
]
