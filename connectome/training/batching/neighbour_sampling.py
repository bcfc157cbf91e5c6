"""Neighbours drawn around some neurons: the part of a graph that one training step computes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Compressed rows of an adjacency matrix of ``N`` neurons, 4 bytes a link.

    Attributes:
        starts: ``[N + 1]`` int64, where the links of each neuron begin in ``ends``.
        ends: ``[M]`` int32, sorted within each neuron.
    """

    starts: Tensor
    ends: Tensor

    @classmethod
    def of(cls, edges: Tensor, num_neurons: int) -> "Neighbours":
        """From edges ``[2, M]``; repeats and self-loops are left out."""
        keys = (edges[0] * num_neurons + edges[1])[edges[0] != edges[1]]
        keys.numpy().sort()  # in place: torch's sort would hold three times as much
        if len(keys) and bool((keys[1:] == keys[:-1]).any()):
            keys = keys.unique_consecutive()
        rows = torch.arange(num_neurons + 1) * num_neurons
        return cls(torch.searchsorted(keys, rows), keys.remainder_(num_neurons).int())

    @classmethod
    def both_ways(cls, edges: Tensor, num_neurons: int) -> "Neighbours":
        """From edges ``[2, M]``, each in both directions."""
        return cls.of(torch.cat([edges, edges.flip(0)], dim=1), num_neurons)

    @property
    def num_neurons(self) -> int:
        """Number of neurons ``N``."""
        return len(self.starts) - 1

    @property
    def num_links(self) -> int:
        """Number of links ``M``."""
        return len(self.ends)

    @cached_property
    def degrees(self) -> Tensor:
        """``[N]`` int64, links of each neuron."""
        return self.starts.diff()

    @cached_property
    def scale(self) -> Tensor:
        """``[N]`` float32, one over the root of degree plus one: GCN's normalisation."""
        return (self.degrees + 1).float().rsqrt()

    def to(self, device: torch.device | str) -> "Neighbours":
        """The same links on ``device``."""
        return Neighbours(self.starts.to(device), self.ends.to(device))

    def pairs(self, index: Tensor) -> Tensor:
        """Links ``[2, P]`` int64 that stand at ``index`` ``[P]`` in ``ends``."""
        first = torch.searchsorted(self.starts, index, right=True) - 1
        return torch.stack([first, self.ends[index].long()])

    def sample(
        self, neurons: Tensor, fanout: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Up to ``fanout`` links of each of ``neurons`` ``[S]``, uniformly without replacement.

        All subsets of ``fanout`` links are equally likely (Floyd's algorithm, Bentley & Floyd 1987,
        doi:10.1145/30401.315746), for all neurons at once.

        Returns:
            How many links each neuron got, ``[S]``, and where in ``ends`` they are, ``[Q]`` int64.
        """
        degrees = self.degrees[neurons]
        counts = degrees.clamp(max=fanout)
        places = _runs(counts, self.starts[neurons])
        many = (degrees > fanout).nonzero().flatten()
        if len(many):
            first = (counts.cumsum(0) - counts)[many]
            slots = first + torch.arange(fanout, device=first.device)[:, None]
            chosen = _subsets(degrees[many], fanout, generator)
            places[slots] = chosen + self.starts[neurons[many]]
        return counts, places


def _runs(counts: Tensor, first: Tensor) -> Tensor:
    """``first[0], first[0] + 1 ...``, ``counts[0]`` of them, and so on: ``[sum]`` int64."""
    offset = first - (counts.cumsum(0) - counts)
    runs = torch.repeat_interleave(offset, counts)
    return runs + torch.arange(len(runs), device=runs.device)


def _subsets(sizes: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """``[count, S]`` different numbers below each of ``sizes`` ``[S]`` (each above ``count``)."""
    chosen = torch.full((count, len(sizes)), -1, device=sizes.device)
    for turn in range(count):
        last = sizes - count + turn
        draw = torch.rand(len(sizes), dtype=torch.float64, generator=generator, device=sizes.device)
        number = (draw * (last + 1)).long()
        taken = (chosen[:turn] == number).any(dim=0)
        chosen[turn] = torch.where(taken, last, number)
    return chosen


@dataclass(frozen=True, eq=False)
class Hop:
    r"""Some rows of a normalised adjacency matrix, exact or estimated.

    Attributes:
        outputs: ``[R]`` int64 neurons whose rows these are.
        inputs: ``[I]`` int64 neurons that those rows mention, sorted.
        starts: ``[R + 1]`` int32, where each row begins.
        columns: ``[Q]`` int32, positions in ``inputs``.
        weights: ``[Q]`` float32.
    """

    outputs: Tensor
    inputs: Tensor
    starts: Tensor
    columns: Tensor
    weights: Tensor


def sample_hops(
    messages: Neighbours,
    neurons: Tensor,
    fanouts: Sequence[int],
    generator: torch.Generator,
    without: Tensor | None = None,
) -> list[Hop]:
    r"""Rows of :math:`\hat A = D^{-1/2}(A + I)D^{-1/2}` for ``neurons``, hop by hop outwards.

    A neuron with more than ``fanout`` neighbours keeps ``fanout`` of them, each with its weight
    times degree / fanout (Horvitz & Thompson 1952): every hop is an unbiased estimate of its
    product, given what it is multiplied with. The nonlinearity between two hops sees a noisy
    input, so the output of two hops is not unbiased; it is exact with fan-outs of the largest
    degree. The self-loop is always kept.

    Args:
        messages: links in both directions.
        neurons: ``[S]`` int64, all different.
        fanouts: neighbours of a neuron in each hop, from ``neurons`` outwards.
        generator: source of the draws.
        without: ``[2, P]`` links that carry no message, in either direction; degrees still count
            them.
    """
    hops: list[Hop] = []
    for fanout in fanouts:
        outputs = hops[-1].inputs if hops else neurons
        counts, places = messages.sample(outputs, fanout, generator)
        ends = messages.ends[places]
        row = torch.repeat_interleave(torch.arange(len(outputs), device=ends.device), counts)
        spread = messages.scale[outputs] * messages.degrees[outputs] / counts.clamp(min=1)
        weights = spread[row] * messages.scale[ends]
        if without is not None:
            kept = ~_among(outputs[row], ends.long(), without, messages.num_neurons)
            row, ends, weights = row[kept], ends[kept], weights[kept]
            counts = torch.bincount(row, minlength=len(outputs))
        loops = messages.scale[outputs].square()
        hops.append(_with_loops(outputs, counts, row, ends, weights, loops, messages.num_neurons))
    return hops


def relabel(neurons: Tensor, num_neurons: int) -> tuple[Tensor, Tensor]:
    """The different ``neurons``, sorted ``[S]``, and the place ``[...]`` of each among them.

    ``neurons`` are ``[...]``, of any shape.

    Passes over one byte and one integer of all ``N`` neurons, which costs less than a sort of the
    batch up to some ten million neurons.
    """
    there = torch.zeros(num_neurons, dtype=torch.bool, device=neurons.device)
    there[neurons.flatten()] = True
    place = there.cumsum(0, dtype=torch.int32) - 1
    return there.nonzero().flatten(), place[neurons]


def _with_loops(
    outputs: Tensor,
    counts: Tensor,
    row: Tensor,
    ends: Tensor,
    weights: Tensor,
    loops: Tensor,
    num_neurons: int,
) -> Hop:
    """Put the self-loop of each row, of weight ``loops``, before its other entries."""
    starts = torch.zeros(len(outputs) + 1, dtype=torch.int64, device=ends.device)
    starts[1:] = (counts + 1).cumsum(0)
    slots = torch.arange(len(ends), device=ends.device) + row + 1
    columns = torch.zeros(len(ends) + len(outputs), dtype=torch.int32, device=ends.device)
    columns[slots], columns[starts[:-1]] = ends, outputs.int()
    values = torch.zeros(len(columns), device=ends.device)
    values[slots], values[starts[:-1]] = weights, loops
    inputs, places = relabel(columns, num_neurons)
    return Hop(outputs, inputs, starts.int(), places, values)


def _among(first: Tensor, second: Tensor, pairs: Tensor, num_neurons: int) -> Tensor:
    """Which of the pairs are among ``pairs`` ``[2, P]``, in either direction: ``[Q]`` bool."""

    def codes(a: Tensor, b: Tensor) -> Tensor:
        return torch.minimum(a, b) * num_neurons + torch.maximum(a, b)

    listed = codes(*pairs).sort().values
    wanted = codes(first, second)
    at = torch.searchsorted(listed, wanted).clamp(max=len(listed) - 1)
    return listed[at] == wanted
