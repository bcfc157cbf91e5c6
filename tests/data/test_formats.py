"""One small brain in every format, as the writers of the field write it, is the same connectome."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata
import h5py
import igraph
import networkx
import numpy as np
import openpyxl
import pandas as pd
import pytest
import scipy.io
import scipy.sparse

from connectome.data.edges import GRAPHS
from connectome.data.readers.table import read_table
from connectome.data.tabular import TABLES
from connectome.types import Connectome, InputError
from tests.conftest import ROOT

# As long as ids of FlyWire, which no double holds.
IDS = [720575940600000001, 720575940600000003, 720575940600000005, 720575940600000006]
TYPES = ["KC", "MBON", "KC", "PN"]
ROWS = [(0, 1, 3), (1, 2, 2), (2, 0, 5), (2, 2, 4)]  # presynaptic, postsynaptic, synapses
MATRIX = np.array([[0, 3, 0, 0], [0, 0, 2, 0], [5, 0, 4, 0], [0, 0, 0, 0]])
LISTED = "neurons.csv"
Options = dict[str, Any]
Writer = Callable[[Path], Options | None]


def edges_of(connectome: Connectome) -> dict[tuple[str, str], float]:
    ids = connectome.neuron_ids
    pairs = connectome.edge_index.T.tolist()
    return {
        (str(ids[i]), str(ids[j])): float(count)
        for (i, j), count in zip(pairs, connectome.synapses, strict=True)
    }


EXPECTED = {(str(IDS[i]), str(IDS[j])): float(count) for i, j, count in ROWS}


def frame(ids: list[Any] | None = None) -> pd.DataFrame:
    names = IDS if ids is None else ids
    pre, post, count = zip(*ROWS, strict=True)
    return pd.DataFrame(
        {"pre": [names[i] for i in pre], "post": [names[j] for j in post], "count": count}
    )


def matrix_frame() -> pd.DataFrame:
    return pd.DataFrame(MATRIX, index=list(map(str, IDS)), columns=list(map(str, IDS)))


def nx_graph() -> networkx.DiGraph:
    graph = networkx.DiGraph()
    for neuron, kind in zip(IDS, TYPES, strict=True):
        graph.add_node(neuron, cell_type=kind)
    graph.add_weighted_edges_from((IDS[i], IDS[j], count) for i, j, count in ROWS)
    return graph


def ig_graph() -> igraph.Graph:
    graph = igraph.Graph(n=4, edges=[row[:2] for row in ROWS], directed=True)
    graph.vs["name"], graph.vs["cell_type"] = [str(neuron) for neuron in IDS], TYPES
    graph.es["weight"] = [count for *_, count in ROWS]
    return graph


def r_table(path: Path) -> None:
    """As ``write.table(edges, path)`` of R: quoted, names of rows without a header."""
    lines = [f'"{k}" "{pre}" "{post}" {n}' for k, (pre, post, n) in enumerate(rows_of(), start=1)]
    path.write_text("\n".join(['"pre" "post" "count"', *lines]) + "\n")


def r_matrix(path: Path) -> None:
    """As ``write.table(matrix, path, sep="\\t")`` of R."""
    names = "\t".join(f'"{neuron}"' for neuron in IDS)
    lines = [f'"{IDS[k]}"\t' + "\t".join(map(str, row)) for k, row in enumerate(MATRIX.tolist())]
    path.write_text("\n".join([names, *lines]) + "\n")


def rows_of() -> list[tuple[int, int, int]]:
    return [(IDS[i], IDS[j], count) for i, j, count in ROWS]


def workbook(path: Path, rows: list[tuple[Any, ...]], title: str = "edges") -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.save(path)


def xlsx_matrix(path: Path) -> None:
    cells = [(str(IDS[k]), *row) for k, row in enumerate(MATRIX.tolist())]
    workbook(path, [("", *map(str, IDS)), *cells])


def json_links(path: Path) -> None:
    path.write_text(json.dumps(networkx.node_link_data(nx_graph(), edges="links")))


def json_edges(path: Path) -> None:
    path.write_text(json.dumps(networkx.node_link_data(nx_graph(), edges="edges")))


def mat_cells(path: Path) -> None:
    names = np.array([str(neuron) for neuron in IDS], dtype=object)
    scipy.io.savemat(path, {"A": MATRIX.astype(float), "names": names, "scale": 1.5})


def mat_characters(path: Path) -> None:
    names = np.array([f"{neuron}" for neuron in IDS])
    scipy.io.savemat(path, {"A": scipy.sparse.csc_array(MATRIX.astype(float)), "names": names})


def mat_newer(path: Path) -> None:
    """As MATLAB's ``save -v7.3``: transposed, text as codes, cells as references."""
    with h5py.File(path, "w", userblock_size=512) as file:
        matrix = file.create_dataset("A", data=MATRIX.astype(float).T)
        matrix.attrs["MATLAB_class"] = np.bytes_("double")
        cells = []
        for k, neuron in enumerate(IDS):
            codes = np.array([[ord(c)] for c in str(neuron)], dtype=np.uint16)
            cell = file.create_dataset(f"#refs#/{k}", data=codes)
            cell.attrs["MATLAB_class"] = np.bytes_("char")
            cells.append([cell.ref])
        names = file.create_dataset("names", data=np.array(cells, dtype=h5py.ref_dtype))
        names.attrs["MATLAB_class"] = np.bytes_("cell")


def mat_newer_sparse(path: Path) -> Options:
    sparse = scipy.sparse.csc_array(MATRIX.astype(float))
    with h5py.File(path, "w", userblock_size=512) as file:
        group = file.create_group("A")
        group.attrs["MATLAB_sparse"] = np.uint64(4)
        group.attrs["MATLAB_class"] = np.bytes_("double")
        for name, values in (("data", sparse.data), ("ir", sparse.indices), ("jc", sparse.indptr)):
            group.create_dataset(name, data=values)
    return {"neurons": LISTED}


def npz_named(path: Path) -> None:
    np.savez(path, adjacency=MATRIX, ids=np.array(IDS), other=np.arange(9))


def npz_sparse(path: Path) -> Options:
    scipy.sparse.save_npz(path, scipy.sparse.csr_matrix(MATRIX))
    return {"neurons": LISTED}


def mtx(path: Path) -> Options:
    scipy.io.mmwrite(path, scipy.sparse.coo_array(MATRIX))
    return {"neurons": LISTED}


def mtx_packed(path: Path) -> Options:
    mtx(path.with_suffix(""))
    path.write_bytes(gzip.compress(path.with_suffix("").read_bytes()))
    return {"neurons": LISTED}


def npz_coo(path: Path) -> Options:
    scipy.sparse.save_npz(path, scipy.sparse.coo_array(MATRIX.astype(np.float32)))
    return {"neurons": LISTED}


def npy(path: Path) -> Options:
    np.save(path, MATRIX)
    return {"neurons": LISTED}


def bare_csv(path: Path) -> Options:
    np.savetxt(path, MATRIX, delimiter=",")
    return {"neurons": LISTED}


def bare_columns(path: Path) -> Options:
    """As MATLAB's ``save -ascii``: several spaces between columns."""
    path.write_text("".join("".join(f"{cell:16.7e}" for cell in row) + "\n" for row in MATRIX))
    return {"neurons": LISTED}


def h5ad(path: Path) -> None:
    obs = pd.DataFrame(
        {"cell_type": pd.Categorical(TYPES, categories=pd.Index(sorted({*TYPES}), dtype=object))},
        index=pd.Index(list(map(str, IDS)), dtype=object),
    )
    var = pd.DataFrame(index=pd.Index([], dtype=object))
    data = anndata.AnnData(X=np.zeros((4, 0), dtype=np.float32), obs=obs, var=var)
    data.obsp["synapses"] = scipy.sparse.csr_matrix(MATRIX.astype(np.float32))
    data.write_h5ad(path)


WRITERS: dict[str, Writer] = {
    "pandas.csv": lambda path: frame().to_csv(path, index=False),
    "semicolons.csv": lambda path: frame().to_csv(path, index=False, sep=";"),
    "pandas.tsv": lambda path: frame().to_csv(path, index=False, sep="\t"),
    "pandas_index.csv": lambda path: frame().to_csv(path),
    "R.txt": r_table,
    "R_matrix.tsv": r_matrix,
    "pyarrow.parquet": lambda path: frame().to_parquet(path),
    "pyarrow.feather": lambda path: frame().to_feather(path),
    "matrix.csv": lambda path: matrix_frame().to_csv(path),
    "pandas.xlsx": lambda path: frame(list(map(str, IDS))).to_excel(path, index=False),
    "matrix.xlsx": xlsx_matrix,
    "networkx.graphml": lambda path: networkx.write_graphml(nx_graph(), path),
    "igraph.graphml": lambda path: ig_graph().write_graphml(str(path)),
    "networkx.gexf": lambda path: networkx.write_gexf(nx_graph(), path),
    "networkx_13.gexf": lambda path: networkx.write_gexf(nx_graph(), path, version="1.3"),
    "networkx.gml": lambda path: networkx.write_gml(nx_graph(), path),
    "igraph.gml": lambda path: ig_graph().write_gml(str(path)),
    "links.json": json_links,
    "edges.json": json_edges,
    "numpy.npy": npy,
    "numpy.npz": npz_named,
    "scipy.npz": npz_sparse,
    "scipy_coo.npz": npz_coo,
    "scipy.mtx": mtx,
    "scipy.mtx.gz": mtx_packed,
    "savetxt.csv": bare_csv,
    "matlab_ascii.txt": bare_columns,
    "cells.mat": mat_cells,
    "characters.mat": mat_characters,
    "newer.mat": mat_newer,
    "newer_sparse.mat": mat_newer_sparse,
    "anndata.h5ad": h5ad,
}
ANNOTATED = {"networkx.graphml", "igraph.graphml", "networkx.gexf", "networkx_13.gexf"}
ANNOTATED |= {"networkx.gml", "links.json", "edges.json", "anndata.h5ad"}
LAYOUTS = {
    "semicolons.csv": "edge list of sjcabs, separated by ';'",
    "matrix.csv": "adjacency matrix, rows presynaptic, columns postsynaptic",
    "igraph.graphml": "GraphML",
    "networkx.gexf": "GEXF",
    "igraph.gml": "GML",
    "links.json": "node-link JSON",
    "numpy.npy": "numpy array, rows presynaptic, columns postsynaptic",
    "numpy.npz": "numpy array 'adjacency', rows presynaptic, columns postsynaptic",
    "scipy.npz": "sparse matrix, rows presynaptic, columns postsynaptic",
    "scipy.mtx": "Matrix Market, rows presynaptic, columns postsynaptic",
    "savetxt.csv": "matrix without header, rows presynaptic, columns postsynaptic",
    "cells.mat": "MATLAB matrix 'A', rows presynaptic, columns postsynaptic",
    "anndata.h5ad": "AnnData obsp 'synapses', rows presynaptic, columns postsynaptic",
}


def read(folder: Path, name: str, **options: Any) -> Connectome:
    path = folder / name
    needed = WRITERS[name](path) or {}
    if "neurons" in needed:
        table = pd.DataFrame({"root_id": IDS, "cell_type": TYPES})
        table.to_csv(folder / LISTED, index=False)
        needed = {"neurons": str(folder / LISTED)}
    return read_table(str(path), **needed | options)


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_connectome(tmp_path: Path, name: str) -> None:
    brain = read(tmp_path, name)
    assert edges_of(brain) == EXPECTED
    assert brain.neuron_ids.dtype == np.int64
    whole = WRITERS[name](tmp_path / name) is not None or name in ANNOTATED
    if whole:
        table = brain.neurons["cell_type"].tolist()
        assert dict(zip(brain.neuron_ids.tolist(), table, strict=True)) == dict(
            zip(IDS, TYPES, strict=True)
        )
    assert brain.receipt is not None
    if name in LAYOUTS:
        assert brain.receipt.layout == LAYOUTS[name]


@pytest.mark.parametrize("name", [name for name in WRITERS if name in ANNOTATED or "mat" in name])
def test_neurons_without_edges_are_kept(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, name).num_neurons == 4


@pytest.mark.parametrize(
    "name", ["networkx.graphml", "networkx.gexf", "networkx.gml", "links.json", "igraph.gml"]
)
def test_each_edge_of_a_graph_counts_as_one_if_asked(tmp_path: Path, name: str) -> None:
    brain = read(tmp_path, name, synapses=None)
    assert edges_of(brain) == dict.fromkeys(EXPECTED, 1.0)
    assert brain.receipt is not None
    assert "each edge counts as 1; data.synapses=weight reads counts" in brain.receipt.notes


@pytest.mark.parametrize("name", WRITERS)
def test_the_page_of_receipts_says_what_the_receipt_says(tmp_path: Path, name: str) -> None:
    page = (ROOT / "docs" / "start" / "formats.md").read_text().splitlines()
    options = " data.neurons=neurons.csv" if WRITERS[name](tmp_path / name) else ""
    command = f"`data.edges={name}{options}`"
    (row,) = (line for line in page if f"| {command} |" in line)
    brain = read(tmp_path, name)
    assert brain.receipt is not None
    for cell in row.split(" | ")[2:]:
        assert cell.removesuffix(" |") in str(brain.receipt)


def test_the_page_has_a_row_of_every_format() -> None:
    page = (ROOT / "docs" / "start" / "your-own-file.md").read_text()
    rows = page[page.index("## Every format") :].splitlines()
    files = " ".join(row.split("|")[1] for row in rows if row.startswith("| `"))
    assert {suffix for suffix in (*TABLES, *GRAPHS) if f"`{suffix}`" not in files} == set()


def test_neurons_of_a_numbered_graph_go_by_name_or_label(tmp_path: Path) -> None:
    """igraph's GraphML and GML number nodes; so does networkx's GML."""
    for name, first in (("igraph.graphml", "n0"), ("igraph.gml", "0")):
        brain = read(tmp_path, name)
        assert brain.receipt is not None
        told = f"neurons go by their attribute 'name' ({first} is {IDS[0]}); data.neuron_id=id"
        assert any(note.startswith(told) for note in brain.receipt.notes)
        kept = read(tmp_path, name, neuron_id="id")
        assert str(kept.neuron_ids[0]) == first
        assert kept.neurons["name"].tolist() == list(map(str, IDS))
    brain = read(tmp_path, "networkx.gml")
    assert brain.receipt is not None
    assert "neurons go by their attribute 'label' (0 is" in " ".join(brain.receipt.notes)
    assert [*brain.neurons] == ["cell_type"]


def test_names_that_a_neuron_table_lists_are_ids(tmp_path: Path) -> None:
    graph = networkx.relabel_nodes(nx_graph(), dict(zip(IDS, "abcd", strict=True)))
    for letter, neuron in zip("abcd", IDS, strict=True):
        graph.nodes[letter]["name"] = str(neuron)
    path, table = tmp_path / "g.graphml", tmp_path / LISTED
    networkx.write_graphml(graph, path)
    assert set(read_table(str(path)).neuron_ids.tolist()) == set("abcd")
    pd.DataFrame({"root_id": IDS}).to_csv(table, index=False)
    assert edges_of(read_table(str(path), neurons=str(table))) == EXPECTED


@pytest.mark.parametrize("suffix", ["graphml", "gexf", "gml", "json"])
def test_undirected_graphs_count_both_ways_and_say_so(tmp_path: Path, suffix: str) -> None:
    graph = networkx.Graph()
    graph.add_weighted_edges_from([("a", "b", 3), ("b", "b", 2)])
    path = tmp_path / f"g.{suffix}"
    if suffix == "json":
        path.write_text(json.dumps(networkx.node_link_data(graph)))
    else:
        getattr(networkx, f"write_{suffix}")(graph, path)
    brain = read_table(str(path))
    assert edges_of(brain) == {("a", "b"): 3, ("b", "a"): 3, ("b", "b"): 2}
    assert brain.receipt is not None
    assert "edges are undirected; each counts both ways" in brain.receipt.notes


@pytest.mark.parametrize("suffix", ["graphml", "gexf", "gml", "json"])
def test_edges_that_repeat_are_added_up(tmp_path: Path, suffix: str) -> None:
    graph = networkx.MultiDiGraph()
    graph.add_weighted_edges_from([("a", "b", 3), ("a", "b", 2), ("b", "a", 1)])
    path = tmp_path / f"g.{suffix}"
    if suffix == "json":
        path.write_text(json.dumps(networkx.node_link_data(graph)))
    else:
        getattr(networkx, f"write_{suffix}")(graph, path)
    assert edges_of(read_table(str(path))) == {("a", "b"): 5, ("b", "a"): 1}


def test_igraph_repeats_edges_in_gml_and_writes_letters_of_utf_8(tmp_path: Path) -> None:
    graph = igraph.Graph(n=2, edges=[(0, 1), (0, 1)], directed=True)
    graph.vs["name"], graph.es["weight"] = ["Körnerzelle", "b c"], [2, 3]
    graph.write_gml(str(tmp_path / "g.gml"))
    assert edges_of(read_table(str(tmp_path / "g.gml"))) == {("Körnerzelle", "b c"): 5}


def test_integers_that_networkx_writes_as_text_in_gml_are_counts(tmp_path: Path) -> None:
    graph = networkx.DiGraph()
    graph.add_edge("a", "b", weight=2**40)
    networkx.write_gml(graph, tmp_path / "g.gml")
    assert edges_of(read_table(str(tmp_path / "g.gml"))) == {("a", "b"): 2**40}


GEXF = """<gexf xmlns="http://gexf.net/1.3" version="1.3"><graph defaultedgetype="directed">
<attributes class="node"><attribute id="t" title="cell_type" type="string"><default>KC</default>
</attribute></attributes>
<nodes><node id="0" label="a"/><node id="1" label="b"><attvalues><attvalue for="t" value="PN"/>
</attvalues></node><node id="2" label="c"/></nodes>
<edges><edge source="0" target="1" weight="3.0"/><edge source="1" target="2"/></edges>
</graph></gexf>"""


def gexf(folder: Path, text: str) -> Connectome:
    (folder / "g.gexf").write_text(text)
    return read_table(str(folder / "g.gexf"))


def test_gephis_gexf_has_defaults_and_labels(tmp_path: Path) -> None:
    brain = gexf(tmp_path, GEXF)
    assert edges_of(brain) == {("a", "b"): 3, ("b", "c"): 1}  # a weight that is not said is 1
    assert brain.neurons["cell_type"].tolist() == ["KC", "PN", "KC"]
    mutual = gexf(tmp_path, GEXF.replace('weight="3.0"', 'weight="3.0" type="mutual"'))
    assert edges_of(mutual) == {("a", "b"): 3, ("b", "a"): 3, ("b", "c"): 1}
    plain = gexf(tmp_path, GEXF.replace(' weight="3.0"', ""))
    assert plain.receipt is not None
    assert plain.receipt.each_row == "1 synapse"


def test_a_neuron_table_of_r_has_names_of_rows_and_na(tmp_path: Path) -> None:
    edges, neurons = tmp_path / "e.txt", tmp_path / "n.txt"
    r_table(edges)
    kinds = ['"KC"', "NA", '"PN b"', '"KC"']
    rows = [f'"{k}" {one} {kind}' for k, (one, kind) in enumerate(zip(IDS, kinds, strict=True))]
    neurons.write_text("\n".join(['"root_id" "cell_type"', *rows]) + "\n")
    brain = read_table(str(edges), neurons=str(neurons))
    assert brain.neuron_ids.tolist() == IDS
    assert brain.neurons["cell_type"].fillna("none").tolist() == ["KC", "none", "PN b", "KC"]


def test_one_long_row_is_no_header_of_r(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text("pre,post,count\n9,1,2,3\n1,2,3\n")
    with pytest.raises(InputError, match="cannot be read as csv"):
        read_table(str(path))


@pytest.mark.parametrize(
    ("kind", "cells", "expected"),
    [
        ("pattern general", "1 2\n2 3\n", {(0, 1): 1, (1, 2): 1}),  # without numbers
        ("integer symmetric", "2 1 4\n3 3 2\n", {(0, 1): 4, (1, 0): 4, (2, 2): 2}),
        ("integer general", "1 2 4\n1 2 3\n", {(0, 1): 7}),
    ],
)
def test_matrix_market_may_have_half_of_a_matrix_or_no_numbers(
    tmp_path: Path, kind: str, cells: str, expected: dict[tuple[int, int], float]
) -> None:
    path = tmp_path / "m.mtx"
    text = f"%%MatrixMarket matrix coordinate {kind}\n3 3 {cells.count(chr(10))}\n{cells}"
    path.write_text(text)
    brain = read_table(str(path))
    pre, post = brain.neuron_ids[brain.edge_index.numpy()].tolist()
    assert dict(zip(zip(pre, post, strict=True), brain.synapses.tolist(), strict=True)) == expected


def test_a_matrix_market_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.mtx"
    path.write_text("%%MatrixMarket matrix coordinate integer general\n3 3 2\n1 2 4\n")
    with pytest.raises(InputError, match=r"m\.mtx: cannot be read as mtx \("):
        read_table(str(path))
