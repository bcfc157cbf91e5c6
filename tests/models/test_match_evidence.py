"""What speaks for a match, and weights of edges: small cases computed by hand."""

import numpy as np
import pytest
import scipy.sparse as sp

from connectome.models.matching import (
    EVIDENCE,
    Candidates,
    SparseMatch,
    SparseSettings,
    agreement,
    joined,
    match_both,
    match_evidence,
    match_sparse,
    orientation,
    permuted_partners,
    turned,
)
from connectome.models.matching.weights import weighted
from connectome.types import InputError


def csr(*rows: list[float]) -> sp.csr_array:
    return sp.csr_array(np.array(rows, dtype=float))


def test_weights_of_edges_by_hand() -> None:
    counts = csr([0, 4, 1], [9, 0, 0], [0, 12, 0])
    assert weighted(counts, "sqrt").toarray()[2, 1] == pytest.approx(12**0.5)
    assert weighted(counts, "binary").toarray().sum() == 4
    # 1 < 4 < 9 < 12 are ranks 1 to 4 of 4
    ranks = [[0, 0.5, 0.25], [0.75, 0, 0], [0, 1, 0]]
    assert weighted(counts, "rank").toarray() == pytest.approx(np.array(ranks))
    # neuron 1 receives 4 of 16 from neuron 0, and 12 of 16 from neuron 2
    shares = [[0, 0.25, 1], [1, 0, 0], [0, 0.75, 0]]
    assert weighted(counts, "input").toarray() == pytest.approx(np.array(shares))
    assert weighted(counts, "none").toarray() == pytest.approx(counts.toarray())
    with pytest.raises(InputError, match="weights=log: choose one of sqrt, log1p, binary, none"):
        SparseSettings(weights="log")


def test_agreement_by_hand() -> None:
    left, right = csr([0, 1], [0, 0]), csr([0, 0, 0], [1, 0, 0], [0, 1, 0])
    # 0 -> 1 is sent to 1 -> 0, which is one of the two edges of the other
    assert agreement(left, right, np.array([1, 0]), "binary") == pytest.approx(1 / 2)
    assert agreement(left, right, np.array([0, 1]), "binary") == 0.0
    assert agreement(left, right, np.array([1, -1]), "binary") == 0.0
    assert agreement(left, left, np.array([0, 1])) == pytest.approx(1.0)
    assert agreement(left, left * 9, np.array([0, 1])) == pytest.approx(1.0)  # of another scale
    nothing = sp.csr_array((2, 2))
    assert agreement(nothing, nothing, np.array([0, 1])) == 0.0


def test_permuted_partners_are_the_same_ones() -> None:
    partner, ids = np.array([4, -1, 2, 0, 1, 3, -1, 7]), np.arange(8)
    dealt = permuted_partners(partner, 0, ids)
    assert np.array_equal(np.sort(dealt), np.sort(partner))
    assert np.array_equal(dealt < 0, partner < 0)
    assert not np.array_equal(dealt, permuted_partners(partner, 1, ids))
    order = np.array([3, 1, 7, 0, 2, 6, 5, 4])  # of another file
    assert np.array_equal(permuted_partners(partner[order], 0, ids[order]), dealt[order])


def test_evidence_by_hand() -> None:
    soft = csr([0.7, 0.2, 0], [0, 0.5, 0], [0, 0.4, 0], [0, 0, 0])
    index = np.array([[1, 0], [1, 2], [1, -1], [-1, -1]], dtype=np.int32)
    score = np.array([[0.6, 0.5], [0.4, 0.3], [0.2, -1], [-1, -1]], dtype=np.float32)
    best = np.array([0, 1, 1, -1])
    found = SparseMatch(Candidates(index, score), soft, best, best)
    synapses = csr([0, 3, 0, 0], [0, 0, 0, 0], [2, 0, 0, 0], [0, 0, 0, 0])
    runner_up, evidence = match_evidence(found, synapses)
    assert runner_up.tolist() == [1, 2, -1, -1]  # of the soft matching, else of the candidates
    column = {name: evidence[:, place] for place, name in enumerate(EVIDENCE)}
    assert column["share"] == pytest.approx([0.7, 0.5, 0.4, 0])
    assert column["lead"] == pytest.approx([0.5, 0.5, 0.4, 0])
    assert column["similarity"] == pytest.approx([0.5, 0.4, 0.2, 0])
    assert column["margin"] == pytest.approx([-0.1, 0.1, 0.2, 0])
    assert column["mutual"].tolist() == [1, 1, 0, 0]  # the second neuron has more of 1
    assert column["log_degree"] == pytest.approx(np.log1p([2, 1, 1, 0]))
    assert column["log_synapses"] == pytest.approx(np.log1p([5, 3, 2, 0]))


def test_a_matching_turned_by_hand() -> None:
    soft = csr([0.7, 0.2, 0], [0, 0.5, 0.3])
    index = np.array([[0, 1], [1, 2]], dtype=np.int32)
    score = np.array([[0.6, 0.5], [0.9, 0.3]], dtype=np.float32)
    found = turned(SparseMatch(Candidates(index, score), soft, np.array([0, 1]), np.array([-1, 2])))
    assert found.soft.toarray() == pytest.approx(soft.toarray().T)
    assert found.best.tolist() == [0, 1, 1]
    assert found.partner.tolist() == [-1, -1, 1]
    assert found.candidates.index.tolist() == [[0, -1], [1, 0], [1, -1]]
    wanted = [[0.6, -1], [0.9, 0.5], [0.3, -1]]
    assert found.candidates.score == pytest.approx(np.array(wanted))


def test_neurons_without_a_partner_do_not_crowd_out_those_that_have_one() -> None:
    rng = np.random.default_rng(0)
    linked = rng.random((90, 90)) < 0.15
    matrix = sp.csr_array(linked * rng.integers(1, 40, (90, 90)).astype(float))
    kept = np.sort(rng.permutation(90)[:60])
    fewer = sp.csr_array(matrix[kept][:, kept])
    settings = SparseSettings(candidates=15, axes=20)
    found = match_both(matrix, fewer, np.array([[kept[0], 0]]), settings)
    assert found.soft.shape == (90, 60)
    assert found.best[kept[0]] == 0
    assert (found.best[kept] == np.arange(60)).mean() > 0.95
    assert (found.best < 0).sum() >= 25  # of 30 without a partner


def test_two_matchings_joined_by_hand() -> None:
    first = np.array([[0, 1]], dtype=np.int32), np.array([[0.6, 0.5]], dtype=np.float32)
    second = np.array([[1, 2]], dtype=np.int32), np.array([[0.9, 0.2]], dtype=np.float32)
    nobody = np.array([-1])
    one = SparseMatch(Candidates(*first), csr([0.64, 0.36, 0]), np.array([0]), nobody)
    other = SparseMatch(Candidates(*second), csr([0, 0.81, 0.19]), np.array([1]), nobody)
    found = joined(one, other)
    # sqrt(0.36 * 0.81) = 0.54, the mean 0.585: 0.9 * 0.54 + 0.1 * 0.585. What one alone has: 0.05.
    assert found.soft.toarray() == pytest.approx(np.array([[0.032, 0.5445, 0.0095]]))
    assert found.best.tolist() == found.partner.tolist() == [1]
    assert found.candidates.index.tolist() == [[1, 0]]
    assert found.candidates.score == pytest.approx(np.array([[0.7, 0.3]]))


def test_whichever_brain_asks_the_matching_is_the_same() -> None:
    rng = np.random.default_rng(1)
    sides = [
        sp.csr_array((rng.random((n, n)) < 0.2) * rng.integers(1, 9, (n, n)).astype(float))
        for n in (40, 42)
    ]
    settings = SparseSettings(candidates=15, axes=20)
    there, back = match_both(*sides, None, settings), match_both(*sides[::-1], None, settings)
    assert (there.soft != back.soft.T).nnz == 0
    assert there.soft.nnz > 40
    assert there.soft.sum(axis=0).max() <= 1 + 1e-9


@pytest.mark.parametrize(("size", "askers"), [((20, 22), 2), ((20, 23), 1), ((23, 20), 1)])
def test_a_smaller_side_asks_alone(
    size: tuple[int, int], askers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def match(left: sp.csr_array, right: sp.csr_array, *rest: object) -> SparseMatch:
        asked.append((left.shape[0], right.shape[0]))
        return match_sparse(left, right, *rest)

    monkeypatch.setattr(orientation, "match_sparse", match)
    rng = np.random.default_rng(2)
    sides = [sp.csr_array((rng.random((n, n)) < 0.4) * 1.0) for n in size]
    match_both(*sides, None, SparseSettings(candidates=5, axes=5))
    assert len(asked) == askers
    assert (20, max(size)) in asked
