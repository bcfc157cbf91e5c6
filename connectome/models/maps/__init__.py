"""Maps: wide embeddings brought to the plane."""

from connectome.models.maps.components import plane
from connectome.models.maps.neighbour_map import (
    FEWEST,
    MapSettings,
    library,
    nearest_rows,
    umap_map,
)

__all__ = ["FEWEST", "MapSettings", "library", "nearest_rows", "plane", "umap_map"]
