"""Types from partners in the report, and links beside types."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from connectome.analysis.latent import (
    PartnerTyping,
    beside_links,
    labelled,
    partner_type_predictions,
    partner_type_rows,
    plot_beside_links,
)
from connectome.data.tabular import assemble
from connectome.metrics.neurons import Ruled, probe_told, unseen_type_auc_told
from connectome.types import Connectome

KINDS = 4


def ring(seed: int, each: int = 30, untold: int = 10) -> tuple[Connectome, np.ndarray]:
    """Each type sends to the next of four; the last ``untold`` neurons have no label."""
    rng = np.random.default_rng(seed)
    kind = rng.permutation(np.repeat(np.arange(KINDS), each))
    follows = (kind[:, None] + 1) % KINDS == kind[None]
    counts = rng.poisson(np.where(follows, 0.6, 0.01))
    pre, post = np.nonzero(counts)
    ids = np.arange(len(kind))
    whole = assemble("ring", ids, ids[pre], ids[post], counts[pre, post].astype(float))
    types = np.array(["a", "b", "c", "d"], dtype=object)[kind]
    types[len(kind) - untold :] = None
    return replace(whole, neurons=pd.DataFrame({"cell_type": types})), kind


def test_partners_tell_the_types_of_a_ring() -> None:
    brain, kind = ring(0)
    types = labelled(brain)
    rows = partner_type_rows(PartnerTyping.of(brain, types), (0,)).set_index("features")
    assert rows["kind"].to_dict() == {
        "partner types": "method",
        "profile of partner types": "method",
        "nearest by partner types": "control",
    }
    assert (rows["accuracy"] > 0.9).all()
    assert (rows["numbers"] == 0).all()
    found = partner_type_predictions(brain, PartnerTyping.of(brain, types), 0.9)
    assert found.held_out.accuracy > 0.95
    right = np.array(["a", "b", "c", "d"])[kind[found.table["neuron_id"]]]
    assert (found.table["predicted"].to_numpy() == right).mean() > 0.85
    assert len(found.table) == 10
    assert found.table["confidence"].is_monotonic_decreasing


def test_equal_types_told_are_typed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def typed(synapses: object, known: np.ndarray, count: int) -> str:
        asked.append(known.tolist())
        return f"{count} types, {known[0]}"

    monkeypatch.setattr("connectome.analysis.latent.partner_types.type_neurons", typed)
    brain, _ = ring(0)
    typing = PartnerTyping.of(brain, labelled(brain))
    first, other = np.array([0, 1, -1]), np.array([2, 1, -1])
    found = [typing.told(known) for known in (first, other, first.copy())]
    assert found == ["4 types, 0", "4 types, 2", "4 types, 0"]
    assert asked == [[0, 1, -1], [2, 1, -1]]


def test_shuffled_types_are_chance() -> None:
    brain, _ = ring(1, untold=0)
    shuffled = brain.neurons.sample(frac=1, random_state=0).reset_index(drop=True)
    dealt = replace(brain, neurons=shuffled)
    rows = partner_type_rows(PartnerTyping.of(dealt, labelled(dealt)), (0, 1))
    assert rows["accuracy"].between(0.1, 0.4).all()  # of four equal types


def test_a_neuron_without_connections_is_not_given_a_type() -> None:
    brain, _ = ring(2)
    lonely = assemble(
        "lonely",
        np.append(brain.neuron_ids, 999),
        *brain.edge_index.numpy(),
        brain.synapses.numpy(),
        pd.DataFrame({"cell_type": [*brain.neurons["cell_type"], None]}),
    )
    typing = PartnerTyping.of(lonely, labelled(lonely))
    table = partner_type_predictions(lonely, typing, 0.9).table.set_index("neuron_id")
    assert table.loc[999, "predicted"] == ""
    assert table.loc[999, "confidence"] == 0
    assert table.loc[999, "abstains"]


def test_a_rule_is_told_nothing_of_what_it_is_asked() -> None:
    code = np.repeat([0, 1, 2, -1], [10, 10, 10, 3])
    seen = []

    def rule(known: np.ndarray) -> Ruled:
        seen.append(known.copy())
        return Ruled(np.where(known >= 0, known, 0), known, np.zeros(len(known)))

    found = probe_told(rule, code, np.arange(len(code)))
    assert len(seen) == 5
    assert (np.sum([(known < 0) & (code >= 0) for known in seen], axis=0)[:30] == 1).all()
    assert found.accuracy == pytest.approx(1 / 3)  # all are called type 0
    assert (found.predicted[30:] == -1).all()


def test_unseen_types_by_hand() -> None:
    """Confidence 1 in what was told of a type with a neighbour in number, 0 in a stranger."""
    code = np.repeat([0, 1, 2], 10)

    def rule(known: np.ndarray) -> Ruled:
        told = np.isin(code, known)
        return Ruled(code, code, told.astype(float))

    def blind(known: np.ndarray) -> Ruled:
        return Ruled(code, code, np.ones(len(known)))

    group = np.arange(len(code))
    np.testing.assert_array_equal(unseen_type_auc_told(rule, code, group), [1, 1, 1])
    np.testing.assert_array_equal(unseen_type_auc_told(blind, code, group), [0.5, 0.5, 0.5])


class _Space:
    def __init__(self, name: str, auc: float) -> None:
        self.name, self.auc = name, auc


def test_links_stand_beside_types() -> None:
    probes = pd.DataFrame(
        {
            "features": ["gae, d = 2", "gae, d = 2", "nothing"],
            "kind": ["embedding", "embedding", "control"],
            "numbers": [2, 2, 1],
            "classifier": ["knn", "svm", "majority"],
            "accuracy": [0.5, 0.6, 0.2],
            "macro_f1": [0.4, 0.5, 0.1],
        }
    )
    table = beside_links(probes, [_Space("gae, d = 2", 0.9)])  # type: ignore[list-item]
    assert table["features"].tolist() == ["gae, d = 2", "nothing"]
    assert table["classifier"].tolist() == ["svm", "majority"]
    assert table["auc"].tolist()[:1] == [0.9]
    assert np.isnan(table["auc"][1])
    [axes] = plot_beside_links(table, "toy").axes
    assert axes.get_xlabel() == "AUC of held-out links"
    assert len(axes.collections) == 1
    assert len(axes.lines) == 1
