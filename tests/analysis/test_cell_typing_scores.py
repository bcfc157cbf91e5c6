"""Scores of predicted types, abstention and tables, by hand."""

import numpy as np
import pandas as pd
import pytest

from connectome.analysis.cell_typing import (
    Labels,
    Typed,
    Typing,
    abstains,
    by_type,
    grouped,
    origin_of,
    outcome,
    score,
    threshold,
    type_table,
)
from connectome.analysis.cell_typing.controls import held_out, permuted
from connectome.analysis.cell_typing.measured import measured
from connectome.data.readers.mushroom_body import read_mushroom_body
from tests.conftest import random_connectome

# Neurons 0 and 1 are told; 2 to 6 are judged; 7 is of unknown type. Type 2 was not told.
TRUTH = np.array([0, 1, 0, 0, 1, 2, 2, -1])
KNOWN = np.array([0, 1, -1, -1, -1, -1, -1, -1])
BEST = np.array([0, 1, 0, 1, 1, 0, -1, 0])
SURE = np.array([1, 1, 0.99, 0.4, 0.95, 0.3, 0.0, 0.6])
TYPING = Typing(BEST, np.full(8, -1), SURE)
LABELS = Labels(("A", "B", "C"), TRUTH, KNOWN)


def test_scores_by_hand() -> None:
    found = score(TRUTH, KNOWN, LABELS.asked, TYPING)
    assert (found.told, found.asked, found.types, found.types_told) == (2, 5, 3, 2)
    assert found.accuracy == pytest.approx(2 / 5)
    assert found.answered == pytest.approx(4 / 5)
    # A: one of two found, one of two answers right; B: 1 of 1, 1 of 2; C: never answered.
    assert found.macro_f1 == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)
    assert found.macro_recall == pytest.approx((1 / 2 + 1 + 0) / 3)
    # Two are kept at .95: their mean is .97, a third of .4 would make it .78.
    assert found.coverage_at_95 == pytest.approx(2 / 5)
    assert found.precision_at_95 == 1.0
    assert found.untold_refused == 1.0
    # Each of the five is in a bin of its own but .99 and .95: gaps .03 * 2, .4, .3, 0.
    assert found.ece == pytest.approx((2 * 0.03 + 0.4 + 0.3) / 5)


def test_f1_counts_types_that_are_predicted_for_nothing() -> None:
    truth, best = np.array([0, 0]), np.array([0, 1])
    typing = Typing(best, best, np.array([0.5, 0.5]))
    found = score(truth, np.array([-1, -1]), np.ones(2, dtype=bool), typing)
    assert found.macro_f1 == pytest.approx((2 / 3 + 0) / 2)
    assert found.macro_f1_left == pytest.approx(2 / 3)


def test_a_method_that_is_not_calibrated_has_no_coverage() -> None:
    typing = Typing(BEST, BEST, np.full(8, np.nan))
    found = score(TRUTH, KNOWN, LABELS.asked, typing)
    assert np.isnan([found.coverage_at_95, found.precision_at_95, found.ece]).all()
    assert found.accuracy == pytest.approx(2 / 5)


@pytest.mark.parametrize(
    ("sure", "precision", "limit"),
    [
        ([0.9, 0.8, 0.7], 0.8, 0.7),  # the mean of all is .8
        ([0.9, 0.8, 0.7], 0.85, 0.8),
        ([0.9, 0.8, 0.7], 0.95, np.inf),
        ([0.9, 0.6, 0.6], 0.75, 0.9),  # equal ones stand or fall together
        ([], 0.5, np.inf),
        ([1.0] * 99 + [0.79], 0.95, 0.8),  # sure ones do not pay for a doubtful one
        ([1.0] * 99 + [0.81], 0.95, 0.81),
        ([1.0] * 99 + [0.49], 0.6, 0.5),  # none that is more likely wrong than right
    ],
)
def test_threshold(sure: list[float], precision: float, limit: float) -> None:
    assert threshold(np.array(sure), np.zeros(len(sure), dtype=int), precision) == pytest.approx(
        limit
    )


def typed() -> Typed:
    brain = random_connectome(0, neurons=8, edges=20)
    return Typed(brain, LABELS, TYPING, TYPING, LABELS.asked)


def test_table_of_neurons() -> None:
    table = type_table(typed(), 0.95)
    columns = ["neuron_id", "type", "confidence", "runner_up", "told", "abstains"]
    assert list(table) == columns
    assert table["neuron_id"].map(type).eq(str).all()
    assert table["type"].tolist() == ["A", "B", "A", "B", "B", "A", "", "A"]
    # Of the six that were not told two are kept; what abstains keeps its best guess.
    assert table["abstains"].tolist() == [False, False, False, True, False, True, True, True]
    assert table["told"].tolist() == [True] * 2 + [False] * 6
    assert (table["runner_up"] == "").all()
    assert table["confidence"].isna().tolist() == [True] * 2 + [False] * 6  # told: no prediction
    assert outcome(table, 0.95) == (
        "2 of 6 neurons at an expected precision of 0.95; 3 abstain, 1 have nothing to go by"
    )


def test_neurons_that_abstain_may_be_grouped() -> None:
    plain = type_table(typed(), 0.95)
    assert grouped(typed(), 0.95, 0, seed=0).groups is None
    table = type_table(grouped(typed(), 0.95, 2, seed=0), 0.95)
    new = table["type"].str.match(r"new_[12]$")
    assert new.any()
    assert (table["abstains"] | ~new).all()
    assert table["runner_up"][new].tolist() == plain["type"][new].tolist()
    assert table[~new].equals(plain[~new])


def test_told_neurons_never_abstain() -> None:
    unsure = Typing(BEST, BEST, np.zeros(8))
    assert abstains(unsure, KNOWN, 0.95).tolist() == [False, False] + [True] * 6


def test_table_of_types() -> None:
    table = by_type(typed()).set_index("type")
    assert table.loc["A"].tolist() == [3, 1, 2, 0.5, 0.5]
    assert table.loc["B"].tolist() == [2, 1, 1, 1.0, 0.5]
    assert table.loc["C", "recall"] == 0
    assert pd.isna(table.loc["C", "precision"])


def test_circularity_is_said() -> None:
    brain = read_mushroom_body(drawn_by_connectivity={"cell_type": True, "hemisphere": False})
    said = origin_of(brain, "cell_type")
    assert said.startswith("'cell_type' was drawn with the help of connectivity")
    assert said.endswith("these labels were not: hemisphere")
    assert "are not circular" in origin_of(brain, "hemisphere")
    assert "data.drawn_by_connectivity.kind=true" in origin_of(brain, "kind")


def test_each_type_keeps_a_seed_when_some_are_held_out() -> None:
    known = np.array([0, 0, 0, 0, 1, -1, 2, 2, 2, 2])
    held = held_out(known, seed=0)
    assert len(held) == 2
    assert set(known[np.setdiff1d(np.flatnonzero(known >= 0), held)]) == {0, 1, 2}
    dealt = permuted(known, seed=0)
    assert sorted(dealt) == sorted(known)
    assert dealt[5] == -1


def test_work_is_measured() -> None:
    with measured() as cost:
        np.zeros(4_000_000).sum()
    assert 0 <= cost.seconds < 5
    assert np.isnan(cost.peak_mb) or cost.peak_mb >= 0
