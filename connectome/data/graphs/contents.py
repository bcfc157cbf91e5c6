"""What is asked of a file that holds a whole connectome, and what was found in it."""

from dataclasses import dataclass, field

import pandas as pd

from connectome.data.tabular import AUTO


@dataclass(frozen=True, eq=False)
class Asked:
    """What one wants of a graph or a matrix.

    Attributes:
        synapses: attribute of edges with the synapse counts; ``auto`` takes one of a known name,
            None counts each edge as 1.
        neuron_id: attribute of nodes with the ids, or ``id`` for the file's own; None chooses.
        listed: ids of a neuron table, by which files with two kinds of ids are understood.
        key: which part of the file, where it has several.
    """

    synapses: str | None = AUTO
    neuron_id: str | None = None
    listed: pd.Index | None = None
    key: str | None = None


@dataclass(frozen=True, eq=False)
class Graph:
    """Neurons and connections as they stand in a file.

    Attributes:
        layout: what the file is, for the receipt.
        nodes: one row a neuron, its annotations as columns, ids as index.
        pairs: columns ``pre``, ``post`` and ``synapses``; a pair may repeat.
        each_row: what an edge or a cell counts for.
        columns: what ``pre``, ``post`` and ``synapses`` are called there, if they have names.
        notes: what else one should know.
        numbered: whether ids are numbers given here, of which 0 is one like any other.
    """

    layout: str
    nodes: pd.DataFrame
    pairs: pd.DataFrame
    each_row: str
    columns: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    numbered: bool = False
