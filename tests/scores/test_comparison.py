"""Scores that fall with distance: values by hand, rows and pairs, behind networks, on disk."""

from dataclasses import replace
from math import log
from pathlib import Path

import numpy as np
import pytest
import torch

from connectome.runs import load_scorer, save_scorer
from connectome.scores import Embedding
from connectome.scores.similarity import SIMILARITIES, below_all, every_pair
from connectome.types import InputError
from tests.scores.test_network import curved

INNER = SIMILARITIES["inner_product"]


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ("inner_product", 15.0),
        ("distance", -5.0),
        ("gravity", -log(25.01)),
    ],
)
def test_values_by_hand(score: str, expected: float) -> None:
    source, target = torch.tensor([[1.0, 2.0]]), torch.tensor([[5.0, 5.0]])
    assert SIMILARITIES[score].pairs(source, target).item() == pytest.approx(expected)


@pytest.mark.parametrize("score", SIMILARITIES)
def test_all_pairs_agree_with_pairs(score: str) -> None:
    source, target = torch.randn(2, 7, 3, generator=torch.Generator().manual_seed(0))
    pairs = torch.cartesian_prod(torch.arange(7), torch.arange(7)).T
    similarity = SIMILARITIES[score]
    found = similarity.pairs(source[pairs[0]], target[pairs[1]]).view(7, 7)
    torch.testing.assert_close(similarity.all_pairs(source, target), found)
    torch.testing.assert_close(every_pair(similarity.pairs, source, target), found)
    torch.testing.assert_close(every_pair(similarity.trained, source, target), found)
    assert every_pair(similarity.pairs, source[:0], target).shape == (0, 7)


def test_an_inner_product_that_cancels_is_zero() -> None:
    # as many dimensions as the rank: every absent pair is 0, and float32 would leave a last bit
    rng = np.random.default_rng(0)
    links = torch.from_numpy((rng.random((30, 30)) < 0.2).astype(np.float64))
    left, values, right = torch.linalg.svd(links)
    source, target = ((v * values.sqrt()).float() for v in (left, right.T))
    found = INNER.all_pairs(source, target)
    assert not found[links == 0].any()
    pairs = torch.cartesian_prod(torch.arange(30), torch.arange(30)).T
    by_pair = INNER.pairs(source[pairs[0]], target[pairs[1]]).view(30, 30)
    assert not by_pair[links == 0].any()
    assert (found[links == 1] - 1).abs().max() < 1e-5
    broken = torch.tensor([[float("nan"), 1.0]])
    assert INNER.pairs(broken, broken).isnan().all()
    assert INNER.all_pairs(broken, broken).isnan().all()


@pytest.mark.parametrize(("score", "lowest"), [("distance", -6.0), ("gravity", -log(36.01))])
def test_neurons_without_a_place_score_below_all_others(score: str, lowest: float) -> None:
    places = torch.tensor([[3.0, 0.0], [-3.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    placed = torch.tensor([True, True, True, False, False])  # the third lies at the origin
    depth = SIMILARITIES[score].depth(places, places)
    assert below_all(depth, placed | True, placed | True) == (None, None)
    sent, received = below_all(depth, placed, placed)
    assert sent is received  # one number more a neuron
    embedding = Embedding("x", np.arange(5), places, places, score, sent, received)
    scores = embedding.score_rows(torch.arange(5))
    assert scores[:3, :3].min() == pytest.approx(lowest)  # the two that are farthest apart
    assert scores[3:, :].max() <= lowest + 1e-6
    assert scores[:, 3:].max() <= lowest + 1e-6


def test_an_inner_product_has_no_likely_place() -> None:
    assert INNER.depth(torch.ones(3, 2), torch.ones(3, 2)) is None
    assert below_all(None, torch.tensor([False]), torch.tensor([False])) == (None, None)


@pytest.mark.parametrize("score", SIMILARITIES)
def test_networks_stand_before_any_similarity(score: str, tmp_path: Path) -> None:
    before = replace(curved(), score=score, scale=1.7)
    sent, received = before.compared
    assert before.source_bias is not None
    expected = 1.7 * SIMILARITIES[score].pairs(sent[[2]], received[[4]]) + before.source_bias[2]
    assert before.target_bias is not None
    pair = torch.tensor([[2], [4]])
    torch.testing.assert_close(before.score_pairs(pair), expected + before.target_bias[4])
    torch.testing.assert_close(before.score_rows(pair[0])[0, 4], before.score_pairs(pair)[0])
    save_scorer(tmp_path / "x.npz", before)
    assert torch.equal(load_scorer(tmp_path / "x.npz").score_pairs(pair), before.score_pairs(pair))


def test_half_a_network_is_refused() -> None:
    with pytest.raises(InputError, match="or none of the three"):
        replace(curved(), score="gravity", widths=None)
