"""Edge lists and neuron tables with the columns that the field's tools write."""

from pathlib import Path

import pandas as pd
import pytest

from connectome.data.readers.table import read_table
from connectome.types import InputError

A, B, C = 720575940599457990, 720575940599763911, 720575940596125869


def _edges(folder: Path, columns: dict[str, list[object]], name: str = "edges.csv") -> str:
    path = folder / name
    pd.DataFrame(columns).to_csv(path, index=False)
    return str(path)


@pytest.mark.parametrize(
    ("ends", "more", "writer", "counts"),
    [
        (
            ("pre_root_id", "post_root_id"),
            {"neuropil": ["ME_R", "LO_R", "ME_R"], "syn_count": [5, 7, 9], "nt_type": ["ACH"] * 3},
            "Codex",
            {(A, B): 12, (B, C): 9},
        ),
        (
            ("pre_pt_root_id", "post_pt_root_id"),
            {"size": [400, 20, 3000]},  # voxels, which nobody asked to count
            "CAVE",
            {(A, B): 2, (B, C): 1},
        ),
        (
            ("bodyId_pre", "bodyId_post"),
            {"roi": ["CA(R)", "PB", "CA(R)"], "weight": [1, 2, 3]},
            "neuPrint",
            {(A, B): 3, (B, C): 3},
        ),
        (("body_pre", "body_post"), {"weight": [1, 2, 3]}, "male CNS", {(A, B): 3, (B, C): 3}),
        (
            ("pre", "post"),
            {"count": [4, 5, 6], "norm": [0.1, 0.2, 0.3], "total_input": [40, 40, 20]},
            "sjcabs",
            {(A, B): 9, (B, C): 6},
        ),
        (("pre", "post"), {"synapses": [4, 5, 6]}, "this package", {(A, B): 9, (B, C): 6}),
    ],
)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_columns_of_a_known_tool_are_recognised_and_said(
    tmp_path: Path,
    ends: tuple[str, str],
    more: dict[str, list[object]],
    writer: str,
    counts: dict[tuple[int, int], int],
    suffix: str,
) -> None:
    frame = pd.DataFrame({ends[0]: [A, A, B], ends[1]: [B, B, C]} | more)
    path = tmp_path / f"e.{suffix}"
    frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path)
    brain = read_table(str(path))
    ids = brain.neuron_ids
    pairs = zip(brain.edge_index.T.tolist(), brain.synapses.tolist(), strict=True)
    assert {(int(ids[i]), int(ids[j])): count for (i, j), count in pairs} == counts
    told = str(brain.receipt)
    assert f"edge list of {writer}: pre = {ends[0]}, post = {ends[1]}" in told
    whole = "each row   1 synapse" if writer == "CAVE" else "the synapses in its"
    assert " ".join(whole.split()) in " ".join(told.split())


def test_what_is_named_wins_over_what_is_recognised(tmp_path: Path) -> None:
    path = _edges(tmp_path, {"pre": [1, 1], "post": [2, 2], "count": [3, 4], "w": [10, 20]})
    assert read_table(path).synapses.tolist() == [7]
    assert read_table(path, synapses=None).synapses.tolist() == [2]
    assert read_table(path, synapses="w").synapses.tolist() == [30]
    other = _edges(tmp_path, {"a": [1, 1, 2], "b": [2, 3, 3], "count": [3, 4, 5]})
    assert read_table(other, pre="a", post="b").synapses.tolist() == [3, 4, 5]
    assert read_table(other, pre="a", post="b", synapses=None).synapses.tolist() == [1, 1, 1]
    with pytest.raises(
        InputError, match="no column 'pre' and 'post' of an edge list, only a, b"
    ) as e:
        read_table(other)
    assert "set data.pre=COLUMN data.post=COLUMN data.synapses=COLUMN (null" in str(e.value)


@pytest.mark.parametrize(
    ("pre", "post", "counts"),
    [
        ("from", "to", "weight"),
        ("Source", "Target", "Weight"),
        ("presynaptic", "postsynaptic", "Synapses"),
        ("Presynaptic neuron", "Postsynaptic neuron", "Number of synapses"),
        ("pre_id", "post_id", "n_syn"),
        ("source_id", "target_id", "synapse_count"),
        ("id_from", "id_to", "count"),
        ("pre_SegID", "post_SegID", "nsyn"),
        ("PRE", "POST", "Syn. count"),
    ],
)
def test_usual_names_are_guessed_and_said(tmp_path: Path, pre: str, post: str, counts: str) -> None:
    path = _edges(tmp_path, {"x": [9, 9], post: [B, C], counts: [5, 7], pre: [A, B]})
    brain = read_table(path)
    ends = [brain.neuron_ids[row].tolist() for row in brain.edge_index.numpy()]
    assert sorted(zip(*ends, brain.synapses.tolist(), strict=True)) == [(A, B, 5), (B, C, 7)]
    assert brain.receipt is not None
    assert brain.receipt.layout == "edge list (columns guessed by their names)"
    assert f"names): pre = {pre}, post = {post}, synapses = {counts}" in str(brain.receipt)
    assert not brain.receipt.notes


def test_counts_alone_are_guessed_where_one_column_has_them(tmp_path: Path) -> None:
    ends = {"pre_pt_root_id": [A, B], "post_pt_root_id": [B, C]}
    brain = read_table(_edges(tmp_path, ends | {"neuropil": ["x", "y"], "syn_count": [5, 7]}))
    assert brain.synapses.tolist() == [5, 7]  # as Zenodo has FlyWire's connections
    assert brain.receipt is not None
    assert brain.receipt.layout == "edge list of CAVE (counts guessed by their names)"
    both = _edges(tmp_path, {"from": [1, 2], "to": [2, 3], "weight": [0.1, 0.2], "count": [3, 4]})
    brain = read_table(both)
    assert brain.synapses.tolist() == [1, 1]
    assert brain.receipt is not None
    assert "each row counts as 1; data.synapses=weight reads counts" in str(brain.receipt)
    no_counts = {"id": [7, 8], "size": [900, 50]}  # as CAVE has synapses
    brain = read_table(_edges(tmp_path, ends | no_counts))
    assert brain.receipt is not None
    assert "reads counts" not in str(brain.receipt)


def test_nothing_is_guessed_where_two_columns_fit(tmp_path: Path) -> None:
    two = {"from": [1, 2], "to": [2, 3], "source": [4, 5], "target": [5, 6]}
    path = _edges(tmp_path, two)
    with pytest.raises(InputError, match=r"no column 'pre' and 'post' .* only from, to, source"):
        read_table(path)
    assert read_table(path, pre="from").neuron_ids.tolist() == [1, 2, 3]
    assert read_table(path, pre="source", post="target").neuron_ids.tolist() == [4, 5, 6]
    plain = _edges(tmp_path, two | {"pre": [7, 8], "post": [8, 9]})
    assert read_table(plain).neuron_ids.tolist() == [7, 8, 9]


def test_neuron_tables_are_joined_by_id_without_losing_digits(tmp_path: Path) -> None:
    edges = _edges(tmp_path, {"pre_root_id": [A, B], "post_root_id": [B, C], "syn_count": [5, 6]})
    first = _edges(tmp_path, {"root_id": [A, B], "side": ["left", "right"], "k": [1, 2]}, "a.csv")
    second = tmp_path / "b.parquet"
    pd.DataFrame({"pt_root_id": [C, A], "nucleus": [2**60 + 1, 2**60 + 3], "k": [3, 1]}).to_parquet(
        second
    )
    brain = read_table(edges, [first, str(second)], rename={"side": "hemisphere"})
    assert brain.neuron_ids.tolist() == [A, B, C]
    assert brain.neurons["hemisphere"].tolist()[:2] == ["left", "right"]
    assert pd.isna(brain.neurons["hemisphere"][2])
    assert brain.neurons["nucleus"].dropna().astype(int).tolist() == [2**60 + 3, 2**60 + 1]
    assert brain.neurons["k"].tolist() == [1, 2, 3]
    assert brain.receipt is not None
    assert [Path(name).name for name in brain.receipt.source] == ["edges.csv", "a.csv", "b.parquet"]


def test_tables_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    edges = _edges(tmp_path, {"pre": [1], "post": [2]})
    first = _edges(tmp_path, {"root_id": [1, 2], "kind": ["x", "y"]}, "a.csv")
    second = _edges(tmp_path, {"root_id": [1, 2], "kind": ["x", "z"]}, "b.csv")
    with pytest.raises(InputError, match=r"b\.csv: its 'kind' differs .* for 1 of 2 neurons"):
        read_table(edges, [first, second])


@pytest.mark.parametrize(
    ("rename", "message"),
    [
        ({"type": "cell_type"}, "data.rename: no neuron table has a column 'type', only kind, k"),
        ({"kind": "k"}, r"data.rename.kind=k: .*a\.csv has a column 'k' already"),
        ({"kind": "root_id"}, r"data.rename.kind=root_id: .* has a column 'root_id' already"),
    ],
)
def test_renaming_that_cannot_be_done(tmp_path: Path, rename: dict[str, str], message: str) -> None:
    edges = _edges(tmp_path, {"pre": [1], "post": [2]})
    table = _edges(tmp_path, {"root_id": [1, 2], "kind": ["x", "y"], "k": [1, 2]}, "a.csv")
    with pytest.raises(InputError, match=message):
        read_table(edges, table, rename=rename)
    with pytest.raises(InputError, match="there is no neuron table"):
        read_table(edges, rename=rename)


def test_neurons_without_a_row_are_kept_untyped_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    edges = _edges(tmp_path, {"pre": [A, B, C], "post": [B, C, A]})
    table = _edges(tmp_path, {"root_id": [C], "kind": ["x"], "pair_id": [2**60 + 1]}, "n.csv")
    brain = read_table(edges, table)
    assert brain.neuron_ids.tolist() == [C, A, B]
    assert brain.neurons["kind"].isna().tolist() == [False, True, True]
    assert brain.neurons["pair_id"][0] == 2**60 + 1
    assert f"2 of 3 neurons, such as {A}, have no row in the neuron table" in caplog.text


def test_neurons_of_a_matrix_without_a_row_are_kept_too(tmp_path: Path) -> None:
    matrix = tmp_path / "m.csv"
    matrix.write_text(",A,B,C\nA,0,1,0\nB,2,0,0\nC,0,0,0\n")
    table = _edges(tmp_path, {"id": ["B"], "kind": ["x"]}, "n.csv")
    brain = read_table(str(matrix), table)
    assert brain.neuron_ids.tolist() == ["B", "A", "C"]
    assert brain.neurons["kind"].isna().tolist() == [False, True, True]


def test_missing_files_are_named_together(tmp_path: Path) -> None:
    edges = _edges(tmp_path, {"pre": [1], "post": [2]})
    lacking = [str(tmp_path / name) for name in ("x.csv", "y.csv")]
    with pytest.raises(InputError, match=r"x\.csv, .*y\.csv: no such files; check the paths"):
        read_table(edges, lacking)


def test_ids_of_a_table_go_by_a_usual_name(tmp_path: Path) -> None:
    edges = _edges(tmp_path, {"pre": [A, B], "post": [B, C]})
    cells = {"Cell ID": [C, A], "kind": ["x", "y"]}
    brain = read_table(edges, _edges(tmp_path, cells, "n.csv"))
    assert brain.neuron_ids.tolist() == [C, A, B]
    assert brain.receipt is not None
    assert "pre = pre, post = post, neuron_id = Cell ID" in str(brain.receipt)
    assert read_table(edges, pd.DataFrame(cells)).neuron_ids.tolist() == [C, A, B]
    known = read_table(edges, _edges(tmp_path, cells | {"root_id": [A, B]}, "n.csv"))
    assert known.neuron_ids.tolist() == [A, B, C]
    assert "neuron_id" not in str(known.receipt)
    two = _edges(tmp_path, cells | {"Neuron": [B, C]}, "n.csv")
    with pytest.raises(InputError, match="has no column 'neuron_id', only Cell ID, kind, Neuron"):
        read_table(edges, two)


def test_sides_of_neuprint_are_at_the_end_of_an_instance(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    edges = _edges(tmp_path, {"bodyId_pre": [1, 2, 3], "bodyId_post": [2, 3, 4], "weight": 1})
    path = tmp_path / "bodies.csv"
    instances = ["KCg-m_R", "PEN_a(PB06a)_L4", "MBON_Right", None]
    bodies = pd.DataFrame({"bodyId": [1, 2, 3, 4], "instance": instances})
    bodies.to_csv(path, index=False)
    sides = read_table(edges, str(path)).neurons["hemisphere"]
    assert sides.where(sides.notna(), None).tolist() == ["right", "left", None, None]
    assert "'hemisphere' of 2 of 4 neurons is the _L or _R that 'instance' ends in" in caplog.text
    bodies.assign(somaSide="R").to_csv(path, index=False)  # says it itself
    assert "hemisphere" not in read_table(edges, str(path)).neurons
    bodies.rename(columns={"bodyId": "id"}).to_csv(path, index=False)  # of another tool
    assert "hemisphere" not in read_table(edges, str(path)).neurons
