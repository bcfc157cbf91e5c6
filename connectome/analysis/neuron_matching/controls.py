"""What needs no graph matching: controls that every figure stands beside."""

from collections.abc import Iterator, Sequence

import numpy as np
import scipy.sparse as sp

from connectome.analysis.cell_typing import structure_features
from connectome.models.matching import nearest_neighbourhoods, nearest_rows, permuted_partners
from connectome.types import Connectome

PERMUTED = "permuted"
SPREAD, AXES = 3, 96  # of degrees, as the matching starts


def controls(
    brains: Sequence[Connectome], matrices: Sequence[sp.csr_array], best: np.ndarray, seed: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Name of each control, and the partners ``[N]`` int64 of the first brain's neurons.

    Args:
        brains: data and home.
        matrices: ``[N, N]`` synapse counts of each.
        best: ``[N]`` partners that the method found, to be permuted.
        seed: of that.
    """
    for name, (mine, theirs) in structure_features(brains, matrices):
        yield name, _nearest(mine, theirs)
    yield "spread degrees", nearest_neighbourhoods(matrices[0], matrices[1], SPREAD, AXES, 1).best
    yield PERMUTED, permuted_partners(best, seed, brains[0].neuron_ids)


def _nearest(mine: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """``[N]`` row of ``theirs`` at the smallest distance to each of ``mine``."""
    level = -(theirs**2).sum(axis=1, keepdims=True) / 2
    queries = np.column_stack([mine, np.ones(len(mine))]).astype(np.float32)
    return nearest_rows(queries, np.column_stack([theirs, level]).astype(np.float32), 1).best
