"""The wiring as a matrix, which neurons mirror each other in it, and their cell types."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from connectome.data.neurons import hemispheres, homologs
from connectome.models.matching import transform_weights
from connectome.types import Connectome, NotApplicableError


def synapse_matrix(connectome: Connectome, transform: str = "none") -> sp.csr_array:
    """Sparse ``[N, N]`` synapse counts, rows presynaptic.

    Args:
        connectome: the data.
        transform: of the counts, one of :data:`connectome.models.matching.bisection.TRANSFORMS`.
    """
    n, ends = connectome.num_neurons, tuple(connectome.edge_index.numpy())
    weights = transform_weights(connectome.synapses.numpy(), transform)
    return sp.csr_array((weights, ends), shape=(n, n))


@dataclass(frozen=True, eq=False)
class Graph:
    """What clusterings of the graph itself need.

    Attributes:
        adjacency: sparse ``[N, N]`` synapse counts, rows presynaptic.
        hemisphere: ``[N]`` 0 left, 1 right, -1 unknown; None where the data have none.
        homolog: ``[N]`` position of the homolog or -1; None where the data have none.
        missing: why there are no hemispheres or homologs.
    """

    adjacency: sp.csr_array
    hemisphere: np.ndarray | None = None
    homolog: np.ndarray | None = None
    missing: tuple[str, ...] = ()

    @classmethod
    def of(cls, connectome: Connectome) -> "Graph":
        """From synapse counts and, where the neuron table has them, hemispheres and homologs."""
        found, missing = {}, []
        for name, read in (("hemisphere", hemispheres), ("homolog", homologs)):
            try:
                found[name] = read(connectome).numpy()
            except NotApplicableError as error:
                missing.append(str(error))
        return cls(synapse_matrix(connectome), **found, missing=tuple(missing))


@dataclass(frozen=True, eq=False)
class Labelled:
    """Cell types of the neurons, and which neurons may not help each other.

    Attributes:
        code: ``[N]`` position in ``names``, -1 where unknown or too rare.
        names: the ``K`` types.
        group: ``[N]`` neurons with the same number are held out together: homologs, and neurons
            with exactly the same partners.
    """

    code: np.ndarray
    names: tuple[str, ...]
    group: np.ndarray


def labelled(connectome: Connectome, column: str = "cell_type", fewest: int = 1) -> Labelled:
    """Types in ``column`` that at least ``fewest`` neurons have, and the groups to hold out.

    Raises:
        NotApplicableError: without the column, or with fewer than two such types.
    """
    if column not in connectome.neurons:
        raise NotApplicableError(f"{connectome.name}: the neuron table has no column '{column}'")
    types = connectome.neurons[column]
    counts = types.value_counts()
    kept = types.where(types.isin(counts[counts >= fewest].index))
    code, names = pd.factorize(kept, sort=True)
    if len(names) < 2:
        raise NotApplicableError(
            f"{connectome.name}: fewer than two values of '{column}' have {fewest} or more neurons"
        )
    return Labelled(code.astype(np.int64), tuple(map(str, names)), _copies(connectome))


def _copies(connectome: Connectome) -> np.ndarray:
    """``[N]`` number of the group of homologs and of neurons with exactly the same partners."""
    n, ends = connectome.num_neurons, synapse_matrix(connectome, "binary")
    partners = sp.csr_array(sp.hstack([ends, ends.T]))
    partners.sort_indices()
    same: dict[bytes, int] = {}
    bounds = zip(partners.indptr[:-1], partners.indptr[1:], strict=True)
    first = [
        same.setdefault(partners.indices[start:end].tobytes(), row) if end > start else row
        for row, (start, end) in enumerate(bounds)
    ]
    links = [np.stack([np.arange(n), first])]
    try:
        mate = homologs(connectome).numpy()
        links.append(np.stack([np.flatnonzero(mate >= 0), mate[mate >= 0]]))
    except NotApplicableError:
        pass  # one hemisphere, or none named
    rows, columns = np.concatenate(links, axis=1)
    together = sp.csr_array((np.ones(len(rows)), (rows, columns)), shape=(n, n))
    return np.asarray(connected_components(together, directed=False)[1])
