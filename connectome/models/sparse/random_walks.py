"""Random walks, and which neurons meet on them: DeepWalk's (Perozzi et al. 2014,
arXiv:1403.6652) and node2vec's (Grover & Leskovec 2016, arXiv:1607.00653).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from connectome.models.sparse.csr_rows import LinkRows

PROPOSALS = 16  # of a step, at most, before the walks that accepted none weigh all their links


def random_walks(
    graph: LinkRows,
    origins: Tensor,
    length: int,
    generator: torch.Generator,
    p: float = 1,
    q: float = 1,
) -> Tensor:
    """Random walks ``[W, length + 1]`` along links, from ``origins`` ``[W]``.

    A walk that came from ``t`` to ``v`` takes a link ``v -> x`` with a probability in proportion
    to ``1 / p`` if ``x`` is ``t``, to 1 if there is a link ``t -> x``, and to ``1 / q`` otherwise.
    The first step is uniform, and so are all with ``p = q = 1``.

    A walk that reaches a neuron without outgoing links ends there; the rest of it is -1.
    """
    path = [origins]
    bias = None if p == q == 1 else _Bias.of(graph, p, q)
    for step in range(length):
        if bias is None or step == 0:
            path.append(_uniform(graph, path[-1], generator))
        else:
            path.append(bias.step(path[-2], path[-1], generator))
    return torch.stack(path, dim=1)


def _uniform(graph: LinkRows, here: Tensor, generator: torch.Generator) -> Tensor:
    """A neuron after each of ``here``, -1 where there is none: ``[W]`` both."""
    alive = here >= 0
    at = here.clamp(min=0)
    degree = graph.starts[at + 1] - graph.starts[at]
    draw = torch.rand(len(here), generator=generator, device=here.device)
    pick = (draw * degree).long().clamp(max=degree - 1)
    moves = alive & (degree > 0)
    index = torch.where(moves, graph.starts[at] + pick, 0)
    return torch.where(moves, graph.receivers[index], -1)


@dataclass(frozen=True, eq=False)
class _Bias:
    """Second-order steps.

    Attributes:
        graph: the links.
        keys: ``[M]``, a number for each link, in rising order.
        p, q: of :func:`random_walks`.
    """

    graph: LinkRows
    keys: Tensor
    p: float
    q: float

    @classmethod
    def of(cls, graph: LinkRows, p: float, q: float) -> "_Bias":
        senders = torch.arange(graph.num_neurons, device=graph.starts.device)
        sent = senders.repeat_interleave(graph.starts.diff())
        return cls(graph, sent * graph.num_neurons + graph.receivers, p, q)

    def step(self, before: Tensor, here: Tensor, generator: torch.Generator) -> Tensor:
        """A neuron after each of ``here`` for a walk from ``before``, -1 where there is none.

        By rejection (Yang et al. 2019, KnightKing): a uniform proposal is accepted with a
        probability in proportion to its weight, up to the highest but that of turning back; what
        turning back weighs beyond it is drawn apart. The few walks that accept none weigh all
        their links, which is the same law: no ``p`` and ``q`` take forever.
        """
        after = _uniform(self.graph, here, generator)
        waiting = (after >= 0).nonzero().flatten()
        proposed = after[waiting]
        highest = max(1, 1 / self.q)
        ways_back = here * self.graph.num_neurons + before
        first, end = (torch.searchsorted(self.keys, ways_back, right=r) for r in (False, True))
        back = max(0, 1 / self.p - highest) * (end - first).double()
        degree = self.graph.starts.diff()[here]
        turns = back / (back + highest * degree)
        for _ in range(PROPOSALS):
            weight = self._weights(before[waiting], proposed)
            draw = torch.rand(
                len(waiting), generator=generator, device=here.device, dtype=torch.float64
            )
            beyond = draw - turns[waiting]  # below 0: turns back
            accepted = beyond * highest < (1 - turns[waiting]) * weight.clamp(max=highest)
            taken = torch.where(beyond < 0, before[waiting], proposed)
            after[waiting[accepted]] = taken[accepted]
            waiting = waiting[~accepted]
            if degree[waiting].sum() <= len(here):  # weighing all takes no longer than a round
                break
            proposed = _uniform(self.graph, here[waiting], generator)
        after[waiting] = self._weighed(before[waiting], here[waiting], generator)
        return after

    def _weighed(self, before: Tensor, here: Tensor, generator: torch.Generator) -> Tensor:
        """As :meth:`step`, from all links of ``here``, of which each neuron has one at least.

        The first of independent exponential times is each link's with a probability in proportion
        to its rate.
        """
        walk, place = self.graph.places(here)
        reached = self.graph.receivers[place]
        rate = self._weights(before[walk], reached)
        times = torch.empty_like(rate).exponential_(generator=generator) / rate
        first = torch.full_like(here, torch.inf, dtype=torch.float64)
        first.scatter_reduce_(0, walk, times, "amin")
        wins = times == first[walk]
        after = torch.empty_like(here)
        after[walk[wins]] = reached[wins]
        return after

    def _weights(self, before: Tensor, after: Tensor) -> Tensor:
        """``[W]`` float64 of links to ``after`` on walks from ``before``, two steps earlier."""
        sought = before * self.graph.num_neurons + after
        at = torch.searchsorted(self.keys, sought).clamp(max=len(self.keys) - 1)
        weight = torch.full_like(sought, 1 / self.q, dtype=torch.float64)
        weight.masked_fill_(self.keys[at] == sought, 1)
        return weight.masked_fill_(before == after, 1 / self.p)


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
