"""Exports that spreadsheet programs, graph libraries and viewers of the field open."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import igraph
import networkx
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet
import pytest

from connectome.analysis.export import export, to_frame
from connectome.analysis.latent import FlatMap
from connectome.data.readers.table import read_table
from connectome.data.tabular import assemble
from connectome.types import Connectome, InputError
from tests.analysis.test_export import BIG, NEURONS, connectome, data, embedding

__all__ = ["data"]  # a fixture


def read_again(path: Path) -> Connectome:
    return read_table(str(path), synapses="synapses")


def test_tables_hold_every_digit(tmp_path: Path) -> None:
    brain = connectome([BIG + 2, 7, BIG])
    what = embedding(brain)
    comma = pd.read_csv(export(what, brain, tmp_path / "e.csv"), dtype={"cluster": str})
    assert comma["neuron_id"].tolist() == [BIG + 2, 7, BIG]
    assert comma["cluster"].tolist()[::2] == [str(BIG), "0"]
    np.testing.assert_array_equal(comma[["source_0", "source_1"]].astype("float32"), what.source)
    page = openpyxl.load_workbook(export(what, brain, tmp_path / "e.xlsx")).active
    assert page is not None
    head, first, *_ = list(page.values)
    assert list(head) == list(to_frame(what, brain))
    assert first[:2] == (str(BIG + 2), "KC")
    assert np.float32(first[head.index("source_0")]) == what.source[0, 0]


def test_what_a_workbook_cannot_hold_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    brain = replace(connectome([1, 2, 3]), neurons=pd.DataFrame({"note": ["a\x07", "b", "c"]}))
    with caplog.at_level(logging.WARNING):
        export(embedding(brain), brain, tmp_path / "e.xlsx")
    [line] = [record.getMessage() for record in caplog.records]
    assert line.endswith("column 'note': 1 texts without their control characters")


def test_graphml_is_the_same_connectome_again(data: Connectome, tmp_path: Path) -> None:
    path = export(embedding(data), data, tmp_path / "e.graphml")
    again = read_again(path)
    order = pd.Index(again.neuron_ids).get_indexer(data.neuron_ids)  # as the reader sorts them
    assert again.neuron_ids[order].tolist() == data.neuron_ids.tolist()
    wanted = assemble(
        "toy", again.neuron_ids, *(data.neuron_ids[data.edge_index.numpy()]), data.synapses.numpy()
    )
    assert again.fingerprint == wanted.fingerprint
    labels = again.neurons.iloc[order]
    assert [None if pd.isna(v) else v for v in labels["cell_type"]] == ["KC", None, "MBON"]
    assert [None if pd.isna(v) else int(v) for v in labels["pair_id"]] == [BIG + 1, None, BIG]
    np.testing.assert_array_equal(
        labels["source_0"].astype("float32"), embedding(data).source[:, 0]
    )


def test_networkx_and_igraph_open_graphml(data: Connectome, tmp_path: Path) -> None:
    path = export(embedding(data), data, tmp_path / "e.graphml")
    ids = [str(one) for one in data.neuron_ids]
    graph = networkx.read_graphml(path)
    assert list(graph) == ids
    assert graph.is_directed()
    assert list(graph.edges(data="synapses")) == [(ids[0], ids[1], 1), (ids[1], ids[2], 1)]
    assert graph.nodes[ids[0]]["cluster"] == str(BIG)  # igraph would round a number
    assert "cell_type" not in graph.nodes[ids[1]]
    other = igraph.Graph.Read_GraphML(str(path))
    assert other.vs["id"] == ids
    assert other.es["synapses"] == [1, 1]
    assert other.vs["cell_type"] == ["KC", "", "MBON"]
    assert other.vs["known"] == ["True", "", "False"]  # of truth values it would make False
    np.testing.assert_allclose(other.vs["target_1"], embedding(data).target[:, 1], rtol=1e-6)


def test_graphml_takes_any_text_and_parts_of_a_synapse(tmp_path: Path) -> None:
    ids = np.array(['a"<&>', "a'b c", "\U0001f41b"])
    brain = assemble("<toy>", ids, ids[:2], ids[1:], np.array([1.5, 2.25]), neurons=NEURONS)
    path = export(embedding(brain), brain, tmp_path / "e.graphml")
    again = read_again(path)
    assert set(again.neuron_ids) == set(ids)
    assert sorted(again.synapses.tolist()) == [1.5, 2.25]
    odd = np.array(["a\x07", "b", "c"])
    brain = assemble("toy", odd, odd[:2], odd[1:], np.ones(2))
    with pytest.raises(InputError, match=r"id 'a\\x07' has characters that XML cannot hold"):
        export(embedding(brain), brain, tmp_path / "odd.graphml")
    with pytest.raises(InputError, match="GraphML holds the edges too; give the data"):
        export(embedding(brain), None, tmp_path / "odd.graphml")


def test_a_project_of_bigclust2(data: Connectome, tmp_path: Path) -> None:
    what = embedding(data)
    folder = export(what, data, tmp_path / "e.bigclust")
    info = json.loads((folder / "info").read_text())
    meta = pd.read_parquet(folder / info["meta"]["file"])
    assert meta["id"].tolist() == data.neuron_ids.tolist()
    assert meta["label"].tolist() == ["KC", "", "MBON"]
    assert meta["dataset"].tolist() == ["toy"] * 3
    assert meta[info["meta"]["color"]].str.fullmatch("#[0-9a-fA-F]{6}").all()
    assert meta["color"].nunique() == 3
    assert {"cell_type", "ratio", "pair_id"} <= {*meta}
    places = pd.read_parquet(folder / info["embeddings"]["file"])
    assert places.shape == (3, 2)  # and no third column
    features = pd.read_parquet(folder / info["features"]["file"])
    assert features.index.tolist() == data.neuron_ids.tolist()
    np.testing.assert_array_equal(features, np.hstack([what.source, what.target]))
    assert info["name"] == "toy, vgae, d = 2"
    how = "x, y: first two principal components of the factors"
    assert info["description"] == f"{how}; cite: Somebody 2020"


def test_parquet_for_embedding_atlas(data: Connectome, tmp_path: Path) -> None:
    path = export(replace(embedding(data, sides=1)), data, tmp_path / "e.atlas.parquet")
    table = pyarrow.parquet.read_table(path).to_pandas()
    assert table["neuron_id"].tolist() == [str(one) for one in data.neuron_ids]
    assert table["pair_id"].tolist()[::2] == [str(BIG + 1), str(BIG)]
    places = embedding(data).source.numpy()
    np.testing.assert_array_equal(table[["x", "y"]], places)  # two dimensions stay as they are
    for row, near in enumerate(table["neighbors"]):
        assert row not in near["ids"]
        far = np.linalg.norm(places[near["ids"]] - places[row], axis=1)
        np.testing.assert_allclose(near["distances"], far, rtol=1e-6)
        assert far[0] <= far[1]


def test_viewers_draw_the_map_that_they_are_given(data: Connectome, tmp_path: Path) -> None:
    what, place = embedding(data), np.array([[0, 5], [1, 6], [2, 7]], dtype=np.float32)
    flat = FlatMap(place, "UMAP", "UMAP of the factors")
    path = export(what, data, tmp_path / "e.atlas.parquet", flat)
    table = pyarrow.parquet.read_table(path)
    np.testing.assert_array_equal(table.to_pandas()[["x", "y"]], place)
    assert table.schema.metadata[b"map"] == b"UMAP of the factors"
    folder = export(what, data, tmp_path / "e.bigclust", flat)
    np.testing.assert_array_equal(pd.read_parquet(folder / "embeddings.parquet"), place)
    assert "x, y: UMAP of the factors;" in json.loads((folder / "info").read_text())["description"]


@pytest.mark.parametrize(("end", "name"), [("bigclust", "label"), ("atlas.parquet", "x")])
def test_names_that_a_viewer_keeps_for_itself(tmp_path: Path, end: str, name: str) -> None:
    odd = replace(connectome([1, 2, 3]), neurons=pd.DataFrame({name: [1, 2, 3]}))
    with pytest.raises(InputError, match=f"has a column '{name}' of its own; rename it"):
        export(embedding(odd), odd, tmp_path / f"e.{end}")
    assert not list(tmp_path.iterdir())
