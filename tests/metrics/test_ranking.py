from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score
from torchmetrics.retrieval import RetrievalHitRate, RetrievalMRR

from connectome.data.splits import SplitConfig, split_links
from connectome.metrics.links import rank_test_links
from connectome.scores import Embedding
from connectome.types import LinkSplit
from tests.conftest import random_connectome

N = 20


def setting(seed: int, directed: bool, ties: bool) -> tuple[LinkSplit, Embedding]:
    connectome = random_connectome(seed, neurons=N, edges=120)
    split = split_links(connectome, SplitConfig(directed, "random", 0.1, 0.3, seed=seed))
    generator = torch.Generator().manual_seed(seed)
    shape = (N, 2)
    source, target = (
        torch.randint(-2, 3, shape, generator=generator).float()
        if ties
        else torch.randn(shape, generator=generator)
        for _ in range(2)
    )
    target = target if directed else source
    return split, Embedding("m", connectome.neuron_ids, source, target)


def candidates(split: LinkSplit) -> tuple[np.ndarray, np.ndarray]:
    """Whether each ordered pair is a test link, and whether it is a candidate at all."""
    test, known = (np.zeros((N, N), dtype=bool) for _ in range(2))
    for part in (split.train, split.val, split.test):
        for i, j in part.T.tolist():
            known[i, j] = True
            known[j, i] |= not split.directed
    for i, j in split.test.T.tolist():
        test[i, j] = True
        test[j, i] |= not split.directed
    return test, ~known & ~np.eye(N, dtype=bool)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 999), directed=st.booleans(), ties=st.booleans())
def test_average_precision_equals_that_of_the_full_list(
    seed: int, directed: bool, ties: bool
) -> None:
    split, embedding = setting(seed, directed, ties)
    test, absent = candidates(split)
    scores = embedding.score_rows(torch.arange(N)).numpy()
    ranking = rank_test_links(embedding, split)
    expected = average_precision_score(test[test | absent], scores[test | absent])
    assert ranking.average_precision == pytest.approx(expected)
    assert ranking.pairs == absent.sum()
    assert ranking.prevalence == pytest.approx(test.sum() / (test | absent).sum())


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 999), directed=st.booleans())
def test_mrr_and_hits_equal_those_of_torchmetrics(seed: int, directed: bool) -> None:
    split, embedding = setting(seed, directed, ties=False)
    test, absent = candidates(split)
    scores = embedding.score_rows(torch.arange(N))
    predictions, relevant, query = [], [], []
    for number, (i, j) in enumerate(np.argwhere(test)):
        rivals = np.flatnonzero(absent[i])
        predictions += [scores[i, j], *scores[i, rivals]]
        relevant += [True, *([False] * len(rivals))]
        query += [number] * (1 + len(rivals))
    # Squashed, since torchmetrics takes only positive scores for retrieved.
    inputs = torch.tensor(predictions).sigmoid(), torch.tensor(relevant), torch.tensor(query)
    ranking = rank_test_links(embedding, split)
    mrr = RetrievalMRR()(*inputs[:2], indexes=inputs[2])
    assert ranking.reciprocal == pytest.approx(float(mrr))
    hits = RetrievalHitRate(top_k=10)(*inputs[:2], indexes=inputs[2])
    assert ranking.hits_at(10) == pytest.approx(float(hits))


def test_ties_count_half() -> None:
    split, embedding = setting(0, directed=True, ties=False)
    constant = replace(embedding, source=torch.zeros(N, 2), target=torch.zeros(N, 2))
    ranking = rank_test_links(constant, split)
    _, absent = candidates(split)
    rivals = absent[ranking.links[0]].sum(axis=1)
    np.testing.assert_allclose(ranking.rank, 1 + rivals / 2)


def test_blocks_of_rows_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    split, embedding = setting(1, directed=True, ties=True)
    whole = rank_test_links(embedding, split)
    monkeypatch.setattr("connectome.scores.scorer.BLOCK", 3 * N)
    parts = rank_test_links(embedding, split)
    assert np.array_equal(whole.rank, parts.rank)
    assert whole.average_precision == parts.average_precision


def test_sampled_sources_keep_their_ranks() -> None:
    split, embedding = setting(2, directed=True, ties=False)
    whole, some = (rank_test_links(embedding, split, limit) for limit in (N, 7))
    assert 0 < len(some.rank) < len(whole.rank)
    known = dict(zip(map(tuple, whole.links.T.tolist()), whole.rank, strict=True))
    found = zip(map(tuple, some.links.T.tolist()), some.rank, strict=True)
    assert all(known[link] == rank for link, rank in found)


def test_links_can_be_chosen() -> None:
    split, embedding = setting(3, directed=True, ties=False)
    ranking = rank_test_links(embedding, split)
    first = np.arange(len(ranking.rank)) == 0
    assert ranking.chosen(first).reciprocal == pytest.approx(1 / ranking.rank[0])


def test_the_order_of_neurons_changes_nothing() -> None:
    split, embedding = setting(4, directed=True, ties=True)
    order = torch.randperm(N, generator=torch.Generator().manual_seed(0))
    place = order.argsort()
    moved = replace(
        embedding,
        neuron_ids=embedding.neuron_ids[order.numpy()],
        source=embedding.source[order],
        target=embedding.target[order],
    )
    names = ("train", "val", "test", "val_negatives", "test_negatives")
    moved_split = replace(split, **{name: place[getattr(split, name)] for name in names})
    here, there = rank_test_links(embedding, split), rank_test_links(moved, moved_split)
    assert here.average_precision == pytest.approx(there.average_precision)
    assert here.reciprocal == pytest.approx(there.reciprocal)
    assert here.hits_at(10) == pytest.approx(there.hits_at(10))


def test_neurons_of_another_brain_are_no_candidates() -> None:
    split, embedding = setting(3, directed=True, ties=False)
    halves = replace(split, member_sizes=(N // 2, N // 2))
    inside = {
        part: pairs[:, (pairs[0] < N // 2) == (pairs[1] < N // 2)]
        for part in ("train", "val", "test")
        for pairs in [getattr(split, part)]
    }
    ranking = rank_test_links(embedding, replace(halves, **inside))
    linked = sum(pairs.shape[1] for pairs in inside.values())
    assert ranking.pairs == 2 * (N // 2) * (N // 2 - 1) - linked
    assert ranking.rank.max() <= N // 2
