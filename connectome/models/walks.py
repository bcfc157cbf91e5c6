"""Random walks, and which neurons meet on them."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class WalkGraph:
    """Compressed rows of a graph, to walk on.

    Attributes:
        starts: ``[N + 1]`` int64, where the links of each neuron begin in ``targets``.
        targets: ``[M]`` int64, postsynaptic neurons.
    """

    starts: Tensor
    targets: Tensor

    @classmethod
    def of(cls, edge_index: Tensor, num_nodes: int) -> "WalkGraph":
        """From edges ``[2, M]``."""
        order = (edge_index[0] * num_nodes + edge_index[1]).argsort()
        starts = torch.zeros(num_nodes + 1, dtype=torch.int64, device=edge_index.device)
        starts[1:] = torch.bincount(edge_index[0], minlength=num_nodes).cumsum(0)
        return cls(starts, edge_index[1, order])

    def walk(self, origins: Tensor, length: int, generator: torch.Generator) -> Tensor:
        """Uniform random walks ``[W, length + 1]`` from ``origins`` ``[W]``.

        A walk that reaches a neuron without outgoing links ends there; the rest of it is -1.
        """
        path = [origins]
        for _ in range(length):
            here = path[-1]
            alive = here >= 0
            at = here.clamp(min=0)
            degree = self.starts[at + 1] - self.starts[at]
            draw = torch.rand(len(here), generator=generator, device=here.device)
            pick = (draw * degree).long().clamp(max=degree - 1)
            moves = alive & (degree > 0)
            index = torch.where(moves, self.starts[at] + pick, 0)
            path.append(torch.where(moves, self.targets[index], -1))
        return torch.stack(path, dim=1)


def contexts(walks: Tensor, window: int) -> Tensor:
    """Pairs ``[2, P]`` of a neuron and one that a walk reaches 1 .. ``window`` steps later.

    Pairs of a neuron with itself are left out.
    """
    pairs = [
        torch.stack([walks[:, :-step].flatten(), walks[:, step:].flatten()])
        for step in range(1, min(window, walks.shape[1] - 1) + 1)
    ]
    pairs_of_all = torch.cat(pairs, dim=1)
    meets = (pairs_of_all >= 0).all(dim=0) & (pairs_of_all[0] != pairs_of_all[1])
    return pairs_of_all[:, meets]
