"""From files to a :class:`~connectome.types.Connectome`, and from there to audited splits."""

from connectome.data.audit import SplitAudit, audit_split
from connectome.data.describe import Description, describe, print_description
from connectome.data.larva_brain import read_larva_brain
from connectome.data.mushroom_body import read_mushroom_body
from connectome.data.negatives import AbsentPairs
from connectome.data.planetoid import read_planetoid
from connectome.data.splits import SplitConfig, message_graph, split_links, whole_graph
from connectome.data.storage import (
    load_embedding,
    load_json,
    load_split,
    save_embedding,
    save_json,
    save_split,
)
from connectome.data.table import read_table

__all__ = [
    "AbsentPairs",
    "Description",
    "SplitAudit",
    "SplitConfig",
    "audit_split",
    "describe",
    "load_embedding",
    "load_json",
    "load_split",
    "message_graph",
    "print_description",
    "read_larva_brain",
    "read_mushroom_body",
    "read_planetoid",
    "read_table",
    "save_embedding",
    "save_json",
    "save_split",
    "split_links",
    "whole_graph",
]
