"""Features by hand, and that those which claim it know nothing of held-out edges."""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from connectome.data.features import feature_fingerprint, with_features
from connectome.data.features.groups import GROUPS
from connectome.data.readers.flywire import read_flywire_right
from connectome.data.readers.larva_brain import read_larva_brain
from connectome.data.splits import SplitConfig, graph_hash, message_graph, split_links, whole_graph
from connectome.data.tabular import assemble
from connectome.types import Connectome, InputError, LinkSplit, MessageGraph, NotApplicableError
from tests.conftest import annotated_connectome, random_connectome

STRUCTURE = ["degrees", "random_walk", "motifs"]
NOT_HELD_OUT = [*STRUCTURE, "hemisphere", "outside", "transmitter", "transmitter_sign"]
NAMES = np.array(["a", "b", "c", "d"])
TABLE = pd.DataFrame(
    {
        "hemisphere": ["left", "right", None, "right"],
        "axon_io_ratio": [1.0, 0.0, np.inf, np.e**2],
        "dendrite_io_ratio": [1.0, np.e, np.nan, np.e**2],
        "axon_input": [1.0, 2.0, 0.0, np.nan],
        "dendrite_input": [1.0, 6.0, 7.0, 5.0],
        "axon_output": [5.0, 10.0, 7.0, 0.0],
        "dendrite_output": [0.0, 0.0, 0.0, 6.0],
        "nt_type": ["ACH", "GABA", "DA", None],
    }
)
# a -> b 3, b -> a 4, b -> c 5, c -> c 7 (self-loop), d without edges
EDGES = ("a", "b", 3.0), ("b", "a", 4.0), ("b", "c", 5.0), ("c", "c", 7.0)


def toy(table: pd.DataFrame = TABLE, order: tuple[int, ...] = (0, 1, 2, 3)) -> Connectome:
    pre, post, synapses = (np.array(column) for column in zip(*EDGES, strict=True))
    rows = list(order)
    return assemble("toy", NAMES[rows], pre, post, synapses, table.iloc[rows])


def columns(graph: MessageGraph) -> dict[str, list[float]]:
    assert graph.features is not None
    assert graph.features.dtype == torch.float32
    assert not graph.features.isnan().any()
    return dict(zip(graph.feature_names, graph.features.T.tolist(), strict=True))


def standard(*values: float) -> list[float]:
    known = np.array(values)
    return ((known - known.mean()) / known.std()).tolist()


def of(*groups: str, directed: bool = True, data: Connectome | None = None) -> dict:
    return columns(whole_graph(data or toy(), directed, groups))


def test_edges_have_their_synapses() -> None:
    graph = whole_graph(toy(), directed=True)
    assert graph.edge_index.tolist() == [[0, 1, 1], [1, 0, 2]]
    assert graph.synapses is not None
    assert graph.synapses.tolist() == [3, 4, 5]
    both = whole_graph(toy(), directed=False)
    assert both.edge_index.tolist() == [[0, 1, 1, 2], [1, 2, 0, 1]]
    assert both.synapses is not None
    assert both.synapses.tolist() == [7, 5, 7, 5]
    assert (both.edge_type_synapses, both.features, both.feature_names) == (None, None, ())


@pytest.mark.parametrize("directed", [False, True])
def test_edge_types_add_up(directed: bool) -> None:
    connectome = annotated_connectome(0)
    graph = message_graph(connectome, split_links(connectome, SplitConfig(directed)))
    assert graph.edge_type_names == ("aa", "ad")
    assert graph.synapses is not None
    assert graph.edge_type_synapses is not None
    assert graph.edge_type_synapses.shape == (graph.edge_index.shape[1], 2)
    torch.testing.assert_close(graph.edge_type_synapses.sum(1), graph.synapses)
    there = {*zip(*connectome.edge_index.tolist(), connectome.synapses.tolist(), strict=True)}
    if directed:
        assert {*zip(*graph.edge_index.tolist(), graph.synapses.tolist(), strict=True)} < there


def test_degrees_by_hand() -> None:
    found = of("degrees")
    assert list(found) == ["out_degree", "out_strength", "in_degree", "in_strength"]
    assert found["out_degree"] == pytest.approx(standard(*np.log1p([1, 2, 0, 0])))
    assert found["out_strength"] == pytest.approx(standard(*np.log1p([3, 9, 0, 0])))
    assert found["in_degree"] == pytest.approx(standard(*np.log1p([1, 1, 1, 0])))
    assert found["in_strength"] == pytest.approx(standard(*np.log1p([4, 3, 5, 0])))
    found = of("degrees", directed=False)
    assert list(found) == ["degree", "strength"]
    assert found["degree"] == pytest.approx(standard(*np.log1p([1, 2, 1, 0])))
    assert found["strength"] == pytest.approx(standard(*np.log1p([7, 12, 5, 0])))


def test_random_walks_by_hand(caplog: pytest.LogCaptureFixture) -> None:
    found = of("random_walk")
    assert {name.removesuffix(name[-1]) for name in found} == {"out_return_", "in_return_"}
    # a -> b -> a with 1 x 1/2; against the edges c -> b -> a -> b ..., and never back to c
    assert found["out_return_2"] == pytest.approx(standard(*np.log1p([2, 2, 0, 0])))
    assert found["in_return_2"] == pytest.approx(standard(*np.log1p([4, 4, 0, 0])))
    assert found["out_return_4"] == pytest.approx(standard(*np.log1p([1, 1, 0, 0])))
    assert "out_return_3 is constant, left out" in caplog.text
    assert "return_4" in of("random_walk", directed=False)


def test_motifs_by_hand() -> None:
    found = of("motifs")
    one, two, three = standard(1, 2 / 3, 0)  # of 2, 3, 1 ends of edges; d has none
    assert found["reciprocity"] == pytest.approx([one, two, three, 0])
    assert found["reciprocity_undefined"] == [0, 0, 0, 1]
    one, two = standard(*np.log1p([2, 0.5]))  # a sends to b (2 out), b to a and c (1 and 0)
    assert found["out_partners_out_degree"] == pytest.approx([one, two, 0, 0])
    assert found["out_partners_out_degree_undefined"] == [0, 0, 1, 1]
    assert not [name for name in found if name.startswith("triangles") and "_und" not in name]
    path = of("motifs", directed=False)
    assert path["partner_degree"] == pytest.approx([*standard(*np.log1p([2, 1, 2])), 0])
    assert "reciprocity" not in path


@pytest.mark.parametrize("group", STRUCTURE)
def test_structure_is_of_training_edges_alone(group: str) -> None:
    connectome = random_connectome(3)
    split = split_links(connectome, SplitConfig(True))
    pre, post = (connectome.neuron_ids[end] for end in split.train.numpy())
    shown = message_graph(connectome, split, [group])
    assert shown.synapses is not None
    trained = assemble("rest", connectome.neuron_ids, pre, post, shown.synapses.numpy())
    rest = whole_graph(trained, True, [group])
    found, everything = columns(rest), columns(whole_graph(connectome, True, [group]))
    for name, values in columns(shown).items():
        assert found.pop(name) == pytest.approx(values, abs=1e-5)
    assert not found
    assert columns(shown) != everything


def test_signs_keep_their_values() -> None:
    assert of("hemisphere") == {"hemisphere": [-1, 1, 0, 1], "hemisphere_missing": [0, 0, 1, 0]}
    assert of("transmitter_sign") == {
        "transmitter_sign": [1, -1, 0, 0],
        "transmitter_sign_missing": [0, 0, 1, 1],  # a modulator, and one unknown
    }


def test_transmitters_by_hand() -> None:
    found = of("transmitter")
    assert found == {
        "transmitter_acetylcholine": [1, 0, 0, 0],
        "transmitter_dopamine": [0, 0, 1, 0],
        "transmitter_gaba": [0, 1, 0, 0],
        "transmitter_missing": [0, 0, 0, 1],
    }
    words = ["Acetylcholine", " gaba", "dopamine", "unknown"]
    assert of("transmitter", data=toy(pd.DataFrame({"transmitter": words}))) == found


def test_ratios_by_hand() -> None:
    found = of("io_ratio")
    assert found["axon_io_ratio"] == pytest.approx([-1, 0, 0, 1])  # of 1 and e^2; mean 1, sd 1
    assert found["axon_io_ratio_zero"] == [0, 1, 0, 0]
    assert found["axon_io_ratio_infinite"] == [0, 0, 1, 0]
    one, two, three = standard(0, 1, 2)
    assert found["dendrite_io_ratio"] == pytest.approx([one, two, 0, three])
    assert found["dendrite_io_ratio_missing"] == [0, 0, 1, 0]
    assert len(found) == 5  # flags only where something is missing


def test_outside_by_hand(caplog: pytest.LogCaptureFixture) -> None:
    table = TABLE.assign(axon_output=[5.0, 8.0, 8.0, 1.0])
    found = of("outside", data=toy(table))
    # inputs 2, 8, 7, unknown minus 4, 3, 12 (its self-loop too): -2, 5, -5
    assert found["outside_input_missing"] == [0, 0, 0, 1]
    assert found["outside_input_negative"] == [1, 0, 1, 0]
    assert "outside_input" not in found  # one neuron is left, which is no variation
    assert "outside_input is constant" in caplog.text
    # outputs 5, 8, 8, 7 minus 3, 9, 7, 0: 2, -1, 1, 7
    one, two, three = standard(*np.log1p([2, 1, 7]))
    assert found["outside_output"] == pytest.approx([one, 0, two, three])
    assert found["outside_output_negative"] == [0, 1, 0, 0]


def test_features_of_the_data_come_first_and_as_they_are() -> None:
    given = torch.tensor([[5.0, 1.0], [6.0, 1.0], [7.0, 1.0], [8.0, 1.0]])
    graph = whole_graph(replace(toy(), features=given), True, ["hemisphere"])
    assert graph.feature_names == ("data_0", "data_1", "hemisphere", "hemisphere_missing")
    assert graph.features is not None
    assert torch.equal(graph.features[:, :2], given)


@pytest.mark.parametrize("order", [(3, 2, 1, 0), (1, 3, 0, 2)])
def test_the_order_of_neurons_permutes_rows(order: tuple[int, ...]) -> None:
    here, there = (whole_graph(data, True, [*GROUPS]) for data in (toy(), toy(order=order)))
    assert here.feature_names == there.feature_names
    assert here.features is not None
    torch.testing.assert_close(there.features, here.features[list(order)])


def annotated(seed: int, edges: Connectome) -> Connectome:
    """``edges`` with totals that are its sums and partners outside, drawn from ``seed`` alone."""
    rng = np.random.default_rng(seed)
    n = edges.num_neurons
    table = pd.DataFrame(
        {
            "hemisphere": rng.choice(["left", "right", None], n),
            "nt_type": rng.choice(["ACH", "GABA", "GLUT", "SER", None], n),
        }
    )
    for end, name in ((0, "output"), (1, "input")):
        inside = np.bincount(edges.edge_index[end].numpy(), edges.synapses.numpy(), n)
        table[f"dendrite_{name}"] = rng.integers(0, 3, n)
        table[f"axon_{name}"] = inside + rng.integers(0, 9, n)
    table["axon_io_ratio"] = table["axon_input"] / table["axon_output"].clip(lower=1)
    table["dendrite_io_ratio"] = rng.random(n)
    return replace(edges, neurons=table)


def rewired(connectome: Connectome, split: LinkSplit, seed: int) -> tuple[Connectome, LinkSplit]:
    """The same training edges; other held-out edges, with other synapse counts."""
    rng = np.random.default_rng(seed)
    n, (pre, post) = connectome.num_neurons, connectome.edge_index.numpy()
    trained = np.zeros((n, n), bool)
    trained[tuple(split.message_edges.numpy())] = True
    kept = trained[pre, post]
    free = np.argwhere(~trained & ~np.eye(n, dtype=bool))
    new = free[rng.choice(len(free), min(50, len(free)), replace=False)].T
    ids = connectome.neuron_ids
    other = assemble(
        connectome.name,
        ids,
        ids[np.concatenate([pre[kept], new[0]])],
        ids[np.concatenate([post[kept], new[1]])],
        np.concatenate([connectome.synapses.numpy()[kept], rng.integers(1, 99, new.shape[1])]),
    )
    half = torch.from_numpy(new).chunk(2, dim=1)
    return other, replace(split, val=half[0], test=half[1])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_held_out_edges_change_no_feature(seed: int, directed: bool) -> None:
    edges = random_connectome(seed)
    split = split_links(edges, SplitConfig(directed, seed=seed % 97))
    other, other_split = rewired(edges, split, seed + 1)
    before = message_graph(annotated(seed, edges), split, NOT_HELD_OUT)
    after = message_graph(annotated(seed, other), other_split, NOT_HELD_OUT)
    assert before.feature_names == after.feature_names
    assert before.features is not None
    assert after.features is not None
    assert torch.equal(before.features, after.features)
    assert graph_hash(before) == graph_hash(after)  # nor anything else that a model is shown


def test_ratios_do_change_with_held_out_edges() -> None:
    edges = random_connectome(0)
    split = split_links(edges, SplitConfig(True))
    other, other_split = rewired(edges, split, 1)
    before = message_graph(annotated(0, edges), split, ["io_ratio"])
    after = message_graph(annotated(0, other), other_split, ["io_ratio"])
    assert columns(before)["axon_io_ratio"] != columns(after)["axon_io_ratio"]


def test_held_out_neurons_do_not_set_the_scale() -> None:
    connectome = annotated(1, random_connectome(1))
    split = split_links(connectome, SplitConfig(True, "neuron", 0.1, 0.2))
    graph = message_graph(connectome, split, ["degrees", "outside"])
    trained = split.train.unique()
    assert 0 < len(trained) < connectome.num_neurons
    assert graph.features is not None
    measured = graph.features[:, [not name.endswith("missing") for name in graph.feature_names]]
    inside = measured[trained].double()
    torch.testing.assert_close(inside.mean(0), torch.zeros(6).double(), atol=1e-6, rtol=0)
    torch.testing.assert_close(inside.std(0, correction=0), torch.ones(6).double())
    assert (measured.mean(0).abs() > 1e-3).any()


def test_flags_that_no_training_neuron_has_are_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    graph = whole_graph(toy(), True)
    training = torch.tensor([True, True, False, True])
    with caplog.at_level(logging.WARNING):
        found = columns(with_features(graph, toy(), ["hemisphere"], training))
    assert found == {"hemisphere": [-1, 1, 0, 1]}
    assert "hemisphere_missing is constant, left out" in caplog.text


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (["degres"], r"features=degres: unknown group \(did you mean degrees\?\); choose from deg"),
        (["x"], r"features=x: unknown group; choose from degrees, random_walk, motifs, hemis"),
        (["degrees", "degrees"], r"features=\[degrees,degrees\]: name each group once"),
        ("degrees", r"features=degrees: give a list, features=\[degrees\]"),
    ],
)
def test_unknown_groups_are_named(tiny: Connectome, groups: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        whole_graph(tiny, True, groups)


@pytest.mark.parametrize(
    ("group", "column"),
    [
        ("hemisphere", "'hemisphere'"),
        ("io_ratio", "'axon_io_ratio'"),
        ("outside", "'axon_input'"),
        ("transmitter", "'nt_type' or 'transmitter'"),
        ("transmitter_sign", "'nt_type' or 'transmitter'"),
    ],
)
def test_what_the_data_lack_is_named(tiny: Connectome, group: str, column: str) -> None:
    with pytest.raises(NotApplicableError) as error:
        whole_graph(tiny, True, [group])
    assert str(error.value) == (
        f"features={group}: the neuron table of random has no column {column}; add it, or leave "
        f"{group} out of features"
    )


def test_a_group_that_tells_nothing_is_refused(mushroom: Connectome) -> None:
    with pytest.raises(NotApplicableError, match=r"hemisphere: mushroom_body_right has the same"):
        whole_graph(mushroom, False, ["hemisphere"])  # all of them lie in the right one


@pytest.mark.parametrize(
    ("group", "column", "values"),
    [
        ("hemisphere", "hemisphere", ["left", "L", None, "l "]),
        ("transmitter", "nt_type", ["ACH", "acetylcholine", "ach", None]),
        ("transmitter_sign", "nt_type", ["ACH", "ACH", None, "DA"]),
    ],
)
def test_a_missing_indicator_alone_is_refused(group: str, column: str, values: list) -> None:
    with pytest.raises(NotApplicableError, match=f"features={group}: toy has the same .*that has"):
        of(group, data=toy(TABLE.assign(**{column: values})))


def test_sides_of_any_spelling_are_the_same_feature() -> None:
    spelt = TABLE.assign(hemisphere=["L", "Right", "center", "r "])
    assert of("hemisphere", data=toy(spelt)) == of("hemisphere")
    with pytest.raises(NotApplicableError, match="such as 'lft', is neither left nor right"):
        of("hemisphere", data=toy(TABLE.assign(hemisphere=["lft", "right", None, "right"])))


@pytest.mark.parametrize(
    ("values", "message"), [([-1.0, 1, 2, 3], "is negative"), ([*"wxyz"], "is not numeric")]
)
def test_bad_annotations_are_refused(values: list[object], message: str) -> None:
    with pytest.raises(InputError, match=f"toy: 'axon_io_ratio' of the neuron table {message}"):
        of("io_ratio", data=toy(TABLE.assign(axon_io_ratio=values)))


def test_hash_covers_weights_and_features() -> None:
    connectome = annotated_connectome(0)
    split = split_links(connectome, SplitConfig(True))
    graph = message_graph(connectome, split, ["degrees"])
    assert graph.synapses is not None
    assert graph.edge_type_synapses is not None
    assert graph.features is not None
    order = torch.randperm(graph.edge_index.shape[1], generator=torch.Generator().manual_seed(0))
    shuffled = replace(
        graph,
        edge_index=graph.edge_index[:, order],
        synapses=graph.synapses[order],
        edge_type_synapses=graph.edge_type_synapses[order],
    )
    assert graph_hash(shuffled) == graph_hash(graph)
    changed = (
        replace(graph, synapses=graph.synapses[order]),
        replace(graph, edge_type_synapses=graph.edge_type_synapses[order]),
        replace(graph, features=graph.features + 1),
        message_graph(connectome, split),
    )
    assert len({graph_hash(graph), *map(graph_hash, changed)}) == 5


def test_fingerprint_is_of_what_the_groups_read() -> None:
    here = feature_fingerprint(toy(), ["hemisphere"])
    assert here != feature_fingerprint(toy(), ["hemisphere", "outside"])
    assert here == feature_fingerprint(toy(TABLE.assign(axon_input=0.0)), ["hemisphere"])
    assert here != feature_fingerprint(toy(TABLE.assign(hemisphere="left")), ["hemisphere"])


def test_larval_brain(larva_archive: Path) -> None:
    connectome = read_larva_brain(str(larva_archive))
    split = split_links(connectome, SplitConfig(True, "orbit", seed=100))
    graph = message_graph(connectome, split, ["degrees", "hemisphere", "io_ratio", "outside"])
    found = columns(graph)
    missing = {name: sum(v) for name, v in found.items() if name.endswith(("missing", "zero"))}
    assert missing == {
        "hemisphere_missing": 346,
        "axon_io_ratio_missing": 891,
        "axon_io_ratio_zero": 18,
        "dendrite_io_ratio_missing": 1863,
        "dendrite_io_ratio_zero": 307,
    }
    assert found["hemisphere"].count(-1) == 1299
    assert {"outside_input", "outside_output"} < found.keys()  # no total is below its sum
    assert not [name for name in found if name.endswith("negative")]
    with pytest.raises(NotApplicableError, match="neuron table of larva_brain has no column 'nt"):
        message_graph(connectome, split, ["transmitter"])


@pytest.mark.slow
def test_flywire_has_transmitters(flywire_folder: Path) -> None:
    connectome = read_flywire_right(str(flywire_folder))
    found = of("transmitter", "transmitter_sign", data=connectome)
    assert sum(found["transmitter_acetylcholine"]) == 40_784
    assert sum(found["transmitter_missing"]) == 6_996
    assert found["transmitter_sign"].count(-1) == 7_807 + 10_286
    assert sum(found["transmitter_sign_missing"]) == 6_996 + 463 + 291 + 31
