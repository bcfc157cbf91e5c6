from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from connectome.data import hemispheres, homologs, ignored
from connectome.types import Connectome, NotApplicableError
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
    connectome = four(IDS, pair_id=[11, 10, 99, "none"], hemisphere=["left", "right", "R", ""])
    assert homologs(connectome).tolist() == [1, 0, -1, -1]
    assert hemispheres(connectome).tolist() == [0, 1, -1, -1]
    pairs, sides = ignored(connectome)
    assert pairs.startswith("four: 2 of 4 values of 'pair_id', such as 99, are no id of a neuron")
    assert "such as 10" in pairs
    assert sides.startswith("four: 'hemisphere' of 1 neurons, such as 'R', is neither left nor")


def test_half_an_id_is_not_rounded() -> None:
    connectome = four(IDS, pair_id=[11.0, 10.0, 13.5, None])
    assert homologs(connectome).tolist() == [1, 0, -1, -1]
    assert "13.5" in next(ignored(connectome))


def test_where_nothing_matches_it_is_said_in_one_line() -> None:
    connectome = four(IDS, pair_id=["a", "b", "c", None], hemisphere=["L", "R", None, None])
    with pytest.raises(NotApplicableError, match=r"none of 3 values of 'pair_id', such as a, is"):
        homologs(connectome)
    with pytest.raises(NotApplicableError, match=r"no neuron is left or right, but 'L', 'R'"):
        hemispheres(connectome)
    assert len(list(ignored(connectome))) == 2
    assert not list(ignored(four(IDS, pair_id=[None] * 4)))
    with pytest.raises(NotApplicableError, match="no column 'hemisphere'"):
        hemispheres(four(IDS, other=IDS))
