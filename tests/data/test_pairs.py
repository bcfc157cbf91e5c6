import torch
from hypothesis import given
from hypothesis import strategies as st

from connectome.data.splits.pair_keys import decode_pairs, encode_pairs, num_pairs


@given(n=st.integers(2, 40), directed=st.booleans())
def test_numbers_and_pairs_are_one_to_one(n: int, directed: bool) -> None:
    codes = torch.arange(num_pairs(n, directed))
    pairs = decode_pairs(codes, n, directed)
    assert torch.equal(encode_pairs(pairs, n, directed), codes)
    assert (pairs[0] != pairs[1]).all()
    assert pairs.min() == 0
    assert pairs.max() == n - 1
    assert directed or (pairs[0] < pairs[1]).all()


@given(a=st.integers(0, 10**8 - 1), b=st.integers(0, 10**8 - 1), directed=st.booleans())
def test_exact_at_the_size_of_a_mouse_brain(a: int, b: int, directed: bool) -> None:
    if a == b:
        return
    n = 10**8
    pair = torch.tensor([[a], [b]])
    back = decode_pairs(encode_pairs(pair, n, directed), n, directed)
    expected = pair if directed else pair.sort(dim=0).values
    assert torch.equal(back, expected)


@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4), directed=st.booleans())
def test_only_pairs_within_a_member_have_numbers(sizes: list[int], directed: bool) -> None:
    n, members = sum(sizes), tuple(sizes)
    codes = torch.arange(num_pairs(n, directed, members))
    pairs = decode_pairs(codes, n, directed, members)
    assert torch.equal(encode_pairs(pairs, n, directed, members), codes)
    member = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))
    assert torch.equal(member[pairs[0]], member[pairs[1]])
    assert len(set(map(tuple, pairs.T.tolist()))) == len(codes)


def test_order_within_an_unordered_pair_does_not_matter() -> None:
    pair = torch.tensor([[3, 1], [0, 2]])
    same = encode_pairs(pair.flip(0), 5, directed=False)
    assert torch.equal(encode_pairs(pair, 5, directed=False), same)
