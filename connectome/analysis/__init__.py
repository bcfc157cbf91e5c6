"""From finished runs to tables, figures and reports."""

from connectome.analysis.evaluation import (
    Recomputed,
    as_table,
    check_tolerance,
    differing,
    from_embedding,
    score_test,
)
from connectome.analysis.export import export, to_frame
from connectome.analysis.inside import Inside, look_inside
from connectome.analysis.inside_runs import Subject, log_inside, open_runs, report_inside
from connectome.analysis.inside_settings import report_settings
from connectome.analysis.latent import LatentSpace, latent_spaces
from connectome.analysis.leakage import leakage
from connectome.analysis.report import Report, print_report, send, write_report
from connectome.analysis.runs import Found, Run, about, find_runs, flatten, summarise, tell
from connectome.analysis.search import check_parts, choose

__all__ = [
    "Found",
    "Inside",
    "LatentSpace",
    "Recomputed",
    "Report",
    "Run",
    "Subject",
    "about",
    "as_table",
    "check_parts",
    "check_tolerance",
    "choose",
    "differing",
    "export",
    "find_runs",
    "flatten",
    "from_embedding",
    "latent_spaces",
    "leakage",
    "log_inside",
    "look_inside",
    "open_runs",
    "print_report",
    "report_inside",
    "report_settings",
    "score_test",
    "send",
    "summarise",
    "tell",
    "to_frame",
    "write_report",
]
