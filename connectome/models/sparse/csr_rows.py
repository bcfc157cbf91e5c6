"""The links of a graph, sorted by sender."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class LinkRows:
    """Compressed rows of the adjacency matrix of ``N`` neurons.

    Attributes:
        starts: ``[N + 1]`` int64, where the links of each sender begin in ``receivers``.
        receivers: ``[M]`` int64, sorted within each sender.
        edges: ``[M]`` int64, which of the edges it was made of each link is.
    """

    starts: Tensor
    receivers: Tensor
    edges: Tensor

    @classmethod
    def of(cls, edge_index: Tensor, num_neurons: int) -> "LinkRows":
        """From edges ``[2, M]``."""
        keys = (edge_index[0] * num_neurons + edge_index[1]).sort()
        starts = torch.zeros(num_neurons + 1, dtype=torch.int64, device=keys.values.device)
        starts[1:] = torch.bincount(edge_index[0], minlength=num_neurons).cumsum(0)
        return cls(starts, keys.values % num_neurons, keys.indices)

    @property
    def num_neurons(self) -> int:
        """Number of neurons ``N``."""
        return len(self.starts) - 1

    def places(self, senders: Tensor) -> tuple[Tensor, Tensor]:
        """All links of ``senders`` ``[S]``, ``[Q]`` int64 each.

        Returns:
            Positions in ``senders``, and in ``receivers`` and ``edges``.
        """
        first = self.starts[senders]
        count = self.starts[senders + 1] - first
        row = torch.repeat_interleave(torch.arange(len(senders), device=count.device), count)
        within = torch.arange(len(row), device=count.device) - (count.cumsum(0) - count)[row]
        return row, first[row] + within
