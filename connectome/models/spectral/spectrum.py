"""What a solver found of a spectrum, how much of it is rounding, and small spectra in full."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import LinearOperator

from connectome.models.spectral.block_krylov import Which

DENSE = "dense"
SMALL = 100  # rows and columns: of so many or fewer the whole matrix is solved, by LAPACK
ROUNDING = 1e-14  # of a value, relative to the largest; where the residual says no worse
EQUAL = 1e-9  # values that differ by less, relative to the largest, are one

Operator: TypeAlias = sp.csr_array | LinearOperator


@dataclass(frozen=True, eq=False)
class Spectrum:
    r"""Leading part of a spectrum, best first.

    Attributes:
        values: ``[k]`` signed eigenvalues, or singular values.
        left: ``[N, k]`` eigenvectors or left singular vectors :math:`u`.
        right: ``[M, k]`` right ones :math:`v`; ``left`` of a symmetric operator.
        residual: largest :math:`\|Av - \lambda u\|` (and :math:`\|A^Tu - \lambda v\|`), relative
            to the largest value in magnitude.
        solver: what computed it; never ``auto``.
        cut: whether the last value equals the first one left out. Their vectors are any basis of
            one space, and which of it is kept is arbitrary. Known of small matrices only.
    """

    values: np.ndarray
    left: np.ndarray
    right: np.ndarray
    residual: float
    solver: str
    cut: bool = False

    @property
    def noise(self) -> float:
        """What is no more than this share of the largest is rounding."""
        return max(ROUNDING, 10 * self.residual)

    @property
    def rank(self) -> int:
        """How many values are above rounding: the others are zero, their vectors say nothing."""
        size = np.abs(self.values)
        return int((size > self.noise * size.max()).sum())


@dataclass(frozen=True, eq=False)
class Whole:
    """All of the spectrum of a small matrix; fields as in :class:`Spectrum`.

    Attributes:
        values: ``[k]``.
        left: ``[N, k]``.
        right: ``[M, k]``.
        cut: whether the last value asked for equals the next.
    """

    values: np.ndarray
    left: np.ndarray
    right: np.ndarray
    cut: bool


def is_small(matrix: Operator) -> bool:
    """Whether the whole of it is solved, since iterations have no room in few dimensions."""
    return max(matrix.shape) <= SMALL


def small_symmetric(matrix: Operator, count: int, which: Which) -> Whole:
    """The first ``count`` eigenpairs, by magnitude (``LM``) or value (``LA``)."""
    values, vectors = np.linalg.eigh(_dense(matrix))
    size = np.abs(values) if which == "LM" else values
    order = np.argsort(-size, kind="stable")
    first = order[:count]
    return Whole(values[first], vectors[:, first], vectors[:, first], _is_cut(size[order], count))


def small_singular(matrix: Operator, count: int) -> Whole:
    """The first ``count`` singular triplets."""
    left, values, right = np.linalg.svd(_dense(matrix), full_matrices=False)
    return Whole(values[:count], left[:, :count], right[:count].T, _is_cut(values, count))


def _dense(matrix: Operator) -> np.ndarray:
    if sp.issparse(matrix):
        return np.asarray(matrix.toarray())
    return np.asarray(matrix @ np.eye(matrix.shape[1]))


def _is_cut(size: np.ndarray, count: int) -> bool:
    """Whether equal ones of ``size`` (falling) that are not zero lie on both sides of ``count``."""
    last, following = size[count - 1], size[count]
    apart = EQUAL * np.abs(size).max()
    return bool(last - following <= apart < abs(last))
