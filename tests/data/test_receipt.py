"""Every load says what it read, what it left out and by which option."""

import io
import json
import logging
from pathlib import Path

import networkx
import numpy as np
import pytest
from rich.console import Console

import connectome
from connectome.data.describe import describe, print_description
from connectome.data.readers import join
from connectome.data.readers.celegans import read_celegans
from connectome.data.readers.collection import read_collection
from connectome.data.readers.larva_brain import read_larva_brain
from connectome.data.readers.mushroom_body import read_mushroom_body
from connectome.data.readers.selection import take_neurons
from connectome.data.readers.table import read_table
from connectome.data.synthetic.blockmodel import read_blockmodel
from connectome.data.tabular import assemble
from connectome.receipt import Receipt
from connectome.types import Connectome, InputError
from tests.conftest import annotated_connectome, random_connectome
from tests.data.test_celegans import write_package
from tests.data.test_larva_brain import miniature
from tests.data.test_release import codex, read
from tests.data.test_table import write

# Two rows of one pair, a zero, a missing id, an id to leave out, a self-loop, a weak pair.
EDGES = "pre,post,n\n1,2,3\n2,NA,4\n1,2,2\n2,2,6\n9,1,7\n0,1,5\n3,2,1\n3,1,0\n"


def receipt_of(brain: Connectome) -> Receipt:
    assert brain.receipt is not None
    return brain.receipt


def test_the_block_of_a_table_by_hand(tmp_path: Path) -> None:
    path = write(tmp_path, "e.csv", EDGES)
    options = {"missing_ids": "drop", "no_neuron": [9], "min_synapses": 5}
    told = receipt_of(read_table(path, synapses="n", **options))  # type: ignore[arg-type]
    assert str(told).splitlines() == [
        "e: what was read",
        f"  from      {path}",
        "  layout    edge list: pre = pre, post = post, synapses = n",
        "  each row  the synapses in its 'n'",
        "  rows      8 read, 1 of them added to another row of their pair",
        "  left out  1 of 8 rows: an id is missing (data.missing_ids=drop)",
        "  left out  1 of 8 rows: of an id in data.no_neuron",
        "  left out  1 of 5 pairs: their counts are zero",
        "  left out  1 of 5 pairs (1 of 17 synapses): fewer than data.min_synapses=5",
        "  left out  1 of 4 neurons: no pair of theirs is left",
        "  note      1 row with a count of zero, which adds nothing",
        "  note      1 row of a neuron with the id 0, kept; if 0 means 'no segment', leave it out "
        "with data.no_neuron=[0]",
        "  result    3 neurons, 3 edges (1 self-loop among them), 16 synapses",
    ]
    assert json.loads(json.dumps(told.as_dict()))["rows"] == 8


def test_a_load_that_loses_nothing_says_nothing_of_losses(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path, "e.csv", "pre,post,n\nA,B,3\nB,C,1\n")
    brain = read_table(path, synapses="n")
    assert not receipt_of(brain).remarkable
    assert str(receipt_of(brain)).count("\n") == 5
    assert "left out" not in str(receipt_of(brain))
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert ".receipt" not in repr(brain)


def test_losses_are_warned_of_in_one_line_and_in_the_repr(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path, "e.csv", EDGES.replace("NA", "7"))
    brain = connectome.load("table", edges=path, synapses="n", min_synapses=3)
    [warning] = [one for one in caplog.records if one.levelno == logging.WARNING]
    assert "1 of 7 pairs (1 of 28 synapses) left out: fewer than data.min_synapses=3" in (
        warning.getMessage()
    )
    assert "\n" not in warning.getMessage()
    assert repr(brain).endswith("; see .receipt>")
    with caplog.at_level(logging.INFO):
        connectome.load("table", edges=path, synapses="n", min_synapses=3)
    assert str(receipt_of(brain)) in caplog.text


def test_a_release_tells_rows_pairs_and_neurons_that_it_left_out(tmp_path: Path) -> None:
    codex(tmp_path)
    told = receipt_of(read("flywire", tmp_path, "data.keep.hemisphere=[left,right]"))
    assert told.rows == 7
    assert told.added_up == 1
    assert told.columns == {
        "pre": "pre_root_id",
        "post": "post_root_id",
        "synapses": "syn_count",
    }
    assert [(part.amount, part.why) for part in told.left_out] == [
        ("1 of 4 neurons", "data.keep.hemisphere=[left,right]"),
        ("2 of 7 rows (57 of 80 synapses)", "a neuron is not listed"),
        ("1 of 4 pairs (4 of 23 synapses)", "fewer than data.min_synapses=5"),
    ]
    assert [Path(file).name for file in told.source][:2] == [
        "connections_princeton.csv.gz",
        "neurons.csv.gz",
    ]


@pytest.mark.parametrize("layout", ["matrix", "graphml"])
def test_neurons_that_only_the_edge_file_lists_are_told(tmp_path: Path, layout: str) -> None:
    if layout == "matrix":
        path = write(tmp_path, "m.csv", ",A,B,C\nA,0,2,0\nB,0,1,0\nC,0,0,0\n")
    else:
        graph = networkx.DiGraph([("A", "B"), ("B", "B")])
        graph.add_node("C")
        path = str(tmp_path / "g.graphml")
        networkx.write_graphml(graph, path)
    alone = receipt_of(read_table(path))
    assert (alone.neurons, alone.self_loops, alone.without_edges) == (3, 1, 1)
    assert not alone.left_out
    neurons = write(tmp_path, "n.csv", "neuron_id\nA\nB\n")
    told = receipt_of(read_table(path, neurons))
    assert (told.neurons, told.without_edges, told.left_out) == (3, 1, ())
    assert "1 of 3 neurons, such as C, have no row in the neuron table" in str(told)


def test_readers_of_published_brains_have_receipts(tmp_path: Path) -> None:
    both = receipt_of(read_mushroom_body("both"))
    assert [member.rows for member in both.members] == [7425, 7536]
    assert both.edges == 14_961
    assert not both.remarkable
    left = receipt_of(read_larva_brain(str(miniature(tmp_path)), sha256=None, side="left"))
    assert [part.amount for part in left.left_out] == [
        "2 of 3 neurons",
        "3 of 3 edges (7 of 7 synapses)",
    ]
    assert "data.side=left" in left.left_out[0].why
    assert left.source == (str(tmp_path / "miniature.zip"),)
    worm = receipt_of(read_celegans(["witvliet_1"], root=str(write_package(tmp_path / "cect"))))
    assert {part.why for part in worm.left_out} <= {"no neurons", "no chemical synapse"}
    assert worm.left_out
    drawn = receipt_of(read_blockmodel(neurons=60, edges=300, types=3))
    assert (drawn.layout, drawn.neurons) == ("drawn from a block model, seed 0", 60)


def test_a_connectome_made_in_python_has_one_too() -> None:
    brain = assemble("t", np.array([1, 2, 3]), np.array([1, 1]), np.array([2, 2]), np.ones(2))
    told = receipt_of(brain)
    assert (told.layout, told.rows, told.added_up, told.without_edges) == (
        "made in Python", 2, 1, 1,
    )  # fmt: skip
    assert (
        brain.fingerprint
        == assemble(
            "t", np.array([1, 2, 3]), np.array([1]), np.array([2]), np.array([2.0])
        ).fingerprint
    )


def test_a_collection_has_the_receipts_of_its_members(tmp_path: Path) -> None:
    paths = [write(tmp_path, f"{k}.csv", EDGES) for k in "ab"]
    options = {"missing_ids": "drop", "no_neuron": [0, 9], "synapses": "n"}
    told = receipt_of(read_collection(paths, **options))
    assert [member.name for member in told.members] == ["a", "b"]
    assert [member.rows for member in told.members] == [8, 8]
    assert told.notes == ("ids repeat among the members and became MEMBER:ID",)
    assert "a: 1 of 8 rows left out: an id is missing" in told.line()


def test_what_a_join_leaves_out_is_noted() -> None:
    joined = join("two", {"a": annotated_connectome(0), "b": random_connectome(1)})
    assert "edge types are left out, since the members have different ones" in (
        receipt_of(joined).notes
    )


def test_a_part_tells_what_it_is_a_part_of() -> None:
    whole = random_connectome(0)
    part = receipt_of(take_neurons(whole, np.arange(10), "part", "for a test"))
    assert part.left_out[0].amount == "30 of 40 neurons"
    assert part.left_out[0].why == "for a test"
    assert part.edges + part.left_out[1].number == whole.num_edges
    assert not part.remarkable  # it was asked for


def test_describe_prints_the_receipt(tmp_path: Path) -> None:
    brain = read_table(write(tmp_path, "e.csv", "pre,post,n\nA,[B],3\n[B],C,0.5\n"), synapses="n")
    console = Console(file=io.StringIO(), width=60)
    print_description(describe(brain), console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert str(brain.receipt) in text
    assert json.loads(json.dumps(describe(brain).as_dict()))["receipt"]["rows"] == 2


@pytest.mark.parametrize("suffix", ["csv", "matrix", "graphml"])
def test_synapses_that_add_up_to_too_many_are_refused(tmp_path: Path, suffix: str) -> None:
    if suffix == "csv":
        path = write(tmp_path, "e.csv", "pre,post,n\nA,B,6e17\nB,A,1\nA,B,6e17\n")
    elif suffix == "matrix":
        path = write(tmp_path, "m.csv", ",A,B\nA,0,1e308\nB,1,0\n")
    else:
        path = str(tmp_path / "g.graphml")
        graph = networkx.MultiDiGraph()
        graph.add_edges_from([("A", "B", {"n": 6e17}), ("A", "B", {"n": 6e17})])
        networkx.write_graphml(graph, path)
    with pytest.raises(InputError, match=r"A -> B.*1e\+18 at most, so correct") as error:
        read_table(path, synapses="n")
    assert path in str(error.value)


@pytest.mark.parametrize("counts", [[1e308, 1e308], [6e17, 6e17], [np.inf, 1.0]])
def test_too_many_synapses_are_refused_from_python(counts: list[float]) -> None:
    ends = np.array([1, 1]), np.array([2, 2])
    with pytest.raises(InputError, match=r"1 -> 2.*1e\+18 at most"):
        assemble("t", np.array([1, 2]), *ends, np.array(counts))
    brain = random_connectome(0)
    with pytest.raises(InputError, match=r"its synapses are 1e\+18 at most; correct or divide"):
        Connectome("t", brain.neuron_ids, brain.edge_index, brain.synapses * 1e17, brain.neurons)
