import numpy as np
import pytest
import torch

from connectome.models import DeepEncoder, Latent, PairSettings, PairsName, stored_table
from connectome.types import InputError, MessageGraph, NotApplicableError

PAIRS = torch.tensor([[4, 1], [0, 3]])  # left above right; 2 has no homolog


def graph(pairs: torch.Tensor | None = PAIRS) -> MessageGraph:
    return MessageGraph(np.arange(5), torch.tensor([[0, 1], [1, 2]]), True, pairs=pairs)


def encoder() -> DeepEncoder:
    generator = torch.Generator().manual_seed(0)
    return DeepEncoder(5, 0, None, 4, 2, heads=2, hops=0, channels=2, generator=generator)


@pytest.mark.parametrize("pairs", ["share", "mirror"])
def test_pairs_have_one_row(pairs: PairsName) -> None:
    one = encoder()
    before = one.table.detach().clone()
    PairSettings(pairs).prepare(one, graph())
    for left, right in PAIRS.T.tolist():
        assert torch.equal(one.table[left], before[left])
        assert torch.equal(one.table[right], before[left])
    assert torch.equal(one.table[2], before[2])
    assert stored_table(one).shape == (3, 4)  # what is counted as parameters
    assert sum(weight.numel() for weight in one.parameters()) == 12


def test_a_shared_row_gets_the_gradient_of_both() -> None:
    one = encoder()
    PairSettings("share").prepare(one, graph())
    weight = torch.arange(20.0).view(5, 4)
    (one.table * weight).sum().backward()
    expected = torch.stack([weight[1] + weight[3], weight[2], weight[4] + weight[0]])
    torch.testing.assert_close(stored_table(one).grad, expected)


def test_right_neurons_are_mirrored_in_each_role() -> None:
    plain = Latent(torch.ones(5, 6))
    found = PairSettings("mirror").reflect(plain, graph(), sides=2).mean
    expected = torch.ones(5, 6)
    expected[[0, 3]] = torch.tensor([1.0, 1, -1, 1, 1, -1])
    assert torch.equal(found, expected)
    assert PairSettings("share").reflect(plain, graph(), sides=2) is plain


def test_without_sharing_the_table_is_a_parameter() -> None:
    for pairs in (None, "tie"):
        one = encoder()
        PairSettings(pairs).prepare(one, graph())  # type: ignore[arg-type]
        assert stored_table(one) is one.table


def test_tied_pairs_pay_for_their_distance() -> None:
    mean = torch.tensor([[0.0, 0], [1, 1], [9, 9], [1, 3], [3, 4]])
    found = PairSettings("tie", weight=0.5).penalty(mean, graph())
    assert found is not None
    assert float(found) == 0.5 * (25 + 4) / 2
    assert PairSettings("share").penalty(mean, graph()) is None


def test_what_is_refused() -> None:
    for pairs in ("share", "tie"):
        with pytest.raises(NotApplicableError, match=r"set model\.pairs=null"):
            PairSettings(pairs).prepare(encoder(), graph(None))  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"model\.pairs=swap: choose one of null, share"):
        PairSettings("swap")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"model\.pairs_weight=-1\.0: must be 0 or more"):
        PairSettings("tie", -1.0)
