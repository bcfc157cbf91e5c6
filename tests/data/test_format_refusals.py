"""What no reader of graphs, matrices and workbooks takes, in one line that has the remedy."""

import gzip
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import networkx
import numpy as np
import openpyxl
import pandas as pd
import pytest
import scipy.io
import scipy.sparse

from connectome.data.readers.table import read_table
from connectome.types import InputError
from tests.data.test_formats import GEXF, IDS, MATRIX, WRITERS, frame, gexf, read, workbook

SQUARE = np.array([[0, 1], [2, 0]])


def refused(path: Path, message: str, **options: Any) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_table(str(path), **options)
    assert "\n" not in str(caught.value)
    assert path.name in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('target="2"', 'target="9"', "leads to or from 9, which is no node; list it"),
        ('id="1"', 'id="0"', "a node '0' occurs twice; give each"),
        ('target="2"', 'target="2" type="undirected"', "edge 1 - 2 is undirected and others are"),
        ('target="2"', 'target="2" type="odd"', 'an edge is "odd"; write directed'),
        ("<graph ", '<graph mode="dynamic" ', r"mode is dynamic\); export one"),
        ("</gexf>", "<graph/></gexf>", "holds 2 graphs of GEXF; keep one"),
        ("<nodes>", "", r"cannot be read as GEXF \(mismatched tag"),
        (
            'value="PN"',
            'value="PN"/><attvalue for="q" value="1"',
            r"cannot be read as GEXF \('q'\)",
        ),
    ],
)
def test_gexf(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        gexf(tmp_path, GEXF.replace(old, new, 1))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[1, 2]", "is JSON, but no node-link graph .*, only list; write it with"),
        ({"elements": {}}, "only elements; write it with"),
        ({"nodes": 3, "links": []}, "'nodes' is no list of records; write"),
        ({"nodes": [{"id": 1}], "links": [{"source": 1}]}, "an edge has no 'target'; give it"),
        ({"nodes": [{"name": 1}], "links": []}, "a node has no id; give each"),
        ({"nodes": [{"id": [1]}], "links": []}, r"a node has the id \[1\]; give integers or text"),
        ({"nodes": [{"id": 1}], "edges": [{"source": 1, "target": 2}]}, "from 2, which is no node"),
        ('{"nodes": [', "cannot be read as JSON .*; it may be damaged"),
    ],
)
def test_json(tmp_path: Path, content: Any, message: str) -> None:
    path = tmp_path / "g.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    refused(path, message)


def test_gml(tmp_path: Path) -> None:
    path = tmp_path / "g.gml"
    path.write_text("nothing")
    refused(path, "cannot be read as GML; it holds no 'graph")
    path.write_text("graph [ node [ id 0 label")
    refused(path, "cannot be read as GML .*; it may be damaged")


def test_an_edge_without_the_count_that_others_have(tmp_path: Path) -> None:
    graph = networkx.DiGraph([("a", "b"), ("b", "c")])
    graph.edges["a", "b"]["weight"] = 2
    networkx.write_gml(graph, tmp_path / "g.gml")
    refused(tmp_path / "g.gml", "edge 1 -> 2 has no attribute 'weight', only none; data.synapses=n")
    graph.edges["b", "c"]["weight"] = "many"
    networkx.write_gml(graph, tmp_path / "g.gml")
    refused(tmp_path / "g.gml", "has no|synapse counts such as 'many' are not numbers; correct")


def test_numpy_objects_are_never_loaded(tmp_path: Path) -> None:
    objects = np.array([[0, "a"], [{}, 1]], dtype=object)
    np.save(tmp_path / "a.npy", objects)
    refused(tmp_path / "a.npy", "Object arrays cannot be loaded when allow_pickle=False")
    np.savez(tmp_path / "a.npz", a=objects)
    refused(tmp_path / "a.npz", r"holds no square matrix of numbers \(beside a: objects\); write")
    refused(tmp_path / "a.npz", "data.key=a is no square matrix of it; choose one of none", key="a")
    for name in ("b.npy", "b.npz"):
        (tmp_path / name).write_bytes(b"\x80\x04K\x01.")  # a pickle
        refused(tmp_path / name, f"is no .{name[2:]} file of numpy; write it with")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 2)), "the array is 3 x 2 and no square adjacency matrix; write an edge list"),
        (np.zeros(3), "the array is 3 and no square"),
        (np.array(["a"]), "has cells of type <U1; give real numbers"),
        (SQUARE * 1j, "has cells of type complex128; give real numbers"),
        (-SQUARE, "synapse count -1.0 of 0 -> 1; counts must be"),
        (SQUARE * np.nan, "synapse count nan of 0 -> 0; counts must be"),
    ],
)
def test_arrays(tmp_path: Path, array: np.ndarray, message: str) -> None:
    np.save(tmp_path / "a.npy", array)
    refused(tmp_path / "a.npy", message)


def npz(path: Path, **arrays: np.ndarray) -> None:
    np.savez(path, **arrays)  # type: ignore[arg-type]


def mat(path: Path, **arrays: np.ndarray) -> None:
    scipy.io.savemat(path, arrays)


@pytest.mark.parametrize(("suffix", "write"), [("npz", npz), ("mat", mat)])
def test_one_of_several_matrices_is_named(
    tmp_path: Path, suffix: str, write: Callable[..., None]
) -> None:
    path = tmp_path / f"a.{suffix}"
    write(path, chemical=SQUARE, gap=SQUARE * 2, note=np.zeros(5))
    refused(path, "holds the square matrices chemical, gap; name one with data.key=NAME")
    refused(path, r"data.key=x is no .*; choose one of chemical, gap \(beside note\)", key="x")
    assert read_table(str(path), key="gap").synapses.tolist() == [2, 4]
    refused(path, "has no names 'x' .*; choose among id", key="gap", neuron_id="x")


def test_names_that_may_both_be_meant(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    npz(path, a=SQUARE, names=np.array(["x", "y"]), kinds=np.array(["KC", "PN"]))
    refused(path, "kinds and names may both name the neurons; choose one with data.neuron_id=NAME")
    assert read_table(str(path), neuron_id="names").neuron_ids.tolist() == ["x", "y"]
    assert read_table(str(path), neuron_id="id").neuron_ids.tolist() == [0, 1]
    table = tmp_path / "n.csv"
    table.write_text("neuron_id,t\ny,1\nx,2\n")
    assert read_table(str(path), neurons=str(table)).neurons["t"].tolist() == [1, 2]


def test_neurons_without_names_are_numbered_and_it_is_said(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", SQUARE)
    brain = read_table(str(tmp_path / "a.npy"))
    assert brain.neuron_ids.tolist() == [0, 1]
    assert brain.receipt is not None
    assert brain.receipt.notes == ("neurons are numbered 0 .. 1, since there are no names",)
    table = tmp_path / "n.csv"
    table.write_text("neuron_id,t\n7,1\n5,2\n")
    brain = read_table(str(tmp_path / "a.npy"), neurons=str(table))
    assert dict(zip(*brain.edge_index.tolist(), strict=True)) == {0: 1, 1: 0}
    assert brain.neuron_ids.tolist() == [7, 5]  # rows in the order of the matrix
    table.write_text("neuron_id,t\n1,8\n0,9\n")
    brain = read_table(str(tmp_path / "a.npy"), neurons=str(table))
    assert brain.neuron_ids.tolist() == [1, 0]  # its ids are the numbers
    table.write_text("neuron_id,t\n7,1\n5,2\n6,3\n")
    refused(
        tmp_path / "a.npy",
        "has 2 neurons without names, and the neuron table 3 rows; give a row a neuron in the",
        neurons=str(table),
    )


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("0,1\n2,0\n3,4\n", {}, "first line holds numbers and no names, and 3 rows of 2 numbers"),
        ("0,1,2\n1,0,3\n2,3,0\n", {}, "may be ids or counts; choose data.layout=adjacency"),
        ("a,1\n2,0\n", {"layout": "headerless"}, "data.layout=headerless has numbers only"),
        ("0,1\n,0\n", {}, "synapse count nan of 1 -> 0"),
    ],
)
def test_numbers_without_a_header(
    tmp_path: Path, text: str, options: dict[str, Any], message: str
) -> None:
    path = tmp_path / "m.csv"
    path.write_text(text)
    refused(path, message, **options)


def test_numbers_that_may_have_a_header_are_read_as_one_says(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("0,1,2\n1,0,3\n2,3,0\n")
    assert read_table(str(path), layout="headerless").neuron_ids.tolist() == [0, 1, 2]
    assert read_table(str(path), layout="adjacency").neuron_ids.tolist() == [1, 2]


def test_a_damaged_matlab_file_ends_in_one_line(tmp_path: Path) -> None:
    """A length of which scipy's reader dies."""
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"A": scipy.sparse.csc_array(MATRIX.astype(float))})
    whole, lines = path.read_bytes(), []
    for place in range(128, len(whole), 3):
        for bit in (0x80, 0x10):
            damaged = bytearray(whole)
            damaged[place] ^= bit
            path.write_bytes(damaged)
            try:
                read_table(str(path))
            except InputError as error:
                lines.append(str(error))
    assert len(lines) > 50
    assert all("a.mat" in line and "\n" not in line for line in lines)
    path.write_bytes(whole[:-9])
    refused(path, r"cannot be read as MATLAB file \(.*\); it may be damaged")


def test_matlab_files_are_compressed_and_of_either_byte_order(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"A": MATRIX, "ids": np.array(IDS)}, do_compression=True)
    assert read_table(str(path)).num_edges == 4
    scipy.io.savemat(path, {"A": MATRIX}, format="4")
    refused(path, "no MATLAB file of version 5 to 7; save it with -v7")
    scipy.io.savemat(path, {"A": MATRIX, "z": {"a": 1}}, do_compression=True)
    packed = path.read_bytes()
    assert zlib.decompressobj().decompress(packed[136:])  # the first variable
    path.write_bytes(packed[:150])
    refused(path, "an element is longer than what holds it")


def test_anndata(tmp_path: Path) -> None:
    path = tmp_path / "a.h5ad"
    WRITERS["anndata.h5ad"](path)
    refused(path, "data.key=x is no square matrix of it; choose one of synapses", key="x")
    with h5py.File(path, "a") as file:
        file.copy("obsp/synapses", "obsp/gap")
    refused(path, "holds the square matrices gap, synapses; name one with data.key=NAME")
    assert read_table(str(path), key="gap").num_edges == 4
    assert read_table(str(path), key="gap", neuron_id="id").neuron_ids.tolist() == IDS
    with h5py.File(path, "a") as file:
        del file["obsp"]
    refused(path, r"holds no square matrix of numbers \(beside .*obs.*\); write one into it")
    path.write_bytes(path.read_bytes()[:900])
    refused(path, "cannot be read as AnnData")


def test_workbooks(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    header = ("pre", "post", "count")
    workbook(path, [header, (IDS[0], IDS[1], 2)])
    refused(path, r"column 'pre' such as 7.205759406e\+17 are numbers, .*; store ids as text")
    workbook(path, [header, ("a", "b", "=1+1")])
    refused(path, "cell C2 of 'edges' holds a formula whose value was not saved; open and save")
    workbook(path, [header, (pd.Timestamp("2026-03-01"), "b", 1)])
    refused(path, "column 'pre' such as 2026-03-01 .* are dates; store ids as text")
    workbook(path, [header, (True, "b", 1)])
    refused(path, "column 'pre' such as True are of type bool; store ids as text")
    workbook(path, [header, ("a", None, 1)])
    refused(path, "row 1 has no id in column 'post'")
    workbook(path, [header, ("a", "b", "many")])
    refused(path, "synapse counts such as 'many' are not numbers")
    workbook(path, [])
    refused(path, "its sheet 'edges' is empty; name another")
    path.write_bytes(path.read_bytes()[:300])
    refused(path, "cannot be read as xlsx .*; it may be damaged")


def test_a_sheet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with pd.ExcelWriter(path) as book:
        frame(["a", "b", "c", "d"]).to_excel(book, sheet_name="one", index=False)
        pd.DataFrame({"pre": [7], "post": [9], "count": [3]}).to_excel(book, sheet_name="two")
    brain = read_table(str(path))
    assert brain.num_edges == 4
    assert brain.receipt is not None
    assert brain.receipt.notes == ("sheet 'one' was read; data.key=SHEET reads another of two",)
    assert read_table(str(path), key="two").neuron_ids.tolist() == [7, 9]
    refused(path, r"has no sheet 'three' \(data.key\); choose one of one, two", key="three")


def test_a_neuron_table_may_be_a_workbook(tmp_path: Path) -> None:
    edges, neurons = tmp_path / "e.csv", tmp_path / "n.xlsx"
    frame().to_csv(edges, index=False)
    workbook(neurons, [("root_id", "cell_type"), *((str(one), "KC") for one in IDS)])
    brain = read_table(str(edges), neurons=str(neurons))
    assert brain.neurons["cell_type"].tolist() == ["KC"] * 4
    workbook(neurons, [("root_id", "cell_type"), *((one, "KC") for one in IDS)])
    with pytest.raises(InputError, match=r"n\.xlsx: ids in column 'root_id' such as .*store ids"):
        read_table(str(edges), neurons=str(neurons))


def test_parts_are_of_files_that_have_several(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"data\.key=a: .*pandas\.csv has one part; leave it out"):
        read(tmp_path, "pandas.csv", key="a")
    packed = tmp_path / "a.npy.gz"
    np.save(tmp_path / "a.npy", SQUARE)
    packed.write_bytes(gzip.compress((tmp_path / "a.npy").read_bytes()))
    refused(packed, "a .npy file is not read from .gz; unpack it with gunzip")


def test_graphs_are_no_neuron_tables(tmp_path: Path) -> None:
    edges, other = tmp_path / "e.csv", tmp_path / "g.graphml"
    frame().to_csv(edges, index=False)
    WRITERS["networkx.graphml"](other)
    with pytest.raises(InputError, match=r"unknown format '\.graphml' of a table; use \.csv"):
        read_table(str(edges), neurons=str(other))


def test_without_anndata_and_h5py_a_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    WRITERS["anndata.h5ad"](tmp_path / "a.h5ad")
    WRITERS["newer.mat"](tmp_path / "a.mat")
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    refused(tmp_path / "a.h5ad", "needs AnnData; pip install anndata")
    refused(tmp_path / "a.mat", "of version 7.3, which needs h5py; pip install h5py, or save it")


def test_a_workbook_by_its_own_writer_keeps_15_digits(tmp_path: Path) -> None:
    """Ids of neuPrint fit; the largest that does is below 2^53."""
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (("pre", "post", "count"), (5813105172, 2**53 - 1, 2)):
        sheet.append(row)
    book.save(path)
    assert read_table(str(path)).neuron_ids.tolist() == [5813105172, 2**53 - 1]
