"""Types from partners' types, on block models whose answers are known."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from connectome.models.cell_typing import (
    EVIDENCE,
    TypingSettings,
    Wiring,
    correct_and_smooth,
    draw_known,
    group_unknown,
    label_propagation,
    neighbours_majority,
    type_neurons,
)
from connectome.models.cell_typing.seeds import spare
from connectome.models.cell_typing.typing import _Typing, few_of_each
from connectome.types import InputError

TYPES, SIZE = 6, 20


def blocks(seed: int, shuffled: bool = False) -> tuple[sp.csr_array, np.ndarray]:
    """A ring of types, each sending to the next; with little noise."""
    rng = np.random.default_rng(seed)
    code = np.repeat(np.arange(TYPES), SIZE)
    follows = (code[None, :] - code[:, None]) % TYPES == 1
    counts = rng.poisson(np.where(follows, 4.0, 0.05)).astype(float)
    if shuffled:
        counts = counts.ravel()[rng.permutation(counts.size)].reshape(counts.shape)
    return sp.csr_array(counts), code


def told(code: np.ndarray, seed: int = 0, share: float = 0.1) -> np.ndarray:
    return np.where(draw_known(code, share, True, seed), code, -1)


def test_a_ring_of_types_is_found_from_a_tenth() -> None:
    synapses, code = blocks(0)
    known = told(code)
    answer = type_neurons(synapses, known, TYPES)
    assert (answer.best == code).all()
    assert ((answer.runner_up >= 0) & (answer.runner_up != answer.best)).all()
    assert answer.evidence.shape == (len(code), len(EVIDENCE))
    assert np.isfinite(answer.evidence).all()


def test_types_are_found_at_chance_when_wiring_is_shuffled() -> None:
    right = asked = 0
    for seed in range(5):
        synapses, code = blocks(seed, shuffled=True)
        known = told(code, seed)
        right += int((type_neurons(synapses, known, TYPES).best == code)[known < 0].sum())
        asked += int((known < 0).sum())
    assert abs(right / asked - 1 / TYPES) < 4 * np.sqrt(1 / TYPES * (1 - 1 / TYPES) / asked)


def test_the_order_of_neurons_does_not_matter() -> None:
    synapses, code = blocks(1)
    known = told(code)
    order = np.random.default_rng(0).permutation(len(code))
    plain = type_neurons(synapses, known, TYPES)
    other = type_neurons(sp.csr_array(synapses[order][:, order]), known[order], TYPES)
    assert (plain.best[order] == other.best).all()
    np.testing.assert_allclose(plain.evidence[order], other.evidence, atol=1e-3)


def test_examples_are_the_best_connected_in_any_order() -> None:
    synapses, code = blocks(1, shuffled=True)
    known = told(code, share=0.5)
    chosen = few_of_each(known, 4, Wiring.of(synapses))
    assert (np.bincount(known[chosen]) == 4).all()
    degree = np.diff(synapses.indptr) + np.bincount(synapses.indices, minlength=len(code))
    left = np.setdiff1d(np.flatnonzero(known >= 0), chosen)
    for kind in range(TYPES):
        best, rest = (degree[rows[known[rows] == kind]] for rows in (chosen, left))
        assert best.min() >= rest.max()
    order = np.random.default_rng(0).permutation(len(code))
    turned = sp.csr_array(synapses[order][:, order])
    again = few_of_each(known[order], 4, Wiring.of(turned))
    assert set(order[again]) == set(chosen)
    plain = type_neurons(synapses, known, TYPES)
    assert (type_neurons(turned, known[order], TYPES).best == plain.best[order]).all()


def test_the_told_stay_told_however_wrong() -> None:
    synapses, code = blocks(2)
    known = told(code)
    known[known >= 0] = (known[known >= 0] + 1) % TYPES
    answer = type_neurons(synapses, known, TYPES)
    assert (answer.best == known)[known >= 0].all()


def test_a_neuron_without_connection_has_no_type() -> None:
    synapses, code = blocks(3)
    dense = synapses.toarray()
    dense[5], dense[:, 5] = 0, 0
    known = told(code)
    known[5] = -1
    answer = type_neurons(sp.csr_array(dense), known, TYPES)
    assert answer.best[5] == answer.runner_up[5] == -1
    assert (answer.evidence[5] == 0).all()
    assert (np.delete(answer.best, 5) >= 0).all()
    known[5] = 0  # told all the same
    assert type_neurons(sp.csr_array(dense), known, TYPES).best[5] == 0


def test_no_neuron_is_of_a_type_that_nobody_told() -> None:
    synapses, code = blocks(5)
    known = np.where(code == 2, -1, told(code))
    answer = type_neurons(synapses, known, TYPES)
    for found in (answer.best, answer.runner_up):
        assert set(found) == {0, 1, 3, 4, 5}
    assert (answer.best == code)[code != 2].all()


def test_shared_partners_tell_small_types_while_only_the_told_count() -> None:
    rng = np.random.default_rng(0)
    code = np.append(np.repeat(np.arange(40), 3), np.full(40, 40))
    counts = np.zeros((160, 160))  # all partners are of one type, but each type has its own
    counts[np.arange(120), 120 + code[:120]] = rng.poisson(9.0, 120) + 3
    known = np.where((np.arange(160) % 3 == 0) | (code == 40), code, -1)
    right = {}
    for weight in (0.0, 0.5):
        chosen = TypingSettings.suited(160, 41)
        chosen = replace(chosen, anchor=replace(chosen.anchor, of_partners=weight))
        typing = _Typing(Wiring.of(sp.csr_array(counts)), known, 41, chosen)
        right[weight] = (typing.anchored().toarray().argmax(axis=1) == code)[known < 0].mean()
    assert right[0.5] > 0.95
    assert right[0.0] < 0.1


@pytest.mark.parametrize("soft", [False, True])
def test_a_start_stands_in_for_known_types(soft: bool) -> None:
    synapses, code = blocks(4)
    noisy = code.copy()
    rng = np.random.default_rng(0)
    noisy[rng.permutation(len(code))[:36]] = rng.integers(0, TYPES, 36)  # three in ten
    start = sp.csr_array(np.eye(TYPES)[noisy] * 0.8) if soft else noisy
    answer = type_neurons(synapses, np.full(len(code), -1), TYPES, start=start)
    assert (answer.best == code).mean() > 0.98


@pytest.mark.parametrize(
    ("known", "types", "text"),
    [
        (np.full(120, -1), TYPES, "no type is known"),
        (np.where(np.arange(120) < 5, 2, -1), TYPES, "one type alone is known"),
        (np.zeros(3, dtype=int), TYPES, "known of shape"),
        (np.full(120, 6), TYPES, "known types"),
        (np.zeros(120, dtype=int), 1, "known types"),
    ],
)
def test_what_does_not_fit_is_said(known: np.ndarray, types: int, text: str) -> None:
    with pytest.raises(InputError, match=text):
        type_neurons(blocks(0)[0], known, types)


def test_a_start_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match="start of shape"):
        type_neurons(blocks(0)[0], np.zeros(120, dtype=int), TYPES, start=np.zeros(7, dtype=int))


def test_counts_that_are_none_are_refused() -> None:
    synapses, code = blocks(0)
    synapses.data[0] = np.nan
    with pytest.raises(InputError, match="negative or no number"):
        type_neurons(synapses, told(code), TYPES)


def test_rounds_in_which_nothing_is_shared_stay_unknown() -> None:
    settings = TypingSettings()
    settings = replace(settings, anchor=replace(settings.anchor, least_similarity=1.1))
    synapses, code = blocks(0)
    assert (type_neurons(synapses, told(code), TYPES, settings).best >= 0).all()


class TestDraws:
    code = np.array([0] * 50 + [1] * 30 + [2] * 1 + [-1] * 19)

    def test_one_of_each_type_then_evenly(self) -> None:
        for seed in range(5):
            mask = draw_known(self.code, 0.1, True, seed)
            assert mask.sum() == 8  # a tenth of the 81 that have a type
            assert set(self.code[mask]) == {0, 1, 2}

    def test_few_are_still_one_of_each(self) -> None:
        assert draw_known(self.code, 0.0, True, 0).sum() == 3

    def test_an_even_draw_is_even(self) -> None:
        drawn = [self.code[draw_known(self.code, 0.2, False, seed)] for seed in range(200)]
        assert all(len(types) == 16 for types in drawn)
        assert abs(np.mean([(types == 1).mean() for types in drawn]) - 30 / 81) < 0.02

    def test_the_rest_after_one_of_each_type_is_even_too(self) -> None:
        code = np.append(np.zeros(500, dtype=int), 1 + np.arange(500) // 2)  # 250 types of two
        large = [(code[draw_known(code, 0.4, True, seed)] == 0).sum() for seed in range(100)]
        expected = 1 + (400 - 251) * 499 / 749  # one, and its share of the others
        assert abs(np.mean(large) - expected) < 2

    def test_what_can_be_held_out_is_drawn_evenly(self) -> None:
        code = np.append(np.zeros(500, dtype=int), 1 + np.arange(500) // 2)
        draws = [spare(np.arange(1000), code, np.random.default_rng(k)) for k in range(100)]
        assert all(len(held) == 749 for held in draws)
        kept = [np.setdiff1d(np.arange(1000), held) for held in draws]
        assert all((np.bincount(code[one]) == 1).all() for one in kept)
        assert abs(np.mean([(code[held[:100]] == 0).mean() for held in draws]) - 499 / 749) < 0.02

    def test_equal_seeds_draw_equal_neurons(self) -> None:
        one, same, other = (draw_known(self.code, 0.1, True, seed) for seed in (1, 1, 2))
        assert (one == same).all()
        assert (one != other).any()

    @pytest.mark.parametrize("share", [-0.1, 1.5])
    def test_a_share_out_of_range_is_refused(self, share: float) -> None:
        with pytest.raises(InputError, match="known="):
            draw_known(self.code, share, True, 0)


class TestBaselines:
    # 0 - 1 - 2 - 3 in a chain; 0 is of type 0, 3 of type 1; 4 is alone
    chain = sp.csr_array((np.array([5.0, 1.0, 5.0]), ([0, 1, 2], [1, 2, 3])), shape=(5, 5))
    known = np.array([0, -1, -1, 1, -1])

    def test_neighbours_majority(self) -> None:
        assert neighbours_majority(self.chain, self.known, 2).tolist() == [0, 0, 1, 1, -1]

    def test_label_propagation(self) -> None:
        assert label_propagation(self.chain, self.known, 2).tolist() == [0, 0, 1, 1, -1]

    def test_correct_and_smooth_mends_a_base_that_knows_nothing(self) -> None:
        base = sp.csr_array(np.full((5, 2), 0.5))
        assert correct_and_smooth(self.chain, self.known, base).tolist()[:4] == [0, 0, 1, 1]


def test_unknown_neurons_are_grouped_by_their_partners() -> None:
    synapses, code = blocks(5)
    hidden = np.where((code == 2) | (code == 5), -1, code)
    groups = group_unknown(synapses, hidden, TYPES, 2)
    assert (groups[hidden >= 0] == -1).all()
    assert len({*groups[code == 2]}) == len({*groups[code == 5]}) == 1
    assert groups[code == 2][0] != groups[code == 5][0]
    with pytest.raises(InputError, match="groups=0"):
        group_unknown(synapses, hidden, TYPES, 0)
    assert (group_unknown(synapses, code, TYPES, 3) == -1).all()
