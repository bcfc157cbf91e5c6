from itertools import permutations

import numpy as np
import pytest
from scipy.stats import ortho_group

from connectome.models import align, assign, promote, similarity
from connectome.types import InputError


def test_alignment_undoes_a_rotation() -> None:
    rng = np.random.default_rng(0)
    target = rng.normal(size=(30, 4))
    source = target @ ortho_group.rvs(4, random_state=0)
    pairs = np.stack([np.arange(6), np.arange(6)], axis=1)
    assert np.allclose(align(source, target, pairs), target)


def test_alignment_needs_pairs_of_equal_dimension() -> None:
    with pytest.raises(InputError, match="no known pairs"):
        align(np.zeros((2, 2)), np.zeros((2, 2)), np.empty((0, 2), dtype=int))
    with pytest.raises(InputError, match="dimensions"):
        align(np.zeros((2, 2)), np.zeros((2, 3)), np.array([[0, 0]]))


def test_similarities_by_hand() -> None:
    left, right = np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([[0.0, 2.0], [3.0, 0.0]])
    assert np.allclose(similarity(left, right), [[0.8, 0.6], [0.0, 0.0]])
    distance = similarity(left, right, "negative_distance")
    assert np.allclose(distance, [[-np.sqrt(13), -4.0], [-2.0, -3.0]])


def test_hub_correction_by_hand() -> None:
    left = right = np.array([[1.0, 0.0], [0.0, 1.0]])
    # nearest similarity is 1 for each: 2 s - 1 - 1
    assert np.allclose(similarity(left, right, neighbours=1), [[0.0, -2.0], [-2.0, 0.0]])


def test_similarity_names_what_it_cannot_use() -> None:
    with pytest.raises(InputError, match="unknown similarity 'dot'"):
        similarity(np.eye(2), np.eye(2), "dot")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="neighbours=3"):
        similarity(np.eye(2), np.eye(2), neighbours=3)


def test_assignment_is_the_best_of_all() -> None:
    values = np.random.default_rng(1).normal(size=(5, 5))
    best = max(permutations(range(5)), key=lambda p: values[range(5), list(p)].sum())
    assert assign(values).tolist() == list(best)


def test_rows_left_over_have_no_partner() -> None:
    assert assign(np.array([[1.0], [3.0], [2.0]])).tolist() == [-1, 0, -1]


def test_ties_are_not_broken_by_position() -> None:
    hits = [(assign(np.zeros((50, 50)), seed) == np.arange(50)).mean() for seed in range(20)]
    assert np.mean(hits) < 0.06  # chance is 1 in 50


def test_promoted_partners_come_first() -> None:
    top = promote(np.array([[1.0, 5.0], [2.0, 3.0], [0.0, 0.0]]), np.array([0, 1, -1]))
    assert top.tolist() == [[6.0, 5.0], [2.0, 6.0], [0.0, 0.0]]
