"""Which of several groups each neuron is in, as a matrix."""

import numpy as np
import scipy.sparse as sp


def one_hot(codes: np.ndarray, width: int) -> sp.csr_array:
    """``[N, width]`` CSR with a 1 at each of ``codes`` ``[N]`` int64; rows of -1 are empty."""
    starts = np.concatenate([[0], np.cumsum(codes >= 0)])
    columns = codes[codes >= 0]
    return sp.csr_array((np.ones(len(columns)), columns, starts), shape=(len(codes), width))


def entries_at(matrix: sp.csr_array, columns: np.ndarray) -> np.ndarray:
    """``[N]`` entry of each row of ``[N, M]`` at ``columns`` ``[N]`` int64, 0 at -1."""
    return np.asarray(matrix.multiply(one_hot(columns, matrix.shape[1])).sum(axis=1)).ravel()
