"""Connectomes in MATLAB files: version 5 to 7, and 7.3 by h5py."""

from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse

from connectome.data.graphs import Asked, Graph, parsed
from connectome.data.matrices.mat5 import read_variables
from connectome.data.matrices.square import candidates, graph_of_matrix, is_square, one_of
from connectome.types import InputError

HDF5 = b"\x89HDF\r\n\x1a\n"
STARTS = (0, 512)  # where it stands in files of version 7.3, which begin with a header


def read_mat(path: Path, asked: Asked) -> Graph:
    """The square matrix of a ``.mat`` file, full or sparse.

    A cell array or a matrix of characters with a name for each neuron has their ids; spaces that
    MATLAB fills names up with are left out.

    Args:
        path: the file.
        asked: what one wants of it, ``key`` being the name of the variable.

    Raises:
        InputError: for a broken file, if no or several matrices are there, and for version 7.3
            without h5py.
    """
    variables = parsed(path, "MATLAB file", _newer if _is_newer(path) else _older)
    variables = {name: value for name, value in variables.items() if value is not None}
    found = {name: value for name, value in variables.items() if is_square(value)}
    name = one_of(path, found, [*(set(variables) - set(found))], asked.key)
    size = found[name].shape[0]
    lists = {k: v for k, v in variables.items() if not scipy.sparse.issparse(v)}
    names = candidates(lists, size)
    return parsed(
        path,
        "MATLAB file",
        lambda _: graph_of_matrix(path, f"MATLAB matrix '{name}'", found[name], names, asked),
    )


def _is_newer(path: Path) -> bool:
    head = path.read_bytes()[: max(STARTS) + len(HDF5)]
    return any(head[start : start + len(HDF5)] == HDF5 for start in STARTS)


def _older(path: Path) -> dict[str, Any]:
    return read_variables(path.read_bytes())


def _newer(path: Path) -> dict[str, Any]:
    try:
        import h5py
    except ImportError as error:
        raise InputError(
            f"{path}: is a MATLAB file of version 7.3, which needs h5py; pip install h5py, or save "
            "it with -v7"
        ) from error
    with h5py.File(path, "r") as file:
        return {name: _variable(file, value) for name, value in file.items() if name[0] != "#"}


def _variable(file: Any, value: Any) -> Any:
    """A full or sparse matrix, or text; None for what is none of these.

    HDF5 lists rows where MATLAB lists columns, so that arrays come transposed.
    """
    if "MATLAB_sparse" in value.attrs:
        columns, rows = value["jc"][()], int(value.attrs["MATLAB_sparse"])
        values = value["data"][()] if "data" in value else np.empty(0)
        places = value["ir"][()] if "ir" in value else np.empty(0, dtype=np.int64)
        shape = (rows, len(columns) - 1)
        arrays = (values, places.astype(np.int64), columns.astype(np.int64))
        return scipy.sparse.csc_array(arrays, shape=shape)
    if not hasattr(value, "dtype"):
        return None
    kind = value.attrs.get("MATLAB_class", b"")
    content = value[()]
    if kind == b"char":
        return _lines(content)
    if kind == b"cell":
        return _cell_array(file, content)
    return content.T if content.dtype.kind in "biuf" else None


def _lines(codes: np.ndarray) -> np.ndarray:
    """``[rows]`` text of a matrix of characters, which is ``[columns, rows]`` here."""
    return np.array(["".join(map(chr, row)) for row in np.atleast_2d(codes).T], dtype=np.str_)


def _cell_array(file: Any, references: np.ndarray) -> np.ndarray | None:
    """``[cells]`` text, None if a cell holds something else."""
    cells = [file[one] for one in references.T.ravel()]
    if any(cell.attrs.get("MATLAB_class") != b"char" for cell in cells):
        return None
    return np.array(["".join(_lines(cell[()]).tolist()) for cell in cells], dtype=np.str_)
