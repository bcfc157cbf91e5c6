"""What a group of node features is made of."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from connectome.types import Connectome, MessageGraph


@dataclass(frozen=True, eq=False)
class Column:
    """Values ``[N]`` float64, and for each reason why one may lack, the neurons ``[N]`` bool."""

    name: str
    values: np.ndarray
    absent: Mapping[str, np.ndarray] = field(default_factory=dict)
    measured: bool = True


@dataclass(frozen=True)
class Group:
    """What makes the columns of a group, and the columns of the neuron table that it reads.

    Attributes:
        make: columns of a connectome and its training graph.
        reads: names in the neuron table.
        either: whether one of them is enough.
    """

    make: Callable[[Connectome, MessageGraph], Iterator[Column]]
    reads: tuple[str, ...] = ()
    either: bool = False
