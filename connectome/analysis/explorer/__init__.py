"""A web page to explore embeddings in: one file, which needs no network."""

from connectome.analysis.explorer.content import (
    HOMOLOG,
    Block,
    Category,
    Explorer,
    MapView,
    Quantity,
    Schema,
)
from connectome.analysis.explorer.page import write_explorer
from connectome.analysis.explorer.views import BLOCKS, Material, make_explorer, type_colours

__all__ = [
    "BLOCKS",
    "HOMOLOG",
    "Block",
    "Category",
    "Explorer",
    "MapView",
    "Material",
    "Quantity",
    "Schema",
    "make_explorer",
    "type_colours",
    "write_explorer",
]
