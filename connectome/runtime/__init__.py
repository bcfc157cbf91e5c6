"""The machine around a run: processes, Weights & Biases, files that are whole or absent."""

from connectome.runtime.processes import (
    end_with_parent,
    shared_memory_fault,
)
from connectome.runtime.tracking import forget_single_run
from connectome.runtime.writing import (
    clear_parts,
    into_place,
    naming,
    save_text,
)

__all__ = [
    "clear_parts",
    "end_with_parent",
    "forget_single_run",
    "into_place",
    "naming",
    "save_text",
    "shared_memory_fault",
]
