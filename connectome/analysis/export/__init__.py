"""Embeddings for other programs."""

from connectome.analysis.export.formats import (
    check_format,
    export,
    of_one_type,
    to_frame,
)
from connectome.analysis.export.runs import export_run

__all__ = [
    "check_format",
    "export",
    "export_run",
    "of_one_type",
    "to_frame",
]
