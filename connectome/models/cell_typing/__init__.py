"""Cell types from the types of partners."""

from connectome.models.cell_typing.answer import EVIDENCE, Answer
from connectome.models.cell_typing.baselines import (
    correct_and_smooth,
    label_propagation,
    neighbours_majority,
)
from connectome.models.cell_typing.between_brains import CARRIED, CarrySettings, carry_types
from connectome.models.cell_typing.confidence import Confidence, fit_confidence, in_own_units
from connectome.models.cell_typing.likelihood import LikelihoodSettings
from connectome.models.cell_typing.profiles import Wiring
from connectome.models.cell_typing.seeds import HELD_OUT, draw_known, spare
from connectome.models.cell_typing.similarity import nearest_types
from connectome.models.cell_typing.twins import draw_twin, mixed_shares, on_twins
from connectome.models.cell_typing.typing import (
    TypingSettings,
    type_neurons,
)
from connectome.models.cell_typing.unseeded import UnseededSettings, find_types, group_unknown
from connectome.models.cell_typing.votes import DECIDED, Voted, Votes, type_with_votes

__all__ = [
    "CARRIED",
    "DECIDED",
    "EVIDENCE",
    "HELD_OUT",
    "Answer",
    "CarrySettings",
    "Confidence",
    "LikelihoodSettings",
    "TypingSettings",
    "UnseededSettings",
    "Voted",
    "Votes",
    "Wiring",
    "carry_types",
    "correct_and_smooth",
    "draw_known",
    "draw_twin",
    "find_types",
    "fit_confidence",
    "group_unknown",
    "in_own_units",
    "label_propagation",
    "mixed_shares",
    "nearest_types",
    "neighbours_majority",
    "on_twins",
    "spare",
    "type_neurons",
    "type_with_votes",
]
