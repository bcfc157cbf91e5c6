"""Square adjacency matrices."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from connectome.data.tabular import (
    ABSENT,
    DROP,
    SEPARATORS,
    IdRules,
    column_names,
    file_format,
    no_id,
    plain_ids,
    read_frame,
    refuse_rounded,
    refuse_unseen,
)
from connectome.receipt import LeftOut
from connectome.types import InputError

FIRST = "the first column"


def read_matrix(
    path: Path, columns: Mapping[str, str], layout: str, rules: IdRules
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[LeftOut, ...]]:
    """Neurons and nonzero cells of a matrix whose header and first column hold the same ids.

    Args:
        path: the file.
        columns: columns ``pre`` and ``post`` of an edge list, which this might be.
        layout: ``adjacency`` or ``auto``.
        rules: which ids are no neurons; their rows and columns are left out.

    Returns:
        One row a neuron, without columns and with the ids as index; columns ``pre``, ``post`` and
        ``synapses`` of each cell; and the neurons that were left out.

    Raises:
        InputError: if it is not square, if header and first column do not name the same neurons,
            if an id is missing or was rounded, if a cell is no number.
    """
    frame = read_frame(path, ())
    header = _header(path, frame)
    if frame.shape[1] != frame.shape[0] + 1:
        pre, post = columns["pre"], columns["post"]
        if layout != "adjacency":
            raise _no_edge_list(path, (pre, post), header)
        raise InputError(
            f"{path}: {frame.shape[0]} rows and {frame.shape[1] - 1} columns of counts are not a "
            f"square adjacency matrix (header: {', '.join(header[:6])}); "
            "for an edge list set data.pre=COLUMN data.post=COLUMN"
        )
    rows = plain_ids(path, FIRST, pa.array(frame.iloc[:, 0]))
    senders, first = _named(path, rows, FIRST, rules)
    receivers, second = _named(path, pa.array(header[1:], pa.string()), "the header", rules)
    different = sorted(set(senders).symmetric_difference(receivers))
    if different or len(set(senders)) < len(senders):
        which = f"'{different[0]}' is in one only" if different else "an id repeats"
        raise InputError(
            f"{path}: header and first column must name the same neurons, each once; {which}"
        )
    counts = _counts(path, frame.iloc[first, 1:].iloc[:, second])
    row, column = counts.nonzero()  # NaN counts as nonzero, so it reaches the check
    cells = {
        "pre": senders[row],
        "post": receivers[column],
        "synapses": counts[row, column],
    }
    lost = len(frame) - len(senders)
    why = "their ids are missing (data.missing_ids=drop) or in data.no_neuron"
    left_out = (LeftOut("neurons", lost, len(frame), why),) if lost else ()
    return pd.DataFrame(index=pd.Index(senders)), pd.DataFrame(cells), left_out


def _no_edge_list(path: Path, columns: tuple[str, str], header: list[str]) -> InputError:
    """What to tell of a table that is neither an edge list with these columns nor square."""
    shown = ", ".join(header[:6])
    lacking = " and ".join(f"'{name}'" for name in columns if name not in header)
    return InputError(
        f"{path}: has no column {lacking} of an edge list, only {shown}; set data.pre=COLUMN "
        "data.post=COLUMN (it is no square adjacency matrix either)"
    )


def _header(path: Path, frame: pd.DataFrame) -> list[str]:
    """As it is in the file: pandas gives empty names some of its own."""
    if file_format(path) in SEPARATORS:
        return column_names(path)
    return [str(name) for name in frame.columns]


def _named(path: Path, ids: pa.Array, where: str, rules: IdRules) -> tuple[np.ndarray, np.ndarray]:
    """The ids that name a neuron, as text, and their positions."""
    code = rules.codes(ids)
    if rules.missing != DROP and (code == ABSENT).any():
        row = int(np.flatnonzero(code == ABSENT)[0])
        raise no_id(path, row + 1, where, ids[row].as_py())
    refuse_unseen(path, where, ids.filter(pa.array(code == 0)))
    refuse_rounded(path, where, ids)
    kept = np.flatnonzero(code == 0)
    return ids.cast(pa.string()).to_pandas().to_numpy(dtype=object)[kept], kept


def _counts(path: Path, cells: pd.DataFrame) -> np.ndarray:
    """``[N, N]`` float64.

    Raises:
        InputError: names the first cell that is no number.
    """
    try:
        return cells.to_numpy(dtype=float)
    except (ValueError, TypeError):
        text = cells.map(lambda cell: isinstance(cell, str))
        odd = cells.to_numpy(dtype=object)[text.to_numpy()]
        cell = next((cell for cell in odd if not _is_number(cell)), "a list")
    raise InputError(
        f"{path}: the adjacency matrix has a cell that is no number, {cell!r}; write counts only, "
        "0 where there is no connection"
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
