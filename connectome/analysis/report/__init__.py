"""The report of what embeddings say, question by question."""

from connectome.analysis.report.report import look_inside
from connectome.analysis.report.runs import (
    log_inside,
    open_runs,
    report_inside,
)

__all__ = [
    "log_inside",
    "look_inside",
    "open_runs",
    "report_inside",
]
