"""The command ``map`` as a user types it, on small files."""

import base64
import gzip
import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from connectome.analysis.latent import flat, spaces
from connectome.analysis.mapping import choose_method, neurons, why_no_types
from connectome.cli.jobs.train import train_once
from connectome.cli.jobs.types.read import types
from connectome.cli.map import run, with_flags
from connectome.config import load_config
from connectome.data.neurons import usual_names
from connectome.data.readers.mushroom_body import read_mushroom_body
from connectome.models.maps import Nearest, nearest_others
from connectome.runs import load_scorer
from connectome.types import Connectome
from tests.cli.refusals import refused
from tests.conftest import random_connectome

BIG = 720575940600000000  # ids above 2^53, as they are in FlyWire


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No UMAP, which compiles for seconds; tests/models/test_maps.py has it."""
    monkeypatch.setattr(flat, "umap_map", lambda factors, *_: factors[:, :2].astype("f4"))
    monkeypatch.setattr(neurons, "FOLDS", 2)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def brain() -> Connectome:
    return read_mushroom_body()


@pytest.fixture
def codex(tmp_path: Path, brain: Connectome) -> tuple[str, ...]:
    """The mushroom body as Codex would write it, without its last 20 types."""
    ids, kinds = BIG + np.arange(brain.num_neurons), brain.neurons["cell_type"].astype(object)
    pre, post = ids[brain.edge_index.numpy()]
    edges = {"pre_root_id": pre, "post_root_id": post, "neuropil": "CA", "syn_count": 7}
    pd.DataFrame(edges).to_csv(tmp_path / "connections.csv.gz", index=False)
    typed = {"root_id": ids[:-20], "primary_type": kinds[:-20]}
    pd.DataFrame(typed).to_csv(tmp_path / "types.csv.gz", index=False)
    sides = {"root_id": ids, "side": "right", "flow": "intrinsic"}
    pd.DataFrame(sides).to_csv(tmp_path / "classification.csv.gz", index=False)
    return ("connections.csv.gz", "--neurons", "classification.csv.gz", "--neurons", "types.csv.gz")


def test_a_download_of_codex_becomes_a_page_and_a_table(
    codex: tuple[str, ...], brain: Connectome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run((*codex, "--out", "first"))
    said = capsys.readouterr().out
    assert "edge list of Codex" in said
    assert "columns of Codex: side -> hemisphere, primary_type -> cell_type" in said
    assert "embedding: lse, d = 24: " in said
    counts = re.search(
        r"types: predicted for (\d+) of 20 neurons .*; (\d+) abstain, (\d+) have", said
    )
    assert counts is not None
    assert sum(map(int, counts.groups())) == 20
    assert " types data=table data.edges=connections.csv.gz " in said
    assert said.endswith(" label=cell_type folds=2 controls=false seed=0\n")
    written = {path.name for path in (tmp_path / "first").iterdir()}
    assert written >= {"neurons.csv", "explorer.html", "run", "asked.json"}
    table = pd.read_csv(tmp_path / "first" / "neurons.csv", dtype=str)
    assert len(table) == brain.num_neurons
    assert set(table["neuron_id"]) == {str(BIG + k) for k in range(brain.num_neurons)}
    assert {"cell_type", "hemisphere", "flow", "cluster_leiden", "x_umap", "y_umap"} <= set(table)
    assert not table["predicted_type"].isna().any()
    for k, row in enumerate(table["neighbour_1"]):
        assert row in set(table["neuron_id"]) - {table["neuron_id"][k]}
    told = table[table["told"] == "True"]
    assert len(told) == brain.num_neurons - 20
    assert (told["cell_type"] == told["predicted_type"]).all()
    assert told["confidence"].isna().all()  # which is no prediction
    assert table["confidence"][table["told"] == "False"].notna().all()
    page = (tmp_path / "first" / "explorer.html").read_text()
    assert "connections" in page
    (packed,) = re.findall(r'id="meta"[^>]*>([^<]+)<', page)
    tables = json.loads(gzip.decompress(base64.b64decode(packed)))["tables"]
    hidden = next(one for one in tables if one["title"] == "known types, hidden in turn")
    row = dict(zip(hidden["columns"], hidden["rows"][0], strict=True))
    assert f"{row['accuracy']:.3f} of the typed ones get their own" in said
    assert row["asked"] == brain.num_neurons - 20


def test_one_fold_of_a_large_brain_is_typed(
    codex: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run((*codex, "--out", "all"))
    monkeypatch.setattr(neurons, "LARGE", 0)
    run((*codex, "--out", "one"))
    said = capsys.readouterr().out
    shares = re.findall(r"([\d.]+) of the typed ones get their own", said)
    assert len(shares) == 2
    assert shares[0] != shares[1]
    tables = [pd.read_csv(f"{out}/neurons.csv")["predicted_type"] for out in ("all", "one")]
    pd.testing.assert_series_equal(*tables)


@pytest.mark.parametrize(("large", "judged"), [(20_000, []), (0, ["judged_folds=1"])])
def test_the_printed_command_for_types_gives_the_same_types_and_figures(
    large: int,
    judged: list[str],
    codex: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(neurons, "LARGE", large)
    run((*codex, "--out", "mapped"))
    said = capsys.readouterr().out
    program = "  python -m connectome types "
    line = next(line for line in said.splitlines() if line.startswith(program))
    words = shlex.split(line.removeprefix(program))
    assert [word for word in words if word.startswith("judged_folds")] == judged
    types([*words, "explorer=false", "out=typed"])
    (share,) = re.findall(r"([\d.]+) of the typed ones get their own", said)
    scores = json.loads(Path("typed/scores.json").read_text())
    assert f"{scores['accuracy']:.3f}" == share
    columns = ["neuron_id", "predicted_type", "confidence", "runner_up", "abstains"]
    mapped, typed = (
        pd.read_csv(f"{out}/neurons.csv", dtype=str)[columns] for out in ("mapped", "typed")
    )
    pd.testing.assert_frame_equal(mapped, typed)


def test_neighbours_are_searched_once(
    codex: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def counted(factors: np.ndarray, count: int) -> Nearest:
        asked.append(count)
        return nearest_others(factors, count)

    monkeypatch.setattr(spaces, "nearest_others", counted)
    run((*codex, "--out", "first"))
    assert asked == [spaces.NEIGHBOURS]


def test_what_is_printed_at_the_end_gives_the_same_embedding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_edges(tmp_path)
    run(("edges.csv",))
    said = capsys.readouterr().out
    assert "types: none predicted, since the neurons have no annotations; give --neurons" in said
    program = "  python -m connectome train "
    line = next(line for line in said.splitlines() if line.startswith(program))
    assert "  python -m connectome evaluate runs=outputs/map/edges/run report=true\n" in said
    words = shlex.split(line.removeprefix(program))
    assert words[-1] == "run_dir=outputs/map/edges/run"
    again = [*words[:-1], "run_dir=again", "name=again", "logger=none", "~callbacks.progress"]
    train_once(load_config(again))
    first, second = (
        load_scorer(Path(folder) / "embedding.npz") for folder in ("outputs/map/edges/run", "again")
    )
    pairs = random_connectome(0).edge_index
    assert first.score_pairs(pairs).tolist() == second.score_pairs(pairs).tolist()


def test_the_same_again_gives_the_same_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_edges(tmp_path)
    run(("edges.csv", "--out", "first"))
    files = ("neurons.csv", "explorer.html")
    before = [(tmp_path / "first" / name).read_bytes() for name in files]
    run(("edges.csv", "--out", "first"))  # which finds the embedding and the map there
    assert [(tmp_path / "first" / name).read_bytes() for name in files] == before
    run(("edges.csv", "--out", "second"))
    assert (tmp_path / "second" / "neurons.csv").read_bytes() == before[0]
    assert "holds results of other options or data (seed=0, here 1); give --out FOLDER" in refused(
        run, capsys, "edges.csv", "--out", "first", "--seed", "1"
    )


def write_edges(folder: Path, seed: int = 0) -> None:
    folder.mkdir(exist_ok=True)
    small = random_connectome(seed)
    pre, post = small.neuron_ids[small.edge_index.numpy()]
    pd.DataFrame({"pre": pre, "post": post}).to_csv(folder / "edges.csv", index=False)


def test_files_of_one_name_are_not_mixed_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed, name in enumerate("ab"):
        write_edges(tmp_path / name, seed)
    run(("a/edges.csv",))
    first = (tmp_path / "outputs/map/edges/neurons.csv").read_bytes()
    said = refused(run, capsys, "b/edges.csv")
    held = "outputs/map/edges: holds results of other options or data"
    assert f"{held} (EDGES a/edges.csv, here b/edges.csv; version of the data=" in said
    assert said.endswith("; give --out FOLDER, or delete it")
    run(("./a/edges.csv",))  # the same file in other words
    write_edges(tmp_path / "a", 1)
    assert f"{held} (version of the data=" in refused(run, capsys, "a/edges.csv")
    monkeypatch.chdir(tmp_path / "b")  # another file of the same words
    write_edges(tmp_path / "b" / "a", 2)
    again = ("a/edges.csv", "--out", str(tmp_path / "outputs/map/edges"))
    assert "(version of the data=" in refused(run, capsys, *again)
    assert (tmp_path / "outputs/map/edges/neurons.csv").read_bytes() == first
    run((*again[:2], "c"))
    assert (tmp_path / "b" / "c" / "neurons.csv").read_bytes() != first


def test_types_go_by_a_usual_name_and_paths_need_no_quotes(
    tmp_path: Path, brain: Connectome, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [f"N {k}" for k in range(brain.num_neurons)]
    pre, post = np.array(ids)[brain.edge_index.numpy()]
    table = {"From": pre, "To": post, "Nr. (all)": 2}
    pd.DataFrame(table).to_csv(tmp_path / "my, list.csv", index=False, sep=";")
    kinds = brain.neurons["cell_type"].astype(object).where(np.arange(len(ids)) > 9)
    kinds[20] = "unknown"
    cells = {"Cell ID": ids, "Type": kinds, "Side": "L"}
    pd.DataFrame(cells).to_csv(tmp_path / "cells.csv", index=False)
    run(("my, list.csv", "--neurons", "cells.csv", "--synapses", "Nr. (all)"))
    said = capsys.readouterr().out
    assert "post = To, synapses = Nr. (all), neuron_id = Cell ID" in said
    assert "types are those of 'Type', since there is no 'cell_type'; --label names" in said
    assert "note: 'Type' of 1 neurons is 'unknown', which counts as a type; leave" in said
    assert re.search("types: predicted for [0-9]+ of 10 neurons", said)
    printed = [shlex.split(line)[4:] for line in said.splitlines() if line.startswith("  python")]
    train, evaluate, types = printed
    config = load_config(train)
    assert config.data.edges == "my, list.csv"
    assert config.data.synapses == "Nr. (all)"
    assert config.run_dir == "outputs/map/my, list/run"
    look = "look.type_column=Type"
    assert evaluate == ['runs="outputs/map/my, list/run"', "report=true", look]
    assert "label=Type" in types
    held = "holds results of other options or data (--neurons cells.csv, here null; "
    assert held in refused(run, capsys, "my, list.csv", "--synapses", "Nr. (all)")


def test_lists_are_no_types(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_edges(tmp_path)
    ids = random_connectome(0).neuron_ids
    lists = pd.DataFrame({"id": ids, "type": [["a"]] * len(ids), "k": 1})
    lists.to_parquet(tmp_path / "lists.parquet")
    words = ("edges.csv", "--neurons", "lists.parquet", "--out", "lists")
    assert "--label type: holds lists; give each neuron one" in refused(
        run, capsys, *words, "--label", "type"
    )
    run(words)
    said = capsys.readouterr().out
    assert "no column 'cell_type', only type, k; --label COLUMN names it" in said


def test_a_remark_is_said_once_and_in_the_words_of_map(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "data.csv").write_text("0,2,2,0\n1,0,0,2\n1,3,0,1\n2,0,1,0\n")
    run(("data.csv", "--min-synapses", "2"))
    shown = capsys.readouterr()
    said = shown.out + shown.err + caplog.text
    assert said.count("neurons are numbered 0 .. 3, since there are no names") == 1
    assert "from      data.csv" in said
    assert "left out  4 of 9 pairs (4 of 15 synapses): fewer than --min-synapses 2" in said


def test_a_handful_of_neurons_has_a_map_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "pre,post,synapses\na,b,3\nb,c,2\nc,a,1\nd,a,4\n"
    (tmp_path / "few.csv").write_text(text)
    run(("few.csv", "--out", "few"))
    table = pd.read_csv(tmp_path / "few" / "neurons.csv")
    assert sorted(table["neuron_id"]) == ["a", "b", "c", "d"]
    assert "neighbour_3" in table
    assert "neighbour_4" not in table


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("no.csv", "--neurons", "none.csv"), "no.csv, none.csv: no such files"),
        (("edges.csv", "--seed", "-1"), "--seed -1: must be from 0 to"),
        (("edges.csv", "--label", "kind"), "--label kind: edges has no such column, only none"),
        (("edges.csv", "--pre", "from"), "--pre COLUMN"),
        (("edges.csv", "odd.csv"), "odd.csv: EDGES is one file; give a neuron table as --neurons"),
        (("odd.csv",), "only a, b; set --pre COLUMN --post COLUMN --synapses COLUMN (null"),
        (("edges.csv", "--min-synapses", "-2"), "--min-synapses -2: must be 0 or more"),
        (("edges.csv", "--set", "layout=heap"), "--set layout=heap: choose one of"),
        (("edges.csv", "--out", "full"), "--out full: holds mine.txt"),
        (("edges.csv", "--out", "edges.csv"), "--out edges.csv: is no folder"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    words: tuple[str, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_edges(tmp_path)
    (tmp_path / "odd.csv").write_text("a,b\nx,y\nx,z\ny,z\n")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    assert message in refused(run, capsys, *words)


def test_options_are_called_as_they_are_typed_here() -> None:
    assert with_flags("data.pre=x: name it with data.post=COLUMN") == (
        "--pre x: name it with --post COLUMN"
    )
    assert with_flags("data.min_synapses=-1") == "--min-synapses -1"
    assert with_flags("set data.missing_ids=drop") == "set --set missing_ids=drop"
    assert with_flags("data.csv: no such file") == "data.csv: no such file"
    assert with_flags("data.edges=a.csv: data.edges has no id") == "EDGES a.csv: EDGES has no id"


def test_the_method_goes_by_size() -> None:
    assert choose_method(10_000).model == "lse"
    assert choose_method(10_001).model == "spectral"
    assert choose_method(2).latent_dim == 1
    assert choose_method(12).latent_dim == 5


def test_names_of_codex_and_neuprint_are_known(tmp_path: Path) -> None:
    one, two, three = (tmp_path / f"{k}.csv" for k in range(3))
    one.write_text("root_id,side\n1,left\n")
    two.write_text("bodyId,type,side\n2,KC,left\n")
    three.write_text("neuron_id,side,type\n3,left,KC\n")
    assert usual_names([one]) == ({"side": "hemisphere"}, "Codex")
    assert usual_names([two]) == ({"type": "cell_type"}, "neuPrint")
    assert usual_names([three]) == ({}, "")
    one.write_text("root_id,side,hemisphere\n1,left,L\n")
    assert usual_names([one]) == ({}, "")


def test_types_are_predicted_only_where_something_can_be_learnt(brain: Connectome) -> None:
    assert why_no_types(brain, "cell_type") == "every neuron has a 'cell_type'"
    assert "have no column 'kind'" in why_no_types(brain, "kind")
    for told, few in (
        (0, "0 neurons with a 'kind', of 0 types"),
        (1, "1 neuron with a 'kind', of 1"),
    ):
        kinds = ["KC"] * told + [None] * (brain.num_neurons - told)
        part = replace(brain, neurons=brain.neurons.assign(kind=kinds))
        assert why_no_types(part, "kind").startswith(few)
