"""Searches over settings."""

from connectome.analysis.search.study import (
    check_parts,
    choose,
)

__all__ = [
    "check_parts",
    "choose",
]
