"""Square adjacency matrices in tables, with the ids of neurons or without."""

import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from connectome.data.tabular import (
    ABSENT,
    AUTO,
    DROP,
    SEPARATORS,
    IdRules,
    file_format,
    no_id,
    plain_ids,
    refuse_rounded,
    refuse_unseen,
    separator,
)
from connectome.receipt import LeftOut
from connectome.types import InputError

FIRST = "the first column"
HEADERLESS = "headerless"


def read_matrix(
    path: Path,
    frame: pd.DataFrame,
    header: list[str],
    columns: Mapping[str, str],
    layout: str,
    rules: IdRules,
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[LeftOut, ...]]:
    """Neurons and nonzero cells of a matrix whose header and first column hold the same ids.

    Args:
        path: the file, for messages.
        frame: ``N`` rows, the ids in the first column and the counts in ``N`` others.
        header: names of the columns, as they are in the file.
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


def bare_matrix(path: Path, layout: str) -> np.ndarray | None:
    """The numbers ``[N, N]`` of a text file without header and ids; None if it is no such file.

    Args:
        path: the file.
        layout: ``headerless``, or ``auto``, which looks at the first line.

    Raises:
        InputError: for numbers that are not square, cells that are no numbers where ``headerless``
            was asked for, and numbers that may be read with a header or without.
    """
    if layout not in (AUTO, HEADERLESS) or file_format(path) not in SEPARATORS:
        return None
    if layout == AUTO and not all(map(_is_number, _first_cells(path))):
        return None
    try:
        cells = pd.read_csv(path, sep=_between(path), header=None, dtype=float).to_numpy()
    except (ValueError, OSError, EOFError, zlib.error) as error:
        if layout == AUTO:
            return None  # what reads a table tells
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path}: data.layout={HEADERLESS} has numbers only ({reason}); choose {AUTO}"
        ) from error
    if cells.shape[0] != cells.shape[1]:
        raise InputError(
            f"{path}: its first line holds numbers and no names, and {cells.shape[0]} rows of "
            f"{cells.shape[1]} numbers are no square matrix; for an edge list write a header such "
            "as pre,post,synapses"
        )
    if layout == AUTO and _may_be_ids(cells):
        raise InputError(
            f"{path}: its first row and column hold the same different numbers, which may be ids "
            f"or counts; choose data.layout=adjacency (ids) or data.layout={HEADERLESS} (counts)"
        )
    return cells


def _first_cells(path: Path) -> list[str]:
    """The cells of the first line, none of a file that cannot be read."""
    try:
        first = pd.read_csv(
            path, sep=_between(path), header=None, nrows=1, dtype=str, keep_default_na=False
        )
    except (ValueError, OSError, EOFError, zlib.error):
        return [""]
    return [str(cell) for cell in first.iloc[0].tolist()]


def _between(path: Path) -> str:
    """The separator; any number of spaces, as MATLAB and Fortran write columns."""
    sign = separator(path)
    return r"\s+" if sign == " " else sign


def _may_be_ids(cells: np.ndarray) -> bool:
    """Whether the first row and column, but for their first cell, name the same neurons."""
    row, column = np.unique(cells[0, 1:]), np.unique(cells[1:, 0])
    return len(row) == len(cells) - 1 and np.array_equal(row, column)


def _no_edge_list(path: Path, columns: tuple[str, str], header: list[str]) -> InputError:
    """What to tell of a table that is neither an edge list with these columns nor square."""
    shown = ", ".join(header[:6])
    lacking = " and ".join(f"'{name}'" for name in columns if name not in header)
    if 0 < sum(map(_is_number, header[1:])) < len(header) - 1:  # not the ids of a matrix
        return InputError(
            f"{path}: its first line has numbers ({shown}), so that it seems to have no header; "
            "write one above it, such as pre,post,synapses"
        )
    return InputError(
        f"{path}: has no column {lacking} of an edge list, only {shown}; set data.pre=COLUMN "
        "data.post=COLUMN data.synapses=COLUMN (null: each row is one synapse); it is no square "
        "adjacency matrix either"
    )


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
