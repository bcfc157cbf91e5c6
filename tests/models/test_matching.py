from itertools import permutations

import numpy as np
import pytest
from scipy.stats import ortho_group

from connectome.models.matching import align, assign, promote, similarity
from connectome.models.matching.assignment import Kind
from connectome.types import InputError
from tests.models.chance import at_chance


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


@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (3, 4), (5, 3), (50, 50)])
@pytest.mark.parametrize("value", [0.0, 0.1])
def test_ties_are_not_broken_by_position(shape: tuple[int, int], value: float) -> None:
    partners = [assign(np.full(shape, value), seed) for seed in range(300)]
    assert at_chance(partners, shape)


@pytest.mark.parametrize("kind", ["cosine", "negative_distance"])
@pytest.mark.parametrize("neighbours", [0, 10])
def test_equal_places_are_equally_alike(kind: Kind, neighbours: int) -> None:
    # enough of them that a matrix product is made in blocks, which round differently
    for seed in range(5):
        place = np.random.default_rng(seed).normal(size=24)
        places = np.tile(place, (333, 1))
        assert len(np.unique(similarity(places, places, kind, neighbours))) == 1


def test_promoted_partners_come_first() -> None:
    top = promote(np.array([[1.0, 5.0], [2.0, 3.0], [0.0, 0.0]]), np.array([0, 1, -1]))
    assert top.tolist() == [[6.0, 5.0], [2.0, 6.0], [0.0, 0.0]]
