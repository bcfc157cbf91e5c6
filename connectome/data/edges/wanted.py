"""How edges are to be read, and what comes of it."""

from dataclasses import dataclass

import pandas as pd

from connectome.data.graphs import Asked
from connectome.data.tabular import EdgeSums, Header, IdRules
from connectome.receipt import Receipt

# The edges, the neurons that are listed with them, and what there is to tell.
Found = tuple[EdgeSums, pd.DataFrame | None, Receipt]


@dataclass(frozen=True, eq=False)
class Wanted:
    """How edges are to be read.

    Attributes:
        layout: ``edges``, ``adjacency``, ``headerless`` or ``auto``.
        columns: those of an edge list, any of which may be ``auto``.
        rules: which ids are no neurons.
        asked: what one wants of a graph or a matrix.
    """

    layout: str
    columns: Header
    rules: IdRules
    asked: Asked
