"""The command ``map`` as a user types it, on small files."""

import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from connectome.analysis.latent import flat, spaces
from connectome.analysis.mapping import choose_method, neurons, why_no_types
from connectome.cli.jobs.map import in_flags
from connectome.cli.jobs.train import train_once
from connectome.cli.map import run
from connectome.config import load_config
from connectome.data.neurons import usual_names
from connectome.data.readers.mushroom_body import read_mushroom_body
from connectome.errors import clear_errors
from connectome.models.maps import Nearest, nearest_others
from connectome.runs import load_scorer
from connectome.types import Connectome
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


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended, clear_errors():
        run(words)
    assert ended.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("error: ")
    return last


def test_a_download_of_codex_becomes_a_page_and_a_table(
    codex: tuple[str, ...], brain: Connectome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run((*codex, "--out", "first"))
    said = capsys.readouterr().out
    assert "edge list of Codex" in said
    assert "columns of Codex: side -> hemisphere, primary_type -> cell_type" in said
    assert "embedding: lse, d = 24: " in said
    assert "types: 20 neurons had none; " in said
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
    assert "connections" in (tmp_path / "first" / "explorer.html").read_text()


def test_one_fold_of_a_large_brain_is_typed(
    codex: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run((*codex, "--out", "all"))
    monkeypatch.setattr(neurons, "LARGE", 0)
    run((*codex, "--out", "one"))
    said = capsys.readouterr().out
    shares = re.findall(r"of typed neurons ([\d.]+) get their own", said)
    assert len(shares) == 2
    assert shares[0] != shares[1]
    tables = [pd.read_csv(f"{out}/neurons.csv")["predicted_type"] for out in ("all", "one")]
    pd.testing.assert_series_equal(*tables)


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
    assert "types: none predicted, since the neurons have no column 'cell_type', only none" in said
    line = next(line for line in said.splitlines() if line.startswith("  python train.py "))
    words = shlex.split(line)[2:]
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
    assert "holds results of other options (seed); give --out FOLDER" in refused(
        capsys, "edges.csv", "--out", "first", "--seed", "1"
    )


def write_edges(folder: Path) -> None:
    small = random_connectome(0)
    pre, post = small.neuron_ids[small.edge_index.numpy()]
    pd.DataFrame({"pre": pre, "post": post}).to_csv(folder / "edges.csv", index=False)


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
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    assert message in refused(capsys, *words)


def test_options_are_called_as_they_are_typed_here() -> None:
    assert in_flags("data.pre=x: name it with data.post=COLUMN") == (
        "--pre x: name it with --post COLUMN"
    )
    assert in_flags("data.min_synapses=-1") == "--min-synapses -1"
    assert in_flags("set data.missing_ids=drop") == "set --set missing_ids=drop"


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
    assert usual_names([three, tmp_path / "none.csv"]) == ({}, "")
    one.write_text("root_id,side,hemisphere\n1,left,L\n")
    assert usual_names([one]) == ({}, "")


def test_types_are_predicted_only_where_something_can_be_learnt(brain: Connectome) -> None:
    assert why_no_types(brain, "cell_type") == "every neuron has a 'cell_type'"
    assert "have no column 'kind'" in why_no_types(brain, "kind")
