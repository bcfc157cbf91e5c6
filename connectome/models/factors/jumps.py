"""Which neuron's place suits another one best: a way out of places that no small step leaves."""

import torch
from torch import Tensor
from torch.nn import functional as F

from connectome.models.factors.pairs import Links
from connectome.models.factors.parts import Side

LEVELS = 3  # neurons with biases near each other are scored with their mean


def best_places(
    side: Side,
    own: tuple[Tensor, Tensor],
    other: tuple[Tensor, Tensor],
    places: Tensor,
    penalty: Tensor,
) -> Tensor:
    r"""For every neuron of a side, the neuron at whose place its loss is lowest: ``[N]`` int64.

    With the other side held, the loss of all pairs is a sum over the neurons of this side. That of
    each neuron at each place is worked out, links and absent pairs, and the best place of all is
    taken: block coordinate descent (Tseng 2001, doi:10.1023/A:1017501703105) over the places that
    others have found. A neuron names itself where none of ``places`` is better than its own.

    Args:
        side: links and weights of one brain.
        own: ``[N, K]`` what is compared of each neuron of the side, and biases ``[N]``.
        other: the same of the other side.
        places: ``[M]`` int64, neurons of the side whose places are tried.
        penalty: ``[N]``, what each place costs beside.
    """
    mine, bias = own
    there = torch.cat([other[0], other[1][:, None]], dim=1)
    here = torch.cat([mine, torch.ones_like(bias)[:, None]], dim=1)
    logits = here[places] @ there.T
    best = torch.arange(len(mine), device=mine.device)
    for neurons in bias.argsort(stable=True).chunk(LEVELS):
        level = bias[neurons].mean()
        links = Links.of(side, neurons, side.weight)
        absent = _absent(side, neurons[links.row], links.partner)
        pull = links.sums(links.weight, there)  # the links' share of the slope of the loss
        excess = links.weight - absent

        soft = F.softplus(logits + level)
        even, by_degree = _all_pairs(side, soft)
        cost = penalty[places] + even - pull @ here[places].T
        cost += torch.outer(side.own[neurons], by_degree)
        cost += links.sums(excess, soft.T.contiguous())
        itself = _absent(side, neurons, neurons)  # is no pair
        cost -= itself[:, None] * soft.index_select(1, neurons).T

        soft = F.softplus(here[neurons] @ there.T + level)
        even, by_degree = _all_pairs(side, soft)
        stays = penalty[neurons] + even - (pull * here[neurons]).sum(dim=1)
        stays += side.own[neurons] * by_degree
        stays -= itself * soft.gather(1, neurons[:, None])[:, 0]
        stays.index_add_(0, links.row, excess * soft[links.row, links.partner])

        lowest, at = cost.min(dim=1)
        best[neurons] = torch.where(lowest < stays, places[at], neurons)
    return best


def _absent(side: Side, neurons: Tensor, partners: Tensor) -> Tensor:
    """What absent pairs of ``neurons`` with ``partners`` weigh, ``[Q]`` each."""
    return 1 - side.share + side.share * side.own[neurons] * side.other[partners]


def _all_pairs(side: Side, values: Tensor) -> tuple[Tensor, Tensor]:
    """Sums ``[R]`` of ``values`` ``[R, N]`` over all partners: evenly, and by their degree."""
    return (1 - side.share) * values.sum(dim=1), side.share * (values @ side.other)
