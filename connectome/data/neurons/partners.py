"""Partners of neurons, in another brain or on the other side of their own: a table of ``match``."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from connectome.data.neurons.found_pairs import (
    CONFIDENCE,
    EMPTY,
    RUNNER_UP,
    TOLD,
    flags,
    pair_confidence,
    pair_places,
)
from connectome.data.neurons.known_pairs import PARTNER_COLUMN, pair_columns
from connectome.data.tabular import DROP, IdRules, read_frame
from connectome.receipt import many
from connectome.types import Connectome, InputError


@dataclass(frozen=True, eq=False)
class Partners:
    """Partners of the ``N`` neurons of a brain.

    Attributes:
        partner: ``[N]`` int64 positions in the other brain, or in the same; -1 for none.
        runner_up: ``[N]`` int64 who is next, -1 for nobody.
        confidence: ``[N]`` that the partner is right, 1 where it was told; NaN where nobody says.
        elsewhere: rows of the file with a neuron that is in neither brain.
    """

    partner: np.ndarray
    runner_up: np.ndarray
    confidence: np.ndarray
    elsewhere: int = 0

    @property
    def found(self) -> np.ndarray:
        """``[N]`` bool, who has a partner."""
        return np.asarray(self.partner >= 0)


def read_partners(path: Path, brain: Connectome, home: Connectome | None = None) -> Partners:
    """Read a table (CSV, TSV, Parquet, Feather, XLSX) with a neuron and its partner a row.

    Ids stand in one of :data:`connectome.data.tabular.ID_COLUMNS` and in ``partner_id``, which is
    empty where a neuron has no partner. ``confidence``, ``runner_up`` and ``told`` are used where
    they are there. Without ``home`` a pair counts both ways: of several neurons with one partner it
    has the surest.

    Args:
        path: the file.
        brain: whose neurons have partners.
        home: whose neurons these are; None: those of ``brain``.

    Raises:
        InputError: for a missing or corrupt file, a column that is not there, ids that are missing,
            repeat or were rounded, a neuron that is its own partner, and if no row fits.
    """
    key = pair_columns(path, "the ids of the brain in data", "those of their partners")
    frame = read_frame(path, (key, PARTNER_COLUMN, RUNNER_UP))
    there = home or brain
    first = pair_places(path, frame[key], key, brain, IdRules())
    second = pair_places(path, frame[PARTNER_COLUMN], PARTNER_COLUMN, there, IdRules(DROP))
    _require_once(path, frame[key], first)
    rows = np.flatnonzero((first >= 0) & (second >= 0))
    named = second != EMPTY
    if not len(rows):
        _refuse(path, brain, home)
    if home is None and (own := rows[first[rows] == second[rows]]).size:
        raise InputError(
            f"{path}: row {own[0] + 1}: {frame[key].iloc[own[0]]} is its own partner; give it "
            "another one, or remove the row"
        )
    sure, next_one = _confidence(path, frame, rows), np.full(len(frame), -1)
    if RUNNER_UP in frame:
        next_one = pair_places(path, frame[RUNNER_UP], RUNNER_UP, there, IdRules(DROP))
    found = pd.DataFrame({"at": first, "to": second, "next": next_one, "sure": sure}).iloc[rows]
    return _of_all(found, brain.num_neurons, home is None, int((named.sum()) - len(rows)))


def _of_all(found: pd.DataFrame, count: int, both_ways: bool, elsewhere: int) -> Partners:
    """Partners of ``count`` neurons, of rows with columns ``at, to, next, sure``."""
    partner, runner_up = np.full(count, -1), np.full(count, -1)
    confidence = np.full(count, np.nan)
    if both_ways:  # the surest last, so that it stays
        back = found.sort_values("sure", kind="stable", na_position="first")
        partner[back["to"]], confidence[back["to"]] = back["at"], back["sure"]
    partner[found["at"]], confidence[found["at"]] = found["to"], found["sure"]
    runner_up[found["at"]] = np.maximum(found["next"], -1)
    return Partners(partner, runner_up, confidence, elsewhere)


def _confidence(path: Path, frame: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
    """``[K]`` of the rows of the file; of all of ``rows`` or of none."""
    given = pair_confidence(path, frame)
    if np.isnan(given[rows]).all():
        return given
    sure = np.where(flags(path, frame, TOLD, missing=False), 1.0, given)
    if (silent := rows[np.isnan(sure[rows])]).size:
        raise InputError(
            f"{path}: row {silent[0] + 1}: '{CONFIDENCE}' is empty, though the pair was not told; "
            "give a number from 0 to 1, or leave the column out"
        )
    return sure


def _require_once(path: Path, ids: pd.Series, places: np.ndarray) -> None:
    here = pd.Series(places[places >= 0])
    if here.duplicated().any():
        again = places == here[here.duplicated()].iloc[0]
        raise InputError(
            f"{path}: {many(int(again.sum()), 'row')} of the neuron {ids[again].iloc[0]}; give "
            "each neuron one partner"
        )


def _refuse(path: Path, brain: Connectome, home: Connectome | None) -> None:
    there = f"{brain.name} itself" if home is None else home.name
    raise InputError(
        f"{path}: has no pair of a neuron of {brain.name} and one of {there}; the ids of "
        f"{brain.name}, such as {brain.neuron_ids[0]}, stand in neuron_id: match them that way "
        "round"
    )
