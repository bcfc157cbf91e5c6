"""The two halves of one brain, and what connects them."""

from dataclasses import dataclass

import numpy as np

from connectome.analysis.latent import synapse_matrix
from connectome.data.neurons import SIDES, hemispheres
from connectome.data.readers import take_neurons
from connectome.models.matching import Across, bisect
from connectome.types import Connectome, InputError, NotApplicableError


@dataclass(frozen=True, eq=False)
class Halves:
    """Two brains made of one.

    Attributes:
        left, right: the neurons of each side, and the connections among them.
        across: ``[L, R]`` synapses from left to right, and ``[R, L]`` from right to left.
    """

    left: Connectome
    right: Connectome
    across: Across


def halves(brain: Connectome) -> Halves:
    """Split a brain by its column ``hemisphere``; neurons of neither side are left out.

    Raises:
        InputError: without the column, or with neurons on one side only.
    """
    try:
        side = hemispheres(brain).numpy()
    except NotApplicableError as error:
        raise InputError(
            f"home: names no brain to match with, and data has no two sides ({error}); give "
            "home=NAME home.KEY=VALUE"
        ) from error
    rows = [np.flatnonzero(side == code) for code in range(len(SIDES))]
    for name, here in zip(SIDES, rows, strict=True):
        if not len(here):
            raise InputError(
                f"home: names no brain to match with, and {brain.name} has no neuron on the "
                f"{name}; give home=NAME home.KEY=VALUE"
            )
    left, right = (
        take_neurons(brain, here, f"{brain.name}_{name}", f"not on the {name}")
        for name, here in zip(SIDES, rows, strict=True)
    )
    parts = bisect(synapse_matrix(brain), rows[0], rows[1])
    return Halves(left, right, (parts.left_to_right, parts.right_to_left))
