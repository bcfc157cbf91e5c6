"""The table of neurons: all that the other questions found of each, in one place."""

from dataclasses import dataclass

from connectome.analysis.neuron_table import NEIGHBOURS, TableParts, save_neuron_table
from connectome.analysis.questions.answers import Answers
from connectome.analysis.questions.registry import question, require_counts


@dataclass(frozen=True)
class NeuronSettings:
    """Settings of the table.

    Attributes:
        neighbours: how many of each neuron are listed.

    Raises:
        InputError: for a count below one.
    """

    neighbours: int = NEIGHBOURS

    def __post_init__(self) -> None:
        require_counts("neurons", self, "neighbours")


@question("neurons", NeuronSettings, place=90)
def neurons(look: Answers, settings: NeuronSettings) -> None:
    """Places in every space, clusters and predicted types; neighbours in the first space."""
    parts = TableParts(
        look.connectome,
        {space.shown_as: space.position for space in look.spaces},
        look.found,
        look.tables.get("predicted_types"),
        look.shown.nearest(settings.neighbours).rows,
    )
    saved = save_neuron_table(look.folder, parts)
    look.left_out += [f"neurons: {note}" for note in saved.notes]
    look.files += saved.files
    look.note(*saved.files)
