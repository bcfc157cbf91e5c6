"""Random walks, and which neurons meet on them, for DeepWalk (Perozzi et al. 2014,
arXiv:1403.6652).
"""

import torch
from torch import Tensor

from connectome.models.sparse.csr_rows import LinkRows


def random_walks(
    graph: LinkRows, origins: Tensor, length: int, generator: torch.Generator
) -> Tensor:
    """Uniform random walks ``[W, length + 1]`` along links, from ``origins`` ``[W]``.

    A walk that reaches a neuron without outgoing links ends there; the rest of it is -1.
    """
    path = [origins]
    for _ in range(length):
        here = path[-1]
        alive = here >= 0
        at = here.clamp(min=0)
        degree = graph.starts[at + 1] - graph.starts[at]
        draw = torch.rand(len(here), generator=generator, device=here.device)
        pick = (draw * degree).long().clamp(max=degree - 1)
        moves = alive & (degree > 0)
        index = torch.where(moves, graph.starts[at] + pick, 0)
        path.append(torch.where(moves, graph.receivers[index], -1))
    return torch.stack(path, dim=1)


def contexts(walks: Tensor, window: int) -> Tensor:
    """Pairs ``[2, P]`` of a neuron and one that a walk reaches 1 .. ``window`` steps later.

    Pairs of a neuron with itself are left out. ``walks`` are ``[W, L]``, -1 after their
    end.
    """
    pairs = [
        torch.stack([walks[:, :-step].flatten(), walks[:, step:].flatten()])
        for step in range(1, min(window, walks.shape[1] - 1) + 1)
    ]
    pairs_of_all = torch.cat(pairs, dim=1)
    meets = (pairs_of_all >= 0).all(dim=0) & (pairs_of_all[0] != pairs_of_all[1])
    return pairs_of_all[:, meets]
