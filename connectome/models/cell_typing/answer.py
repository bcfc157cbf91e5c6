"""What typing says of every neuron."""

from dataclasses import dataclass, replace

import numpy as np

EVIDENCE = ("margin", "similarity", "log_degree", "log_class_size")


@dataclass(frozen=True, eq=False)
class Answer:
    """The types of ``N`` neurons.

    Attributes:
        best: ``[N]`` int64 likeliest type, -1 where no connection is left to go by.
        runner_up: ``[N]`` int64 second type, -1 where there is none.
        evidence: ``[N, len(EVIDENCE)]`` float64, finite, 0 where ``best`` is -1. ``margin``: log of
            one plus the log likelihood of the best above the second; ``similarity``: weighted
            Jaccard to the mean profile of its type, 0 to 1; ``log_degree``: log of one plus the
            number of partners; ``log_class_size``: of one plus the neurons that have this answer.
    """

    best: np.ndarray
    runner_up: np.ndarray
    evidence: np.ndarray

    def renamed(self, types: np.ndarray) -> "Answer":
        """With type ``k`` called ``types[k]``; ``types`` is ``[K]`` int64."""
        names = np.append(types, -1)  # -1 stays
        return replace(self, best=names[self.best], runner_up=names[self.runner_up])
