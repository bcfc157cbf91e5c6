"""The command ``match`` as a user types it, on small tables."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from connectome.cli.jobs.match.read import match
from connectome.cli.match import parser
from connectome.data.readers.mushroom_body import read_mushroom_body
from tests.cli.refusals import refused, refused_untouched

SIDES = ("data=mushroom_body", "data.side=left", "home=mushroom_body", "home.side=right")
QUICK = ("controls=false", "explorer=false")
BIG = 720575940600000000  # ids above 2^53, as they are in FlyWire
OTHER = BIG + 10**6
COLUMNS = ["neuron_id", "partner_id", "confidence", "runner_up", "mutual", "told"]


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The right mushroom body twice as files, the second in another order; ``name`` is the truth.

    Neuron k of the first is neuron ``order[k]`` of the second.
    """
    monkeypatch.chdir(tmp_path)
    brain = read_mushroom_body()
    order = np.random.default_rng(0).permutation(brain.num_neurons)
    for name, ids in (("a", BIG + np.arange(len(order))), ("b", OTHER + order)):
        pre, post = ids[brain.edge_index.numpy()]
        edges = pd.DataFrame({"pre": pre, "post": post, "n": brain.synapses.numpy()})
        kinds = {"neuron_id": ids, "name": brain.neuron_ids, "kind": brain.neurons["cell_type"]}
        edges.to_csv(f"{name}.csv", index=False)
        pd.DataFrame(kinds).to_csv(f"{name}_neurons.csv", index=False)
    return (
        *("data=table", "data.edges=a.csv", "data.neurons=a_neurons.csv", "data.synapses=n"),
        *("home=table", "home.edges=b.csv", "home.neurons=b_neurons.csv", "home.synapses=n"),
    )


def partners() -> np.ndarray:
    """Ids in b of the neurons of a, by position."""
    return OTHER + np.random.default_rng(0).permutation(213)


def scores(folder: str | Path) -> dict[str, object]:
    return dict(json.loads((Path(folder) / "scores.json").read_text()))


def random_wiring(name: str) -> None:
    pairs = np.random.default_rng(ord(name)).integers(0, 60, (400, 2))
    table = pd.DataFrame(pairs, columns=["pre", "post"]).drop_duplicates()
    table[table["pre"] != table["post"]].to_csv(f"{name}.csv", index=False)


def test_a_matching_that_found_nothing_says_so(
    tables: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    match((*tables, *QUICK, "out=found"))
    assert "little more than by chance" not in capsys.readouterr().out
    for name in ("c", "d"):
        random_wiring(name)
    match(("data=table", "data.edges=c.csv", "home=table", "home.edges=d.csv", *QUICK))
    said = capsys.readouterr().out
    assert "warning: that is little more than by chance, so do not use the partners" in said
    assert said.index("wiring:") < said.index("known=FILE")


def test_two_sides_of_one_brain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = (*SIDES, "truth=cell_type", f"out={tmp_path / 'out'}")
    match(words)
    said = capsys.readouterr().out
    assert "told: no pair" in said
    assert "of 209 neurons have a partner in mushroom_body_right" in said
    assert "was not drawn by connectivity" in said
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written >= {
        "pairs.csv",
        "scores.json",
        "controls.png",
        "controls.svg",
        "asked.json",
        "pairs.html",
    }
    found = pd.read_csv(tmp_path / "out" / "pairs.csv", dtype=str)
    assert list(found) == [*COLUMNS, "cell_type", "partner_cell_type"]
    assert len(found) == 209
    made = scores(tmp_path / "out")
    wanted = {"hits@1", "same_type", "coverage", "ece", "seconds", "peak_mb", "agreement"}
    assert made.keys() >= wanted | {"agreement_permuted", "judged_by", "label", "options"}
    assert made["hits@1"] is None  # no type has one neuron
    assert made["same_type"] > 0.9
    assert made["agreement"] > 2 * made["agreement_permuted"]
    assert set(made["controls"]) == {
        *("degrees", "structure profile", "spread degrees", "permuted")
    }
    for control in made["controls"].values():
        assert control.keys() >= wanted
    others = [control["same_type"] for control in made["controls"].values()]
    assert max(others) <= made["same_type"]  # four types: a profile of structure may do as well
    assert made["controls"]["permuted"]["same_type"] < 0.7
    match(words)  # the same again is no other question
    with pytest.raises(ValueError, match=r"other options or data \(seed=0, here 1\)"):
        match((*words, "seed=1"))


def test_one_brain_of_two_halves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    match(("data.side=both", "truth=cell_type", f"out={tmp_path / 'out'}", *QUICK))
    said = capsys.readouterr().out
    assert "scores over 0 pairs and 209 neurons of known type" in said
    whole = read_mushroom_body(side="both")
    left = np.array(["L-" in name for name in whole.neuron_ids])
    pre, post = left[whole.edge_index.numpy()]
    synapses = int(whole.synapses.numpy()[pre != post].sum())
    assert f"midline: {(pre != post).sum():,} edges across it, {synapses:,} synapses" in said
    found = pd.read_csv(tmp_path / "out" / "pairs.csv", dtype=str)
    assert found["neuron_id"].str.contains("L-").all()
    assert found["partner_id"].str.contains("R-").all()
    assert scores(tmp_path / "out")["same_type"] > 0.9


def test_true_pairs_are_found_and_ids_stay_whole(tables: tuple[str, ...]) -> None:
    match((*tables, "truth=name", "out=out", *QUICK))
    found = pd.read_csv("out/pairs.csv", dtype={"neuron_id": str, "partner_id": str})
    assert found["neuron_id"].tolist() == [str(BIG + k) for k in range(213)]
    right = found["partner_id"] == [str(one) for one in partners()]
    made = scores("out")
    assert made["pairs"] == 213
    assert made["hits@1"] == pytest.approx(right.mean(), abs=1e-6)
    assert made["hits@1"] > 0.95
    assert (found["name"] == found["partner_name"])[right].all()
    figures = {"by_partners", "reliability", "coverage", "controls"}
    written = {path.name for path in Path("out").iterdir()}
    assert written >= {f"{name}.{kind}" for name in figures for kind in ("png", "svg")}
    match((*tables, "out=blind", *QUICK))
    blind = pd.read_csv("blind/pairs.csv", dtype={"neuron_id": str, "partner_id": str})
    assert blind.equals(found[COLUMNS])  # the truth moves nothing


def test_the_order_of_a_file_moves_no_partner(tables: tuple[str, ...]) -> None:
    match((*tables, "out=plain", *QUICK))
    for name in ("a.csv", "a_neurons.csv", "b.csv", "b_neurons.csv"):
        pd.read_csv(name).sample(frac=1, random_state=1).to_csv(name, index=False)
    match((*tables, "out=shuffled", *QUICK))
    plain, shuffled = (
        pd.read_csv(f"{name}/pairs.csv", dtype=str) for name in ("plain", "shuffled")
    )
    both = (table.sort_values("neuron_id", ignore_index=True) for table in (plain, shuffled))
    pd.testing.assert_frame_equal(*both)
    assert plain["neuron_id"].tolist() != shuffled["neuron_id"].tolist()


def test_told_pairs(tables: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    told = pd.DataFrame({"neuron_id": BIG + np.arange(20), "partner_id": partners()[:20]})
    told.astype({"partner_id": "Int64"}).assign(note="mine").to_csv("known.csv", index=False)
    with Path("known.csv").open("a") as file:
        file.write(f"{BIG + 50},,nobody\n")
    match((*tables, "known=known.csv", "truth=name", "out=out", *QUICK))
    assert "told: 20 pairs in known.csv; 1 row without a partner" in capsys.readouterr().out
    found = pd.read_csv("out/pairs.csv", dtype={"partner_id": str})
    assert found["told"].tolist() == [True] * 20 + [False] * 193
    assert found["partner_id"].tolist()[:20] == [str(one) for one in partners()[:20]]
    assert found["confidence"].isna().tolist() == found["told"].tolist()
    made = scores("out")
    assert (made["told"], made["pairs"], made["typed"]) == (20, 193, 193)


def test_a_neuron_without_connection_has_no_partner(tables: tuple[str, ...]) -> None:
    nodes = pd.read_csv("a_neurons.csv", dtype={"neuron_id": str})
    nodes.loc[len(nodes)] = [str(BIG + 999), "alone", "Kenyon"]
    nodes.to_csv("a_neurons.csv", index=False)
    match((*tables, "out=out", *QUICK))
    last = pd.read_csv("out/pairs.csv", dtype=str, keep_default_na=False).iloc[-1]
    assert last["neuron_id"] == str(BIG + 999)
    assert (last["partner_id"], last["confidence"], last["runner_up"]) == ("", "0", "")
    assert scores("out")["coverage"] == pytest.approx(213 / 214, abs=1e-6)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "and mushroom_body_right has no neuron on the left; give home=NAME"),
        (("home=mushroom_body",), "or leave home out to match its two sides"),
        (("home=mushroom_body", "home.side=up"), "home.side=up: choose one of left, right"),
        ((*SIDES, "truth=kind"), "truth=kind: mushroom_body_left has no such column; name one"),
        ((*SIDES, "truth=hemisphere"), "truth=hemisphere: no value of it is found in both"),
        ((*SIDES, "truth="), "truth=: is empty"),
        ((*SIDES, "known=none.csv"), "none.csv: no such file"),
        ((*SIDES, "known=0.1"), "known=0.1: give a file of pairs"),
        ((*SIDES, "known="), "known=: give a file of pairs"),
        ((*SIDES, "weights=log"), "weights=log: choose one of sqrt, log1p, binary, none, rank"),
        ((*SIDES, "seed=-1"), "seed=-1: must be from 0 to"),
        ((*SIDES, "wandb=yes"), "wandb=yes: choose one of none, offline, online"),
        (("nope=1",), "nope: unknown option"),
        (("home.edges=b.csv",), "choose home=NAME too"),
        ((*SIDES, "out="), "out='': is empty"),
    ],
)
def test_wrong_options(
    words: tuple[str, ...],
    said: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert said in refused_untouched(match, words, capsys, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((f"{BIG},{OTHER}", f"{BIG},{OTHER + 1}"), f"the id {BIG} repeats in column 'neuron_id'"),
        ((f"{BIG},{OTHER}", f"{BIG + 1},{OTHER}"), f"{OTHER} repeats in column 'partner_id'"),
        ((f"{BIG},{OTHER}", f"{BIG - 1},{OTHER + 1}", f"7,{OTHER + 2}"), "2 ids in column 'neu"),
        ((f"{BIG},{OTHER - 8}",), f"such as {OTHER - 8}, is no neuron of b, whose ids look like"),
        ((f",{OTHER}",), "has no id in column 'neuron_id'"),
        ((f"{BIG},7.2e17",), "is no plain integer"),
        ((), "known.csv: has no rows; give a pair of neurons in each"),
    ],
)
def test_wrong_pairs(
    tables: tuple[str, ...],
    rows: tuple[str, ...],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("known.csv").write_text("\n".join(["neuron_id,partner_id", *rows, ""]))
    assert said in refused(match, capsys, *tables, "known=known.csv", *QUICK)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("left,right", "has no column neuron_id and partner_id, only left, right; call the ids"),
        ("neuron_id,right", "has no column partner_id, only neuron_id, right"),
    ],
)
def test_pairs_without_names(
    tables: tuple[str, ...], header: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("known.csv").write_text(f"{header}\n{BIG},{OTHER}\n")
    assert said in refused(match, capsys, *tables, "known=known.csv", *QUICK)


def test_a_column_that_one_side_lacks(
    tables: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    pd.read_csv("b_neurons.csv").drop(columns="kind").to_csv("b_neurons.csv", index=False)
    said = refused(match, capsys, *tables, "truth=kind", *QUICK)
    assert "truth=kind: b has no such column; name one of name" in said


def test_help_teaches() -> None:
    said = parser().format_help()
    assert "python -m connectome match data=larva_brain data.side=left home=larva_brain" in said
    assert "weights: sqrt" in said
