"""``types`` told pairs, ``match`` told types, and never each what the other made of it."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from connectome.cli.jobs.match.read import match
from connectome.cli.jobs.types.read import types
from connectome.data.readers.mushroom_body import read_mushroom_body
from connectome.data.tabular import csv_text
from connectome.runs import told_file
from tests.cli.refusals import refused, refused_untouched

SIDES = ("data=mushroom_body", "data.side=left", "home=mushroom_body", "home.side=right")
QUICK = ("controls=false", "explorer=false")
FEW = ("known=0.3", *QUICK)


def scores(folder: str) -> dict[str, Any]:
    return dict(json.loads((Path(folder) / "scores.json").read_text()))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``pairs`` from wiring alone, and ``left`` and ``right`` types from a fifth of the labels."""
    folder = tmp_path_factory.mktemp("made")
    match((*SIDES, *QUICK, f"out={folder / 'pairs'}"))
    for side in ("left", "right"):
        types((f"data.side={side}", *FEW, f"out={folder / side}"))
    return folder


@pytest.fixture
def here(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own with the results of ``made``."""
    shutil.copytree(made, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def test_partners_vote_on_types(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    types((*SIDES, *FEW, "pairs=pairs/pairs.csv", "out=out"))
    said = capsys.readouterr().out
    assert "have a 'cell_type'" in said
    assert "from: pairs=pairs/pairs.csv: made by match, told no file" in said
    record = scores("out")
    assert list(record["controls"]) == ["without pairs", "pairs alone"]
    assert record["accuracy"] >= record["controls"]["without pairs"]["accuracy"]
    found = pd.read_csv("out/types.csv", keep_default_na=False)
    columns = ["partner_type", "partner_confidence", "decided"]
    assert list(found)[-3:] == columns
    assert set(found["decided"]) <= {"both", "pair", "wiring", "told", ""}
    assert (found["decided"] == "told").tolist() == found["told"].tolist()
    pairs = pd.read_csv("pairs/pairs.csv", keep_default_na=False)
    assert found["partner_type"].tolist() == pairs["partner_cell_type"].tolist()
    agreed = found[found["decided"] == "both"]
    assert (agreed["type"] == agreed["partner_type"]).all()
    by_pair = found[found["decided"] == "pair"]
    assert (by_pair["type"] == by_pair["partner_type"]).all()
    whole = pd.read_csv("out/neurons.csv", keep_default_na=False)
    assert whole["partner_type"].tolist() == found["partner_type"].tolist()
    assert whole["decided"].tolist() == found["decided"].tolist()
    (told,) = record["told_files"]
    assert (told["option"], told["file"], told["made_by"]) == ("pairs", "pairs/pairs.csv", "match")
    assert record["made_by"] == "types"


def test_partners_vote_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    types((*SIDES, *QUICK, "pairs=pairs/pairs.csv", "out=blind"))
    assert "told: nothing of mushroom_body_left; 213 neurons of" in capsys.readouterr().out
    assert scores("blind")["controls"] == {}
    types((*SIDES, *QUICK, "pairs=pairs/pairs.csv", "score=true", "out=seen"))
    assert Path("blind/types.csv").read_text() == Path("seen/types.csv").read_text()
    record = scores("seen")
    assert list(record["controls"]) == ["pairs alone"]  # of the wiring alone nothing was told
    pairs = pd.read_csv("pairs/pairs.csv")
    right = (pairs["cell_type"] == pairs["partner_cell_type"]).mean()
    assert record["controls"]["pairs alone"]["accuracy"] == pytest.approx(right, abs=1e-6)
    assert record["accuracy"] > 0.9


def test_permuted_types_of_another_brain_say_nothing(here: Path) -> None:
    words = ("pairs=pairs/pairs.csv", "score=true", "explorer=false", "out=out")
    types((*SIDES, *words))
    record = scores("out")
    assert record["controls"]["permuted labels"]["accuracy"] < 0.75 < record["accuracy"]


def test_partners_in_the_same_brain(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the right half is known: the left has it from its partners."""
    match(("data.side=both", *QUICK, "out=whole"))
    brain = read_mushroom_body(side="both")
    right = np.array(["R-" in name for name in brain.neuron_ids])
    kinds = brain.neurons["cell_type"].astype(str)
    known = pd.DataFrame({"neuron_id": brain.neuron_ids[right], "cell_type": kinds[right]})
    Path("known.csv").write_text(csv_text(known))
    words = ("data.side=both", "known=known.csv", *QUICK)
    types((*words, "pairs=whole/pairs.csv", "out=out"))
    assert "from: known=known.csv: where it is from is not known" in capsys.readouterr().out
    record = scores("out")
    assert record["asked"] == (~right).sum()
    alone = record["controls"]["pairs alone"]["accuracy"]
    assert min(record["accuracy"], alone) > 0.9


def test_folds_of_what_is_told_have_votes_too(here: Path) -> None:
    match(("data.side=both", *QUICK, "out=whole"))
    types(("data.side=both", *QUICK, "pairs=whole/pairs.csv", "folds=2", "out=out"))
    record = scores("out")
    assert list(record["controls"]) == ["without pairs", "pairs alone"]
    assert "in one of 2 folds" in record["judged_by"]
    half = record["controls"]["pairs alone"]["answered"]
    assert 0.3 < half < 0.7  # of about half the partners the type is told in a fold


def test_types_narrow_candidates(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = ("types=left/types.csv", "types_home=right/types.csv")
    match((*SIDES, *told, "truth=cell_type", "explorer=false", "out=out"))
    said = capsys.readouterr().out
    assert "types: 209 of 209 neurons of mushroom_body_left and 213 of 213 neurons of" in said
    assert "from: types=left/types.csv: made by types, told no file" in said
    assert "none whose type was told" in said
    record = scores("out")
    assert "without types" in record["controls"]
    left = pd.read_csv("left/types.csv")
    assert record["typed"] == (~left["told"]).sum()
    assert [one["option"] for one in record["told_files"]] == ["types", "types_home"]
    assert record["same_type"] >= record["controls"]["without types"]["same_type"] - 0.02


def test_one_table_of_both_brains(here: Path) -> None:
    both = pd.concat([pd.read_csv(f"{side}/types.csv") for side in ("left", "right")])
    Path("both.csv").write_text(csv_text(both))
    match((*SIDES, *QUICK, "types=both.csv", "out=one"))
    match((*SIDES, *QUICK, "types=left/types.csv", "types_home=right/types.csv", "out=two"))
    one, two = (Path(name, "pairs.csv").read_text() for name in ("one", "two"))
    assert one == two


def test_a_circle_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """pairs, from these types, from these pairs: an error would confirm itself."""
    types((*SIDES, *FEW, "pairs=pairs/pairs.csv", "out=voted"))
    said = refused(match, capsys, *SIDES, *QUICK, "types=voted/types.csv", "out=again")
    assert "types=voted/types.csv: was made with pairs=pairs/pairs.csv, which match wrote" in said
    assert "leave types out, or give one made without a matching" in said
    types((*SIDES, *QUICK, "out=carried"))  # home alone: it matches the brains itself
    assert "from:" not in capsys.readouterr().out
    said = refused(match, capsys, *SIDES, *QUICK, "types=carried/types.csv", "out=again")
    made = "was made with home=mushroom_body_right, which match was asked for"
    assert f"types=carried/types.csv: {made}" in said
    told = ("types=left/types.csv", "types_home=right/types.csv")
    match((*SIDES, *QUICK, *told, "out=narrowed"))
    said = refused(types, capsys, *SIDES, *FEW, "pairs=narrowed/pairs.csv", "out=again")
    assert "pairs=narrowed/pairs.csv: was made with types=left/types.csv, which types wrote" in said
    assert "leave pairs out, or give one made without types" in said
    assert not Path("again").exists()
    # Two steps apart
    words = ("data.side=left", "label=type", "folds=2", "judged_folds=1", *QUICK)
    types((*words, "known=voted/types.csv", "out=third"))
    said = refused(match, capsys, *SIDES, *QUICK, "types=third/types.csv", "out=again")
    assert "types=third/types.csv: was made with pairs=pairs/pairs.csv, which match wrote" in said


def test_of_a_changed_or_lonely_table_nothing_is_known(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told_file("pairs", Path("pairs/pairs.csv")).made_by == "match"
    shutil.copy("pairs/pairs.csv", "mine.csv")
    types((*SIDES, *FEW, "pairs=mine.csv", "out=out"))
    said = capsys.readouterr().out
    assert "pairs=mine.csv: where it is from is not known (no scores.json beside it)" in said
    assert scores("out")["told_files"][0]["made_by"] == ""
    table = pd.read_csv("pairs/pairs.csv").iloc[1:]
    Path("pairs/pairs.csv").write_text(csv_text(table))
    assert "speaks of other content" in told_file("pairs", Path("pairs/pairs.csv")).words
    Path("pairs/scores.json").write_text("{}")
    assert "does not say" in told_file("pairs", Path("pairs/pairs.csv")).words


def test_a_truth_that_may_have_been_told_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pd.read_csv("left/types.csv")
    Path("mine.csv").write_text(csv_text(table.drop(columns="told").fillna({"confidence": 1})))
    words = (*SIDES, *QUICK, "types_home=right/types.csv", "truth=cell_type", "out=again")
    said = refused(match, capsys, *words, "types=mine.csv")
    assert "truth=cell_type: types come from a table without a column 'told'" in said
    Path("all.csv").write_text(csv_text(table.assign(told=True)))
    said = refused(match, capsys, *words, "types=all.csv")
    assert "truth=cell_type: every neuron that it could judge had its type told" in said
    other = table.assign(type="nobody's")
    Path("other.csv").write_text(csv_text(other))
    said = refused(match, capsys, *SIDES, *QUICK, "types=other.csv", "types_home=right/types.csv")
    assert "types: no type of a neuron of mushroom_body_left is one of mushroom_body_right" in said


def test_pairs_the_wrong_way_round(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turned = ("data.side=right", "home=mushroom_body", "home.side=left")
    said = refused(types, capsys, *turned, *FEW, "pairs=pairs/pairs.csv", "out=again")
    assert "has no pair of a neuron of mushroom_body_right and one of mushroom_body_left" in said


@pytest.mark.parametrize(
    ("command", "words", "said"),
    [
        (types, ("pairs=",), "pairs=: give a file of neurons and their partners"),
        (types, ("pairs=3",), "pairs=3: give a file of neurons and their partners"),
        (types, ("pairs=none.csv",), "none.csv: no such file"),
        (types, (*SIDES, "known=0.1"), "or give pairs=FILE, by which both count"),
        (match, (*SIDES, "types="), "types=: give a file of types"),
        (match, (*SIDES, "types=none.csv"), "none.csv: no such file"),
        (match, (*SIDES, "types_home=x.csv"), "types_home=x.csv: is of home alone; give types="),
    ],
)
def test_wrong_options(
    command: Any,
    words: tuple[str, ...],
    said: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert said in refused_untouched(command, words, capsys, tmp_path, monkeypatch)
