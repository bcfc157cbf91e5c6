"""Connectomes in square matrices, a module a format."""

from connectome.data.matrices.annotated import read_h5ad
from connectome.data.matrices.arrays import read_mtx, read_npy, read_npz
from connectome.data.matrices.matlab import read_mat
from connectome.data.matrices.square import CELL, ROWS, graph_of_matrix
from connectome.data.matrices.text import HEADERLESS, bare_matrix, read_matrix

__all__ = [
    "CELL",
    "HEADERLESS",
    "ROWS",
    "bare_matrix",
    "graph_of_matrix",
    "read_h5ad",
    "read_mat",
    "read_matrix",
    "read_mtx",
    "read_npy",
    "read_npz",
]
