"""Annotations that splits and negatives need: contralateral homologs and cell types.

A neuron table may hold them in the columns ``pair_id`` (id of the homolog) and ``cell_type``.
"""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from connectome.types import Connectome, InputError, NotApplicableError

PAIR_COLUMN = "pair_id"
TYPE_COLUMN = "cell_type"


def homologs(connectome: Connectome) -> Tensor:
    """Position ``[N]`` int64 of each neuron's contralateral homolog, -1 where there is none.

    A homolog that is not among the neurons counts as none.

    Raises:
        NotApplicableError: without the column.
        InputError: if two neurons do not name each other.
    """
    if PAIR_COLUMN not in connectome.neurons:
        raise NotApplicableError(
            f"{connectome.name}: the neuron table has no column '{PAIR_COLUMN}' (id of the "
            "contralateral homolog); add it, or choose split.protocol=reciprocal"
        )
    ids = connectome.neuron_ids
    named = connectome.neurons[PAIR_COLUMN]
    here = named.notna().to_numpy()
    partner = np.full(len(ids), -1, dtype=np.int64)
    # As the type of the ids: with gaps, integer columns arrive as floats or objects.
    partner[here] = pd.Index(ids).get_indexer(pd.Index(named[here].astype(ids.dtype)))
    paired = np.flatnonzero(partner >= 0)
    odd = paired[(partner[partner[paired]] != paired) | (partner[paired] == paired)]
    if len(odd):
        raise InputError(
            f"{connectome.name}: '{PAIR_COLUMN}' of {ids[odd[0]]} is {named.iloc[odd[0]]}, which "
            "does not name it back; homologs must name each other"
        )
    return torch.from_numpy(partner)


def cell_types(connectome: Connectome) -> tuple[Tensor, list[str]]:
    """Cell type ``[N]`` int64 as a position in the sorted names, -1 where unknown; the names.

    Raises:
        NotApplicableError: without the column.
    """
    if TYPE_COLUMN not in connectome.neurons:
        raise NotApplicableError(
            f"{connectome.name}: the neuron table has no column '{TYPE_COLUMN}'; add it, or do "
            "without split.protocol=cell_type_block and negatives=same_cell_type"
        )
    codes, names = pd.factorize(connectome.neurons[TYPE_COLUMN], sort=True)
    return torch.from_numpy(codes.astype(np.int64)), [str(name) for name in names]


def mirror(pairs: Tensor, homolog: Tensor) -> Tensor:
    """Left-right mirror ``[2, P]`` of ``pairs``; -1 where a neuron has no homolog."""
    mirrored = homolog[pairs]
    return torch.where((mirrored >= 0).all(dim=0), mirrored, -1)
