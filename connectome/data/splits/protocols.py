"""Which links are held out together, by the leak that a protocol closes.

``random``
    every link on its own: a test edge may have its reverse and its mirror in training.
``reciprocal``
    i -> j and j -> i together.
``orbit``
    also their left-right mirror images, i' -> j' and j' -> i' between the homologs.
``neuron``
    whole neurons: a held-out neuron has no training link at all, so only an inductive method,
    one that embeds a neuron from its features, can say anything about it.
``cell_type_block``
    all links between two cell types; links of neurons without a type are never held out.
``whole``
    nothing: all links train, to look at the embedding of a whole connectome. What is then scored
    says how well the embedding fits, not how well it predicts.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from connectome.data.neurons import cell_types, homologs, mirror
from connectome.data.splits.pair_keys import encode_pairs
from connectome.types import Connectome

TEST, VAL, TRAIN = 0, 1, 2
WHOLE = "whole"
NEURON = "neuron"

Wanted = tuple[int, int]  # links wanted for testing and for validation
Deal = Callable[[Tensor, Connectome, Wanted, torch.Generator], Tensor]


def reported_part(protocol: str, test: bool = True) -> str:
    """What metrics are reported of: ``test``, or ``train`` where nothing is held out.

    ``val`` of runs that end after validation, for they choose settings and report nothing.
    """
    if protocol == WHOLE:
        return "train"
    return "test" if test else "val"


def _random(links: Tensor, connectome: Connectome, wanted: Wanted, g: torch.Generator) -> Tensor:
    return _deal_groups(torch.arange(links.shape[1]), wanted, g)


def _reciprocal(
    links: Tensor, connectome: Connectome, wanted: Wanted, g: torch.Generator
) -> Tensor:
    return _deal_groups(encode_pairs(links, connectome.num_neurons, directed=False), wanted, g)


def _orbit(links: Tensor, connectome: Connectome, wanted: Wanted, g: torch.Generator) -> Tensor:
    n = connectome.num_neurons
    group = encode_pairs(links, n, directed=False)
    mirrored = mirror(links, homologs(connectome))
    paired = (mirrored >= 0).all(dim=0)
    other = encode_pairs(mirrored[:, paired], n, directed=False)
    group[paired] = torch.minimum(group[paired], other)
    return _deal_groups(group, wanted, g)


def _neuron(links: Tensor, connectome: Connectome, wanted: Wanted, g: torch.Generator) -> Tensor:
    """Neurons are drawn in random order; a link belongs to the first drawn of its two."""
    rank = torch.randperm(connectome.num_neurons, generator=g)
    first = rank[links].min(dim=0).values
    links_so_far = torch.bincount(first, minlength=connectome.num_neurons).cumsum(0)
    return _part(links_so_far, wanted)[first]


def _cell_type_block(
    links: Tensor, connectome: Connectome, wanted: Wanted, g: torch.Generator
) -> Tensor:
    """Blocks in random order, each into the first part that still has room for it."""
    code, names = cell_types(connectome)
    ends = code[links].sort(dim=0).values  # both directions are one block, else reverses leak
    block = ends[0] * len(names) + ends[1]
    known = ends[0] >= 0
    sizes = torch.bincount(block[known], minlength=len(names) ** 2)
    room = list(wanted)
    part_of_block = torch.full_like(sizes, TRAIN)
    for index in torch.randperm(len(sizes), generator=g).tolist():
        size = int(sizes[index])
        into = next((held for held in (TEST, VAL) if 0 < size <= room[held]), TRAIN)
        part_of_block[index] = into
        if into != TRAIN:
            room[into] -= size
    part = torch.full_like(block, TRAIN)
    part[known] = part_of_block[block[known]]
    return part


def _whole(links: Tensor, connectome: Connectome, wanted: Wanted, g: torch.Generator) -> Tensor:
    return torch.full((links.shape[1],), TRAIN)


PROTOCOLS: dict[str, Deal] = {
    "random": _random,
    "reciprocal": _reciprocal,
    "orbit": _orbit,
    NEURON: _neuron,
    "cell_type_block": _cell_type_block,
    WHOLE: _whole,
}


def _deal_groups(group: Tensor, wanted: Wanted, generator: torch.Generator) -> Tensor:
    """Part of each link; links with the same number in ``group`` ``[L]`` stay together."""
    ascending = bool((group[1:] >= group[:-1]).all())  # as undirected links are: no need to sort
    different = torch.unique_consecutive if ascending else torch.unique
    _, group, sizes = different(group, return_inverse=True, return_counts=True)
    order = torch.randperm(len(sizes), generator=generator)
    part_of_group = torch.empty_like(order)
    part_of_group[order] = _part(sizes[order].cumsum(0), wanted)
    return part_of_group[group]


def _part(links_so_far: Tensor, wanted: Wanted) -> Tensor:
    """Part of what fills the count of links up to ``links_so_far``: test, validation, training."""
    return torch.searchsorted(torch.tensor([wanted[0], sum(wanted)]), links_so_far)
