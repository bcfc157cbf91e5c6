"""``data.pairs=FILE``: left-right pairs that were found from wiring, by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import connectome
from connectome.config import identity, load_config
from connectome.data.neurons import FOUND_REMARK, homologs
from connectome.data.readers import join
from connectome.data.readers.options import paired
from connectome.types import Connectome, InputError
from tests.data.test_release import A, B, C, D, codex
from tests.data.test_release import read as read_release

BIG = 720575940600000000  # above 2^53, as in FlyWire
NAMES = {
    "int": [1, 2, 3, 4, 5],
    "large": [BIG + k for k in range(1, 6)],
    "text": ["a", "b", "007", "-d", "e"],
}
SIDES = ["left", "left", "right", "right", None]


def tables(folder: Path, ids: list[Any], **columns: Any) -> dict[str, str]:
    """Five neurons, two on each side, in a ring."""
    neurons = {"neuron_id": ids, "hemisphere": SIDES, "kind": list("xxyyz")} | columns
    edges = {"pre": ids, "post": [*ids[1:], ids[0]], "synapses": 1}
    pd.DataFrame(neurons).to_csv(folder / "neurons.csv", index=False)
    pd.DataFrame(edges).to_csv(folder / "edges.csv", index=False)
    return {"edges": str(folder / "edges.csv"), "neurons": str(folder / "neurons.csv")}


def pairs(folder: Path, text: str) -> str:
    (folder / "pairs.csv").write_text(text)
    return str(folder / "pairs.csv")


def read(folder: Path, text: str, **options: Any) -> Connectome:
    made = tables(folder, options.pop("ids", NAMES["int"]))
    return connectome.load("table", **made, pairs=pairs(folder, text), **options)


def notes(brain: Connectome) -> tuple[str, ...]:
    assert brain.receipt is not None
    return brain.receipt.notes


@pytest.mark.parametrize("kind", NAMES)
def test_a_pair_once_or_both_ways_whatever_ids_are(kind: str, tmp_path: Path) -> None:
    a, b, c, d, e = NAMES[kind]
    text = (
        "neuron_id,partner_id,confidence,mutual\n"
        f"{a},{c},0.95,True\n{c},{a},0.9,True\n{b},{d},0.25,true\n{e},,0,False\n"
    )
    brain = read(tmp_path, text, ids=NAMES[kind])
    assert brain.neuron_ids.tolist() == NAMES[kind]
    assert homologs(brain).tolist() == [2, 3, 0, 1, -1]
    assert brain.neurons["pair_id"].tolist()[:4] == [c, d, a, b]
    assert brain.neurons["pair_id"].isna().tolist() == [False] * 4 + [True]
    assert brain.neurons["pair_confidence"].tolist()[:4] == [0.9, 0.25, 0.9, 0.25]  # the lower
    assert np.isnan(brain.neurons["pair_confidence"][4])
    assert brain.found_pairs
    assert brain.drawn_by_connectivity == {"pair_id": True}
    first, second = notes(brain)[-2:]
    assert first == (
        "2 left-right pairs found from wiring: confidence 0.57 in the median, 1 with 0.9 or more; "
        "0 neurons on the left and 0 on the right have none"
    )
    assert second == FOUND_REMARK


def test_rows_that_are_not_mutual_make_no_pair(tmp_path: Path) -> None:
    text = "neuron_id,partner_id,mutual\n1,3,True\n2,3,False\n2,,False\n"
    brain = read(tmp_path, text)
    assert homologs(brain).tolist() == [2, -1, 0, -1, -1]
    assert notes(brain)[-2] == (
        "1 left-right pair found from wiring: their confidence is not known; 1 neurons on the left "
        "and 1 on the right have none; 1 row not mutual"
    )


def test_the_same_row_twice_is_one_pair(tmp_path: Path) -> None:
    brain = read(tmp_path, "neuron_id,partner_id\n1,3\n1,3\n")
    assert homologs(brain).tolist() == [2, -1, 0, -1, -1]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("neuron_id,partner_id\n1,3\n2,9\n", "row 2: 'partner_id' is 9, no neuron of edges"),
        ("neuron_id,partner_id\n8,3\n", "row 1: 'neuron_id' is 8, no neuron of edges"),
        ("neuron_id,partner_id\n1,3\n1,4\n", "row 2: 1 and 4, but 1 is paired with 3 in row 1"),
        ("neuron_id,partner_id\n1,3\n3,2\n", "row 2: 3 and 2, but 3 is paired with 1 in row 1"),
        ("neuron_id,partner_id\n5,5\n", "row 1: 5 and 5 are one neuron"),
        ("neuron_id,partner_id\n1,3\n2,1\n", "row 2: 2 and 1 are both on the left"),
        ("neuron_id,partner_id\n1,3\n,4\n", "row 2 has no id in column 'neuron_id'"),
        ("neuron_id,partner_id\n1,3.5\n", "pairs.csv"),
        ("neuron_id,partner_id,mutual\n1,3,perhaps\n", "row 1: 'mutual' is perhaps"),
        ("neuron_id,partner_id,mutual\n1,3,False\n", "has no mutual pair"),
        ("neuron_id,partner_id,confidence\n1,3,2\n", "row 1: 'confidence' is 2"),
        ("neuron_id,partner_id,confidence\n1,3,high\n", "row 1: 'confidence' is high"),
        ("neuron_id,homolog\n1,3\n", "has no column partner_id, only neuron_id, homolog"),
        ("neuron_id,partner_id\n", "has no mutual pair"),
    ],
)
def test_what_is_wrong_is_named_by_row_and_value(text: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    assert why in str(error.value)
    assert str(error.value).startswith(str(tmp_path / "pairs.csv"))


def test_rounded_ids_are_refused(tmp_path: Path) -> None:
    rounded = "neuron_id,partner_id\n" + "".join(f"{BIG + k:.6e},\n" for k in range(1, 6))
    with pytest.raises(InputError, match="rounded"):
        read(tmp_path, rounded, ids=NAMES["large"])


def test_a_missing_file_and_pairs_that_are_there_already(tmp_path: Path) -> None:
    made = tables(tmp_path, NAMES["int"])
    with pytest.raises(InputError, match=r"none\.csv"):
        connectome.load("table", **made, pairs=str(tmp_path / "none.csv"))
    file = pairs(tmp_path, "neuron_id,partner_id\n1,3\n")
    made = tables(tmp_path, NAMES["int"], pair_id=[3, None, 1, None, None])
    for given in (file, "matched"):
        with pytest.raises(InputError, match=r"data\.pairs=.*has a column 'pair_id' already"):
            connectome.load("table", **made, pairs=given)


def test_neurons_that_are_left_out_by_name_may_stand_in_the_file(tmp_path: Path) -> None:
    text = "neuron_id,partner_id\n1,3\n2,4\n"
    brain = read(tmp_path, text, drop={"kind": ["z"]})
    assert homologs(brain).tolist() == [2, 3, 0, 1]
    part = connectome.load("table", **tables(tmp_path, [1, 2, 3, 4, 5], kind=list("xwyyz")),
                           pairs=pairs(tmp_path, text), drop={"kind": ["w"]})  # fmt: skip
    assert part.neuron_ids.tolist() == [1, 3, 4, 5]
    assert homologs(part).tolist() == [1, 0, -1, -1]
    assert "1 row of a neuron that is left out" in notes(part)[-2]


def test_a_release_takes_them_too(tmp_path: Path) -> None:
    codex(tmp_path)  # ids above 2^53
    file = pairs(tmp_path, f"root_id,partner_id,confidence\n{B},{A},0.5\n")
    brain = read_release("flywire", tmp_path, f"data.pairs={file}")
    assert brain.neuron_ids.tolist() == [C, A, B, D]
    assert homologs(brain).tolist() == [-1, 2, 1, -1]
    with pytest.raises(InputError, match=f"row 1: 'root_id' is {B}, no"):
        read_release(
            "flywire", tmp_path, f"data.pairs={file}", "data.keep.hemisphere=[left,center]"
        )


def test_found_pairs_stay_marked_in_a_collection(tmp_path: Path) -> None:
    brain = read(tmp_path, "neuron_id,partner_id\n1,3\n")
    other = connectome.load("table", **tables(tmp_path, [11, 12, 13, 14, 15]))
    assert join("both", {"a": brain, "b": other}).found_pairs
    assert not other.found_pairs


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    bare = connectome.load("table", **tables(tmp_path, NAMES["int"]))
    reader = paired(lambda: bare)  # one that caches
    for partner, text in ((3, "1,3"), (4, "1,4\n2,3")):
        file = pairs(tmp_path, f"neuron_id,partner_id\n{text}\n")
        brain = reader(pairs=file)
        assert brain.neurons["pair_id"][0] == partner
        assert reader(pairs=file) is brain


def test_what_nobody_asks_for_changes_no_run() -> None:
    words = ["run_dir=/nowhere", "name=test"]
    assert "pairs" not in identity(load_config(words))["data"]
    assert identity(load_config([*words, "data.pairs=matched"]))["data"]["pairs"] == "matched"


def test_a_word_that_is_no_file_is_refused_as_one() -> None:
    with pytest.raises(InputError, match=r"data\.pairs=match: give a file of pairs, or matched to"):
        connectome.load("mushroom_body", pairs="match")
