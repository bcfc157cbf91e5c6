"""Maps: wide embeddings brought to the plane."""

from connectome.models.maps.components import plane
from connectome.models.maps.nearest import Nearest, nearest_others
from connectome.models.maps.neighbour_map import (
    FEWEST,
    MapSettings,
    library,
    umap_map,
)

__all__ = [
    "FEWEST",
    "MapSettings",
    "Nearest",
    "library",
    "nearest_others",
    "plane",
    "umap_map",
]
