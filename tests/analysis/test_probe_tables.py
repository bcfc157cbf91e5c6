import numpy as np
import pandas as pd
import pytest

from connectome.analysis.latent import (
    Labelled,
    Probes,
    controls,
    labelled,
    neighbour_table,
    predictions,
    probe_table,
    recall_table,
)
from connectome.data.tabular import assemble
from connectome.types import Connectome, NotApplicableError
from tests.conftest import annotated_connectome, random_connectome


def test_homologs_and_exact_copies_share_a_group() -> None:
    neurons = pd.DataFrame(
        {"cell_type": list("aabbab"), "pair_id": pd.array([2, 1, None, None, None, None], "Int64")}
    )
    ids = np.arange(1, 7)
    pre, post = np.array([3, 4, 5, 1, 2]), np.array([6, 6, 6, 5, 1])
    connectome = assemble("six", ids, pre, post, np.ones(5), neurons)
    group = labelled(connectome).group
    assert group[0] == group[1]  # homologs, with different partners
    assert group[2] == group[3]  # the same partner
    assert len({*group.tolist()}) == 4  # 5 also receives, 6 stands alone


def test_rare_types_count_as_unknown() -> None:
    connectome = random_connectome(0)
    types = ["a"] * 20 + ["b"] * 15 + ["rare"] * 5
    annotated = Connectome(
        connectome.name,
        connectome.neuron_ids,
        connectome.edge_index,
        connectome.synapses,
        pd.DataFrame({"cell_type": types}),
    )
    found = labelled(annotated, fewest=10)
    assert found.names == ("a", "b")
    assert (found.code[35:] == -1).all()
    with pytest.raises(NotApplicableError, match="fewer than two values of 'cell_type'"):
        labelled(annotated, fewest=18)
    with pytest.raises(NotApplicableError, match="no column 'class'"):
        labelled(annotated, "class")


def test_controls_and_table(mushroom: Connectome) -> None:
    types = labelled(mushroom)
    features = controls(mushroom, 4)
    probes, control = Probes(types, (0, 1)), ("nothing", "log degrees")
    table = probe_table(features, probes, ("logistic",), control)
    kinds = dict(zip(table["features"], table["kind"], strict=True))
    assert {name for name, kind in kinds.items() if kind == "control"} == {"nothing", "log degrees"}
    assert kinds["spectral, d = 4"] == "embedding"
    accuracy = table.set_index("features")["accuracy"]
    share = np.bincount(types.code).max() / len(types.code)
    assert accuracy["nothing"] == pytest.approx(share)
    assert accuracy.drop("nothing").min() > share + 0.2
    assert table["accuracy"].is_monotonic_decreasing
    assert dict(zip(table["features"], table["numbers"], strict=True))["spectral, d = 4"] == 8
    degrees = features["log degrees"][0]
    recall = recall_table({"degrees": degrees}, Probes(types, (0,)), "logistic")
    weighted = np.average(recall["degrees"], weights=recall["neurons"])
    once = Probes(types, (0,))
    table = probe_table({"degrees": (degrees, "logistic")}, once)
    assert weighted == pytest.approx(table["accuracy"][0])
    made = once.of("degrees", degrees, "logistic")
    again = recall_table({"degrees": degrees}, once, "logistic")
    assert again.equals(recall)
    assert once.of("degrees", degrees, "logistic") is made  # probed once for both tables


def test_company_by_hand() -> None:
    connectome = annotated_connectome(0)
    types = labelled(connectome)
    # Types far apart: everyone has company of its own kind only, as far as there is any.
    places = np.stack([types.code * 1000.0, np.arange(len(types.code)) * 1e-3], axis=1)
    table = neighbour_table([places], types, None).set_index("cell_type")
    shares = table.loc[list(types.names), list(types.names)].to_numpy()
    assert np.allclose(shares.sum(axis=1), 1)
    sizes = np.bincount(types.code[types.code >= 0])
    assert np.allclose(np.diag(shares), np.minimum(sizes - 1, 10) / 10)
    assert np.allclose(table.loc["expected", list(types.names)].astype(float), sizes / sizes.sum())


def test_company_of_neurons_in_one_place_is_that_of_chance() -> None:
    # listed type by type, as a file may: its order must not become company
    types = Labelled(np.repeat([0, 1, 2], 40), ("a", "b", "c"), np.arange(120))
    table = neighbour_table([np.zeros((120, 2))], types, None).set_index("cell_type")
    shares = table.loc[list("abc"), list("abc")].to_numpy()
    assert np.allclose(shares, 1 / 3, atol=0.06)  # 400 draws each


def test_predictions_are_of_the_unknown_neurons_only(mushroom: Connectome) -> None:
    neurons = mushroom.neurons.copy()
    neurons.loc[::7, "cell_type"] = None
    partly = Connectome(
        mushroom.name, mushroom.neuron_ids, mushroom.edge_index, mushroom.synapses, neurons
    )
    features = controls(mushroom, 8)["spectral, d = 8"][0][0]
    table, held_out = predictions(partly, features, labelled(partly))
    assert {*table["neuron_id"]} == {*mushroom.neuron_ids[::7]}
    assert table["confidence"].is_monotonic_decreasing
    assert (table["predicted"] != table["second"]).all()
    truth = mushroom.neurons["cell_type"].set_axis(mushroom.neuron_ids)
    right = table["predicted"].to_numpy() == truth[table["neuron_id"]].to_numpy()
    assert right.mean() > 0.8
    assert table["abstains"].equals(table["confidence"] < held_out.threshold(0.9))
