"""Numbering of neuron pairs, so that sets of links become sorted lists of integers.

Ordered pairs without self-loops are numbered ``0 .. N(N-1) - 1``, unordered ones
``0 .. N(N-1)/2 - 1``.
"""

import torch
from torch import Tensor

from connectome.types import Connectome


def num_pairs(num_neurons: int, directed: bool, member_sizes: tuple[int, ...] = ()) -> int:
    """How many pairs of two different neurons there are, of one member each if there are such."""
    ordered = sum(size * (size - 1) for size in member_sizes or (num_neurons,))
    return ordered if directed else ordered // 2


def encode_pairs(
    pairs: Tensor, num_neurons: int, directed: bool, member_sizes: tuple[int, ...] = ()
) -> Tensor:
    """Numbers ``[P]`` of the pairs ``[2, P]``; self-loops are not allowed.

    The order within an unordered pair does not matter. With ``member_sizes``, numbers of neurons
    that lie in a row, only the pairs within a member are numbered: first those of the first.
    """
    if not member_sizes:
        return _encode(pairs, num_neurons, directed)
    sizes, starts, bases = _members(member_sizes, directed, pairs.device)
    member = torch.searchsorted(starts, pairs[0].contiguous(), right=True) - 1
    return bases[member] + _encode(pairs - starts[member], sizes[member], directed)


def decode_pairs(
    codes: Tensor, num_neurons: int, directed: bool, member_sizes: tuple[int, ...] = ()
) -> Tensor:
    """Pairs ``[2, P]`` of the numbers ``[P]``; unordered pairs come as ``(smaller, larger)``."""
    if not member_sizes:
        return _decode(codes, num_neurons, directed)
    sizes, starts, bases = _members(member_sizes, directed, codes.device)
    member = torch.searchsorted(bases, codes, right=True) - 1
    return starts[member] + _decode(codes - bases[member], sizes[member], directed)


def _members(
    sizes: tuple[int, ...], directed: bool, device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    """Of each member: its neurons, its first neuron, the number of its first pair."""
    neurons = torch.tensor(sizes, device=device)
    pairs = neurons * (neurons - 1) // (1 if directed else 2)
    return neurons, neurons.cumsum(0) - neurons, pairs.cumsum(0) - pairs


def _encode(pairs: Tensor, num_neurons: int | Tensor, directed: bool) -> Tensor:
    first, second = pairs
    if directed:
        return first * (num_neurons - 1) + second - (second > first).long()
    low, high = torch.minimum(first, second), torch.maximum(first, second)
    return high * (high - 1) // 2 + low


def _decode(codes: Tensor, num_neurons: int | Tensor, directed: bool) -> Tensor:
    if directed:
        first = codes // (num_neurons - 1)
        second = codes - first * (num_neurons - 1)
        return torch.stack([first, second + (second >= first).long()])
    high = ((1 + (1 + 8 * codes.double()).sqrt()) / 2).long()
    # The square root is rounded: past 2^53 it can be off by one either way.
    high = high - (high * (high - 1) // 2 > codes).long()
    high = high + ((high + 1) * high // 2 <= codes).long()
    return torch.stack([codes - high * (high - 1) // 2, high])


def without_self_loops(pairs: Tensor) -> Tensor:
    """Those of ``pairs`` ``[2, P]`` whose two neurons differ, ``[2, P']``."""
    return pairs[:, pairs[0] != pairs[1]]


def distinct_pairs(pairs: Tensor, directed: bool) -> int:
    """How many different pairs there are among ``pairs`` ``[2, P]``."""
    if not pairs.numel():
        return 0
    first, second = pairs if directed else pairs.sort(dim=0).values
    return len((first * (int(pairs.max()) + 1) + second).unique())


def edge_rows(connectome: Connectome, pairs: Tensor, directed: bool) -> Tensor:
    """Where the pairs ``[2, P]`` stand among the edges of ``connectome``, -1 for those that do not.

    The search is of sorted keys, along the memory: at random it takes ten times as long.

    Returns:
        ``[1, P]`` int64; ``[2, P]`` for undirected pairs, the second row for the other direction.
    """
    known, last = connectome.edge_keys, connectome.num_edges - 1
    ways = [pairs] if directed else [pairs, pairs.flip(0)]
    rows = torch.empty(len(ways), pairs.shape[1], dtype=torch.int64)
    for way, found in zip(ways, rows, strict=True):
        keys, order = (way[0] * connectome.num_neurons + way[1]).sort()
        row = torch.searchsorted(known, keys).clamp_(max=last)
        found[order] = torch.where(known[row] == keys, row, -1)
    return rows


def sum_over(rows: Tensor, values: Tensor) -> Tensor:
    """Sums ``[P, ...]`` of ``values`` ``[E, ...]`` over ``rows`` ``[R, P]``; -1 adds nothing."""
    there = (rows >= 0).view(*rows.shape, *[1] * (values.dim() - 1))
    return torch.where(there, values[rows.clamp(min=0)], 0.0).sum(dim=0)
