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
    """

    starts: Tensor
    receivers: Tensor

    @classmethod
    def of(cls, edge_index: Tensor, num_neurons: int) -> "LinkRows":
        """From edges ``[2, M]``."""
        keys = (edge_index[0] * num_neurons + edge_index[1]).sort().values
        starts = torch.zeros(num_neurons + 1, dtype=torch.int64, device=keys.device)
        starts[1:] = torch.bincount(edge_index[0], minlength=num_neurons).cumsum(0)
        return cls(starts, keys % num_neurons)

    @property
    def num_neurons(self) -> int:
        """Number of neurons ``N``."""
        return len(self.starts) - 1

    def links(self, senders: Tensor) -> tuple[Tensor, Tensor]:
        """All links of ``senders`` ``[S]``: position in ``senders`` and receiver, ``[Q]`` each."""
        first = self.starts[senders]
        count = self.starts[senders + 1] - first
        row = torch.repeat_interleave(torch.arange(len(senders), device=count.device), count)
        within = torch.arange(len(row), device=count.device) - (count.cumsum(0) - count)[row]
        return row, self.receivers[first[row] + within]
