"""Embeddings for other programs."""

from connectome.analysis.export.formats import check_format, export
from connectome.analysis.export.frame import to_frame
from connectome.analysis.export.runs import export_run

__all__ = [
    "check_format",
    "export",
    "export_run",
    "to_frame",
]
