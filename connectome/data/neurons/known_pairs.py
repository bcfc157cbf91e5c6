"""Pairs of neurons of two brains that a user knows already: a table with both ids in a row."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from connectome.data.neurons.table import by_id, positions
from connectome.data.tabular import ID_COLUMNS, IdRules, column_names, id_column, read_frame
from connectome.receipt import many
from connectome.types import Connectome, InputError

PARTNER_COLUMN = "partner_id"
SHOWN = 12  # columns that a message names


@dataclass(frozen=True, eq=False)
class KnownPairs:
    """Pairs that a file tells.

    Attributes:
        pairs: ``[S, 2]`` int64 positions in the two brains; no neuron has two partners.
        empty: rows of the file without a partner.
    """

    pairs: np.ndarray
    empty: int


def read_known_pairs(path: Path, brain: Connectome, home: Connectome) -> KnownPairs:
    """Read a table (CSV, TSV, Parquet, Feather, XLSX) with a pair of neurons a row.

    The column of ids of ``brain`` is one of :data:`connectome.data.tabular.ID_COLUMNS`, that of ids
    of ``home`` is ``partner_id``. Ids are exact, or refused, as in every table.

    Raises:
        InputError: for a missing or corrupt file, a column that is not there, ids that are missing,
            repeat, were rounded, or are of no neuron.
    """
    key = pair_columns(path, "the ids of the brain in data", "those of home")
    frame = read_frame(path, (key, PARTNER_COLUMN))[[key, PARTNER_COLUMN]]
    if not len(frame):
        raise InputError(f"{path}: has no rows; give a pair of neurons in each")
    empty = frame[PARTNER_COLUMN].isna() | (frame[PARTNER_COLUMN] == "")
    frame = frame[~empty].reset_index(drop=True)
    sides = zip((key, PARTNER_COLUMN), (brain, home), strict=True)
    places = [_places(path, frame, column, one) for column, one in sides]
    return KnownPairs(np.stack(places, axis=1), int(empty.sum()))


def pair_columns(path: Path, first: str, second: str) -> str:
    """The column of ids of the first neurons; that of their partners is there.

    Args:
        path: the table.
        first, second: what its two columns of ids hold, for the message.

    Raises:
        InputError: naming the columns that are not there.
    """
    names = column_names(path)
    key = id_column([name for name in names if name != PARTNER_COLUMN])
    missing = [*([ID_COLUMNS[0]] if key is None else [])]
    missing += [] if PARTNER_COLUMN in names else [PARTNER_COLUMN]
    if key is None or missing:
        raise InputError(
            f"{path}: has no column {' and '.join(missing)}, only {', '.join(names[:SHOWN])}; call "
            f"{first} {ID_COLUMNS[0]}, {second} {PARTNER_COLUMN}"
        )
    return key


def _places(path: Path, frame: pd.DataFrame, column: str, brain: Connectome) -> np.ndarray:
    """``[S]`` positions of the ids of a column among the neurons of ``brain``."""
    other = frame[[column]].assign(row=np.arange(len(frame)))
    table, _ = by_id(path, other, column, IdRules())
    found = positions(brain.neuron_ids, table.index)
    unknown = [str(one) for one in table.index[found < 0]]
    if unknown:
        raise InputError(
            f"{path}: {many(len(unknown), 'id')} in column '{column}', such as {unknown[0]}, "
            f"{'are' if unknown[1:] else 'is'} no neuron of {brain.name}, whose ids look like "
            f"{brain.neuron_ids[0]}; leave {'them' if unknown[1:] else 'it'} out, or give ids of "
            "the same release"
        )
    return found
