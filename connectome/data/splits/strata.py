"""Held-out links by kind of edge, synapse count and degree: where a method is good."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from connectome.data.splits.pair_keys import edge_rows, sum_over
from connectome.types import Connectome, LinkSplit, degrees

# Least synapses of each level; it ends below the next, so that no count falls between two.
SYNAPSES_FROM = (0, 1, 2, 3, 5, 10)
UNTYPED = "(none)"
DECILES = 10
STRATA = ("synapses", "edge_type", "degree_decile")
STRATA_VERSION = 2  # raised when levels are cut otherwise, so that older scores are not kept


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

    Every link is in one level of ``synapses`` and in one ``degree_decile``. Where the data have
    edge types, an edge counts for every type it has synapses of, and for ``(none)`` if it has none.
    Deciles are those of the product of the sender's out-degree and the receiver's in-degree in the
    training graph, over the links; only for them can negatives be sorted too.
    """
    rows = edge_rows(connectome, positives, split.directed)
    found = [*_by_synapses(connectome, rows), *_by_type(connectome, rows)]
    score, other = (_degree_product(split, pairs) for pairs in (positives, negatives))
    inner = np.quantile(score, np.linspace(0, 1, DECILES + 1)[1:-1])
    decile, decile_of_negative = (np.searchsorted(inner, s, side="right") for s in (score, other))
    for k in range(DECILES):
        level = str(k + 1)
        found.append(Stratum("degree_decile", level, decile == k, decile_of_negative == k))
    _require_all(found, positives.shape[1])
    return [stratum for stratum in found if stratum.positives.any()]


def _require_all(found: list[Stratum], links: int) -> None:
    """Every link is in one level exactly, but for edge types, of which it may have several."""
    for by in {stratum.by for stratum in found}:
        times = np.sum([s.positives for s in found if s.by == by], axis=0)
        if len(times) != links or (times < 1).any() or (by != "edge_type" and (times > 1).any()):
            raise RuntimeError(f"strata by {by}: a link of {links} is in no level, or in two")


def _by_synapses(connectome: Connectome, rows: Tensor) -> Iterator[Stratum]:
    """Half-open levels; named by whole counts, or by their bounds where weights are fractions."""
    whole = not bool((connectome.synapses % 1).any())
    synapses = sum_over(rows, connectome.synapses).numpy()
    level = np.searchsorted(SYNAPSES_FROM, synapses, side="right") - 1
    for k, low in enumerate(SYNAPSES_FROM):
        name = f"{low}+"
        if k + 1 < len(SYNAPSES_FROM):
            high = SYNAPSES_FROM[k + 1]
            one = str(low) if high - low == 1 else f"{low}-{high - 1}"
            name = one if whole else f"{low} to <{high}"
        yield Stratum("synapses", name, level == k, None)


def _by_type(connectome: Connectome, rows: Tensor) -> Iterator[Stratum]:
    if connectome.edge_type_names:
        of_type: np.ndarray = (sum_over(rows, connectome.edge_type_synapses) > 0).numpy()
        for column, name in enumerate(connectome.edge_type_names):
            yield Stratum("edge_type", name, of_type[:, column], None)
        yield Stratum("edge_type", UNTYPED, np.asarray(~of_type.any(axis=1)), None)


def _degree_product(split: LinkSplit, pairs: Tensor) -> np.ndarray:
    sent, received = degrees(split.message_edges, split.num_neurons)
    return np.asarray((sent[pairs[0]] * received[pairs[1]]).double().numpy())
