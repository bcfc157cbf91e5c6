r"""Leading eigenvectors and singular vectors of sparse operators, with the residual they reached.

An operator is a sparse array, or anything that scipy takes as a ``LinearOperator``, such as a graph
in a file. No dense ``[N, N]`` matrix is built, but of 100 rows or fewer: iterations have no room
there, so that whatever solver is named, the whole is solved
(:mod:`connectome.models.spectral.spectrum`).

- ``lanczos``: scipy's ARPACK (Lehoucq et al. 1998, doi:10.1137/1.9780898719628), one vector at a
  time, to machine precision.
- ``randomized``: :func:`connectome.models.spectral.block_krylov.block_krylov`, on the CPU or a GPU.
- ``auto``: see :func:`choose_solver`.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh, svds
from torch import Tensor

from connectome.models.spectral.block_krylov import Product, Which, block_krylov
from connectome.models.spectral.spectrum import (
    DENSE,
    Operator,
    Spectrum,
    is_small,
    small_singular,
    small_symmetric,
)
from connectome.types import InputError

SOLVERS = ("auto", "lanczos", "randomized")
TOLERANCE = 1e-6  # residual norm relative to the largest value; factors are float32
CACHED = 2**16  # columns whose part of a vector, 512 KiB, stays in the cache of a core


def choose_solver(solver: str, device: torch.device | str = "cpu") -> str:
    """Resolve ``auto``: by the device, since size made no difference (docs/results/scale.md).

    ``lanczos`` on the CPU: the fastest on 66,658 neurons and on 140,000 with 15 million edges, in
    memory and from a file. ``randomized`` elsewhere, which is the only one that runs there.

    Raises:
        InputError: for an unknown solver.
    """
    if solver not in SOLVERS:
        raise InputError(f"model.solver={solver}: choose one of {', '.join(SOLVERS)}")
    if solver != "auto":
        return solver
    return "lanczos" if torch.device(device).type == "cpu" else "randomized"


def symmetric_spectrum(
    matrix: Operator,
    count: int,
    which: Which = "LM",
    solver: str = "lanczos",
    device: torch.device | str = "cpu",
) -> Spectrum:
    """Leading eigenpairs of a symmetric ``matrix``, by magnitude (``LM``) or value (``LA``).

    Raises:
        InputError: unless ``1 <= count < N``; for an unknown solver; if it did not converge.
    """
    solver, cut = _checked(matrix, count, solver, device), False
    if solver == DENSE:
        whole = small_symmetric(matrix, count, which)
        values, vectors, cut = whole.values, whole.left, whole.cut
    elif solver == "lanczos":
        values, vectors = _arpack(eigsh, matrix, k=count, which=which)
        order = np.argsort(-np.abs(values) if which == "LM" else -values)
        values, vectors = values[order], vectors[:, order]
    else:
        product, _ = products(matrix, device)
        pair = block_krylov(product, matrix.shape[0], count, which, device, TOLERANCE / 10)
        values, vectors = (part.cpu().numpy() for part in pair)
    residual = np.linalg.norm(matrix @ vectors - vectors * values, axis=0).max()
    residual = _relative(residual, values)
    return _converged(Spectrum(values, vectors, vectors, residual, solver, cut))


def singular_spectrum(
    matrix: Operator,
    count: int,
    solver: str = "lanczos",
    device: torch.device | str = "cpu",
) -> Spectrum:
    """Leading singular triplets of a ``matrix`` ``[N, M]``.

    Raises:
        InputError: unless ``1 <= count < min(N, M)``; for an unknown solver; if it did not
            converge.
    """
    solver, cut = _checked(matrix, count, solver, device), False
    if solver == DENSE:
        whole = small_singular(matrix, count)
        left, values, right, cut = whole.left, whole.values, whole.right, whole.cut
    elif solver == "lanczos":
        left, values, right = _arpack(svds, matrix, k=count)
        order = np.argsort(-values)
        left, values, right = left[:, order], values[order], right[order].T
    else:
        left, values, right = _from_right(matrix, count, device)
    forward = matrix @ right - left * values
    back = matrix.T @ left - right * values
    residual = max(np.linalg.norm(part, axis=0).max() for part in (forward, back))
    return _converged(Spectrum(values, left, right, _relative(residual, values), solver, cut))


def products(matrix: Operator, device: torch.device | str = "cpu") -> tuple[Product, Product]:
    """Products of ``matrix`` and of its transpose with blocks of float64 on ``device``.

    scipy's on the CPU. Elsewhere torch's of two CSR tensors on ``device``; but an operator that is
    no sparse array multiplies on the CPU, and blocks travel.
    """
    if torch.device(device).type != "cpu" and sp.issparse(matrix):
        return torch_products(matrix, device)
    operators = (matrix, matrix.T)

    def product(operator: Operator, block: Tensor) -> Tensor:
        host = np.ascontiguousarray(block.cpu().numpy())
        return torch.from_numpy(np.ascontiguousarray(operator @ host)).to(block.device)

    return lambda block: product(operators[0], block), lambda block: product(operators[1], block)


def torch_products(matrix: sp.csr_array, device: torch.device | str) -> tuple[Product, Product]:
    """As :func:`products` of ``matrix`` ``[N, M]``, by torch, stored on ``device`` twice."""
    ahead, back = _csr(matrix, device), _csr(matrix.T.tocsr(), device)
    return lambda block: ahead @ block.contiguous(), lambda block: back @ block.contiguous()


def _csr(matrix: sp.csr_array, device: torch.device | str) -> Tensor:
    starts, columns = (torch.from_numpy(x).to(device) for x in (matrix.indptr, matrix.indices))
    values = torch.from_numpy(matrix.data).double().to(device)
    with warnings.catch_warnings():  # 'CSR support is in beta', at every first use
        warnings.filterwarnings("ignore", message="Sparse", category=UserWarning)
        return torch.sparse_csr_tensor(
            starts, columns, values, size=matrix.shape, check_invariants=False
        )


class ColumnBlocks(LinearOperator):
    """A sparse matrix in blocks of columns, for products with vectors larger than a cache.

    A product reads entries of its vector in no order. Those of one block stay near the core, where
    they are read, and of the transposed product written, several times faster.

    Args:
        matrix: ``[N, M]``, of which this is a second copy.
        width: columns of a block.
    """

    def __init__(self, matrix: sp.csr_array, width: int) -> None:
        super().__init__(np.dtype(np.float64), matrix.shape)
        self.starts = range(0, matrix.shape[1], width)
        self.blocks = [matrix[:, start : start + width] for start in self.starts]

    def _matvec(self, x: np.ndarray) -> np.ndarray:
        x = x.reshape(-1)
        return sum(
            block @ x[start : start + block.shape[1]]
            for start, block in zip(self.starts, self.blocks, strict=True)
        )

    def _rmatvec(self, x: np.ndarray) -> np.ndarray:
        return np.concatenate([block.T @ x.reshape(-1) for block in self.blocks])


def _from_right(
    matrix: Operator, count: int, device: torch.device | str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Triplets from eigenvectors of ``A.T @ A``, turned so that both sides are orthonormal."""
    ahead, back = products(matrix, device)
    found = block_krylov(
        lambda block: back(ahead(block)), matrix.shape[1], count, "LA", device, TOLERANCE / 10
    )
    right = found[1].cpu().numpy()
    left, values, turn = np.linalg.svd(matrix @ right, full_matrices=False)
    return left, values, right @ turn.T


def _arpack(solve: Callable[..., Any], matrix: Operator, **options: Any) -> Any:
    start = np.random.default_rng(0).standard_normal(min(matrix.shape))  # equal in, equal out
    if sp.issparse(matrix) and matrix.shape[1] > CACHED:
        matrix = ColumnBlocks(matrix, CACHED)
    try:
        return solve(matrix, v0=start, **options)
    except ArpackNoConvergence as error:
        raise InputError(f"model.solver=lanczos: {error}; choose randomized") from error


def _checked(matrix: Operator, count: int, solver: str, device: torch.device | str) -> str:
    if not 1 <= count < min(matrix.shape):
        raise InputError(
            f"latent_dim={count}: a matrix of {matrix.shape[0]} x {matrix.shape[1]} has "
            f"too few rows or columns; choose between 1 and {min(matrix.shape) - 1}"
        )
    solver = choose_solver(solver, device)
    return DENSE if is_small(matrix) else solver


def _relative(residual: float, values: np.ndarray) -> float:
    largest = float(np.abs(values).max())
    return float(residual) / largest if largest else float(residual)


def _converged(spectrum: Spectrum) -> Spectrum:
    if not spectrum.residual <= TOLERANCE:  # so that NaN is refused too
        raise InputError(
            f"model.solver={spectrum.solver}: residual {spectrum.residual:.1e} of the eigenvectors "
            f"is above {TOLERANCE:.0e}; choose another solver or a smaller latent_dim"
        )
    return spectrum
