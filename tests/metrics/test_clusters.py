from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    adjusted_mutual_info_score,
    adjusted_rand_score,
    completeness_score,
    homogeneity_score,
)

from connectome.metrics.neurons import cluster_agreement, stability
from connectome.metrics.neurons.clusterings import _permuted, _PermutedScores
from connectome.types import InputError, NotApplicableError


def codes(seed: int, neurons: int = 80, groups: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, groups, neurons)


def paired(neurons: int, pairs: int, seed: int = 0) -> np.ndarray:
    homolog = np.full(neurons, -1)
    drawn = np.random.default_rng(seed).permutation(neurons)[: 2 * pairs].reshape(pairs, 2)
    homolog[drawn[:, 0]], homolog[drawn[:, 1]] = drawn[:, 1], drawn[:, 0]
    return homolog


def test_agreement_by_hand() -> None:
    found = cluster_agreement(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1]), permutations=20)
    # One pair of four neurons is together in both, 2 in the labels, 3 in the reference:
    # (1 - 2*3/6) / ((2 + 3)/2 - 2*3/6) = 0
    assert found.ari == pytest.approx(0)
    entropy = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    information = 0.5 * np.log(4 / 3) + 0.25 * np.log(2 / 3) + 0.25 * np.log(2)
    assert found.homogeneity == pytest.approx(information / entropy)
    assert found.completeness == pytest.approx(information / np.log(2))


def test_agreement_equals_scikit_learn_on_the_neurons_that_have_both() -> None:
    labels, reference = codes(0), codes(1, groups=7)
    labels[:10], reference[5:20] = -1, -1
    found = cluster_agreement(labels, reference, permutations=5)
    a, b = labels[20:], reference[20:]
    assert found.ami == pytest.approx(adjusted_mutual_info_score(b, a))
    assert found.ari == pytest.approx(adjusted_rand_score(b, a))
    assert found.homogeneity == pytest.approx(homogeneity_score(b, a))
    assert found.completeness == pytest.approx(completeness_score(b, a))
    assert (found.neurons, found.without_label, found.without_reference) == (60, 10, 15)
    assert found.pair_null is None


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), groups=st.integers(1, 9), neurons=st.integers(2, 60))
def test_scores_of_permuted_labels_equal_scikit_learn(seed: int, groups: int, neurons: int) -> None:
    labels, reference = 3 * codes(seed, neurons, groups), codes(seed + 1, neurons, 6)
    scorer = _PermutedScores(labels, reference)
    order = np.random.default_rng(seed).permutation(neurons)
    drawn = labels[order]
    expected = adjusted_mutual_info_score(reference, drawn), adjusted_rand_score(reference, drawn)
    assert scorer(scorer.codes[order]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("same", [np.zeros(6, dtype=int), np.arange(6)])
def test_clusterings_that_cannot_differ_agree_under_every_permutation(same: np.ndarray) -> None:
    found = cluster_agreement(same, same, permutations=9)
    assert (found.null.ami_mean, found.null.ari_mean) == (1, 1)
    assert found.null.p_ami == 1


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 999))
def test_order_of_neurons_and_names_of_clusters_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels, reference = codes(seed), codes(seed + 1)
    order, names = rng.permutation(80), rng.permutation(50)
    before = cluster_agreement(labels, reference, permutations=1)
    after = cluster_agreement(names[labels][order], (reference + 7)[order], permutations=1)
    for measure in ("ami", "ari", "homogeneity", "completeness", "v_measure", "neurons"):
        assert getattr(after, measure) == pytest.approx(getattr(before, measure))


def test_p_value_is_the_smallest_possible_for_equal_clusterings() -> None:
    found = cluster_agreement(codes(0), codes(0), permutations=49, pairs=paired(80, 30))
    assert found.ami == pytest.approx(1)
    assert found.null.p_ami == found.null.p_ari == 1 / 50
    assert found.pair_null is not None
    assert found.pair_null.p_ami == 1 / 50


def test_p_values_of_unrelated_clusterings_are_uniform() -> None:
    p = [
        cluster_agreement(codes(2 * i, 30), codes(2 * i + 1, 30), 19, seed=i).null.p_ami
        for i in range(120)
    ]
    assert np.mean(np.array(p) <= 0.05) < 0.12  # 0.05 expected; s.d. 0.02
    assert np.mean(p) == pytest.approx(0.525, abs=0.09)  # s.d. 0.026


def test_permutations_keep_pairs_together_and_single_neurons_apart() -> None:
    homolog = paired(50, 15)
    labels = np.arange(50)  # every neuron its own label, so that a draw shows where each went
    ends = np.flatnonzero(homolog >= 0)
    seen = set()
    for drawn in _permuted(labels, homolog, 40, seed=0):
        assert sorted(drawn) == labels.tolist()
        assert (homolog[drawn[ends]] == drawn[homolog[ends]]).all()
        assert (homolog[drawn[homolog < 0]] < 0).all()
        seen.add(drawn[ends[0]])
    assert len(seen) > 10


def test_pair_null_sees_through_homologs_that_share_both_groups() -> None:
    rng, homolog = np.random.default_rng(0), paired(300, 150)
    first = np.minimum(np.arange(300), homolog)
    labels, reference = rng.integers(0, 40, 300)[first], rng.integers(0, 40, 300)[first]
    found = cluster_agreement(labels, reference, permutations=199, pairs=homolog)
    assert found.null.p_ami == 1 / 200  # pairs alone make it 'significant'
    assert found.pair_null is not None
    assert found.pair_null.p_ami > 0.05
    assert abs(found.ami - found.pair_null.ami_mean) < 3 * found.pair_null.ami_sd
    assert abs(found.null.ami_mean) < 0.02


def test_a_homolog_left_out_counts_as_none() -> None:
    labels, reference = codes(0, 6), codes(1, 6)
    homolog = np.array([1, 0, 3, 2, -1, -1])
    reference[1] = -1
    without = np.array([-1, -1, 3, 2, -1, -1])
    a, b = (cluster_agreement(labels, reference, 30, 0, pairs) for pairs in (homolog, without))
    assert asdict(a) == asdict(b)


def test_stability_by_hand_and_without_missing_neurons() -> None:
    one, other = np.array([0, 0, 1, 1, -1]), np.array([5, 5, 2, 2, 2])
    found = stability([one, other, one])
    assert (found.ari_mean, found.ari_sd, found.ami_mean) == (1, 0, 1)
    assert found.clusterings == 3
    pair = stability([codes(0), codes(1)])
    assert pair.ari_mean == pytest.approx(adjusted_rand_score(codes(0), codes(1)))
    assert np.isnan(pair.ari_sd)
    values = [adjusted_rand_score(codes(i), codes(j)) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert stability([codes(0), codes(1), codes(2)]).ari_sd == pytest.approx(np.std(values, ddof=1))


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(NotApplicableError, match="no neuron has both"):
        cluster_agreement(np.array([0, -1]), np.array([-1, 0]))
    with pytest.raises(InputError, match=r"shapes \(2,\) and \(3,\)"):
        cluster_agreement(np.zeros(2, dtype=int), np.zeros(3, dtype=int))
    with pytest.raises(InputError, match="3 homologs for 2 neurons"):
        cluster_agreement(np.zeros(2, dtype=int), np.zeros(2, dtype=int), pairs=np.full(3, -1))
    with pytest.raises(InputError, match="1 clustering"):
        stability([codes(0)])
