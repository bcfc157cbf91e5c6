"""The wiring as a matrix, and which neurons mirror each other in it."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

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
