"""Types that nobody named, and the features of roles that they start from."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.metrics import adjusted_rand_score

from connectome.models.cell_typing import UnseededSettings, find_types
from connectome.models.cell_typing.unseeded import _joined
from connectome.models.sparse import role_features
from connectome.types import InputError


def planted(
    seed: int, sizes: tuple[int, ...] = (60, 60, 60, 60)
) -> tuple[sp.csr_array, np.ndarray]:
    """A ring of types, each of which sends to the next, and the type of each neuron, shuffled."""
    rng = np.random.default_rng(seed)
    kind = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    follows = (kind[:, None] + 1) % len(sizes) == kind[None]
    rate = np.where(follows, 0.5, 0.005) * (1 + kind)[:, None]
    return sp.csr_array(rng.poisson(rate).astype(float)), kind


def test_planted_types_are_found_without_a_seed() -> None:
    wiring, kind = planted(0)
    found = find_types(wiring)
    assert adjusted_rand_score(kind, found) > 0.9
    assert set(found) == set(range(found.max() + 1))
    assert np.all(np.diff(np.bincount(found)) <= 0)  # the largest first


def test_shuffled_wiring_gives_chance() -> None:
    wiring, kind = planted(1)
    order = np.random.default_rng(5).permutation(len(kind))
    found = find_types(wiring)
    assert abs(adjusted_rand_score(kind[order], found)) < 0.05


def test_groups_that_could_be_each_other_join_each_once() -> None:
    group = np.repeat([0, 1, 2, 3], [4, 4, 2, 6])
    between = np.zeros((4, 4))
    between[0, 1], between[1, 0], between[2, 1], between[3, 2] = 1, 2, 1, 0
    joined = _joined(group, between, share=0.3)
    # 3 of 4 for the first two; then 1 of 2 for the next, whose partner is taken by now
    np.testing.assert_array_equal(joined, np.repeat([0, 0, 1, 2], [4, 4, 2, 6]))
    np.testing.assert_array_equal(_joined(group, between, share=0.75), group)  # more than, not as


def test_neurons_without_connections_have_no_type() -> None:
    wiring, _ = planted(3)
    lonely = sp.block_diag([wiring, sp.csr_array((3, 3))], format="csr")
    found = find_types(sp.csr_array(lonely))
    assert (found[-3:] == -1).all()
    np.testing.assert_array_equal(found[:-3], find_types(wiring))
    with pytest.raises(InputError, match="no neuron has a connection"):
        find_types(sp.csr_array((5, 5)))


def test_settings_must_be_positive() -> None:
    with pytest.raises(InputError, match="rounds=0: must be above 0"):
        UnseededSettings(rounds=0)


def test_a_role_is_the_same_wherever_the_neuron_stands() -> None:
    """Of a ring all neurons play one role; in a chain each end plays another than the middle."""
    ring = sp.csr_array(np.roll(np.eye(6), 1, axis=1))
    assert np.ptp(role_features(ring), axis=0).max() < 1e-9
    chain = sp.csr_array(np.diag(np.ones(11), 1))
    roles = role_features(chain)
    apart = np.linalg.norm(roles[:, None] - roles[None], axis=2)
    assert apart[0, 11] > 1
    assert apart[4, 7] < 1e-6  # three steps away from both ends nothing is known of them
    assert apart[3, 5] > 1e-3


def test_roles_do_not_depend_on_the_order_of_neurons() -> None:
    wiring, kind = planted(4)
    order = np.random.default_rng(0).permutation(len(kind))
    turned = role_features(sp.csr_array(wiring[order][:, order]))
    straight = role_features(wiring)[order]
    np.testing.assert_allclose(turned @ turned.T, straight @ straight.T, rtol=1e-2, atol=1)


def test_roles_need_a_square_matrix() -> None:
    with pytest.raises(InputError, match="one row and column a neuron"):
        role_features(sp.csr_array((2, 3)))
