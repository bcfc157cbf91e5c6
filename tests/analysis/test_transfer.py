import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from connectome.analysis.transfer import Brain, Placed, report_transfer, share_seen
from connectome.analysis.transfer.cell_types import mixing_table, predicted_types, type_table
from connectome.analysis.transfer.figures import plot_aligned
from connectome.analysis.transfer.homologs import LARGE, homolog_rows, known_pairs, true_pairs
from connectome.analysis.transfer.links import SHARED, by_member, link_table
from connectome.analysis.transfer.report import over_models
from connectome.data.readers import join
from connectome.data.readers.mushroom_body import read_mushroom_body
from connectome.data.splits import SplitConfig
from connectome.data.tabular import assemble
from connectome.models.matching import match_graphs
from connectome.models.matching.faq import GraphMatch
from connectome.training.batching import LinkDataModule
from connectome.training.modules import InductiveModule
from connectome.types import Connectome, NotApplicableError
from tests.analysis.explorer.test_page import block
from tests.conftest import random_connectome
from tests.training.test_modules import trainer


def data_of(connectome: Connectome) -> LinkDataModule:
    return LinkDataModule(connectome, SplitConfig(directed=True), steps_per_epoch=20)


def brain_of(data: LinkDataModule) -> Brain:
    table = data.connectome.neurons
    n = data.connectome.num_neurons
    types = (
        table["cell_type"].to_numpy(object) if "cell_type" in table else np.full(n, None, object)
    )
    return Brain(data.connectome.name, data.connectome, data.split, data.graph, types)


def place(module: InductiveModule, home: str, brain: Brain) -> Placed:
    return Placed("model", home, brain, module.embed(brain.graph), module.embed(brain.whole))


def fitted(data: LinkDataModule, epochs: int = 5) -> InductiveModule:
    module = InductiveModule(8)
    trainer(max_epochs=epochs).fit(module, data)
    return module


@pytest.fixture(scope="module")
def placed() -> tuple[Placed, Placed]:
    """The left mushroom body, on which a model was trained, and the right one."""
    left, right = (data_of(read_mushroom_body(side)) for side in ("left", "right"))
    module, name = fitted(left), left.connectome.name
    home, away = (place(module, name, brain_of(data)) for data in (left, right))
    return home, away


@pytest.fixture(scope="module")
def twins() -> tuple[Placed, Placed]:
    """A graph and the same in another order, with the names of the neurons."""
    one = random_connectome(0, neurons=50, edges=500)
    names = [f"n{k}" for k in range(50)]
    one = replace(one, name="one", neurons=pd.DataFrame({"neuron": names}))
    order = np.random.default_rng(1).permutation(50)
    ids = np.arange(50)
    inverse = np.argsort(order)
    edges = inverse[one.edge_index.numpy()]
    other = assemble("other", ids, ids[edges[0]], ids[edges[1]], one.synapses.numpy())
    other = replace(other, neurons=pd.DataFrame({"neuron": np.array(names)[order]}))
    data = data_of(one)
    module = fitted(data, epochs=2)
    home = place(module, "one", brain_of(data))
    return home, place(module, "one", brain_of(data_of(other)))


def test_links_beside_what_needs_no_model(placed: tuple[Placed, Placed]) -> None:
    table = link_table(placed, 8).set_index(["brain", "method"])
    away = table.loc["mushroom_body_right"]
    assert away.loc["inductive", "trained_on"] == "mushroom_body_left"
    assert away.loc["inductive", "auc"] > 0.93
    assert abs(away.loc["neurons exchanged", "auc"] - 0.5) < 0.15
    home = table.loc["mushroom_body_left"]
    assert home.loc["inductive", "trained_on"] == "itself"
    assert "neurons exchanged" not in home.index
    untrained = home[home["trained_on"] == "nothing"].index
    assert {"degrees alone", "resource allocation", "spectral, d = 2"} <= set(untrained)
    assert home.loc["degrees alone", "auc"] > 0.85
    assert (table["links"] > 700).all()


def test_cell_types_of_one_brain_are_read_off_the_other(placed: tuple[Placed, Placed]) -> None:
    table = type_table(*placed).set_index(["features", "classifier"])
    shared = table.loc[(SHARED, "knn")]
    assert shared["accuracy"] > 0.9
    assert shared["same_brain"] > 0.9
    assert shared["neurons"] == 213
    assert shared["types"] == 4
    assert table.loc[("labels exchanged", "knn"), "accuracy"] < 0.6
    majority = placed[1].brain.connectome.neurons["cell_type"].value_counts(normalize=True)
    assert table.loc[("nothing", "majority"), "accuracy"] == pytest.approx(majority["Kenyon"])
    assert table.loc[("nothing", "majority"), "macro_recall"] == pytest.approx(0.25)


def test_a_rare_type_leaves_the_accuracy_within_the_brain(
    placed: tuple[Placed, Placed], caplog: pytest.LogCaptureFixture
) -> None:
    """One neuron of a type of its own: it is asked for, but no reason to know nothing."""
    home, away = placed
    whole = type_table(home, away).set_index(["features", "classifier"]).loc[(SHARED, "knn")]
    both = []
    for one in placed:
        types = one.brain.types.copy()
        types[np.flatnonzero(types == "Kenyon")[0]] = "rare"
        both.append(replace(one, brain=replace(one.brain, types=types)))
    with caplog.at_level(logging.WARNING):
        table = type_table(*both).set_index(["features", "classifier"])
    assert table.loc[(SHARED, "knn"), "same_brain"] == pytest.approx(whole["same_brain"], abs=0.03)
    assert "same_brain leaves out 1 cell types" in caplog.text


def test_types_that_the_home_lacks_are_counted_and_not_asked_for(
    placed: tuple[Placed, Placed],
) -> None:
    home, away = placed
    types = np.where(home.brain.types == "input", None, home.brain.types)
    poorer = replace(home, brain=replace(home.brain, types=types))
    table = type_table(poorer, away)
    assert set(table["unseen"]) == {21}
    assert set(table["neurons"]) == {213 - 21}
    nobody = replace(home, brain=replace(home.brain, types=np.full(209, None, dtype=object)))
    with pytest.raises(NotApplicableError, match="0 cell types in common; say which columns"):
        type_table(nobody, away)


def test_predicted_types_name_every_neuron(placed: tuple[Placed, Placed]) -> None:
    table = predicted_types(*placed)
    assert table["neuron_id"].tolist() == placed[1].brain.connectome.neuron_ids.tolist()
    assert (table["known"] == table["predicted"]).mean() > 0.9


def test_the_same_neuron_is_found_in_a_copy(twins: tuple[Placed, Placed]) -> None:
    table = homolog_rows(*twins).set_index(["space", "matcher"])
    assert table.loc[("none", "chance"), "hits@1"] == pytest.approx(1 / 50)
    for key in ((SHARED, "nearest"), (SHARED, "one-to-one"), ("wiring alone", "graph matching")):
        assert table.loc[key, "hits@1"] == pytest.approx(1), key
        assert table.loc[key, "known_pairs"] == 0
    aligned = table.loc[("joint ASE", "nearest, aligned by pairs")]
    assert aligned["known_pairs"] == 25
    assert aligned["asked"] == 25


def test_graphs_are_matched_from_as_many_places_as_asked(
    twins: tuple[Placed, Placed], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def counted(*arguments: Any, starts: int, **options: Any) -> GraphMatch:
        asked.append(starts)
        return match_graphs(*arguments, starts=starts, **options)

    monkeypatch.setattr("connectome.analysis.transfer.homologs.match_graphs", counted)
    table = homolog_rows(*twins, match_starts=3)
    matched = table.loc[table["matcher"] == "graph matching", "space"]
    assert matched.tolist() == ["wiring alone", SHARED, "structure alone", "log degrees"]
    assert asked == [3] * 4
    assert "graph matching" not in set(homolog_rows(*twins, match_starts=0)["matcher"])
    assert asked == [3] * 4


def test_known_pairs_by_name_by_homolog_or_not_at_all(twins: tuple[Placed, Placed]) -> None:
    one, other = (placed.brain.connectome for placed in twins)
    pairs = known_pairs(one, other)
    names = [c.neurons["neuron"].to_numpy()[pairs[:, k]] for k, c in enumerate((one, other))]
    assert names[0].tolist() == names[1].tolist()
    assert len(pairs) == 50
    mate = pd.Series([None] * 50, dtype="Int64")
    mate[7] = int(other.neuron_ids[3])
    homologous = replace(one, neurons=pd.DataFrame({"pair_id": mate}))
    assert known_pairs(homologous, other).tolist() == [[7, 3]]
    with pytest.raises(NotApplicableError, match="have no neuron in common"):
        known_pairs(replace(one, neurons=pd.DataFrame(index=range(50))), other)


def test_types_of_one_neuron_a_side_stand_for_names(twins: tuple[Placed, Placed]) -> None:
    here, there = np.full(50, None, dtype=object), np.full(50, None, dtype=object)
    here[[3, 4, 5, 6]] = "a", "b", "b", "c"
    there[[7, 8, 9]] = "a", "b", "d"  # b are two here, c is nobody there
    brains = []
    for one, types in zip(twins, (here, there), strict=True):
        nameless = replace(one.brain.connectome, neurons=pd.DataFrame(index=range(50)))
        brains.append(replace(one.brain, connectome=nameless, types=types))
    pairs, same_by = true_pairs(*brains)
    assert (pairs.tolist(), same_by) == ([[3, 7]], "type")
    pairs, same_by = true_pairs(twins[0].brain, twins[1].brain)
    assert (len(pairs), same_by) == (50, "named")  # names come first
    with pytest.raises(NotApplicableError, match="have no neuron in common"):
        true_pairs(brains[0], replace(brains[1], types=np.full(50, None, dtype=object)))


def test_of_large_brains_only_the_nearest_are_looked_for(
    twins: tuple[Placed, Placed], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectome.analysis.transfer.homologs.MOST_MATCHED", 49)
    table = homolog_rows(*twins).set_index(["matcher", "space"])
    assert set(table.index.get_level_values(0)) == {
        "chance", LARGE, f"{LARGE}, aligned by pairs"
    }  # fmt: skip
    assert table.loc[("chance", "none"), "hits@1"] == pytest.approx(1 / 50)
    assert table.loc[(LARGE, SHARED), "hits@1"] == pytest.approx(1)
    aligned = table.loc[(f"{LARGE}, aligned by pairs", "joint ASE")]
    assert (aligned["known_pairs"], aligned["asked"], aligned["candidates"]) == (25, 25, 25)


def test_of_thousands_of_types_those_that_look_alike_are_drawn_at_once() -> None:
    rng = np.random.default_rng(0)
    types = np.array([f"t{k}" for k in range(300)] + [None], dtype=object)
    figure = plot_aligned({"one": rng.random((301, 2))}, {"one": types}, "many types")
    drawn = figure.axes[0].collections
    assert len(drawn) <= 55  # 54 styles, and neurons of unknown type
    assert sum(len(dots.get_offsets()) for dots in drawn) == 301


def test_mixing_in_every_space(placed: tuple[Placed, Placed]) -> None:
    table = mixing_table(*placed).set_index("space")
    assert list(table.index) == [SHARED, "structure alone", "log degrees"]
    assert table.loc[SHARED, "types_nearby"] < table.loc["log degrees", "types_nearby"]
    assert (table["neurons"] == 422).all()


def test_joined_brains_are_placed_one_by_one() -> None:
    joined = read_mushroom_body("both")
    data = data_of(joined)
    module = fitted(data, epochs=1)
    whole = place(module, joined.name, brain_of(data))
    left, right = by_member(whole)
    assert (left.brain.name, right.brain.name) == ("left", "right")
    assert np.array_equal(np.concatenate([left.space, right.space]), whole.space)
    assert right.brain.types.tolist() == read_mushroom_body("right").neurons["cell_type"].tolist()
    alone = by_member(left)
    assert alone == [left]


def test_the_report_leaves_tables_maps_predictions_and_a_page(
    placed: tuple[Placed, Placed], tmp_path: Path
) -> None:
    report = report_transfer(placed, tmp_path, match_starts=0, note=lambda text: None)
    assert set(report.tables) == {"links", "cell_types", "mixing"}
    assert len(report.left_out) == 1
    assert "homologs" in report.left_out[0]
    names = {path.name for path in report.files}
    assert {"links.png", "mushroom_body_right_by_model.html"} <= names
    for path in report.files:
        assert path.is_file(), path
    page = (tmp_path / "mushroom_body_right_by_model.html").read_text()
    over, beside = (np.asarray(block(page, f"position-{view}")).reshape(-1, 2) for view in (0, 1))
    moved = beside - over
    assert np.array_equal(moved[:209], np.zeros((209, 2), dtype=np.float32))
    assert moved[209:, 0] == pytest.approx(moved[209, 0], rel=1e-3)
    assert beside[:209, 0].max() < beside[209:, 0].min()  # side by side
    table = pd.read_parquet(tmp_path / "mushroom_body_right_by_model.parquet")
    assert len(table) == 213
    assert pd.read_csv(tmp_path / "cell_types.csv")["accuracy"].max() > 0.9


def test_a_brain_is_known_again_in_a_larger_one() -> None:
    left, right, both = (read_mushroom_body(side) for side in ("left", "right", "both"))
    assert share_seen(both, left) == 1
    assert share_seen(left, both) == pytest.approx(left.num_edges / both.num_edges)
    assert share_seen(left, right) == 0
    twins = join("twins", {"a": random_connectome(0), "b": random_connectome(1)})
    assert share_seen(twins, random_connectome(1)) == 1  # called b:ID there
    assert share_seen(twins, random_connectome(2)) < 0.1


def test_brains_that_were_trained_together_are_held_against_each_other(tmp_path: Path) -> None:
    joined = read_mushroom_body("both")
    data = data_of(joined)
    whole = place(fitted(data, epochs=3), joined.name, brain_of(data))
    report = report_transfer(
        [whole], tmp_path, match_starts=0, explorer=False, note=lambda text: None
    )
    types = report.tables["cell_types"]
    assert set(types["home"]) == {"left"}
    assert set(types["away"]) == {"right"}
    assert types.loc[types["features"] == SHARED, "accuracy"].max() > 0.9
    assert report.tables["mixing"]["neurons"].tolist() == [422] * 3


def test_means_over_models_of_several_seeds() -> None:
    rows = [("right", "gae", "left", 0.9, "a"), ("right", "gae", "left", 0.8, "b"),
            ("right", "lse", "nothing", 0.95, "")]  # fmt: skip
    table = pd.DataFrame(rows, columns=["brain", "method", "trained_on", "auc", "model"])
    found = over_models(table)
    assert found["method"].tolist() == ["lse", "gae"]
    assert found["auc"].tolist() == pytest.approx([0.95, 0.85])
    assert found["runs"].tolist() == [1, 2]


def test_several_brains_of_one_kind_share_no_names_by_chance() -> None:
    brains = {name: random_connectome(seed) for seed, name in enumerate(("a", "b"))}
    joined = join("both", brains)
    assert joined.neurons["neuron"].str.startswith("1").all()
