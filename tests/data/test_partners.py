"""Partners and found types of neurons, as read from tables."""

from pathlib import Path

import numpy as np
import pytest

from connectome.data.neurons import read_found_types, read_partners
from connectome.data.tabular import assemble
from connectome.types import Connectome, InputError


def brain(name: str, ids: list[int]) -> Connectome:
    return assemble(name, np.array(ids), ids[:-1], ids[1:], np.ones(len(ids) - 1))


A, B = brain("a", [1, 2, 3, 4]), brain("b", [11, 12, 13])


def table(folder: Path, *rows: str) -> Path:
    path = folder / "table.csv"
    path.write_text("\n".join([*rows, ""]))
    return path


def test_partners_in_another_brain(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "neuron_id,partner_id,confidence,runner_up,mutual,told",
        "3,11,0.25,12,True,False", "1,13,,,True,True", "2,,0,,False,False", "9,12,0.5,,True,False",
    )  # fmt: skip
    found = read_partners(path, A, B)
    assert found.partner.tolist() == [2, -1, 0, -1]
    assert found.runner_up.tolist() == [-1, -1, 1, -1]
    assert found.confidence[[0, 2]].tolist() == [1.0, 0.25]  # a told pair is certain
    assert found.found.tolist() == [True, False, True, False]
    assert found.elsewhere == 1


def test_partners_in_the_same_brain_count_both_ways(tmp_path: Path) -> None:
    path = table(tmp_path, "neuron_id,partner_id,confidence", "1,4,0.5", "2,4,0.75", "3,,0")
    found = read_partners(path, A)
    assert found.partner.tolist() == [3, 3, -1, 1]  # 4 has the surer one
    assert found.confidence[[0, 1, 3]].tolist() == [0.5, 0.75, 0.75]


def test_a_table_without_confidence(tmp_path: Path) -> None:
    found = read_partners(table(tmp_path, "neuron_id,partner_id", "1,11"), A, B)
    assert found.partner.tolist() == [0, -1, -1, -1]
    assert np.isnan(found.confidence).all()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (("neuron_id,partner_id", "11,1"), "has no pair of a neuron of a and one of b; the ids"),
        (("neuron_id,partner_id", "1,11", "1,12"), "2 rows of the neuron 1; give each neuron one"),
        (("neuron_id,partner", "1,11"), "has no column partner_id"),
        (
            ("neuron_id,partner_id,confidence", "1,11,0.5", "2,12,"),
            "row 2: 'confidence' is empty, though the pair was not told",
        ),
        (("neuron_id,partner_id,confidence", "1,11,2"), "row 1: 'confidence' is 2; give a number"),
        (("neuron_id,partner_id,told", "1,11,maybe"), None),
        (("neuron_id,partner_id", "1,1e1"), "is no plain integer"),
    ],
)
def test_partners_that_do_not_fit(tmp_path: Path, rows: tuple[str, ...], said: str | None) -> None:
    path = table(tmp_path, *rows)
    if said is None:  # without a confidence nobody asks who was told
        assert read_partners(path, A, B).partner[0] == 0
        return
    with pytest.raises(InputError, match=said):
        read_partners(path, A, B)


def test_nobody_is_its_own_partner(tmp_path: Path) -> None:
    path = table(tmp_path, "neuron_id,partner_id", "1,2", "3,3")
    with pytest.raises(InputError, match="row 2: 3 is its own partner"):
        read_partners(path, A)


def test_found_types(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "neuron_id,type,confidence,told",
        "3,7,0.5,False", "1,x,,True", "2,,0,False", "11,x,0.5,False",
    )  # fmt: skip
    found = read_found_types(path, A)
    assert found.types.tolist() == ["x", None, "7", None]
    assert found.confidence.tolist() == [1.0, 0.0, 0.5, 0.0]
    assert found.told is not None
    assert found.told.tolist() == [True, False, False, False]
    without = read_found_types(table(tmp_path, "neuron_id,type,confidence", "1,x,0.5"), A)
    assert without.told is None


def test_groups_of_a_file_are_no_types_of_another(tmp_path: Path) -> None:
    rows = "1,new_1,0.2,x,False", "2,new_1,,y,True", "3,new_12,0.1,,False", "4,new_one,0.5,x,False"
    found = read_found_types(table(tmp_path, "neuron_id,type,confidence,runner_up,told", *rows), A)
    assert found.types.tolist() == ["x", "new_1", None, "new_one"]  # who was told has that type
    assert found.confidence.tolist() == [0.2, 1.0, 0.0, 0.5]
    assert found.grouped == 2
    alone = read_found_types(table(tmp_path, "neuron_id,type,confidence", "1,new_3,0.2"), A)
    assert alone.types[0] is None


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (("neuron_id,type", "1,x"), "has no column confidence, only neuron_id, type; give a types"),
        (("cell,kind", "1,x"), "has no column neuron_id and type and confidence"),
        (("neuron_id,type,confidence", "1,x,"), "row 1: has a type and no confidence"),
        (("neuron_id,type,confidence", "11,x,1"), "none of its 1 ids is a neuron of a"),
        (("neuron_id,type,confidence", "1,x,1", "1,y,1"), "the id 1 repeats"),
    ],
)
def test_types_that_do_not_fit(tmp_path: Path, rows: tuple[str, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_found_types(table(tmp_path, *rows), A)
