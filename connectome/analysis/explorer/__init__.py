"""A web page to explore embeddings in: one file, which needs no network."""

from connectome.analysis.explorer.colours import type_colours
from connectome.analysis.explorer.content import (
    HOMOLOG,
    Block,
    Category,
    Explorer,
    MapView,
    Prediction,
    Quantity,
    Schema,
)
from connectome.analysis.explorer.page import write_explorer
from connectome.analysis.explorer.views import BLOCKS, Material, make_explorer

__all__ = [
    "BLOCKS",
    "HOMOLOG",
    "Block",
    "Category",
    "Explorer",
    "MapView",
    "Material",
    "Prediction",
    "Quantity",
    "Schema",
    "make_explorer",
    "type_colours",
    "write_explorer",
]
