import numpy as np
import pytest

from connectome.metrics.neurons import mixing
from connectome.types import InputError, NotApplicableError


def two_brains(shift: float, types_apart: float = 8.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    brain, code = np.repeat([0, 1], 100), np.tile(np.repeat([0, 1], 50), 2)
    space = rng.standard_normal((200, 3))
    space[:, 0] += types_apart * code
    space[:, 1] += shift * brain
    return space, brain, code


def test_mixed_brains_with_types_apart() -> None:
    found = mixing(*two_brains(0.0))
    assert found.brain_silhouette > 0.9
    assert found.brains_nearby == pytest.approx(1, abs=0.06)
    assert found.types_nearby == pytest.approx(1, abs=0.01)
    assert found.type_silhouette > 0.8
    assert found.neurons == 200


def test_brains_apart_are_told() -> None:
    found = mixing(*two_brains(20.0))
    assert found.brain_silhouette < 0.3
    assert found.brains_nearby < 0.6
    assert found.types_nearby < 1.1


def test_types_that_are_not_told_apart() -> None:
    found = mixing(*two_brains(0.0, types_apart=0.0))
    assert found.types_nearby > 1.8
    assert found.type_silhouette == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("place", [0.0, 0.3])
def test_brains_in_one_place_are_mixed_whatever_their_order(place: float) -> None:
    brain, code = np.repeat([0, 1], 100), np.tile(np.repeat([0, 1], 50), 2)
    space = np.full((200, 3), place) + code[:, None]  # two places, of one type each
    found = mixing(space, brain, code)
    assert found.brains_nearby == pytest.approx(1, abs=0.05)
    assert found.types_nearby == 1


def test_neurons_of_unknown_type_do_not_count() -> None:
    space, brain, code = two_brains(0.0)
    code[:50] = -1
    assert mixing(space, brain, code).neurons == 150


def test_what_cannot_mix_is_refused() -> None:
    space, brain, code = two_brains(0.0)
    with pytest.raises(NotApplicableError, match="fewer than two brains"):
        mixing(space, np.zeros(200), code)
    with pytest.raises(InputError, match="200 places, 200 brains and 10 types"):
        mixing(space, brain, code[:10])
