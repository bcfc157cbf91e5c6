"""DataFrames, matrices and graphs of Python are read by the rules and with the receipt of files."""

from typing import Any

import networkx
import numpy as np
import pandas as pd
import pytest
import scipy.sparse

import connectome
from connectome.config.kinds import check_value
from connectome.types import Connectome, InputError
from tests.data.test_formats import (
    EXPECTED,
    IDS,
    MATRIX,
    TYPES,
    edges_of,
    frame,
    ig_graph,
    matrix_frame,
    nx_graph,
)

TABLE = pd.DataFrame({"root_id": IDS, "primary_type": TYPES})
OBJECTS: dict[str, Any] = {
    "edge list": frame(),
    "matrix with ids": matrix_frame(),
    "array": MATRIX,
    "csr": scipy.sparse.csr_array(MATRIX),
    "coo": scipy.sparse.coo_matrix(MATRIX.astype(np.float32)),
    "networkx": nx_graph(),
    "igraph by networkx": ig_graph().to_networkx(vertex_attr_hashable="name"),
}


def load(edges: Any, **options: Any) -> Connectome:
    return connectome.load("table", edges=edges, **options)


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_is_the_same_connectome(name: str) -> None:
    brain = load(OBJECTS[name], neurons=TABLE, rename={"primary_type": "cell_type"})
    assert edges_of(brain) == EXPECTED
    assert brain.neuron_ids.tolist() == IDS
    assert brain.neurons["cell_type"].tolist() == TYPES
    assert brain.receipt is not None
    kind = type(OBJECTS[name]).__name__
    assert brain.receipt.source == (f"edges ({kind})", "neurons (DataFrame)")


def test_the_index_of_a_neuron_table_has_the_ids() -> None:
    indexed = TABLE.set_index("root_id").rename_axis(None)
    assert load(frame(), neurons=indexed).neurons["primary_type"].tolist() == TYPES
    assert load(MATRIX, neurons=indexed).neuron_ids.tolist() == IDS
    untold = load(MATRIX, neurons=TABLE[["primary_type"]])
    assert untold.neuron_ids.tolist() == [0, 1, 2, 3]
    assert untold.receipt is not None
    assert untold.receipt.notes == ("ids of the neuron table are rows of the matrix, from 0 to 3",)


def test_objects_are_not_changed() -> None:
    edges, neurons = frame(), TABLE.copy()
    load(edges, neurons=neurons, rename={"primary_type": "cell_type"}, min_synapses=3)
    pd.testing.assert_frame_equal(edges, frame())
    pd.testing.assert_frame_equal(neurons, TABLE)


def test_options_of_files_hold_for_objects() -> None:
    brain = load(frame(), min_synapses=4, keep=None)
    assert brain.synapses.tolist() == [5, 4]
    assert brain.receipt is not None
    assert [part.why for part in brain.receipt.left_out] == [
        "fewer than data.min_synapses=4",
        "no pair of theirs is left",
    ]
    once = load(nx_graph(), synapses=None)
    assert set(once.synapses.tolist()) == {1.0}
    kept = load(frame(), neurons=TABLE, keep={"primary_type": ["KC"]})
    assert kept.neuron_ids.tolist() == [IDS[0], IDS[2]]


def test_an_undirected_graph_counts_both_ways() -> None:
    brain = load(networkx.Graph([("a", "b")]))
    assert edges_of(brain) == {("a", "b"): 1, ("b", "a"): 1}
    assert brain.receipt is not None
    assert brain.receipt.notes == ("edges are undirected; each counts both ways",)


@pytest.mark.parametrize(
    ("edges", "options", "message"),
    [
        (pd.DataFrame({"pre": [1, "a"], "post": [2, 3]}), {}, "'pre' are of several kinds; make"),
        (pd.DataFrame({"pre": [1.5], "post": [2]}), {}, "ids in column 'pre' such as 1.5 are"),
        (pd.DataFrame({"pre": [1], "post": [2], "count": ["x"]}), {}, "such as 'x' are not numb"),
        (pd.DataFrame({"a": [1, 2, 3], "b": 2}), {}, "no column 'pre' and 'post' of an edge list"),
        (frame(), {"synapses": "n"}, "no column 'n', only pre, post, count; name the right one"),
        (frame(), {"key": "x"}, r"data\.key=x: edges \(DataFrame\) has one part; leave it out"),
        (frame(), {"neurons": 3}, r"data\.neurons: is of type int; give the path of a file"),
        (MATRIX[:2], {}, "the array is 2 x 4 and no square adjacency matrix"),
        (MATRIX, {"neurons": TABLE[:3]}, "has 4 neurons without names, and the neuron table 3"),
        (networkx.DiGraph(), {}, "holds no connection"),
        ([[1, 2]], {}, r"data\.edges: is of type list; give the path of a file, a DataFrame"),
        (7, {}, r"data\.edges: is of type int; give the path of a file, a DataFrame"),
    ],
)
def test_what_is_refused(edges: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load(edges, **options)
    assert "\n" not in str(caught.value)


def test_an_argument_that_may_be_anything_is_not_checked() -> None:
    check_value(frame(), Any, "edges")
    with pytest.raises(InputError, match="edges=7: must be str"):
        check_value(7, str, "edges")


def test_other_readers_take_no_objects() -> None:
    with pytest.raises(InputError, match=r"root: is a DataFrame; load\('table'\) alone takes that"):
        connectome.load("flywire", root=frame())
    with pytest.raises(InputError, match=r"^neurons=\[.{0,60}\.\.\.: ") as caught:
        connectome.load("table", edges=frame(), neurons=[frame()])
    assert "\n" not in str(caught.value)
