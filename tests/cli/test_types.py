"""The command ``types`` as a user types it, on small tables."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from connectome.cli.jobs.types.read import types
from connectome.cli.types import parser
from connectome.data.readers.mushroom_body import read_mushroom_body
from connectome.types import Connectome
from tests.cli.refusals import refused, refused_untouched

QUICK = ("controls=false", "explorer=false")
BIG = 720575940600000000  # ids above 2^53, as they are in FlyWire


@pytest.fixture(scope="module")
def brain() -> Connectome:
    return read_mushroom_body()


@pytest.fixture
def table(tmp_path: Path, brain: Connectome, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The mushroom body as somebody's own files, with large ids and without its last 20 types."""
    ids, kinds = BIG + np.arange(brain.num_neurons), brain.neurons["cell_type"].astype(object)
    pre, post = ids[brain.edge_index.numpy()]
    edges = {"pre": pre, "post": post, "n": brain.synapses.numpy()}
    pd.DataFrame(edges).to_csv(tmp_path / "edges.csv", index=False)
    kinds = kinds.copy()
    kinds[-20:] = None
    pd.DataFrame({"neuron_id": ids, "kind": kinds}).to_csv(tmp_path / "neurons.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return (
        "data=table", "data.edges=edges.csv", "data.neurons=neurons.csv", "data.synapses=n",
        "label=kind",
    )  # fmt: skip


def known_file(brain: Connectome, every: int = 5) -> pd.DataFrame:
    rows = np.arange(0, brain.num_neurons, every)
    kinds = brain.neurons["cell_type"].iloc[rows].tolist()
    return pd.DataFrame({"root_id": BIG + rows, "kind": kinds})


def test_a_share_that_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("known=0.15", "seed=1", f"out={tmp_path / 'out'}")
    types(words)
    said = capsys.readouterr().out
    assert "mushroom_body_right: what was read" in said
    assert "told: 32 of 213 neurons with a 'cell_type', of 4 of 4 types" in said
    assert "was not drawn by connectivity" in said
    written = {path.name for path in (tmp_path / "out").iterdir()}
    figures = {"by_size", "reliability", "confusion", "coverage", "controls"}
    assert written >= {f"{name}.{kind}" for name in figures for kind in ("png", "svg")}
    assert written >= {"types.csv", "scores.json", "by_type.csv", "types.html", "asked.json"}
    assert written >= {"neurons.csv", "neurons.xlsx"}
    table = pd.read_csv(tmp_path / "out" / "neurons.csv")
    assert {"cell_type", "predicted_type", "x_partner_types", "neighbour_5"} <= {*table}
    scores = json.loads((tmp_path / "out" / "scores.json").read_text())
    wanted = {"accuracy", "macro_f1", "ari", "coverage_at_95", "ece", "told", "types", "types_told"}
    assert scores.keys() >= wanted | {"seconds", "peak_mb", "controls", "label", "options"}
    assert (scores["told"], scores["asked"], scores["types"]) == (32, 181, 4)
    for control in scores["controls"].values():
        assert control.keys() >= wanted | {"seconds", "peak_mb"}
    assert scores["accuracy"] > scores["controls"]["commonest type"]["accuracy"]
    types(words)  # the same again is no other question
    with pytest.raises(ValueError, match=r"other options or data \(seed=1, here 2\)"):
        types(("known=0.15", "seed=2", f"out={tmp_path / 'out'}"))


def test_a_file_of_known_neurons(
    table: tuple[str, ...], brain: Connectome, capsys: pytest.CaptureFixture[str]
) -> None:
    told = known_file(brain)
    told.loc[0, "kind"] = None
    told.loc[len(told)] = [BIG - 7, "Kenyon"]
    told.to_csv("mine.csv", index=False)
    types((*table, "known=mine.csv", *QUICK))
    said = capsys.readouterr().out
    assert "told: 42 neurons in mine.csv, of 4 types" in said
    assert f"1 id of no neuron, such as {BIG - 7}; 1 row without a type" in said
    found = pd.read_csv("outputs/types/edges/types.csv", dtype={"neuron_id": str})
    columns = ["neuron_id", "type", "confidence", "runner_up", "told", "abstains"]
    assert list(found) == columns
    assert found["neuron_id"].tolist() == [str(BIG + k) for k in range(213)]  # no digit is lost
    assert found["told"].sum() == 42
    scores = json.loads(Path("outputs/types/edges/scores.json").read_text())
    assert scores["told"] == 42
    assert scores["asked"] == 193 - 38  # of known type, but for those in the file


def test_a_file_of_which_the_data_know_nothing(
    table: tuple[str, ...], brain: Connectome, capsys: pytest.CaptureFixture[str]
) -> None:
    nodes = pd.read_csv("neurons.csv", dtype={"neuron_id": str})
    nodes.loc[len(nodes)] = [str(BIG + 999), None]  # without any connection, so without an answer
    nodes[["neuron_id"]].assign(x=1).to_csv("neurons.csv", index=False)
    told = known_file(brain)
    told.loc[len(told)] = [BIG + 999, "Kenyon"]
    told.to_csv("mine.csv", index=False)
    types((*table, "known=mine.csv", "out=out", *QUICK))
    said = capsys.readouterr().out
    assert "edges has no 'kind', so that folds of the file are the judge" in said
    found = pd.read_csv("out/by_type.csv")
    assert found["told"].sum() == found["judged"].sum() == found["neurons"].sum() == len(told)


def test_all_that_is_known_types_the_rest(
    table: tuple[str, ...], brain: Connectome, capsys: pytest.CaptureFixture[str]
) -> None:
    types((*table, "out=out", "folds=3", *QUICK))
    said = capsys.readouterr().out
    assert "told: all 193 neurons with a 'kind', of 4 types" in said
    assert "of 20 neurons at an expected precision of 0.95" in said
    assert "193 neurons of known type, each typed without it in one of 3 folds" in said
    assert "data.drawn_by_connectivity.kind=true" in said
    found = pd.read_csv("out/types.csv")
    assert (~found["told"]).sum() == 20
    true = brain.neurons["cell_type"].iloc[-20:].tolist()
    assert (found["type"].iloc[-20:] == true).mean() > 0.6


def test_types_of_another_brain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("data.side=right", "home=mushroom_body", "home.side=left", *QUICK)
    types((*words, f"out={tmp_path / 'blind'}"))
    assert json.loads((tmp_path / "blind" / "scores.json").read_text())["controls"] == {}
    assert not (tmp_path / "blind" / "confusion.png").exists()
    types((*words, "score=true", f"out={tmp_path / 'seen'}"))
    said = capsys.readouterr().out
    assert "nothing of mushroom_body_right; 209 neurons of mushroom_body_left" in said
    blind, seen = ((tmp_path / name / "types.csv").read_text() for name in ("blind", "seen"))
    assert blind == seen
    assert json.loads((tmp_path / "seen" / "scores.json").read_text())["accuracy"] > 0.8


def test_parts_of_both_brains(tmp_path: Path) -> None:
    words = ("data.side=right", "home=mushroom_body", "home.side=left", "score=true", *QUICK)
    kept = ("data.keep.cell_type=[Kenyon,projection]", "home.drop.cell_type=[input,output]")
    types((*words, *kept, f"out={tmp_path / 'out'}"))
    assert set(pd.read_csv(tmp_path / "out" / "types.csv")["type"]) <= {"Kenyon", "projection"}


def test_labelled_neurons_only(table: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    types((*table, "neurons=labelled", "known=0.2", "out=out", *QUICK))
    assert "20 of 213 neurons: no 'kind' (neurons=labelled)" in capsys.readouterr().out
    assert len(pd.read_csv("out/types.csv")) == 193


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("known=2",), "known=2: must be a share between 0 and 1, or a file; leave it out"),
        (("known=0",), "known=0: must be a share"),
        (("known=true",), "known=True: give a share such as 0.02, or a file"),
        (("known=",), "known=: give a share such as 0.02, or a file"),
        (("data=larva_brain", "data.nope=1"), "data.nope: unknown option; data=larva_brain has "),
        (("known=none.csv",), "none.csv: no such file"),
        (("label=type",), "label=type: mushroom_body_right has no such column; name one of hemis"),
        (("label=hemisphere",), "known: tells 213 neurons of fewer than two types"),
        (("neurons=some",), "neurons=some: choose all or labelled"),
        (("precision=1",), "precision=1.0: must be between 0 and 1"),
        (("groups=-1",), "groups=-1: must be from 0 to"),
        (("seed=-1",), "seed=-1: must be from 0 to"),
        (("judged_folds=6",), "judged_folds=6: must be from 1 to folds=5"),
        (("judged_folds=0",), "judged_folds=0: must be from 1 to folds=5"),
        (("folds=1",), "folds=1: must be from 2 to the 213 neurons that are told"),
        (("score=true",), "score=True: is for types of another brain; give home=NAME"),
        (("home=mushroom_body", "known=0.1"), "known=0.1: home=... has the types"),
        (("home=mushroom_body",), "is the brain in data itself; give another one"),
        (("home=mushroom_body", "home.side=up"), "home.side=up: choose one of left, right"),
        (("home=mushroom_body", "home.side=left", "label_home=x"), "label_home=x: "),
        (
            ("home=mushroom_body", "home.side=left", "label_home=hemisphere", "score=true"),
            "no 'cell_type' of mushroom_body_right, such as 'projection', is a 'hemisphere' of",
        ),
        (("home=mushroom_body", "neurons=labelled"), "uses the labels of the data; give score="),
        (("data.keep.cell_type=[x]",), "data.keep.cell_type=[x] fits no neuron; choose among"),
        (("nope=1",), "nope: unknown option"),
        (("wandb=yes",), "wandb=yes: choose one of none, offline, online"),
        (("out=",), "out='': is empty"),
        (("data=table",), "data.edges: has no default"),
    ],
)
def test_wrong_options(
    words: tuple[str, ...],
    said: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert said in refused_untouched(types, words, capsys, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,kind\n7,Kenyon\n8,input\n", "none of its 2 ids, such as 7, is a neuron"),
        (f"{BIG},Kenyon\n{BIG + 1},input\n", "has no header; write neuron_id,kind into its first"),
        ("neuron_id,kind\n7.2e17,Kenyon\n", "is no plain integer"),
        (f"neuron_id,kind\n{BIG},a\n{BIG},b\n", "repeats in column 'neuron_id'"),
        (f"neuron_id,a,b\n{BIG},x,y\n", "has no column 'kind', only neuron_id, a, b; name the one"),
        (f"neuron_id\n{BIG}\n", "has only ids, in 'neuron_id'; add a column of types, 'kind'"),
        (f"cell,a,b\n{BIG},x,y\n", "call the column of ids neuron_id"),
        ("neuron_id,kind\n,a\n", "has no id in column 'neuron_id'"),
        ("neuron_id,kind\n", "mine.csv: has no rows; give a neuron and its type in each"),
        (f"neuron_id;kind\n{BIG};a\n", "known=mine.csv: tells 1 neuron of fewer than two types"),
        ("9,Kenyon\n8,input\n", "has no header; write neuron_id,kind into its first line"),
        (f"neuron_id,kind\n{BIG},a\n", "known=mine.csv: tells 1 neuron of fewer than two types"),
    ],
)
def test_wrong_files(
    table: tuple[str, ...], text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine.csv").write_text(text)
    assert said in refused(types, capsys, *table, "known=mine.csv", *QUICK)


def test_files_of_others_are_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "types.csv").write_text("mine")
    said = refused(types, capsys, "known=0.1", f"out={tmp_path}", *QUICK)
    assert "holds types.csv, which is not from here" in said
    assert (tmp_path / "types.csv").read_text() == "mine"


def test_help_teaches() -> None:
    said = parser().format_help()
    assert "python -m connectome types data=flywire data.root=FOLDER known=mine.csv" in said
    assert "precision: 0.95" in said
