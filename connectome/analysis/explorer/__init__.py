"""A web page to explore embeddings in: one file, which needs no network."""

from connectome.analysis.explorer.content import Category, Explorer, MapView, Quantity
from connectome.analysis.explorer.page import write_explorer
from connectome.analysis.explorer.views import make_explorer

__all__ = ["Category", "Explorer", "MapView", "Quantity", "make_explorer", "write_explorer"]
