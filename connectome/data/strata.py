"""Held-out links by kind of edge, synapse count and degree: where is a method good?"""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from connectome.data.pairs import edge_rows, sum_over
from connectome.types import Connectome, LinkSplit, degrees

SYNAPSE_BINS = {"1": (1, 1), "2": (2, 2), "3-4": (3, 4), "5-9": (5, 9), "10+": (10, np.inf)}
DECILES = 10


@dataclass(frozen=True, eq=False)
class Stratum:
    """Some of the held-out links, with the negatives that they are compared with.

    Attributes:
        by: ``edge_type``, ``synapses`` or ``degree_decile``.
        level: which type, count or decile.
        positives: ``[P]`` bool, which links.
        negatives: ``[Q]`` bool, which negatives; None for those that belong to no link.
    """

    by: str
    level: str
    positives: np.ndarray
    negatives: np.ndarray | None


def strata(
    connectome: Connectome, split: LinkSplit, positives: Tensor, negatives: Tensor
) -> list[Stratum]:
    """All strata of links ``[2, P]`` with their negatives ``[2, Q]``.

    An edge counts for every type it has synapses of. Deciles are those of the product of the
    sender's out-degree and the receiver's in-degree in the training graph, over the links; only
    for them can negatives be sorted too.
    """
    rows = edge_rows(connectome, positives, split.directed)
    found = []
    counts = sum_over(rows, connectome.synapses).numpy()
    for level, (low, high) in SYNAPSE_BINS.items():
        found.append(Stratum("synapses", level, (counts >= low) & (counts <= high), None))
    for column, name in enumerate(connectome.edge_type_names):
        of_type = sum_over(rows, connectome.edge_type_synapses[:, column]) > 0
        found.append(Stratum("edge_type", name, of_type.numpy(), None))
    score, other = (_degree_product(split, pairs) for pairs in (positives, negatives))
    inner = np.quantile(score, np.linspace(0, 1, DECILES + 1)[1:-1])
    decile, decile_of_negative = (np.searchsorted(inner, s, side="right") for s in (score, other))
    for k in range(DECILES):
        level = str(k + 1)
        found.append(Stratum("degree_decile", level, decile == k, decile_of_negative == k))
    return [stratum for stratum in found if stratum.positives.any()]


def _degree_product(split: LinkSplit, pairs: Tensor) -> np.ndarray:
    sent, received = degrees(split.message_edges, split.num_neurons)
    return np.asarray((sent[pairs[0]] * received[pairs[1]]).double().numpy())
