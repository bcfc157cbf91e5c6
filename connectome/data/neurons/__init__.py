"""What is known of neurons beside their wiring: sides, cell types, homologs."""

from connectome.data.neurons.annotations import (
    HEMISPHERE_COLUMN,
    PAIR_COLUMN,
    SIDES,
    TYPE_COLUMN,
    cell_types,
    hemispheres,
    homologs,
    ignored,
    mirror,
    pair_rows,
    refuse_found,
)
from connectome.data.neurons.found_pairs import (
    FOUND_REMARK,
    MATCHED,
    require_unpaired,
    with_found_pairs,
)
from connectome.data.neurons.found_types import GROUP, FoundTypes, read_found_types
from connectome.data.neurons.known_pairs import read_known_pairs
from connectome.data.neurons.partners import Partners, read_partners
from connectome.data.neurons.table import (
    REPEATS,
    by_id,
    given_table,
    read_tables,
    same_ids,
)
from connectome.data.neurons.tidy import has_lists, no_types
from connectome.data.neurons.told import labels_of, read_told
from connectome.data.neurons.usual_names import usual_names, usual_type

__all__ = [
    "FOUND_REMARK",
    "GROUP",
    "HEMISPHERE_COLUMN",
    "MATCHED",
    "PAIR_COLUMN",
    "REPEATS",
    "SIDES",
    "TYPE_COLUMN",
    "FoundTypes",
    "Partners",
    "by_id",
    "cell_types",
    "given_table",
    "has_lists",
    "hemispheres",
    "homologs",
    "ignored",
    "labels_of",
    "mirror",
    "no_types",
    "pair_rows",
    "read_found_types",
    "read_known_pairs",
    "read_partners",
    "read_tables",
    "read_told",
    "refuse_found",
    "require_unpaired",
    "same_ids",
    "usual_names",
    "usual_type",
    "with_found_pairs",
]
