"""From a connectome to a page and a table of its neurons, without a choice to be made."""

from connectome.analysis.mapping.choice import Choice, choose_method
from connectome.analysis.mapping.neurons import (
    Mapped,
    accuracy,
    map_neurons,
    typing_folds,
    why_no_types,
)
from connectome.analysis.mapping.results import write_results

__all__ = [
    "Choice",
    "Mapped",
    "accuracy",
    "choose_method",
    "map_neurons",
    "typing_folds",
    "why_no_types",
    "write_results",
]
