"""From a connectome to a page and a table of its neurons, without a choice to be made."""

from connectome.analysis.mapping.choice import Choice, choose_method
from connectome.analysis.mapping.neurons import (
    NEIGHBOURS,
    Mapped,
    accuracy,
    map_neurons,
    typing_folds,
    why_no_types,
)
from connectome.analysis.mapping.results import EXPLORER, TABLE, write_results

__all__ = [
    "EXPLORER",
    "NEIGHBOURS",
    "TABLE",
    "Choice",
    "Mapped",
    "accuracy",
    "choose_method",
    "map_neurons",
    "typing_folds",
    "why_no_types",
    "write_results",
]
