"""Whether neurons of several brains lie in one space by type, or by the brain they are from.

Batch mixing against biological conservation, in the manner of scIB (Luecken et al. 2022,
doi:10.1038/s41592-021-01336-8), which asks the same of cells from several laboratories.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import silhouette_samples

from connectome.metrics.neurons.neighbours import nearest
from connectome.types import InputError, NotApplicableError

NEIGHBOURS = 30


@dataclass(frozen=True)
class Mixing:
    """Scores of a joint space.

    Attributes:
        brain_silhouette: 1 minus the absolute silhouette of the brains within each cell type, mean
            of the types; 1 where no type is split by brain.
        type_silhouette: silhouette of the cell types, from 0 to 1.
        brains_nearby: effective number of brains among the 30 nearest neighbours (inverse Simpson
            index; Korsunsky et al. 2019, doi:10.1038/s41592-019-0619-0), as the share of what a
            random order would give; about 1 where brains are mixed, lower where each has its place.
        types_nearby: effective number of types among them, 1 for a pure neighbourhood.
        neurons: how many were scored.
    """

    brain_silhouette: float
    type_silhouette: float
    brains_nearby: float
    types_nearby: float
    neurons: int


def mixing(space: np.ndarray, brain: np.ndarray, code: np.ndarray) -> Mixing:
    """Score the neurons whose cell type is known.

    Args:
        space: ``[N, F]`` places of the neurons of all brains.
        brain: ``[N]`` which brain each is from.
        code: ``[N]`` cell types, -1 where unknown.

    Raises:
        InputError: if shapes do not fit.
        NotApplicableError: with fewer than two brains or types.
    """
    if len(space) != len(brain) or len(brain) != len(code):
        raise InputError(f"{len(space)} places, {len(brain)} brains and {len(code)} types")
    known = code >= 0
    space, brain, code = space[known], brain[known], code[known]
    if len(np.unique(brain)) < 2 or len(np.unique(code)) < 2:
        raise NotApplicableError("fewer than two brains or cell types: nothing can mix")
    within = []
    for kind in np.unique(code):
        rows = code == kind
        sizes = np.unique(brain[rows], return_counts=True)[1]
        if len(sizes) > 1 and len(sizes) < rows.sum():
            within.append((1 - np.abs(silhouette_samples(space[rows], brain[rows]))).mean())
    count = min(NEIGHBOURS, len(space) - 1)
    near = nearest(space, count)
    shares = np.unique(brain, return_counts=True)[1] / len(brain)
    # What a draw of so many at random would have: the index of a sample is below that of the whole.
    random = 1 / (1 / count + (1 - 1 / count) * (shares**2).sum())
    return Mixing(
        brain_silhouette=float(np.mean(within)) if within else float("nan"),
        type_silhouette=float((silhouette_samples(space, code).mean() + 1) / 2),
        brains_nearby=_diversity(brain[near]) / float(random),
        types_nearby=_diversity(code[near]),
        neurons=len(space),
    )


def _diversity(labels: np.ndarray) -> float:
    """Mean over rows of the inverse Simpson index of ``labels`` ``[N, K]``."""
    kinds = np.unique(labels)
    shares = np.stack([(labels == kind).mean(axis=1) for kind in kinds])
    return float((1 / (shares**2).sum(axis=0)).mean())
