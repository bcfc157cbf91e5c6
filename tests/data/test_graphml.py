"""What a GraphML file says, defaults and directions included, is what is read."""

import gzip
from pathlib import Path

import networkx
import pandas as pd
import pytest

from connectome.data.neurons import cell_types
from connectome.data.readers.table import read_table
from connectome.types import Connectome, InputError

HEAD = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
KEYS = (
    '<key id="w" for="edge" attr.name="weight" attr.type="double"><default>1.5</default></key>'
    '<key id="t" for="node" attr.name="cell_type" attr.type="string"><default>KC</default></key>'
    '<key id="s" for="node" attr.name="size" attr.type="int"><default>7</default></key>'
    '<key id="nm" for="node" attr.name="name" attr.type="string"/>'
)
NODES = (
    '<node id="a"><data key="t">MBON</data></node><node id="b"/><node id="c"><data key="t"/></node>'
)
EDGES = '<edge source="a" target="b"><data key="w">5</data></edge><edge source="b" target="c"/>'
NUMBERED = "".join(
    f'<node id="n{k}"><data key="nm">{name}</data></node>' for k, name in enumerate("xyz")
)
LINKS = '<edge source="n0" target="n1"/><edge source="n1" target="n2"/>'


def write(folder: Path, body: str, keys: str = KEYS, way: str = ' edgedefault="directed"') -> str:
    path = folder / "g.graphml"
    path.write_text(f"{HEAD}{keys}<graph{way}>{body}</graph></graphml>")
    return str(path)


def edges_of(connectome: Connectome) -> dict[str, float]:
    ids = connectome.neuron_ids
    pairs = connectome.edge_index.T.tolist()
    return {
        f"{ids[i]}{ids[j]}": float(count)
        for (i, j), count in zip(pairs, connectome.synapses, strict=True)
    }


def test_defaults_count_where_nodes_and_edges_say_nothing(tmp_path: Path) -> None:
    connectome = read_table(write(tmp_path, NODES + EDGES), synapses="weight")
    assert edges_of(connectome) == {"ab": 5, "bc": 1.5}
    code, names = cell_types(connectome)
    assert (code.tolist(), names) == ([1, 0, -1], ["KC", "MBON"])  # empty text is said, and missing
    assert connectome.neurons["size"].tolist() == [7, 7, 7]
    for_all = KEYS.replace('for="node" attr.name="size"', 'for="all" attr.name="size"')
    assert edges_of(read_table(write(tmp_path, NODES + EDGES, for_all), synapses="size")) == {
        "ab": 7,
        "bc": 7,
    }


def test_an_empty_default_is_none(tmp_path: Path) -> None:
    keys = KEYS.replace("<default>KC</default>", "<default/>").replace("1.5", "")
    path = write(tmp_path, NODES + EDGES, keys)
    read = read_table(path, synapses=None)
    assert read.neurons["cell_type"].isna().tolist() == [False, True, True]
    with pytest.raises(InputError, match=r"only none; data\.synapses=null counts each edge as 1"):
        read_table(path)
    with pytest.raises(InputError, match="edge b -> c has no attribute 'weight', only none"):
        read_table(path, synapses="weight")


def test_counts_that_are_not_read_are_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path, NODES + EDGES)
    assert edges_of(read_table(path, synapses=None)) == {"ab": 1, "bc": 1}
    assert "each edge counts as 1; data.synapses=weight reads counts" in caplog.text
    other = write(tmp_path, NODES + EDGES, KEYS.replace('"weight"', '"volume"'))
    assert edges_of(read_table(other)) == {"ab": 1, "bc": 1}
    assert "each edge counts as 1; data.synapses=volume reads counts" in caplog.text
    caplog.clear()
    path = write(tmp_path, NODES + EDGES)
    brain = read_table(path)
    assert edges_of(brain) == {"ab": 5, "bc": 1.5}
    assert brain.receipt is not None
    assert brain.receipt.each_row == "the synapses in its 'weight'"
    read_table(path, synapses="weight")
    read_table(write(tmp_path, NODES + EDGES, KEYS.replace('"double"', '"string"')))
    assert not caplog.text


@pytest.mark.parametrize("way", ["undirected", "directed"])
@pytest.mark.parametrize("own", [False, True])
def test_undirected_edges_count_both_ways(
    tmp_path: Path, way: str, own: bool, caplog: pytest.LogCaptureFixture
) -> None:
    edges = EDGES.replace("<edge", f'<edge directed="{"0" if way == "undirected" else "true"}"')
    usual = "directed" if own else way
    body = NODES + (edges if own else EDGES) + '<edge source="c" target="c"/>' * (not own)
    found = edges_of(
        read_table(write(tmp_path, body, way=f' edgedefault="{usual}"'), synapses="weight")
    )
    once = {"ab": 5, "bc": 1.5}
    loop = {} if own else {"cc": 1.5}
    both = once | {"ba": 5, "cb": 1.5} if way == "undirected" else once
    assert found == both | loop
    assert ("edges are undirected; each counts both ways" in caplog.text) == (way == "undirected")


@pytest.mark.parametrize("usual", ["directed", "undirected"])
@pytest.mark.parametrize("word", ["true", "false", "0", "1", "False"])
def test_edges_with_and_without_direction_are_refused(
    tmp_path: Path, usual: str, word: str
) -> None:
    body = NODES + EDGES.replace('<edge source="b"', f'<edge directed="{word}" source="b"')
    path = write(tmp_path, body, way=f' edgedefault="{usual}"')
    if (word in ("true", "1")) == (usual == "directed"):
        assert len(edges_of(read_table(path))) == (2 if usual == "directed" else 4)
        return
    alone = "b - c" if usual == "directed" else "a - b"
    with pytest.raises(InputError, match=f"edge {alone} is undirected and others are directed; wr"):
        read_table(path)


def test_nodes_that_are_only_numbered_go_by_their_names(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path, NUMBERED + LINKS)
    connectome = read_table(path)
    assert edges_of(connectome) == {"xy": 1.5, "yz": 1.5}
    assert "name" not in connectome.neurons
    assert "neurons go by their attribute 'name' (n0 is x); data.neuron_id=id keeps" in caplog.text
    kept = read_table(path, neuron_id="id")
    assert kept.neuron_ids.tolist() == ["n0", "n1", "n2"]
    assert kept.neurons["name"].tolist() == ["x", "y", "z"]
    assert read_table(path, neuron_id="name").neuron_ids.tolist() == ["x", "y", "z"]
    with pytest.raises(
        InputError, match=r"no attribute 'root' \(data.neuron_id\); choose among id"
    ):
        read_table(path, neuron_id="root")
    with pytest.raises(InputError, match="'cell_type' is missing of a node or repeats"):
        read_table(path, neuron_id="cell_type")


def test_names_that_repeat_are_no_ids(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    connectome = read_table(write(tmp_path, NUMBERED.replace(">z<", ">x<") + LINKS))
    assert connectome.neuron_ids.tolist() == ["n0", "n1", "n2"]
    assert "neurons are called n0 .., since names repeat or lack" in caplog.text
    other = (NUMBERED + LINKS).replace('"n', '"m').replace('"mm"', '"nm"')
    named = read_table(write(tmp_path, other))
    assert named.neuron_ids.tolist() == ["m0", "m1", "m2"]  # these are ids of somebody's own


@pytest.mark.parametrize("ids", ["xyz", ["n0", "n1", "n2"]])
def test_a_neuron_table_says_which_ids_it_means(tmp_path: Path, ids: str | list[str]) -> None:
    pd.DataFrame({"neuron_id": [*ids], "kind": [*"abc"]}).to_csv(tmp_path / "n.csv", index=False)
    connectome = read_table(write(tmp_path, NUMBERED + LINKS), str(tmp_path / "n.csv"))
    assert connectome.neuron_ids.tolist() == [*ids]
    assert connectome.num_edges == 2


@pytest.mark.parametrize(
    ("body", "way", "message"),
    [
        (NODES + EDGES, "", "edgedefault is None; write edgedefault"),
        (NODES + EDGES.replace("<edge", '<edge directed="maybe"'), None, 'directed="maybe"; write'),
        (NODES + NODES + EDGES, None, "a node 'a' occurs twice; give each neuron"),
        ("<node/>" + NODES + EDGES, None, "a node has no id; give"),
        (NODES + EDGES.replace('target="b"', 'target="q"'), None, "to or from q, which is no node"),
        (f'<node id="q"><graph edgedefault="directed">{NODES}</graph></node>', None, "within"),
        (f"</graph><graph>{NODES}", None, "holds 2 graphs of GraphML; keep one"),
    ],
)  # fmt: skip
def test_files_that_networkx_reads_in_part_are_refused(
    tmp_path: Path, body: str, way: str | None, message: str
) -> None:
    path = write(tmp_path, body, way=' edgedefault="directed"' if way is None else way)
    with pytest.raises(InputError, match=message):
        read_table(path)


def test_other_writers_are_still_read(tmp_path: Path) -> None:
    graph = networkx.MultiDiGraph()
    graph.add_edge("a", "b", n=2)
    graph.add_edge("a", "b", n=3)
    path = tmp_path / "g.graphml"
    networkx.write_graphml(graph, path)
    assert edges_of(read_table(str(path), synapses="n")) == {"ab": 5}
    (tmp_path / "g.graphml.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert edges_of(read_table(f"{path}.gz", synapses="n")) == {"ab": 5}
    path.write_text(
        path.read_text().split(">", 1)[0] + "><graphml>" + path.read_text().split(">", 2)[2]
    )
    assert edges_of(read_table(str(path), synapses="n")) == {"ab": 5}
