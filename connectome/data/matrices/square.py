"""Square matrices of counts, whatever file they are from: their cells and their neurons."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse

from connectome.data.graphs import OWN_IDS, Asked, Graph
from connectome.data.tabular import ID_COLUMNS
from connectome.types import InputError

CELL = "a cell that is not zero"
ROWS = "rows presynaptic, columns postsynaptic"


def graph_of_matrix(
    path: Path,
    layout: str,
    matrix: Any,
    names: Mapping[str, Sequence[object]],
    asked: Asked,
    neurons: pd.DataFrame | None = None,
) -> Graph:
    """Neurons and cells of a matrix that has presynaptic neurons in its rows.

    Without names neurons are numbered from 0 on. If there is a neuron table then, its ids are
    these numbers, or its rows are in the order of the matrix, as many as that has.

    Args:
        path: the file, for messages.
        layout: what it is.
        matrix: ``[N, N]`` counts, an array or sparse.
        names: lists of ``N`` names by what they are called in the file.
        asked: what one wants of it.
        neurons: ``N`` rows of annotations, if the file has any.

    Raises:
        InputError: if it is not square or holds no numbers, and for names that do not fit.
    """
    require_square(path, matrix)
    notes: list[str] = []
    ids, numbered = _ids(path, matrix.shape[0], names, asked, notes)
    table = pd.DataFrame(index=pd.RangeIndex(len(ids))) if neurons is None else neurons
    pre, post, counts = _cells(matrix)
    pairs = {"pre": ids[pre], "post": ids[post], "synapses": counts}
    nodes = table.set_axis(pd.Index(ids))
    return Graph(f"{layout}, {ROWS}", nodes, pd.DataFrame(pairs), CELL, {}, tuple(notes), numbered)


def is_square(matrix: Any) -> bool:
    """Whether it is a matrix of numbers with as many rows as columns, at least two."""
    shape: Sequence[int] = getattr(matrix, "shape", ())
    numbers = getattr(matrix, "dtype", None) is not None and matrix.dtype.kind in "biuf"
    return len(shape) == 2 and shape[0] == shape[1] > 1 and numbers


def require_square(path: Path, matrix: Any) -> None:
    """Refuse what is no square matrix of real numbers.

    Raises:
        InputError: with its shape or type.
    """
    if matrix.dtype.kind not in "biuf":
        raise InputError(f"{path}: the matrix has cells of type {matrix.dtype}; give real numbers")
    if not is_square(matrix):
        shape = " x ".join(map(str, matrix.shape)) or "a single number"
        raise InputError(
            f"{path}: the array is {shape} and no square adjacency matrix; write an edge list as "
            "CSV or Parquet"
        )


def one_of(path: Path, found: Mapping[str, Any], others: Sequence[str], key: str | None) -> str:
    """The matrix that is meant.

    Args:
        path: the file, for messages.
        found: the square matrices that are there.
        others: what else is there.
        key: the one that was named, if any.

    Raises:
        InputError: if it is not there, or several are and none was named.
    """
    if key is None and len(found) == 1:
        return next(iter(found))
    if key in found:
        return str(key)
    listed = ", ".join(sorted(found)) or "none"
    beside = f" (beside {', '.join(sorted(others)[:12])})" if others else ""
    if key is not None:
        raise InputError(
            f"{path}: data.key={key} is no square matrix of it; choose one of {listed}{beside}"
        )
    if found:
        raise InputError(f"{path}: holds the square matrices {listed}; name one with data.key=NAME")
    raise InputError(f"{path}: holds no square matrix of numbers{beside}; write one into it")


def candidates(found: Mapping[str, Any], size: int) -> dict[str, list[object]]:
    """Lists of text or of integers that may be the names of ``size`` neurons.

    Numbers count only where they are called as ids are.

    Args:
        found: ``[size]`` lists or arrays by name, among others of any shape.
        size: the number of neurons ``N``.
    """
    kept: dict[str, list[object]] = {}
    for name, values in found.items():
        array = np.asarray(values).ravel()
        if len(array) != size:
            continue
        if array.dtype.kind == "U":
            kept[name] = [text.strip() for text in array.tolist()]
        elif array.dtype.kind in "iuf" and name.lower() in {*map(str.lower, ID_COLUMNS), "ids"}:
            kept[name] = array.tolist()
    return kept


def _cells(matrix: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row, column and value of each cell that is not zero; NaN is not."""
    if not scipy.sparse.issparse(matrix):
        pre, post = np.nonzero(matrix)
        return pre, post, matrix[pre, post].astype(float)
    if matrix.format in ("csr", "csc", "bsr"):
        matrix.check_format(full_check=True)  # scipy trusts indices, and a wrong one kills us
    cells = matrix.tocoo()
    kept = cells.data != 0
    return cells.row[kept], cells.col[kept], cells.data[kept].astype(float)


def _ids(
    path: Path, size: int, names: Mapping[str, Sequence[object]], asked: Asked, notes: list[str]
) -> tuple[np.ndarray, bool]:
    """The ids ``[N]`` of neurons, and whether they are numbers given here."""
    name = _name(path, size, names, asked)
    if name is not None:
        notes.append(f"neurons go by '{name}' of the file; data.neuron_id=id numbers them")
        return np.asarray(
            names[name], dtype=object
        ), False  # text of numpy is as wide as its widest
    numbers = np.arange(size)
    if asked.listed is None or asked.neuron_id == OWN_IDS:
        why = "asked for" if asked.neuron_id == OWN_IDS else "since there are no names"
        notes.append(f"neurons are numbered 0 .. {size - 1}, {why}")
        return numbers, True
    if set(map(str, asked.listed)) <= set(map(str, range(size))):
        notes.append(f"ids of the neuron table are rows of the matrix, from 0 to {size - 1}")
        return numbers, True
    if len(asked.listed) != size:
        raise InputError(
            f"{path}: has {size} neurons without names, and the neuron table {len(asked.listed)} "
            f"rows; give a row a neuron in the order of the matrix, or the ids 0 .. {size - 1}"
        )
    notes.append("neurons are the rows of the neuron table, in the order of the matrix")
    return np.asarray(asked.listed), False


def _name(path: Path, size: int, names: Mapping[str, Sequence[object]], asked: Asked) -> str | None:
    """Which list of names counts; None for numbers."""
    wanted, there = asked.neuron_id, sorted(names)
    if wanted == OWN_IDS:
        return None
    if wanted is not None:
        if wanted not in names:
            raise InputError(
                f"{path}: has no names '{wanted}' (data.neuron_id); choose among "
                f"{', '.join((OWN_IDS, *there))}"
            )
        return wanted
    good = [name for name in there if len(set(map(str, names[name]))) == len(names[name])]
    if asked.listed is not None:
        listed, numbers = set(map(str, asked.listed)), {*map(str, range(size))}
        known = [name for name in good if listed & set(map(str, names[name]))]
        good = known or [name for name in good if set(map(str, names[name])) != numbers]
    if len(good) > 1:
        raise InputError(
            f"{path}: {' and '.join(good)} may both name the neurons; choose one with "
            "data.neuron_id=NAME"
        )
    return good[0] if good else None
