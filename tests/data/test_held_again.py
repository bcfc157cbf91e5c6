"""Training links held out once more, by the protocol of their split."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from connectome.data.neurons import homologs, mirror
from connectome.data.splits import HeldAgain, SplitConfig, hold_out_again, split_links
from connectome.types import Connectome, LinkSplit, NotApplicableError
from tests.conftest import annotated_connectome


def drawn(protocol: str, seed: int = 3) -> tuple[Connectome, LinkSplit]:
    connectome = annotated_connectome(1, neurons=40, edges=400)
    return connectome, split_links(connectome, SplitConfig(True, protocol, seed=seed))


def again(
    connectome: Connectome, split: LinkSplit, share: float = 0.2, most: int = 9999, seed: int = 0
) -> HeldAgain:
    return hold_out_again(split, connectome, share, 3, most, seed)


def pairs_of(pairs: Tensor) -> set[tuple[int, int]]:
    return {(pre, post) for pre, post in pairs.T.tolist()}


@pytest.mark.parametrize("protocol", ["random", "reciprocal", "orbit", "cell_type_block", "whole"])
def test_links_are_dealt_from_training_alone(protocol: str) -> None:
    connectome, split = drawn(protocol)
    found = again(connectome, split)
    assert found.held.shape == (split.train.shape[1],)
    share = found.held.double().mean()
    assert 0.05 < share <= 0.2
    assert pairs_of(found.links) == pairs_of(split.train[:, found.held])
    assert found.negatives.shape[1] == 3 * found.links.shape[1]
    assert not pairs_of(found.negatives) & pairs_of(split.train)
    assert (found.negatives[0] != found.negatives[1]).all()


def test_what_the_protocol_keeps_together_stays_together() -> None:
    for protocol in ("reciprocal", "orbit", "whole"):
        connectome, split = drawn(protocol)
        found = again(connectome, split)
        kept = pairs_of(split.train[:, ~found.held])
        assert not pairs_of(found.links.flip(0)) & kept, protocol
        mirrored = mirror(found.links, homologs(connectome))
        together = pairs_of(mirrored) & kept
        assert bool(together) != (protocol == "orbit"), protocol


def test_at_most_so_many_links_are_taken_and_all_are_held() -> None:
    connectome, split = drawn("reciprocal")
    whole, some = again(connectome, split), again(connectome, split, most=10)
    assert torch.equal(some.held, whole.held)
    assert some.links.shape == (2, 10)
    assert some.negatives.shape == (2, 30)
    assert pairs_of(some.links) < pairs_of(whole.links)


def test_another_seed_holds_others_and_held_out_parts_change_nothing() -> None:
    connectome, split = drawn("reciprocal")
    first, other = again(connectome, split), again(connectome, split, seed=1)
    assert not torch.equal(first.held, other.held)
    blind = replace(
        split, val=split.val[:, :1], test=split.val[:, 1:2], test_negatives=split.val_negatives
    )
    same = again(connectome, blind)
    assert torch.equal(same.links, first.links)
    assert torch.equal(same.negatives, first.negatives)


def test_the_order_of_rows_changes_nothing() -> None:
    connectome, split = drawn("orbit")
    ids = connectome.neuron_ids
    order = torch.from_numpy(ids.argsort())
    place = order.argsort()
    edges = place[connectome.edge_index]
    sort = (edges[0] * 40 + edges[1]).argsort()
    moved = replace(
        connectome,
        neuron_ids=ids[order.numpy()],
        edge_index=edges[:, sort],
        synapses=connectome.synapses[sort],
        edge_type_synapses=connectome.edge_type_synapses[sort],
        neurons=connectome.neurons.iloc[order.numpy()].reset_index(drop=True),
    )
    assert split.order is not None
    other = split_links(moved, SplitConfig(True, "orbit", seed=3))
    here, there = again(connectome, split), again(moved, other)
    assert torch.equal(place[here.links], there.links)
    assert torch.equal(place[here.negatives], there.negatives)


def test_too_few_links_are_refused() -> None:
    connectome, split = drawn("reciprocal")
    for share in (1e-9, 1 - 1e-9):
        one = replace(split, train=split.train[:, :1])
        with pytest.raises(NotApplicableError, match=r"model\.held_share=.*of 1 training links"):
            again(connectome, one, share)
