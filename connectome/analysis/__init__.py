"""From finished runs to tables, figures and reports."""

from connectome.analysis.evaluation import Recomputed, as_table, from_embedding, score_test
from connectome.analysis.export import export, to_frame
from connectome.analysis.leakage import leakage
from connectome.analysis.report import Report, print_report, write_report
from connectome.analysis.runs import Run, find_runs, flatten, summarise

__all__ = [
    "Recomputed",
    "Report",
    "Run",
    "as_table",
    "export",
    "find_runs",
    "flatten",
    "from_embedding",
    "leakage",
    "print_report",
    "score_test",
    "summarise",
    "to_frame",
    "write_report",
]
