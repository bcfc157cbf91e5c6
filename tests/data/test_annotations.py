from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from connectome.data.neurons import hemispheres, homologs, ignored
from connectome.types import Connectome, InputError, NotApplicableError
from tests.conftest import random_connectome

IDS = [10, 11, 12, 13]


def four(ids: list, **columns: object) -> Connectome:
    plain = random_connectome(0, neurons=4, edges=6)
    kept = replace(plain, name="four", neuron_ids=np.array(ids))
    return replace(kept, neurons=pd.DataFrame(columns))


@pytest.mark.parametrize(
    "pairs",
    [
        pd.array([11, 10, None, None], "Int64"),
        [11.0, 10.0, None, None],
        ["11", "10", None, None],
        ["11.0", 10, None, None],
    ],
)
def test_ids_of_homologs_are_read_as_whatever_they_arrive(pairs: object) -> None:
    connectome = four(IDS, pair_id=pairs)
    assert homologs(connectome).tolist() == [1, 0, -1, -1]
    assert not list(ignored(connectome))
    named = four([f"{i}" for i in IDS], pair_id=[11.0, 10.0, None, None])
    assert homologs(named).tolist() == [1, 0, -1, -1]


def test_ids_of_no_neuron_are_counted_and_named() -> None:
    connectome = four(IDS, pair_id=[11, 10, 99, "none"], hemisphere=["left", "right", "center", ""])
    assert homologs(connectome).tolist() == [1, 0, -1, -1]
    assert hemispheres(connectome).tolist() == [0, 1, -1, -1]
    pairs, sides = ignored(connectome)
    assert pairs.startswith("four: 2 of 4 values of 'pair_id', such as 99, are no id of a neuron")
    assert "such as 10" in pairs
    assert sides.startswith(
        "four: 'hemisphere' of 1 neurons, such as 'center', is neither left nor"
    )


def test_half_an_id_is_not_rounded() -> None:
    connectome = four(IDS, pair_id=[11.0, 10.0, 13.5, None])
    assert homologs(connectome).tolist() == [1, 0, -1, -1]
    assert "13.5" in next(ignored(connectome))


def test_where_nothing_matches_it_is_said_in_one_line() -> None:
    connectome = four(IDS, pair_id=["a", "b", "c", None], hemisphere=["center", "?", None, None])
    with pytest.raises(NotApplicableError, match=r"none of 3 values of 'pair_id', such as a, is"):
        homologs(connectome)
    with pytest.raises(NotApplicableError, match=r"no neuron is left or right, but 'center', '\?'"):
        hemispheres(connectome)
    assert len(list(ignored(connectome))) == 2
    assert not list(ignored(four(IDS, pair_id=[None] * 4)))
    with pytest.raises(NotApplicableError, match="no column 'hemisphere'"):
        hemispheres(four(IDS, other=IDS))


@pytest.mark.parametrize(
    ("left", "right"), [("Left", "Right"), ("L", "R"), ("LEFT", "r"), ("l ", " R."), ("lhs", "RHS")]
)
def test_usual_spellings_of_sides_are_understood(left: str, right: str) -> None:
    for text in (object, "string", "category"):
        sides = pd.Series([left, right, "na", None], dtype=text)
        assert hemispheres(four(IDS, hemisphere=sides)).tolist() == [0, 1, -1, -1]


@pytest.mark.parametrize("odd", ["lft", "dorsal", "links", 0])
def test_other_words_for_sides_are_refused_where_sides_are_asked_for(odd: object) -> None:
    connectome = four(IDS, hemisphere=["left", "right", odd, None])
    message = f"four: 'hemisphere' of 1 neurons, such as {odd!r}, is neither left nor right; write"
    with pytest.raises(NotApplicableError, match=message):
        hemispheres(connectome)
    [told] = ignored(connectome)
    assert message in told


LARGE = 2**60


@pytest.mark.parametrize("start", [LARGE, 2**63], ids=["int64", "uint64"])
@pytest.mark.parametrize("written", ["text", "nullable", "python"])
def test_neighbouring_large_ids_name_their_own_homolog(start: int, written: str) -> None:
    ids = [start + k for k in range(4)]
    names: list = [ids[1], ids[0], None, None]
    if written == "text":
        names = [None if name is None else str(name) for name in names]
    kind = {"text": object, "nullable": "UInt64", "python": object}[written]
    given = [*map(str, ids)] if start >= 2**63 else ids  # as ids are held
    connectome = four(given, pair_id=pd.Series(names, dtype=kind))
    assert homologs(connectome).tolist() == [1, 0, -1, -1]


@pytest.mark.parametrize(
    "rounded",
    [
        [float(LARGE), None, None, None],
        [str(float(LARGE)), None, None, None],
        ["7.20576e+17", None, None, None],
        [f"{LARGE}.0", None, None, None],
        [f"{LARGE}.0", str(LARGE), None, None],
    ],
)
@pytest.mark.parametrize("ids", ["numbers", "text"])
def test_homologs_that_lost_digits_are_refused(rounded: list, ids: str) -> None:
    given = [LARGE + k for k in range(4)]
    connectome = four(given if ids == "numbers" else [*map(str, given)], pair_id=rounded)
    with pytest.raises(InputError, match=r"'pair_id' has \S*e\+17|\.0|e\+18"):
        homologs(connectome)


def test_a_name_in_exponent_form_is_a_name() -> None:
    connectome = four(["1e5", "2e5", "3e5", "x"], pair_id=["2e5", "1e5", None, None])
    assert torch.equal(homologs(connectome), torch.tensor([1, 0, -1, -1]))


def test_an_id_beyond_64_bits_is_nobody_of_smaller_ids() -> None:
    ids = [2**63 - 1, 2**63 - 2, 5, 6]
    pairs = pd.Series([2**63 - 2, 2**63 - 1, 2**63, None], dtype="UInt64")
    assert homologs(four(ids, pair_id=pairs)).tolist() == [1, 0, -1, -1]
