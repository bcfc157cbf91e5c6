"""Blocks of the adjacency matrix, drawn with all links of their rows."""

from dataclasses import dataclass

import torch
from torch import Tensor

from connectome.models.sparse import LinkRows


@dataclass(frozen=True, eq=False)
class Block:
    """Some rows and columns of the adjacency matrix of ``N`` neurons.

    Attributes:
        rows: ``[R]`` int64, neurons as senders.
        columns: ``[C]`` int64, neurons as receivers: first the drawn ones, whose absent pairs
            count, then the others that a row is linked to.
        drawn: how many were drawn.
        links: ``[2, Q]`` int64, all links of the rows as positions in ``rows`` and ``columns``.
        edges: ``[Q]`` int64, which edges of the graph these links are.
        loops: ``[2, L]`` int64, self-loops among the drawn columns, which are no pairs.
        weight: for how many absent pairs one of a drawn column stands.
        valued: whether the value of a loss is wanted, not its gradient alone.
        share: of the columns whose links are in it, 1 for all.
    """

    rows: Tensor
    columns: Tensor
    drawn: int
    links: Tensor
    edges: Tensor
    loops: Tensor
    weight: float
    valued: bool = True
    share: float = 1.0

    def inside(self) -> tuple[Tensor, Tensor]:
        """Links ``[2, q]`` to drawn columns, and which edges ``[q]`` they are."""
        if self.drawn == len(self.columns):
            return self.links, self.edges
        inside = self.links[1] < self.drawn
        return self.links[:, inside], self.edges[inside]

    def outside(self) -> tuple[Tensor, Tensor]:
        """Links ``[2, q]`` to other columns, and which edges ``[q]`` they are."""
        outside = self.links[1] >= self.drawn
        return self.links[:, outside], self.edges[outside]


def draw_block(
    graph: LinkRows, rows: int, columns: int, generator: torch.Generator, valued: bool = True
) -> Block:
    """A block of ``rows`` random senders and ``columns`` random receivers, with all their links.

    No link of a row is lost, wherever it leads. Absent pairs of the columns that were drawn stand
    in for those of the columns left out: a step takes memory for ``rows * columns`` pairs.
    """
    n, device = graph.num_neurons, graph.starts.device
    chosen = torch.randperm(n, generator=generator, device=device)[:rows]
    row, linked = graph.places(chosen)
    receiver = graph.receivers[linked]
    kept = torch.arange(n, device=device)
    if columns < n:
        drawn = torch.randperm(n, generator=generator, device=device)[:columns].sort().values
        beside = torch.zeros(n, dtype=torch.bool, device=device)
        beside = beside.index_fill(0, receiver, True).index_fill(0, drawn, False)
        kept = torch.cat([drawn, beside.nonzero()[:, 0]])
    place = torch.full((n,), -1, device=device)
    place[kept] = torch.arange(len(kept), device=device)
    own = place[chosen]
    loops = ((own >= 0) & (own < columns)).nonzero()[:, 0]
    return Block(
        rows=chosen,
        columns=kept,
        drawn=columns,
        links=torch.stack([row, place[receiver]]),
        edges=graph.edges[linked],
        loops=torch.stack([loops, own[loops]]),
        weight=n / columns,
        valued=valued,
    )


def draw_rectangle(
    graph: LinkRows, rows: int, columns: int, generator: torch.Generator, valued: bool = True
) -> Block:
    """A block of ``rows`` random senders and ``columns`` random receivers, with the links between.

    A step computes nothing of other receivers; links and absent pairs both stand in for those of
    the columns left out.
    """
    n, device = graph.num_neurons, graph.starts.device
    chosen, kept = (
        torch.randperm(n, generator=generator, device=device)[:count] for count in (rows, columns)
    )
    place = torch.full((n,), -1, device=device)
    place[kept] = torch.arange(len(kept), device=device)
    row, linked = graph.places(chosen)
    column = place[graph.receivers[linked]]
    inside = column >= 0
    own = place[chosen]
    loops = (own >= 0).nonzero()[:, 0]
    return Block(
        rows=chosen,
        columns=kept,
        drawn=len(kept),
        links=torch.stack([row, column])[:, inside],
        edges=graph.edges[linked[inside]],
        loops=torch.stack([loops, own[loops]]),
        weight=1.0,
        valued=valued,
        share=len(kept) / n,
    )
