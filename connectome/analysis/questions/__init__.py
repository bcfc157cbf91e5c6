"""The questions of a report, a module each; a new module here is found by itself."""

from connectome.analysis.questions.answers import Answers
from connectome.analysis.questions.registry import ask
from connectome.analysis.questions.settings import (
    ReportSettings,
    clear,
    require_columns,
)

__all__ = [
    "Answers",
    "ReportSettings",
    "ask",
    "clear",
    "require_columns",
]
