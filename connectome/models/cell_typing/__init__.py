"""Cell types from the types of partners."""

from connectome.models.cell_typing.answer import EVIDENCE, Answer
from connectome.models.cell_typing.baselines import (
    correct_and_smooth,
    label_propagation,
    neighbours_majority,
)
from connectome.models.cell_typing.confidence import Confidence, fit_confidence
from connectome.models.cell_typing.groups import group_unknown
from connectome.models.cell_typing.likelihood import LikelihoodSettings
from connectome.models.cell_typing.seeds import draw_known
from connectome.models.cell_typing.typing import (
    AnchorSettings,
    MemberSettings,
    TypingSettings,
    type_neurons,
)

__all__ = [
    "EVIDENCE",
    "AnchorSettings",
    "Answer",
    "Confidence",
    "LikelihoodSettings",
    "MemberSettings",
    "TypingSettings",
    "correct_and_smooth",
    "draw_known",
    "fit_confidence",
    "group_unknown",
    "label_propagation",
    "neighbours_majority",
    "type_neurons",
]
