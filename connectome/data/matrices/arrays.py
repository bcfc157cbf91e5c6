"""Connectomes in files of numpy and scipy: ``.npy``, ``.npz``, and Matrix Market's ``.mtx``."""

from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
import scipy.sparse

from connectome.data.graphs import Asked, Graph, parsed
from connectome.data.matrices.square import candidates, graph_of_matrix, is_square, one_of
from connectome.types import InputError

MAGIC = b"\x93NUMPY"
SPARSE = {"format", "shape", "data"}  # what `scipy.sparse.save_npz` always writes


def read_npy(path: Path, asked: Asked) -> Graph:
    """The square matrix of a ``.npy`` file; objects are never loaded.

    Args:
        path: the file.
        asked: what one wants of it.

    Raises:
        InputError: for a broken file, objects, and what is no square matrix.
    """
    matrix = parsed(path, "npy", _array)
    return graph_of_matrix(path, "numpy array", matrix, {}, asked)


def read_npz(path: Path, asked: Asked) -> Graph:
    """The square matrix of a ``.npz`` file, sparse as scipy writes it, or one of several arrays.

    An array of text with a name for each neuron has their ids; objects are never loaded.

    Args:
        path: the file.
        asked: what one wants of it, ``key`` being the name of the array.

    Raises:
        InputError: for a broken file, objects, and if no or several matrices are there.
    """
    arrays, objects = parsed(path, "npz", _arrays)
    if set(arrays) >= SPARSE and asked.key is None:
        matrix = parsed(path, "npz", scipy.sparse.load_npz)
        return parsed(
            path, "npz", lambda _: graph_of_matrix(path, "sparse matrix", matrix, {}, asked)
        )
    found = {name: array for name, array in arrays.items() if is_square(array)}
    others = [*(set(arrays) - set(found)), *(f"{name}: objects" for name in objects)]
    name = one_of(path, found, others, asked.key)
    names = candidates(arrays, len(found[name]))
    return graph_of_matrix(path, f"numpy array '{name}'", found[name], names, asked)


def read_mtx(path: Path, asked: Asked) -> Graph:
    """The square matrix of a ``.mtx`` file of Matrix Market, as R's Matrix and scipy write it.

    A matrix that the file calls symmetric is whole here; cells without a number are 1.

    Args:
        path: the file, which may be gzipped.
        asked: what one wants of it.

    Raises:
        InputError: for a broken file, complex numbers, and what is not square.
    """

    def graph(file: Path) -> Graph:
        return graph_of_matrix(file, "Matrix Market", scipy.io.mmread(file), {}, asked)

    return parsed(path, "mtx", graph)


def _array(path: Path) -> np.ndarray:
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise InputError(f"{path}: is no .npy file of numpy; write it with numpy.save")
    array: Any = np.load(path, allow_pickle=False)
    return np.asarray(array)


def _arrays(path: Path) -> tuple[dict[str, np.ndarray], list[str]]:
    """Arrays by name, and the names of those that hold objects."""
    if path.read_bytes()[:2] != b"PK":
        raise InputError(f"{path}: is no .npz file of numpy; write it with numpy.savez")
    arrays, objects = {}, []
    with np.load(path, allow_pickle=False) as file:
        for name in file.files:
            try:
                arrays[name] = file[name]
            except ValueError as error:
                if "allow_pickle" not in str(error):
                    raise
                objects.append(name)
    return arrays, objects
