"""What is said of cell types with too few neurons."""

from collections.abc import Iterator, Sequence

from connectome.analysis.latent.views import Labelled
from connectome.metrics.neurons import single_group_types

FEW = 5  # names in a line


def unrecognised(types: Labelled) -> Iterator[str]:
    """A line on the types that no probe can recognise: nothing of them is left to learn from."""
    if len(alone := single_group_types(types.code, types.group)):
        yield (
            f"cell_types of {_names(types, alone.tolist())}: the only neuron, left-right pair or "
            "set of neurons with the same partners is held out as one, so such a type is never "
            "recognised and counts as wrong"
        )


def uncalibrated(types: Labelled, too_rare: Sequence[int]) -> Iterator[str]:
    """A line on the types that no neuron is given, since no confidence could be calibrated."""
    if too_rare:
        yield (
            f"predicted_types of {_names(types, too_rare)}: too few neurons or left-right pairs to "
            "calibrate a confidence, so no neuron is given such a type; annotate more of it, or "
            "join it with another"
        )


def _names(types: Labelled, chosen: Sequence[int]) -> str:
    """The first of the ``chosen`` names, and how many more there are."""
    first = ", ".join(types.names[code] for code in chosen[:FEW])
    return first if len(chosen) <= FEW else f"{first} and {len(chosen) - FEW} more"
