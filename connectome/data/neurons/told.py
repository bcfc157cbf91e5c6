"""Types that a user knows already: a table of neuron ids and types."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from connectome.data.neurons.annotations import PAIR_COLUMN, refuse_found
from connectome.data.neurons.table import by_id, positions
from connectome.data.tabular import ID_COLUMNS, IdRules, column_names, id_column, read_frame
from connectome.types import Connectome, InputError


@dataclass(frozen=True, eq=False)
class Told:
    """Types that a file tells.

    Attributes:
        types: ``[N]`` text, None for neurons of which the file says nothing.
        unknown: ids of the file that no neuron has.
        empty: rows of the file without a type.
        rows: rows of the file.
    """

    types: np.ndarray
    unknown: tuple[str, ...]
    empty: int
    rows: int


def read_told(path: Path, connectome: Connectome, label: str) -> Told:
    """Read a table (CSV, TSV, Parquet, Feather, XLSX) with a neuron a row.

    The column of ids is one of :data:`connectome.data.tabular.ID_COLUMNS`, that of types ``label``;
    a table of two columns may call them anything, ids first. Ids are exact, or refused, as in every
    table.

    Raises:
        InputError: for a missing or corrupt file, columns that cannot be told apart, ids that are
            missing, repeat or were rounded, and if none of them is a neuron of ``connectome``.
    """
    key, column = _columns(path, connectome, label)
    frame = read_frame(path, (key,))[[key, column]]
    frame[column] = frame[column].mask(frame[column] == "")
    table, _ = by_id(path, frame, key, IdRules())
    ids, given = connectome.neuron_ids, table.index
    found = positions(ids, given)
    unknown = tuple(map(str, given[found < 0]))
    if len(given) == 0:
        raise InputError(f"{path}: has no rows; give a neuron and its type in each")
    if len(unknown) == len(given):
        raise InputError(
            f"{path}: none of its {len(given)} ids, such as {given[0]}, is a neuron of "
            f"{connectome.name}, whose ids look like {connectome.neuron_ids[0]}; give ids of the "
            "same release"
        )
    types = np.full(len(ids), None, dtype=object)
    said = table.iloc[:, 0][found >= 0]
    types[found[found >= 0]] = [None if pd.isna(one) else str(one) for one in said]
    return Told(types, unknown, int(table.iloc[:, 0].isna().sum()), len(table))


def _columns(path: Path, connectome: Connectome, label: str) -> tuple[str, str]:
    """Names of the columns of ids and of types."""
    names = column_names(path)
    key = id_column(names)
    if key is None and len(names) == 2:
        key = names[0]
        if key.isdigit() or key in set(map(str, connectome.neuron_ids.tolist())):
            raise InputError(f"{path}: has no header; write neuron_id,{label} into its first line")
    if key is None:
        raise InputError(
            f"{path}: has no column {', '.join(ID_COLUMNS[:-1])} or {ID_COLUMNS[-1]}, only "
            f"{', '.join(names[:12])}; call the column of ids neuron_id"
        )
    others = [name for name in names if name != key]
    if label in others:
        return key, label
    if len(others) == 1:
        return key, others[0]
    if not others:
        raise InputError(f"{path}: has only ids, in '{key}'; add a column of types, '{label}'")
    raise InputError(
        f"{path}: has no column '{label}', only {', '.join(names[:12])}; name the one with the "
        "types: label=COLUMN"
    )


def labels_of(connectome: Connectome, column: str, option: str) -> np.ndarray:
    """``[N]`` text, None where missing: a column of labels.

    Args:
        connectome: the brain.
        column: the column.
        option: that names it, for the message.

    Raises:
        InputError: naming the columns that there are, or for pairs that were found from wiring.
    """
    if column == PAIR_COLUMN:
        refuse_found(InputError, f"{option}={column}", connectome)
    if column not in connectome.neurons:
        known = ", ".join(map(str, connectome.neurons.columns))
        remedy = f"name one of {known}" if known else "read it with a table of neurons"
        raise InputError(f"{option}={column}: {connectome.name} has no such column; {remedy}")
    values = connectome.neurons[column]
    whole = values.dtype.kind == "f" and bool((values.dropna() % 1 == 0).all())
    text = [None if pd.isna(one) else str(int(one) if whole else one) for one in values.tolist()]
    return np.array(text, dtype=object)
