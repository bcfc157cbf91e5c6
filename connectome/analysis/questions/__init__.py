"""The questions of a report, a module each; a new module here is found by itself."""

from importlib import import_module
from pkgutil import iter_modules

from connectome.analysis.questions.answers import Answers
from connectome.analysis.questions.registry import ask, question, require_counts
from connectome.analysis.questions.settings import (
    ReportSettings,
    clear,
    report_settings,
    require_columns,
)

__all__ = [
    "Answers",
    "ReportSettings",
    "ask",
    "clear",
    "question",
    "report_settings",
    "require_columns",
    "require_counts",
]

for _module in iter_modules(__path__):  # each registers its question
    import_module(f"{__name__}.{_module.name}")
