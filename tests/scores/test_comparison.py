"""Scores that fall with distance: values by hand, rows and pairs, behind networks, on disk."""

from dataclasses import replace
from math import log
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch

from connectome.data import load_scorer, save_scorer
from connectome.scores import Embedding, ScoreName, below_all, compare_all, compare_pairs
from connectome.types import InputError
from tests.scores.test_network import curved

BY_DISTANCE: tuple[ScoreName, ...] = ("negative_distance", "negative_squared_distance", "gravity")


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ("inner_product", 15.0),
        ("network", 15.0),
        ("negative_distance", -5.0),
        ("negative_squared_distance", -25.0),
        ("gravity", -log(25.01)),
    ],
)
def test_values_by_hand(score: ScoreName, expected: float) -> None:
    source, target = torch.tensor([[1.0, 2.0]]), torch.tensor([[5.0, 5.0]])
    assert compare_pairs(score, source, target).item() == pytest.approx(expected)


@pytest.mark.parametrize("score", get_args(ScoreName))
def test_all_pairs_agree_with_pairs(score: ScoreName) -> None:
    source, target = torch.randn(2, 7, 3, generator=torch.Generator().manual_seed(0))
    pairs = torch.cartesian_prod(torch.arange(7), torch.arange(7)).T
    found = compare_pairs(score, source[pairs[0]], target[pairs[1]]).view(7, 7)
    torch.testing.assert_close(compare_all(score, source, target), found)


def test_an_inner_product_that_cancels_is_zero() -> None:
    # as many dimensions as the rank: every absent pair is 0, and float32 would leave a last bit
    rng = np.random.default_rng(0)
    links = torch.from_numpy((rng.random((30, 30)) < 0.2).astype(np.float64))
    left, values, right = torch.linalg.svd(links)
    source, target = ((v * values.sqrt()).float() for v in (left, right.T))
    found = compare_all("inner_product", source, target)
    assert not found[links == 0].any()
    pairs = torch.cartesian_prod(torch.arange(30), torch.arange(30)).T
    by_pair = compare_pairs("inner_product", source[pairs[0]], target[pairs[1]]).view(30, 30)
    assert not by_pair[links == 0].any()
    assert (found[links == 1] - 1).abs().max() < 1e-5
    broken = torch.tensor([[float("nan"), 1.0]])
    assert compare_pairs("inner_product", broken, broken).isnan().all()
    assert compare_all("inner_product", broken, broken).isnan().all()


def test_neurons_without_a_place_score_below_all_others() -> None:
    places = torch.tensor([[3.0, 0.0], [-3.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    placed = torch.tensor([True, True, True, False, False])  # the third lies at the origin
    assert below_all(places, places, placed | True, placed | True) == (None, None)
    sent, received = below_all(places, places, placed, placed)
    assert sent is received  # one number more a neuron
    embedding = Embedding("x", np.arange(5), places, places, "negative_distance", sent, received)
    scores = embedding.score_rows(torch.arange(5))
    assert scores[:3, :3].min() == -6  # the two that are farthest apart
    assert scores[3:, :].max() <= -6
    assert scores[:, 3:].max() <= -6


@pytest.mark.parametrize("score", BY_DISTANCE)
def test_networks_stand_before_a_distance_too(score: ScoreName, tmp_path: Path) -> None:
    before = replace(curved(), score=score, scale=1.7)
    sent, received = before.compared
    assert before.source_bias is not None
    expected = 1.7 * compare_pairs(score, sent[[2]], received[[4]]) + before.source_bias[2]
    assert before.target_bias is not None
    pair = torch.tensor([[2], [4]])
    torch.testing.assert_close(before.score_pairs(pair), expected + before.target_bias[4])
    torch.testing.assert_close(before.score_rows(pair[0])[0, 4], before.score_pairs(pair)[0])
    save_scorer(tmp_path / "x.npz", before)
    assert torch.equal(load_scorer(tmp_path / "x.npz").score_pairs(pair), before.score_pairs(pair))


def test_half_a_network_is_refused() -> None:
    with pytest.raises(InputError, match="all of them or none"):
        replace(curved(), score="gravity", widths=None)
