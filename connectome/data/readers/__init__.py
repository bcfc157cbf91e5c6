"""Readers, one a source: from its files to a connectome."""

from connectome.data.readers.collection import (
    NAME_COLUMN,
    join,
    member_name,
    members_of,
)
from connectome.data.readers.options import shared_pairs
from connectome.data.readers.selection import restricted, take_neurons

__all__ = [
    "NAME_COLUMN",
    "join",
    "member_name",
    "members_of",
    "restricted",
    "shared_pairs",
    "take_neurons",
]
