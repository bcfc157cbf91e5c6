"""Types that were found for the neurons of a brain: a table of ``types``, with their confidence."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from connectome.data.neurons.found_pairs import (
    CONFIDENCE,
    RUNNER_UP,
    TOLD,
    flags,
    pair_confidence,
)
from connectome.data.neurons.table import by_id, positions
from connectome.data.tabular import ID_COLUMNS, IdRules, column_names, id_column, read_frame
from connectome.types import Connectome, InputError

TYPE = "type"
GROUP = "new_"  # and a number: a group that types found by itself, numbered anew in each file


@dataclass(frozen=True, eq=False)
class FoundTypes:
    """Types of the ``N`` neurons of a brain.

    Attributes:
        types: ``[N]`` text, None where the file says nothing.
        confidence: ``[N]`` that the type is right: 1 where it was told, 0 where there is none.
        told: ``[N]`` bool, whose type was told to who found the others; None if nobody says.
        grouped: neurons that the file has in a group of its own; their type is the best guess.
    """

    types: np.ndarray
    confidence: np.ndarray
    told: np.ndarray | None
    grouped: int = 0


def read_found_types(path: Path, brain: Connectome) -> FoundTypes:
    """Read a table (CSV, TSV, Parquet, Feather, XLSX) with a neuron a row.

    Columns are one of :data:`connectome.data.tabular.ID_COLUMNS`, ``type`` and ``confidence``; and
    ``told`` and ``runner_up``, if they are there. The groups ``new_1`` and so on of two files have
    nothing to do with each other, so a neuron in one has its best guess, the ``runner_up``.

    Args:
        path: the file; it may name neurons of other brains too.
        brain: whose neurons are asked for.

    Raises:
        InputError: for a missing or corrupt file, a column that is not there, ids that are missing,
            repeat or were rounded, a type without a confidence, and if none is of this brain.
    """
    names = column_names(path)
    key = id_column(names)
    missing = [each for each in (TYPE, CONFIDENCE) if each not in names]
    missing = ([] if key is not None else [ID_COLUMNS[0]]) + missing
    if key is None or missing:
        raise InputError(
            f"{path}: has no column {' and '.join(missing)}, only {', '.join(names[:12])}; give a "
            "types.csv, as types writes it"
        )
    frame = read_frame(path, (key, TYPE, RUNNER_UP))
    told = flags(path, frame, TOLD, False)
    sure = np.where(told, 1.0, pair_confidence(path, frame))
    grouped = frame[TYPE].astype("string").str.fullmatch(rf"{GROUP}\d+").fillna(False) & ~told
    guess = frame[RUNNER_UP] if RUNNER_UP in frame else pd.Series(None, frame.index, dtype=object)
    frame[TYPE] = frame[TYPE].mask(grouped, guess)
    named = frame[TYPE].notna() & (frame[TYPE] != "")
    if (odd := np.flatnonzero(named & np.isnan(sure))).size:
        raise InputError(
            f"{path}: row {odd[0] + 1}: has a type and no confidence; give one from 0 to 1, "
            "such as types has when it is told enough, or leave the type out"
        )
    given = frame[[key]].assign(
        type=frame[TYPE].where(named), sure=sure, told=told, grouped=grouped
    )
    table, _ = by_id(path, given, key, IdRules())
    place = positions(brain.neuron_ids, table.index)
    here = place >= 0
    if not here.any():
        raise InputError(
            f"{path}: none of its {len(place)} ids is a neuron of {brain.name}, whose ids look "
            f"like {brain.neuron_ids[0]}; give types of both brains in one file, or those of home "
            "in types_home=FILE"
        )
    types, confidence = np.full(brain.num_neurons, None, dtype=object), np.zeros(brain.num_neurons)
    was_told = np.zeros(brain.num_neurons, dtype=bool)
    kinds = table["type"][here]
    types[place[here]] = [None if pd.isna(one) else str(one) for one in kinds]
    confidence[place[here]] = np.where(kinds.notna(), table["sure"][here], 0.0)
    was_told[place[here]] = table["told"][here]
    of_groups = int(table["grouped"][here].sum())
    return FoundTypes(types, confidence, was_told if TOLD in frame else None, of_groups)
