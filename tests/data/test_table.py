import gzip
from pathlib import Path

import networkx
import pandas as pd
import pytest

from connectome.data.describe import describe
from connectome.data.readers.table import read_table
from connectome.types import Connectome, InputError

EDGES = "pre,post,n\nA,B,3\nB,C,1\nA,B,2\nC,C,4\n"
NEURONS = "neuron_id,kind\nA,x\nB,y\nC,x\nD,z\n"
MATRIX = ",A,C,B\nA,0,1,5\nB,0,1,0\nC,0,4,0\n"


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def edges_of(connectome: Connectome) -> dict[tuple[str, str], float]:
    ids = connectome.neuron_ids
    return {
        (str(ids[i]), str(ids[j])): float(weight)
        for (i, j), weight in zip(
            connectome.edge_index.T.tolist(), connectome.synapses, strict=True
        )
    }


def test_weights_below_the_least_are_not_dropped_in_silence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path, "mine.csv", "pre,post,weight\nA,B,0.5\nB,C,1.5\nC,A,2\n")
    assert edges_of(read_table(path, synapses="weight")) == {("B", "C"): 1.5, ("C", "A"): 2}
    assert (
        "1 of 3 pairs (0.5 of 4 synapses) left out: fewer than data.min_synapses=1" in caplog.text
    )
    caplog.clear()
    assert len(edges_of(read_table(path, synapses="weight", min_synapses=0))) == 3
    assert not caplog.text
    read_table(write(tmp_path, "counts.csv", EDGES), synapses="n", min_synapses=2)
    assert "1 of 3 pairs (1 of 10 synapses) left out: fewer than data.min_synapses=2" in caplog.text


def test_edge_list_adds_up_repeated_rows(tmp_path: Path) -> None:
    connectome = read_table(write(tmp_path, "mine.csv", EDGES), synapses="n")
    assert edges_of(connectome) == {("A", "B"): 5, ("B", "C"): 1, ("C", "C"): 4}
    assert connectome.name == "mine"


def test_without_count_column_each_row_is_one_synapse(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    connectome = read_table(write(tmp_path, "e.csv", EDGES))
    assert "each row counts as 1; data.synapses=n reads counts" in caplog.text
    assert edges_of(connectome) == {("A", "B"): 2, ("B", "C"): 1, ("C", "C"): 1}


def test_threshold_applies_to_the_sum(tmp_path: Path) -> None:
    connectome = read_table(write(tmp_path, "e.csv", EDGES), synapses="n", min_synapses=5)
    assert edges_of(connectome) == {("A", "B"): 5}
    assert connectome.num_neurons == 2  # C is not listed anywhere else


def test_neuron_table_keeps_isolated_neurons_and_order(tmp_path: Path) -> None:
    neurons = write(tmp_path, "n.csv", NEURONS)
    connectome = read_table(write(tmp_path, "e.csv", EDGES), neurons, synapses="n")
    assert connectome.neuron_ids.tolist() == ["A", "B", "C", "D"]
    assert connectome.neurons["kind"].tolist() == ["x", "y", "x", "z"]
    assert describe(connectome).isolated_neurons == 1


@pytest.mark.parametrize("suffix", ["tsv", "csv.gz", "parquet"])
def test_other_formats_and_column_names(tmp_path: Path, suffix: str) -> None:
    frame = pd.DataFrame({"from": [2**60 + 1, 5], "to": [5, 7], "w": [2.0, 3.0]})
    path = tmp_path / f"edges.{suffix}"
    if suffix == "parquet":
        frame.to_parquet(path)
    elif suffix == "tsv":
        frame.to_csv(path, sep="\t", index=False)
    else:
        path.write_bytes(gzip.compress(frame.to_csv(index=False).encode()))
    connectome = read_table(str(path), pre="from", post="to", synapses="w")
    assert edges_of(connectome) == {(str(2**60 + 1), "5"): 2, ("5", "7"): 3}


def test_adjacency_with_columns_in_another_order(tmp_path: Path) -> None:
    connectome = read_table(write(tmp_path, "m.csv", MATRIX))
    assert edges_of(connectome) == {("A", "B"): 5, ("A", "C"): 1, ("B", "C"): 1, ("C", "C"): 4}


@pytest.mark.parametrize("directed", [True, False])
def test_graphml(tmp_path: Path, directed: bool) -> None:
    graph = networkx.DiGraph() if directed else networkx.Graph()
    graph.add_node("A", kind="x")
    graph.add_node("lonely", kind="y")
    graph.add_edge("A", "B", n=3)
    path = tmp_path / "g.graphml"
    networkx.write_graphml(graph, path)
    connectome = read_table(str(path), synapses="n")
    both = {("A", "B"): 3.0} if directed else {("A", "B"): 3.0, ("B", "A"): 3.0}
    assert edges_of(connectome) == both
    assert connectome.num_neurons == 3
    assert connectome.neurons["kind"].tolist()[:2] == ["x", "y"]
    with pytest.raises(InputError, match="has no attribute 'weight', only n"):
        read_table(str(path), synapses="weight")


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (EDGES, {"synapses": "weight"}, "no column 'weight', only pre, post, n"),
        (EDGES, {"layout": "graph"}, "data.layout=graph: choose one of"),
        ("pre,post,count\nA,B,-2\n", {"synapses": "count"}, "synapse count -2 of A -> B"),
        ("pre,post,count\nA,B,\n", {"synapses": "count"}, "synapse count nan of A -> B"),
        ("pre,post,count\nA,B,many\n", {"synapses": "count"}, "'many' are not numbers"),
        ("pre,post\nA,B\nA,\n", {}, "row 2 has no id in column 'post'"),
        (EDGES, {"synapses": "n", "min_synapses": 50}, "data.min_synapses=50 or more"),
        (EDGES, {"min_synapses": -3}, "data.min_synapses=-3: must be 0 or more"),
        (EDGES, {"min_synapses": float("nan")}, "data.min_synapses=nan: must be 0 or more"),
        ("x,y,z\n1,2,3\n", {}, "no column 'pre' and 'post' of an edge list, only x, y, z"),
        (",A,B\nA,0,1\n", {"layout": "adjacency"}, "1 rows and 2 columns of counts are not a"),
        (",A,B\nA,0,1\nC,1,0\n", {}, "'B' is in one only"),
        (",A,B\nA,0,-1\nB,1,0\n", {}, "synapse count -1.0 of A -> B"),
        (",A,B\nA,0,\nB,1,0\n", {}, "synapse count nan of A -> B"),
        (",A,B\nA,0,q\nB,1,0\n", {}, "cell that is no number"),
        ("pre,post\n", {}, "holds no connection"),
        ("pre,post,pre\nA,B,C\n", {}, "column 'pre' occurs twice"),
        ("", {}, "is empty"),
    ],
)
def test_bad_tables_are_refused(
    tmp_path: Path, text: str, options: dict[str, object], message: str
) -> None:
    path = write(tmp_path, "t.csv", text)
    with pytest.raises(InputError, match=message):
        read_table(path, **options)  # type: ignore[arg-type]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_table(str(tmp_path / "absent.csv"))
    with pytest.raises(InputError, match=r"unknown format '\.xls'; use \.csv, .*\.h5ad"):
        read_table(write(tmp_path, "t.xls", "x"))
    for name in ("t.parquet", "t.graphml", "t.csv.gz", "t.xlsx", "t.json", "t.gml", "t.gexf"):
        with pytest.raises(InputError, match="cannot be read"):
            read_table(write(tmp_path, name, "not what it says"))


def test_neuron_tables_that_do_not_fit(tmp_path: Path) -> None:
    edges = write(tmp_path, "e.csv", EDGES)
    with pytest.raises(InputError, match=r"none of the 3 neurons of the edges, such as A.*is X; "):
        read_table(edges, write(tmp_path, "other.csv", "neuron_id\nX\nY\n"))
    with pytest.raises(InputError, match="the id A repeats in column 'neuron_id'; give each"):
        read_table(edges, write(tmp_path, "twice.csv", "neuron_id\nA\nA\n"))
    with pytest.raises(InputError, match=r"no column 'neuron_id', only cell.*data\.neuron_id=COL"):
        read_table(edges, write(tmp_path, "name.csv", "cell\nA\n"))


def test_numbers_in_one_file_and_text_in_the_other(tmp_path: Path) -> None:
    edges = write(tmp_path, "e.csv", "pre,post\n1,2\n")
    neurons = write(tmp_path, "n.csv", "neuron_id\n1\n2\nX\n")
    assert read_table(edges, neurons).neuron_ids.tolist() == ["1", "2", "X"]


def test_ids_stay_as_they_are_written(tmp_path: Path) -> None:
    path = write(tmp_path, "e.csv", "pre,post\n007,7\nNA,007\n")
    connectome = read_table(path, missing_ids="keep")
    assert set(connectome.neuron_ids) == {"007", "7", "NA"}
    numbers = read_table(write(tmp_path, "n.csv", f"pre,post\n5,{2**60 + 1}\n"))
    assert numbers.neuron_ids.tolist() == [5, 2**60 + 1]


def test_ids_of_unusual_types(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    pd.DataFrame({"pre": [1.0, 2.0], "post": [2, 3]}).to_parquet(path)
    assert read_table(str(path)).neuron_ids.tolist() == [1, 2, 3]
    pd.DataFrame({"pre": [1.5, 2.0], "post": [2, 3]}).to_parquet(path)
    with pytest.raises(InputError, match="floating-point"):
        read_table(str(path))
    large = pd.Series([2**63 + 5], dtype="uint64")
    pd.DataFrame({"pre": large, "post": large + 1}).to_parquet(path)
    assert read_table(str(path)).neuron_ids.tolist() == [str(2**63 + 5), str(2**63 + 6)]


def test_parquet_adjacency_with_ids_as_index(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    pd.DataFrame([[0, 2], [3, 0]], index=["A", "B"], columns=["A", "B"]).to_parquet(path)
    assert edges_of(read_table(str(path))) == {("A", "B"): 2, ("B", "A"): 3}


def test_adult_fly_hemisphere(flywire_folder: Path) -> None:
    connectome = read_table(
        str(flywire_folder / "connections.parquet"),
        str(flywire_folder / "neurons.parquet"),
        pre="pre_root_id",
        post="post_root_id",
        synapses="syn_count",
        neuron_id="root_id",
    )
    facts = describe(connectome)
    assert (facts.neurons, facts.edges) == (66_658, 1_231_192)
    assert (facts.synapses, facts.self_loops) == (15_196_728, 146)
    assert connectome.neuron_ids.min() > 2**53


def test_columns_without_a_name_are_annotations_like_others(tmp_path: Path) -> None:
    """An index that pandas wrote, and commas at the end of each line."""
    (tmp_path / "edges.csv").write_text("pre,post\n7,9\n")
    (tmp_path / "neurons.csv").write_text(",neuron_id,cell_type,\n0,7,KC,\n1,9,MBON,\n")
    found = read_table(str(tmp_path / "edges.csv"), neurons=str(tmp_path / "neurons.csv"))
    assert found.neurons["cell_type"].tolist() == ["KC", "MBON"]
    assert found.neuron_ids.tolist() == [7, 9]


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    edges = write(tmp_path, "e.csv", "pre,post,n\n1,2,3\n")
    with pytest.raises(InputError, match="no column 'Pre' of an edge list, only pre, post, n; set"):
        read_table(edges, pre="Pre")
    neurons = write(tmp_path, "n.csv", "cell,type\n1,x\n2,y\n")
    with pytest.raises(InputError, match="no column 'neuron_id', only cell, type; name the"):
        read_table(edges, neurons)


@pytest.mark.parametrize("sign", [";", "\t", "|", " "])
@pytest.mark.parametrize("packed", [False, True])
def test_another_separator_is_found_and_said(tmp_path: Path, sign: str, packed: bool) -> None:
    rows = (("pre", "post", "count"), ("1", "2", "3"), ("3", "2", "4"))
    text = "".join(f"{sign.join(row)}\n" for row in rows)
    path = tmp_path / ("e.csv.gz" if packed else "e.csv")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    brain = read_table(str(path))
    assert brain.neuron_ids.tolist() == [1, 2, 3]
    assert brain.synapses.tolist() == [3, 4]
    assert f"edge list of sjcabs, separated by {sign!r}: pre = pre" in str(brain.receipt)


def test_a_comma_in_a_count_is_refused_where_semicolons_separate(tmp_path: Path) -> None:
    path = write(tmp_path, "e.csv", "pre;post;count\n1;2;3,5\n")
    remedy = "write them with a point, or name"
    with pytest.raises(InputError, match=f"counts such as '3,5' are not numbers; {remedy}"):
        read_table(path)


def test_a_list_without_header_and_another_encoding_are_called_so(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text("KC1,MBON1,3\nKC2,MBON1,4\nKC3,MBON2,1\nKC4,MBON2,1\n")
    with pytest.raises(InputError, match=r"has numbers \(KC1, MBON1, 3\), so that it seems"):
        read_table(str(path))
    for text in ("pre,post,Stärke\na,b,3\n", "pre,post,synapses\nä,b,3\n"):
        path.write_bytes(text.encode("latin-1"))
        with pytest.raises(InputError, match="if its letters are of another encoding, save it as"):
            read_table(str(path))
    path.write_text("id,7,8\n7,0,1\n8,2,0\n9,1,1\n")  # a matrix without one of its columns
    with pytest.raises(InputError, match="it is no square adjacency matrix either"):
        read_table(str(path))


def test_a_matrix_and_a_neuron_table_between_semicolons(tmp_path: Path) -> None:
    matrix = write(tmp_path, "m.csv", ";A;B\nA;0;2\nB;1;0\n")
    brain = read_table(matrix, write(tmp_path, "n.txt", "neuron_id;kind\nA;x, y\nB;z\n"))
    assert edges_of(brain) == {("A", "B"): 2, ("B", "A"): 1}
    assert brain.neurons["kind"].tolist() == ["x, y", "z"]


def test_folders_and_empty_files_are_named(tmp_path: Path) -> None:
    for option in ("edges", "neurons"):
        paths = {"edges": write(tmp_path, "e.csv", "pre,post\n1,2\n")} | {option: str(tmp_path)}
        with pytest.raises(InputError, match=rf"data\.{option}={tmp_path}: is a folder; give the"):
            read_table(**paths)
    with pytest.raises(InputError, match="is empty"):
        read_table(write(tmp_path, "none.csv", ""))
