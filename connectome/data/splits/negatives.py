"""Unconnected pairs, drawn exactly uniformly and without rejection.

With the connected pairs as sorted numbers ``c_0 < c_1 < ...`` the number of unconnected pairs
below ``c_m`` is ``c_m - m``. So the k-th unconnected pair is ``k + m`` where ``m`` counts the
``c_i - i <= k``: one binary search a draw, whatever the density of the graph.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from connectome.data.splits.pair_keys import (
    decode_pairs,
    encode_pairs,
    num_pairs,
    without_self_loops,
)
from connectome.types import InputError, distinct_keys

BUCKETS = 4  # of the directory of ranks, at least, for each connected pair ...
MOST_BUCKETS = 2**24  # ... but no more, or twice as many by rounding: 64 to 128 MB
MOST_LISTED = 2**24  # unconnected pairs that are listed, in 64 MB; a draw of those needs no search


@dataclass(frozen=True, eq=False)
class AbsentPairs:
    """The unconnected pairs of a graph, ready to be sampled.

    Attributes:
        num_neurons: number of neurons ``N``.
        directed: whether pairs are ordered.
        gaps: ``[C]`` int64, sorted numbers of the connected pairs minus their rank.
        member_sizes: neurons of each brain, where several are joined: pairs lie within one.
    """

    num_neurons: int
    directed: bool
    gaps: Tensor
    member_sizes: tuple[int, ...] = ()

    @classmethod
    def of(
        cls, edges: Tensor, num_neurons: int, directed: bool, member_sizes: tuple[int, ...] = ()
    ) -> "AbsentPairs":
        """Pairs that are in none of ``edges`` ``[2, C]``; self-loops and repeats are ignored."""
        codes = encode_pairs(without_self_loops(edges), num_neurons, directed, member_sizes)
        codes = distinct_keys(codes)
        gaps = codes - torch.arange(len(codes), device=codes.device)
        return cls(num_neurons, directed, gaps, member_sizes)

    @property
    def count(self) -> int:
        """How many unconnected pairs there are."""
        return num_pairs(self.num_neurons, self.directed, self.member_sizes) - len(self.gaps)

    def to(self, device: torch.device | str) -> "AbsentPairs":
        """The same pairs on ``device``."""
        return replace(self, gaps=self.gaps.to(device))

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """``[2, count]`` unconnected pairs with replacement, sorted (training negatives).

        Sorted draws search, and later gather and scatter, along the order of memory.

        Raises:
            InputError: if every pair is connected.
        """
        return self._pairs(self._sorted_ranks(count, generator).long())

    def sample_rows(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The same pairs by their first neuron, on the CPU, several times faster in small graphs.

        Returns:
            Where the pairs of each first neuron begin, ``[N + 1]``, and second neurons ``[count]``,
            both int32.

        Raises:
            InputError: if every pair is connected.
        """
        if self.directed and not self.member_sizes and self.count <= MOST_LISTED:
            bounds, listed = self._listed
            ranks = self._sorted_ranks(count, generator)
            return torch.searchsorted(ranks, bounds, out_int32=True), listed.index_select(0, ranks)
        first, second = self.sample(count, generator)
        bounds = torch.arange(self.num_neurons + 1)
        if not self.directed:  # sorted by the second one
            first, order = first.sort(stable=True)
            second = second[order]
        return torch.searchsorted(first.contiguous(), bounds, out_int32=True), second.int()

    def sample_distinct(self, count: int, generator: torch.Generator) -> Tensor:
        """``[2, count]`` different unconnected pairs (evaluation negatives), in random order.

        Raises:
            InputError: if fewer than ``count`` pairs are unconnected.
        """
        if count > self.count:
            raise InputError(
                f"the split needs {count} unconnected pairs but the graph has {self.count}; "
                "a complete graph has no negatives, a dense one needs smaller split fractions"
            )
        if self.count < 4 * count:  # dense in draws: a permutation is the cheaper way
            return self._pairs(torch.randperm(self.count, generator=generator)[:count])
        ranks = torch.empty(0, dtype=torch.int64)
        while len(ranks) < count:
            more = torch.randint(self.count, (count + count // 4 + 8,), generator=generator)
            ranks = torch.cat([ranks, more]).unique()
        return self._pairs(ranks[torch.randperm(len(ranks), generator=generator)[:count]])

    def _sorted_ranks(self, count: int, generator: torch.Generator) -> Tensor:
        """Numbers ``[count]`` of unconnected pairs among these; int32 if they fit.

        Raises:
            InputError: if every pair is connected.
        """
        if self.count == 0:
            raise InputError(
                "every pair of neurons is connected: there is no negative to sample; raise "
                "data.min_synapses, or tell directions apart (split.directed=true)"
            )
        device = self.gaps.device
        ranks = torch.randint(self.count, (count,), generator=generator, device=device)
        narrow = ranks.int() if self.count < 2**31 else ranks  # half the bytes to sort
        if device.type != "cpu":
            return narrow.sort().values
        return torch.from_numpy(np.sort(narrow.numpy()))  # torch would tell the order too

    @cached_property
    def _listed(self) -> tuple[Tensor, Tensor]:
        """All ordered unconnected pairs: the number of the first of each first neuron ``[N + 1]``,
        and second neurons, both int32.
        """
        others = self.num_neurons - 1
        absent = np.ones(self.num_neurons * others, dtype=bool)
        absent[(self.gaps + torch.arange(len(self.gaps))).numpy()] = False
        counts = absent.reshape(self.num_neurons, others).sum(axis=1)
        bounds = np.concatenate([[0], counts.cumsum()]).astype(np.int32)
        first, second = np.divmod(np.flatnonzero(absent), others)
        second += second >= first  # a neuron is no partner of its own
        return torch.from_numpy(bounds), torch.from_numpy(second.astype(np.int32))

    def _pairs(self, ranks: Tensor) -> Tensor:
        codes = ranks + self._connected_below(ranks)
        return decode_pairs(codes, self.num_neurons, self.directed, self.member_sizes)

    def _connected_below(self, ranks: Tensor) -> Tensor:
        """How many ``gaps`` are at most each of ``ranks`` ``[P]``."""
        if self.gaps.device.type != "cpu":
            return torch.searchsorted(self.gaps, ranks, right=True)
        bucket = ranks >> self._shift
        found = self._directory[:-1].index_select(0, bucket)
        end = self._directory[1:].index_select(0, bucket)
        unsure = (found != end).nonzero().squeeze(1)
        searched = torch.searchsorted(self.gaps, ranks[unsure], right=True, out_int32=True)
        return found.index_copy_(0, unsure, searched)

    @cached_property
    def _shift(self) -> int:
        """Bits of a rank within its bucket: a few buckets a connected pair, within bounds."""
        buckets = min(BUCKETS * max(len(self.gaps), 1), MOST_BUCKETS)
        return max(0, (self.count // buckets).bit_length() - 1)

    @cached_property
    def _directory(self) -> Tensor:
        """``[B + 1]`` int32, how many ``gaps`` are below each bucket of ranks.

        Most buckets hold no gap: their ranks need no search.
        """
        bounds = torch.arange((self.count >> self._shift) + 2)
        below = [
            torch.searchsorted(self.gaps, part << self._shift, out_int32=True)
            for part in bounds.split(2**22)  # int64 numbers of all at once would double the memory
        ]
        return torch.cat(below)
