"""A web page to explore embeddings in: one file, which needs no network."""

from pathlib import Path

from connectome.analysis.explorer_data import Category, Explorer, MapView, Quantity, check
from connectome.analysis.explorer_page import render
from connectome.data.storage import save_text

__all__ = ["Category", "Explorer", "MapView", "Quantity", "write_explorer"]


def write_explorer(path: Path, page: Explorer) -> Path:
    """Write the page as one HTML file beside ``path`` and move it into place; returns ``path``.

    Equal pages give equal files.

    Raises:
        InputError: if shapes disagree, or something is missing or out of range.
    """
    check(page)
    save_text(path, render(page))
    return path
