"""What the first pages show runs."""

import gzip
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import scipy.sparse

from connectome.config import build, load_config
from connectome.data.describe import describe
from tests.conftest import ROOT
from tests.docs.pages import run_page

EDGES = "pre,post,synapses,a,b,n\nKC1,MBON3,12,KC1,MBON3,3\nKC2,MBON3,4,KC2,MBON3,1\n"
GRAPHML = """<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="w" for="edge" attr.name="weight" attr.type="int"/>
<graph edgedefault="directed"><node id="a"/><node id="b"/>
<edge source="a" target="b"><data key="w">3</data></edge></graph></graphml>"""
FILES = {
    "edges.csv": EDGES,
    "matrix.csv": "id,a,b\na,0,2\nb,1,0\n",
    "neurons.csv": "neuron_id,cell_type\nKC1,KC\nKC2,KC\nMBON3,MBON\n",
    "bodies.csv": "bodyId,instance,type\n1,KC_R,KC\n3,MBON_R,MBON\n",
    "cells.csv": "pt_root_id,cell_type\n720575940600000001,KC\n720575940600000002,MBON\n",
    "synapses.csv": (
        "pre_pt_root_id,post_pt_root_id\n720575940600000001,720575940600000002\n"
        "720575940600000001,720575940600000002\n0,720575940600000002\n"
    ),
    "connections.csv": "bodyId_pre,bodyId_post,roi,weight\n1,3,CA(R),2\n1,3,PED(R),5\n",
    "graph.graphml": GRAPHML,
    "numbers.csv": "0,2\n1,0\n",
    "rows.csv": "neuron_id,cell_type\na,KC\nb,MBON\n",
    "connections_princeton.csv.gz": (
        "pre_root_id,post_root_id,neuropil,syn_count,nt_type\n1,2,ME_R,9,ACH\n2,1,ME_R,6,ACH\n"
    ),
    "connections.csv.gz": (
        "pre_root_id,post_root_id,neuropil,syn_count,nt_type\n1,2,ME_R,3,ACH\n1,2,LO_R,4,ACH\n"
    ),
    "neurons.csv.gz": "root_id,group,nt_type\n1,,ACH\n2,,ACH\n",
    "classification.csv.gz": (
        "root_id,flow,super_class,class,sub_class,hemilineage,side,nerve\n"
        "1,intrinsic,central,,,,right,\n2,intrinsic,central,,,,right,\n"
    ),
    "consolidated_cell_types.csv.gz": "root_id,primary_type\n1,KC\n2,MBON\n",
}


def described() -> list[list[str]]:
    """The words of each ``describe`` on the page of one's own file."""
    text = (ROOT / "docs" / "start" / "your-own-file.md").read_text().replace("\\\n", " ")
    lines = re.findall(r"^python -m connectome describe (.*)$", text, re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


def test_every_source_is_described() -> None:
    words = " ".join(word for line in described() for word in line)
    for part in (
        "data=flywire",
        "synapses.parquet",
        "bodies.csv",
        "edges.csv",
        "matrix.csv",
        "graphml",
        "matrix.npz",
        "matrix.mat",
    ):
        assert part in words


@pytest.mark.parametrize("words", described(), ids=" ".join)
def test_the_command_of_each_source_reads_its_file(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in FILES.items():
        file = gzip.compress(text.encode()) if name.endswith(".gz") else text.encode()
        (tmp_path / name).write_bytes(file)
    matrix = np.array([[0, 2], [1, 0]])
    scipy.sparse.save_npz(tmp_path / "matrix.npz", scipy.sparse.csr_array(matrix))
    scipy.io.savemat(tmp_path / "matrix.mat", {"A": matrix, "B": matrix})
    monkeypatch.chdir(tmp_path)
    chosen = [word.replace("FOLDER", ".").replace(".parquet", ".csv") for word in words]
    found = describe(build(load_config([*chosen, "run_dir=/nowhere", "name=test"]).data)).as_dict()
    assert found["edges"] >= 1


@pytest.mark.slow
def test_the_page_on_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = run_page("start/python.md", tmp_path)
    scores, auc = names["shown"][:2]
    assert scores.shape == (2,)
    assert auc == names["tested"].metrics["test/auc"] > 0.9
    assert (tmp_path / "map.parquet").is_file()
    for brain in (names["listed"], names["square"], names["drawn"]):
        assert (brain.neuron_ids.tolist(), brain.num_edges) == ([11, 12, 13], 2)
