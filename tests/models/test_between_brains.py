"""Types carried from one brain to another."""

import numpy as np
import pytest
import scipy.sparse as sp

from connectome.models.cell_typing.between_brains import CARRIED, CarrySettings, carry_types
from connectome.models.matching import SparseSettings, match_sparse
from connectome.models.sparse import one_hot
from connectome.types import InputError

TYPES, EACH = 8, 12


def two_brains(seed: int) -> tuple[sp.csr_array, np.ndarray, sp.csr_array, np.ndarray]:
    """Two draws of one law of types, with half of the synapses in the second."""
    rng = np.random.default_rng(seed)
    law = rng.random((TYPES, TYPES)) ** 4 * 40
    types = [rng.permutation(np.repeat(np.arange(TYPES), count)) for count in (EACH, EACH + 3)]
    brains = [
        sp.csr_array(rng.poisson(law[code][:, code] * scale).astype(float))
        for code, scale in zip(types, (1, 0.5), strict=True)
    ]
    return brains[0], types[0], brains[1], types[1]


def carried(seed: int, settings: CarrySettings, shuffled: bool = False) -> float:
    home, types, away, truth = two_brains(seed)
    told = np.random.default_rng(seed).permutation(types) if shuffled else types
    matching = match_sparse(home, away, settings=SparseSettings(candidates=20, axes=20)).soft
    return float((carry_types(home, told, away, TYPES, matching, settings).best == truth).mean())


@pytest.mark.parametrize("rounds", [0, 2])
def test_types_cross_though_no_neuron_has_a_twin(rounds: int) -> None:
    found = [carried(seed, CarrySettings(rounds=rounds, candidates=20)) for seed in range(3)]
    assert np.mean(found) > 0.9


def test_known_partners_help_and_none_known_changes_nothing() -> None:
    """From a matching at random types come out at chance, unless those of partners are told."""
    home, types, away, truth = two_brains(0)
    partner = np.random.default_rng(0).integers(len(truth), size=len(types))
    matching = one_hot(partner, len(truth))
    once = CarrySettings(rounds=1, of_types=1, candidates=20)
    given = (home, types, away, TYPES, matching, once)
    plain, told = carry_types(*given), carry_types(*given, told=truth)
    none = carry_types(*given, told=np.full(len(truth), -1))
    assert (plain.best == truth).mean() < 0.4
    assert (told.best == truth).mean() > 0.9
    assert np.array_equal(none.best, plain.best)
    assert np.array_equal(none.evidence, plain.evidence)


def test_a_neurons_own_type_is_not_its_answer() -> None:
    """Without connections to carry it, a type that is told says nothing of the neuron itself."""
    home = sp.csr_array(np.array([[0.0, 5, 0], [0, 0, 0], [0, 0, 0]]))
    matching = sp.csr_array(np.eye(3))
    types = np.array([0, 1, 0])
    found = [
        carry_types(home, types, home, 2, matching, CarrySettings(rounds=0), told=told).best
        for told in (None, np.array([1, 0, 1]))
    ]
    assert np.array_equal(*found)


def test_types_that_mean_nothing_are_at_chance() -> None:
    found = [carried(seed, CarrySettings(candidates=20), shuffled=True) for seed in range(8)]
    assert np.mean(found) < 0.25


def test_answer_and_evidence_by_hand() -> None:
    """No rounds: what is matched votes; who is matched to nobody has no answer."""
    home, away = sp.csr_array(np.ones((3, 3))), sp.csr_array(np.ones((3, 3)))
    matching = sp.csr_array(np.array([[0.7, 0, 0], [0.3, 0.2, 0], [0, 0.4, 0]]))
    answer = carry_types(home, np.array([0, 1, -1]), away, 2, matching, CarrySettings(rounds=0))
    assert answer.best.tolist() == [0, 1, -1]
    assert answer.runner_up.tolist() == [1, -1, -1]
    evidence = dict(zip(CARRIED, answer.evidence.T, strict=True))
    assert evidence["share"] == pytest.approx([0.7, 0.2, 0])
    assert evidence["lead"] == pytest.approx([0.4, 0.2, 0])
    assert evidence["mutual"].tolist() == [1, 1, 0]
    assert evidence["log_degree"] == pytest.approx([np.log(7), np.log(7), 0])
    assert evidence["log_class_size"] == pytest.approx([np.log(2), np.log(2), 0])


def test_evidence_is_finite_and_the_order_of_neurons_is_nothing() -> None:
    home, types, away, _ = two_brains(1)
    matching = match_sparse(home, away, settings=SparseSettings(candidates=20, axes=20)).soft
    plain = carry_types(home, types, away, TYPES, matching)
    order = np.random.default_rng(2).permutation(away.shape[0])
    turned = carry_types(
        home, types, sp.csr_array(away[order][:, order]), TYPES, sp.csr_array(matching[:, order])
    )
    assert np.isfinite(plain.evidence).all()
    assert plain.evidence.shape == (away.shape[0], len(CARRIED))
    assert np.array_equal(turned.best, plain.best[order])


def test_what_does_not_fit_is_told() -> None:
    home, types, away, _ = two_brains(0)
    with pytest.raises(InputError, match="matching of shape"):
        carry_types(home, types, away, TYPES, sp.csr_array((3, 3)))
    matching = sp.csr_array((home.shape[0], away.shape[0]))
    with pytest.raises(InputError, match="told: 3 types"):
        carry_types(home, types, away, TYPES, matching, told=np.zeros(3, dtype=np.int64))
    with pytest.raises(InputError, match="types up to 7"):
        carry_types(home, types, away, 3, matching)
