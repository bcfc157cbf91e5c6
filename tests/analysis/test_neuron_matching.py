"""Truth, scores and tables of a matching, computed by hand, and a matching of a block model."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from connectome.analysis.cell_typing import Cost
from connectome.analysis.neuron_matching import (
    Truth,
    confidence,
    halves,
    match_brains,
    read_truth,
)
from connectome.analysis.neuron_matching.page import partners_of_all
from connectome.analysis.neuron_matching.scores import Asked, Pairing, score
from connectome.analysis.neuron_matching.tables import pair_table
from connectome.analysis.neuron_matching.tasks import METHOD
from connectome.data.synthetic.blockmodel import read_blockmodel
from connectome.data.tabular import assemble
from connectome.models.matching import SparseSettings
from connectome.types import Connectome, InputError

NOBODY = np.empty((0, 2), dtype=np.int64)


def brain(name: str, ids: list[int], **columns: list[object]) -> Connectome:
    table = pd.DataFrame(columns, index=range(len(ids)))
    return assemble(name, np.array(ids), ids[:-1], ids[1:], np.ones(len(ids) - 1), table)


def test_values_that_occur_once_make_pairs_and_all_are_types() -> None:
    one = brain("a", [1, 2, 3, 4, 5], kind=["x", "y", "y", "z", None])
    two = brain("b", [11, 12, 13, 14], kind=["y", "x", "w", "x"])
    three = brain("c", [11, 12, 13, 14], kind=["z", "x", "y", "w"])
    assert len(read_truth(one, two, "kind").pairs) == 0  # x is two neurons of b, y two of a
    found = read_truth(one, three, "kind")
    assert found.pairs.tolist() == [[0, 1], [3, 0]]  # x and z
    assert found.code.tolist() == [0, 1, 1, 2, -1]
    assert found.code_home.tolist() == [2, 0, 1, -1]
    assert "2 pairs of neurons that alone have their 'kind'; 3 values on both sides" in found.how


def test_ids_of_the_other_brain_make_pairs() -> None:
    one = brain("a", [1, 2, 3], pair_id=[12, 13, 99])
    two = brain("b", [11, 12, 13], pair_id=[pd.NA, 1, 3])  # 13 names another one
    found = read_truth(one, two, "pair_id")
    assert found.pairs.tolist() == [[0, 1]]
    assert (found.code < 0).all()
    assert "the id of the other" in found.how


def test_what_ties_nothing_together_is_refused() -> None:
    one, two = brain("a", [1, 2], kind=["x", "y"]), brain("b", [1, 2], kind=["v", "w"])
    with pytest.raises(InputError, match="truth=kind: no value of it is found in both a and b"):
        read_truth(one, two, "kind")
    with pytest.raises(InputError, match="truth=type: a has no such column; name one of kind"):
        read_truth(one, two, "type")
    with pytest.raises(InputError, match="truth=kind: b has no such column; name one of other"):
        read_truth(one, brain("b", [1, 2], other=["x", "y"]), "kind")
    same = brain("a", [1, 2], kind=["x", "x"])
    with pytest.raises(InputError, match="truth=kind: the only value on both sides is x, which"):
        read_truth(same, brain("b", [1, 2], kind=["x", "x"]), "kind")
    assert len(read_truth(one, brain("b", [1], kind=["x"]), "kind").pairs) == 1


def test_scores_by_hand() -> None:
    truth = Truth(
        np.array([[0, 0], [1, 1], [2, 2], [3, 3]]),
        np.array([0, 1, 2, 3, 4, 4, -1]),
        np.array([0, 1, 2, 3, 4]),
        "",
    )
    told = np.array([True, False, False, False, False, False, False])
    connected = np.array([True, True, True, True, True, False, True])
    best = np.array([0, 1, 3, -1, 4, 0, 2])
    sure = np.array([1.0, 0.95, 0.9, 0.0, 0.5, 0.5, 0.5])
    pairing = Pairing(best, np.full(7, -1), sure, best >= 0)
    found = score(Asked.of(truth, told, connected), pairing, 0.5, Cost(2.0, 3.0), Cost(7.0))
    assert (found.pairs, found.typed, found.typed_connected) == (3, 5, 4)
    assert found.hits_at_1 == pytest.approx(1 / 3)  # neurons 1, not 2 and 3; 0 was told
    assert found.same_type == pytest.approx(2 / 5)  # 1 and 4, not 2, 3 and 5
    assert found.same_type_connected == pytest.approx(2 / 4)
    assert found.coverage == pytest.approx(5 / 6)
    assert found.sure == pytest.approx(2 / 3)
    assert found.right_of_sure == pytest.approx(1 / 2)
    # three bins: .95 (right), .9 (wrong), 0 (wrong)
    assert found.ece == pytest.approx((0.05 + 0.9 + 0) / 3)
    assert (found.seconds, found.seconds_confidence, found.peak_mb) == (2.0, 7.0, 3.0)
    assert np.isnan(score(Asked.of(truth, told, connected), Pairing.unsure(best), 0.5).ece)


def test_halves_by_hand() -> None:
    ids, sides = np.array([1, 2, 3, 4, 5]), ["left", "right", "R", "l", None]
    table = pd.DataFrame({"hemisphere": sides})
    whole = assemble("w", ids, [1, 1, 3, 4, 5], [4, 2, 4, 3, 1], np.array([7, 8, 9, 6, 5]), table)
    made = halves(whole)
    assert made.left.neuron_ids.tolist() == [1, 4]
    assert made.right.neuron_ids.tolist() == [2, 3]
    assert (made.left.num_edges, made.right.num_edges) == (1, 0)
    assert made.across[0].toarray().tolist() == [[8, 0], [0, 6]]
    assert made.across[1].toarray().tolist() == [[0, 0], [0, 9]]
    with pytest.raises(InputError, match="data has no two sides"):
        halves(brain("a", [1, 2], kind=["x", "y"]))
    with pytest.raises(InputError, match="a has no neuron on the right"):
        halves(brain("a", [1, 2], hemisphere=["left", "left"]))


OPTIONS = {"neurons": 300, "edges": 9000, "types": 15, "block_sigma": 1.0, "type_sigma": 0.5}


@pytest.fixture(scope="module")
def pair() -> tuple[Connectome, Connectome, Truth]:
    """A brain, and the same in another order with a fifth of its connections gone."""
    one = read_blockmodel(**OPTIONS, out_sigma=0.4, in_sigma=0.4, correlation=0.0)
    rng = np.random.default_rng(3)
    order = rng.permutation(one.num_neurons)
    kept = np.flatnonzero(rng.random(one.num_edges) < 0.8)
    pre, post = 1000 + np.argsort(order)[one.edge_index.numpy()[:, kept]]
    ids = 1000 + np.arange(one.num_neurons)
    table = one.neurons.iloc[order].reset_index(drop=True)
    two = assemble("two", ids, pre, post, one.synapses.numpy()[kept], table)
    names = [str(k) for k in range(one.num_neurons)]
    mine, theirs = (one.neurons.assign(name=names), table.assign(name=[names[k] for k in order]))
    one, two = replace(one, neurons=mine), replace(two, neurons=theirs)
    return one, two, read_truth(one, two, "name")


def test_a_thinned_brain_is_found_and_its_confidence_is_honest(
    pair: tuple[Connectome, Connectome, Truth],
) -> None:
    one, two, truth = pair
    made = match_brains(one, two, NOBODY, truth, SparseSettings(), True, lambda _: None)
    found = made.scores[METHOD]
    assert found.pairs == 300
    assert found.hits_at_1 > 0.9
    assert abs(np.nanmean(made.pairing.confidence) - found.hits_at_1) < 0.1
    assert found.agreement > 4 * made.null
    assert made.scores["permuted"].hits_at_1 < 0.05
    assert made.scores["degrees"].hits_at_1 < found.hits_at_1
    assert set(made.scores) == {
        *(METHOD, "degrees", "structure profile", "spread degrees", "permuted")
    }


def test_labels_move_no_partner_and_no_confidence(
    pair: tuple[Connectome, Connectome, Truth],
) -> None:
    one, two, truth = pair
    plain = match_brains(one, two, NOBODY, None, SparseSettings(), False, lambda _: None)
    seen = match_brains(one, two, NOBODY, truth, SparseSettings(), False, lambda _: None)
    assert np.array_equal(plain.pairing.best, seen.pairing.best)
    assert np.array_equal(plain.pairing.confidence, seen.pairing.confidence)
    assert np.isnan(plain.scores[METHOD].hits_at_1)


def test_told_pairs_are_kept_and_not_judged(pair: tuple[Connectome, Connectome, Truth]) -> None:
    one, two, truth = pair
    wrong = np.array([[0, 5], [1, 9]])
    made = match_brains(one, two, wrong, truth, SparseSettings(), False, lambda _: None)
    assert made.pairing.best[:2].tolist() == [5, 9]
    assert not np.isin(made.pairing.best[2:], [5, 9]).any()
    assert made.scores[METHOD].pairs == 298
    partner = partners_of_all(made)
    assert partner[:2].tolist() == [305, 309]
    assert partner[[305, 309]].tolist() == [0, 1]
    assert (partner[partner[300:][partner[300:] >= 0]] >= 300).all()
    table = pair_table(made, "name")
    assert table["told"].tolist() == [True, True, *[False] * 298]
    assert table["partner_id"].tolist()[:2] == ["1005", "1009"]
    assert table["confidence"].isna().tolist() == table["told"].tolist()
    assert {"cell_type", "partner_cell_type", "name", "partner_name"} <= {*table}


def test_the_twin_of_a_told_neuron_is_told_and_teaches_nothing(
    pair: tuple[Connectome, Connectome, Truth], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, _ = pair
    told, fitted = [], []
    match, fit = confidence.match_both, confidence.Confidence.fit
    monkeypatch.setattr(
        confidence, "match_both", lambda *given: (told.append(given[2]), match(*given))[1]
    )
    monkeypatch.setattr(
        confidence.Confidence, "fit", lambda *given: (fitted.append(len(given[1])), fit(*given))[1]
    )
    known = np.array([[0, 5], [1, 9]])
    match_brains(one, two, known, None, SparseSettings(), False, lambda _: None)
    assert {str(pairs.tolist()) for pairs in told} == {"[[0, 0], [1, 1]]"}
    assert fitted in ([298], [2 * 298])  # of one twin, or of both


def test_a_brain_without_connections_is_refused(
    pair: tuple[Connectome, Connectome, Truth],
) -> None:
    nothing = assemble("nothing", np.arange(3), [], [], np.empty(0), pd.DataFrame(index=range(3)))
    with pytest.raises(InputError, match="home: nothing has no connection"):
        match_brains(pair[0], nothing, NOBODY, None, SparseSettings(), False, lambda _: None)
    with pytest.raises(InputError, match="data: nothing has no connection"):
        match_brains(nothing, pair[1], NOBODY, None, SparseSettings(), False, lambda _: None)
