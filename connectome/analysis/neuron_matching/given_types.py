"""Types that narrow the candidates of a matching, and what may still be judged then."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from connectome.analysis.neuron_matching.truth import Truth
from connectome.data.neurons import FoundTypes
from connectome.draws import generator
from connectome.models.matching import SideTypes, TypePrior
from connectome.receipt import many
from connectome.types import Connectome, InputError


@dataclass(frozen=True, eq=False)
class GivenTypes:
    """Types of the neurons of both brains.

    Attributes:
        prior: what the matching goes by.
        told: ``[N]`` and ``[M]`` bool, whose type was told to who found the others; None where
            nobody says.
        words: how many there are.
    """

    prior: TypePrior
    told: tuple[np.ndarray | None, np.ndarray | None]
    words: str

    @classmethod
    def of(cls, brains: Sequence[Connectome], found: Sequence[FoundTypes]) -> "GivenTypes":
        """Of two ``brains`` and what was ``found`` of each.

        Raises:
            InputError: if no type is of neurons of both.
        """
        names = sorted({*found[0].types} & {*found[1].types} - {None})
        if not names:
            raise InputError(
                f"types: no type of a neuron of {brains[0].name} is one of {brains[1].name} too; "
                "give types of one origin"
            )
        every = pd.Index(sorted({*found[0].types, *found[1].types} - {None}), dtype=object)
        sides = []
        for each in found:
            code = every.get_indexer(pd.Index(each.types)).astype(np.int64)
            sides.append(SideTypes(code, each.confidence))
        counts = (
            f"{int((side.code >= 0).sum()):,} of {many(brain.num_neurons, 'neuron')} of "
            f"{brain.name}"
            for brain, side in zip(brains, sides, strict=True)
        )
        words = f"{' and '.join(counts)} have one, of {many(len(names), 'type')} of both"
        if grouped := sum(each.grouped for each in found):
            words += f"; {many(grouped, 'neuron')} in groups of one file count as their best guess"
        return cls(TypePrior(*sides), (found[0].told, found[1].told), words)

    def judged(self, truth: Truth, column: str) -> Truth:
        """What is left to judge by: nobody whose type was told, which the truth may be.

        Args:
            truth: of all neurons.
            column: that it is from, for messages.

        Raises:
            InputError: if nobody says whose type was told, or nobody is left.
        """
        mine, theirs = self.told
        if mine is None or theirs is None:
            raise InputError(
                f"truth={column}: types come from a table without a column 'told', so what is "
                "judged may have been given; leave truth out, or give a types.csv as types writes "
                "it"
            )
        free = ~mine[truth.pairs[:, 0]] & ~theirs[truth.pairs[:, 1]]
        code = np.where(mine, -1, truth.code)
        if not free.any() and not (code >= 0).any():
            raise InputError(
                f"truth={column}: every neuron that it could judge had its type told; leave truth "
                "out, or give types that were found from fewer told ones"
            )
        how = f"{truth.how}; none whose type was told"
        return replace(truth, pairs=truth.pairs[free], code=code, how=how)


def types_of_twin(prior: TypePrior, kept: np.ndarray, seed: int) -> TypePrior:
    """Types of the left brain and of its twin, whose neurons are those ``kept`` ``[R]`` of it.

    In a twin a type is right as often as it is said to be: else it is that of another neuron.
    """
    own = prior.left
    draw = generator(seed, "types of a twin")
    wrong = draw.random(len(own.code)) > own.chance
    typed = np.flatnonzero(own.code >= 0)
    code = own.code.copy()
    changed = typed[wrong[typed]]
    code[changed] = own.code[draw.permutation(typed)[: len(changed)]]
    return TypePrior(own, SideTypes(code, own.chance).taken(kept))
