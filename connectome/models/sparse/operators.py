"""Sparse-times-dense products that never re-transpose the graph."""

import warnings
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from connectome.models.sparse.csr_rows import LinkRows
from connectome.types import distinct_keys

NARROW = 8  # columns up to which torch's CSR product is the faster one


@dataclass(frozen=True, eq=False)
class SparseOperator:
    """A fixed sparse matrix ``[N, N]`` with its transpose, both in CSR.

    torch's own backward of a CSR product builds the transpose anew at every step; handing it over
    gives the same gradient several times faster. A symmetric matrix is its own transpose.

    Attributes:
        matrix: ``[N, N]`` CSR.
        transposed: ``[N, N]`` CSR, its transpose.
    """

    matrix: Tensor
    transposed: Tensor

    def __matmul__(self, dense: Tensor) -> Tensor:
        """``matrix @ dense`` with ``dense`` ``[N, K]``; differentiable in ``dense`` only."""
        product: Tensor = _Product.apply(dense, self.matrix, self.transposed)
        return product


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx, dense: Tensor, matrix: Tensor, transposed: Tensor
    ) -> Tensor:
        ctx.transposed = transposed  # type: ignore[attr-defined]
        return _multiply(matrix, dense)

    @staticmethod
    def backward(
        ctx: torch.autograd.function.FunctionCtx, gradient: Tensor
    ) -> tuple[Tensor, None, None]:
        return _multiply(ctx.transposed, gradient), None, None  # type: ignore[attr-defined]


def _multiply(matrix: Tensor, dense: Tensor) -> Tensor:
    """Product in float32 (float64 if ``dense`` is), since CSR kernels know no half precision."""
    dtype = torch.float64 if dense.dtype == torch.float64 else torch.float32
    with torch.autocast(dense.device.type, enabled=False):
        if dtype == torch.float32 and dense.device.type == "cpu":
            parts = matrix.crow_indices(), matrix.col_indices(), matrix.values()
            return csr_product(*parts, dense.float()).to(dense.dtype)
        return (matrix.to(dtype) @ dense.to(dtype)).to(dense.dtype)


def csr_product(starts: Tensor, columns: Tensor, values: Tensor, dense: Tensor) -> Tensor:
    """Sparse times dense ``[N, K]`` float32 on the CPU; a column may repeat within a row.

    Args:
        starts: ``[R + 1]``, where each row begins in ``columns`` and ``values``.
        columns: ``[M]``, of the same integer type.
        values: ``[M]``.
        dense: ``[N, K]``.

    Returns:
        ``[R, K]``.
    """
    if len(columns) == 0:
        return dense.new_zeros(len(starts) - 1, dense.shape[1])
    if dense.shape[1] <= NARROW:
        return csr_tensor(starts, columns, values, (len(starts) - 1, len(dense))) @ dense
    # A weighted sum of rows is what embedding bags are for, and their kernels are the faster ones.
    return F.embedding_bag(
        columns,
        dense.detach().contiguous(),  # what asks for a gradient is prepared for a backward, too
        starts,
        mode="sum",
        per_sample_weights=values,
        include_last_offset=True,
    )


def gcn_operator(edge_index: Tensor, num_nodes: int) -> SparseOperator:
    r"""Symmetrically normalised adjacency with self-loops of Kipf & Welling 2017.

    :math:`\hat A = D^{-1/2} (A + I) D^{-1/2}` of the *undirected* graph: an edge ``[2, M]`` given
    in one direction only counts both ways. arXiv:1609.02907
    """
    pre, post = edge_index
    loops = torch.arange(num_nodes, device=edge_index.device) * (num_nodes + 1)
    keys = distinct_keys(torch.cat([pre * num_nodes + post, post * num_nodes + pre, loops]))
    bounds = torch.arange(num_nodes + 1, device=edge_index.device) * num_nodes
    starts = torch.searchsorted(keys, bounds, out_int32=True)
    columns = keys.remainder_(num_nodes).int()  # sorted by row, and then in place: keys are large
    degrees = starts.diff()
    scale = degrees.float().rsqrt()
    values = scale.repeat_interleave(degrees).mul_(scale[columns])
    matrix = csr_tensor(starts, columns, values, (num_nodes, num_nodes))
    return SparseOperator(matrix, matrix)


def directed_operators(edge_index: Tensor, num_nodes: int) -> tuple[SparseOperator, SparseOperator]:
    r"""Messages from receivers back to senders, and from senders on to receivers.

    :math:`D_{out}^{-1/2} A D_{in}^{-1/2}` with degrees raised by their mean, as in regularised
    spectral embedding (Qin & Rohe 2013, arXiv:1309.4111), so that partners of few links do not
    shout; and its transpose. Apart, as in Rossi et al. 2023 (arXiv:2305.10498).

    Args:
        edge_index: ``[2, M]`` unique directed edges.
        num_nodes: number of neurons ``N``.
    """
    value = torch.ones(edge_index.shape[1], device=edge_index.device)
    out_strength, in_strength = (
        torch.zeros(num_nodes, device=value.device).index_add(0, end, value) for end in edge_index
    )
    tau = value.sum() / num_nodes
    pre, post = edge_index
    scaled = ((out_strength[pre] + tau) * (in_strength[post] + tau)).rsqrt()
    matrix = csr_matrix(edge_index, scaled, num_nodes)
    transposed = csr_matrix(edge_index.flip(0), scaled, num_nodes)
    return SparseOperator(matrix, transposed), SparseOperator(transposed, matrix)


def csr_matrix(edge_index: Tensor, values: Tensor, num_nodes: int) -> Tensor:
    """CSR tensor ``[N, N]`` with ``values`` ``[M]`` at ``edge_index`` ``[2, M]``, unique pairs."""
    rows = LinkRows.of(edge_index, num_nodes)
    return csr_tensor(rows.starts, rows.receivers, values[rows.edges], (num_nodes, num_nodes))


def csr_tensor(starts: Tensor, columns: Tensor, values: Tensor, size: tuple[int, int]) -> Tensor:
    """torch's CSR tensor ``[R, C]`` (``size``) from its parts, which are not checked.

    Args:
        starts: ``[R + 1]``, where each row begins.
        columns: ``[M]``.
        values: ``[M]``.
        size: ``R`` and ``C``.
    """
    _warn_unheard()
    return torch.sparse_csr_tensor(starts, columns, values, size=size, check_invariants=False)


@cache
def _warn_unheard() -> None:
    """Have torch say once, and to nobody, that its CSR tensors are in beta."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse", category=UserWarning)
        torch.sparse_csr_tensor(torch.zeros(1).int(), torch.zeros(0).int(), torch.zeros(0), (0, 0))
