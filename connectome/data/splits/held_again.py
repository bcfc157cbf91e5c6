"""Training links held out once more, for what cannot be fitted on the links that its parts saw."""

from dataclasses import dataclass

import torch
from torch import Tensor

from connectome.data.splits.negatives import AbsentPairs
from connectome.data.splits.order import in_order_of_draws, renumbered, reordered
from connectome.data.splits.protocols import PROTOCOLS, TEST, WHOLE
from connectome.types import Connectome, LinkSplit, NotApplicableError

USUAL = "reciprocal"  # where the split holds nothing out


@dataclass(frozen=True, eq=False)
class HeldAgain:
    """Training links in two parts, dealt by the protocol of their split.

    Attributes:
        held: ``[T]`` bool, which of the training links are held out again.
        links: ``[2, H]`` those, some of them where there are many.
        negatives: ``[2, Q]`` pairs without a training link, drawn evenly.
    """

    held: Tensor
    links: Tensor
    negatives: Tensor


def hold_out_again(
    split: LinkSplit, connectome: Connectome, share: float, negatives: int, most: int, seed: int
) -> HeldAgain:
    """Hold out some of the training links as the split holds out others from training.

    What is held out together in the split is so here. Nothing of the validation and test parts is
    looked at: pairs of theirs are among the negatives as others are, one in several hundred.

    Args:
        split: with the training links ``[2, T]``.
        connectome: the data, for the homologs and the cell types that a protocol needs.
        share: of the training links.
        negatives: pairs without a training link for each of the links.
        most: links at most, drawn from those that are held out.
        seed: of the draws; they follow the ids of the neurons.

    Raises:
        NotApplicableError: if either part would have no link.
        InputError: if every pair has one.
    """
    drawn, generator = in_order_of_draws(split), torch.Generator().manual_seed(seed)
    data = connectome if split.order is None else reordered(connectome, split.order)
    deal = PROTOCOLS[USUAL if split.protocol == WHOLE else split.protocol]
    wanted = int(share * drawn.train.shape[1])
    held = deal(drawn.train, data, (wanted, 0), generator) == TEST
    if not 0 < int(held.sum()) < len(held):
        raise NotApplicableError(
            f"split.protocol={split.protocol} model.held_share={share}: of {len(held)} training "
            "links a part would get none, since they are too few or held out in too large groups; "
            "try another share or another protocol"
        )
    links = drawn.train[:, held]
    links = links[:, torch.randperm(links.shape[1], generator=generator)[:most]]
    absent = AbsentPairs.of(drawn.train, split.num_neurons, True, split.member_sizes)
    found = absent.sample(negatives * links.shape[1], generator)
    in_rows = (renumbered(pairs, split.order, split.directed) for pairs in (links, found))
    return HeldAgain(held, *in_rows)
