from unittest.mock import patch

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from connectome.data.splits import AbsentPairs
from connectome.data.splits.pair_keys import decode_pairs, encode_pairs, num_pairs
from connectome.types import InputError


def random_edges(n: int, count: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(n, (2, count), generator=generator)


@given(
    n=st.integers(3, 15), count=st.integers(0, 60), seed=st.integers(0, 999), directed=st.booleans()
)
def test_every_absent_pair_and_no_other(n: int, count: int, seed: int, directed: bool) -> None:
    edges = random_edges(n, count, seed)
    absent = AbsentPairs.of(edges, n, directed)
    present = encode_pairs(edges[:, edges[0] != edges[1]], n, directed)
    expected = set(range(num_pairs(n, directed))) - set(present.tolist())
    assert absent.count == len(expected)
    drawn = absent.sample_distinct(absent.count, torch.Generator().manual_seed(seed))
    assert set(encode_pairs(drawn, n, directed).tolist()) == expected


def test_draws_are_uniform() -> None:
    absent = AbsentPairs.of(random_edges(6, 8, 1), 6, directed=True)
    drawn = absent.sample(200 * absent.count, torch.Generator().manual_seed(0))
    counts = torch.bincount(encode_pairs(drawn, 6, directed=True))
    counts = counts[counts > 0].double()
    assert len(counts) == absent.count
    chi_square = ((counts - 200) ** 2 / 200).sum()
    # 99.99th percentile of chi-square with at most 29 degrees of freedom
    assert chi_square < 66


def test_few_distinct_pairs_of_many_do_not_repeat() -> None:
    absent = AbsentPairs.of(random_edges(300, 500, 2), 300, directed=False)
    pairs = absent.sample_distinct(5000, torch.Generator().manual_seed(3))
    assert len(encode_pairs(pairs, 300, directed=False).unique()) == 5000


def test_too_dense_a_graph_is_refused() -> None:
    complete = torch.combinations(torch.arange(5)).T
    absent = AbsentPairs.of(complete, 5, directed=False)
    with pytest.raises(InputError, match="every pair of neurons is connected"):
        absent.sample(1, torch.Generator())
    with pytest.raises(InputError, match="needs 3 unconnected pairs but the graph has 0"):
        absent.sample_distinct(3, torch.Generator())


@given(
    n=st.integers(9, 60),
    count=st.integers(0, 30),
    seed=st.integers(0, 99),
    directed=st.booleans(),
    most=st.sampled_from([1, 8, 2**24]),
)
def test_draws_are_those_of_a_plain_binary_search(
    n: int, count: int, seed: int, directed: bool, most: int
) -> None:
    absent = AbsentPairs.of(random_edges(n, count, seed), n, directed)
    with patch("connectome.data.splits.negatives.MOST_BUCKETS", most):
        drawn = absent.sample(500, torch.Generator().manual_seed(seed))
        assert len(absent._directory) <= 2 * most + 3
    ranks = torch.randint(absent.count, (500,), generator=torch.Generator().manual_seed(seed))
    ranks = ranks.sort().values
    codes = ranks + torch.searchsorted(absent.gaps, ranks, right=True)
    assert torch.equal(drawn, decode_pairs(codes, n, directed))


@pytest.mark.parametrize(
    ("directed", "member_sizes", "listed"),
    [(True, (), True), (True, (), False), (False, (), True), (True, (5, 8), True)],
)
def test_pairs_by_first_neuron_are_the_same_draws(
    directed: bool, member_sizes: tuple[int, ...], listed: bool
) -> None:
    edges = torch.tensor([[0, 0, 3, 4, 7, 12, 11], [1, 4, 2, 0, 6, 5, 10]])
    absent = AbsentPairs.of(edges, 13, directed, member_sizes)
    drawn = absent.sample(500, torch.Generator().manual_seed(3))
    with patch("connectome.data.splits.negatives.MOST_LISTED", 2**24 if listed else 0):
        starts, seconds = absent.sample_rows(500, torch.Generator().manual_seed(3))
    assert (starts.dtype, seconds.dtype) == (torch.int32, torch.int32)
    first = torch.arange(13).repeat_interleave(starts.diff())
    codes = [pairs[0] * 13 + pairs[1] for pairs in (drawn, torch.stack([first, seconds.long()]))]
    assert torch.equal(codes[0].sort().values, codes[1].sort().values)


def test_a_complete_graph_has_no_pairs_by_first_neuron() -> None:
    absent = AbsentPairs.of(torch.tensor([[0, 1], [1, 0]]), 2, directed=True)
    with pytest.raises(InputError, match="every pair of neurons is connected"):
        absent.sample_rows(1, torch.Generator())
