"""Groups of neurons whose types nobody told."""

import numpy as np
import scipy.sparse as sp
from sklearn.cluster import MiniBatchKMeans
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import randomized_svd

from connectome.models.cell_typing.profiles import Wiring
from connectome.models.sparse import one_hot
from connectome.types import InputError

DIMENSIONS = 32  # of the profiles before they are grouped


def group_unknown(
    synapses: sp.csr_array, types: np.ndarray, num_types: int, count: int, seed: int = 0
) -> np.ndarray:
    """Group the unknown by what types they connect with.

    k-means of the principal axes of their profiles, rows of length one. To be called ``new_1``
    and so on; group 0 is the largest.

    Args:
        synapses: ``[N, N]`` counts of synapses, row presynaptic.
        types: ``[N]`` int64 types of the others, -1 where unknown.
        num_types: number of types ``K``.
        count: groups wanted; fewer are made of fewer different profiles.
        seed: of the start.

    Returns:
        ``[N]`` int64 groups from 0; -1 of neurons that have a type, or no synapse with one that
        has.

    Raises:
        InputError: for a count below one.
    """
    if count < 1:
        raise InputError(f"groups={count}: choose 1 or more")
    profile = Wiring.of(synapses).profile(one_hot(np.asarray(types), num_types))
    unknown = np.flatnonzero((types < 0) & (np.diff(profile.indptr) > 0))
    groups = np.full(len(types), -1, dtype=np.int64)
    if len(unknown) == 0:
        return groups
    rows = normalize(profile[unknown])
    rank = min(DIMENSIONS, *rows.shape)
    left, values, _ = randomized_svd(rows, rank, random_state=seed)
    points = left * values
    different = len(np.unique(np.round(points, 9), axis=0))
    means = MiniBatchKMeans(min(count, different), n_init=3, random_state=seed, batch_size=1024)
    found = means.fit_predict(points)
    _, found, sizes = np.unique(found, return_inverse=True, return_counts=True)
    place = np.empty(len(sizes), dtype=np.int64)
    place[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    groups[unknown] = place[found]
    return groups
