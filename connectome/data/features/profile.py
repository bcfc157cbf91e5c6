"""Local structure of a directed graph around each neuron, exact and in bounded memory.

All functions take edges ``[2, M]`` and the number of neurons ``N`` and know nothing else, so they
say what the order of the neurons cannot change. Self-loops count as no edge.
"""

import numpy as np
from scipy import sparse
from torch import Tensor

from connectome.data.features import kernels


def return_probabilities(edge_index: Tensor, num_neurons: int, steps: int) -> np.ndarray:
    r"""Chance that a random walk along the edges is back after 1 to ``steps`` steps.

    The diagonals of :math:`P^k` with :math:`P = D_{out}^{-1} A` (Dwivedi et al. 2022,
    arXiv:2110.07875). Where a neuron has no outgoing edge the walk ends. Walks onward and walks
    back meet halfway, :math:`(P^{a+b})_{ii} = \sum_j (P^a)_{ij} (P^b)_{ji}`, so that only powers up
    to :math:`K / 2` are made, which are sparse.

    Args:
        edge_index: ``[2, M]`` unique edges.
        num_neurons: number of neurons ``N``.
        steps: length ``K`` of the longest walk.

    Returns:
        ``[N, K]`` float64.
    """
    edges = _adjacency(edge_index, num_neurons)
    forth = sparse.diags_array(1 / np.maximum(edges.sum(axis=1), 1)).tocsr() @ edges
    return kernels.returns(*_rows(forth), *_rows(forth.T.tocsr()), steps)


def reciprocity(edge_index: Tensor, num_neurons: int) -> np.ndarray:
    """Share of the edges ``edge_index`` ``[2, E]`` of each neuron whose reverse exists as well.

    Returns:
        ``[N]`` float64, NaN where a neuron has no edges.
    """
    edges = _adjacency(edge_index, num_neurons)
    both = edges.multiply(edges.T).sum(axis=1)
    return _ratio(2 * both, edges.sum(axis=0) + edges.sum(axis=1))


def triangle_shares(edge_index: Tensor, num_neurons: int) -> dict[str, np.ndarray]:
    r"""Share of the pairs of partners of each neuron that are linked so as to close a triangle.

    Directed clustering coefficients by the neuron's role (Fagiolo 2007, arXiv:physics/0612169):
    ``feedback`` in a cycle; in a feed-forward loop :math:`a \to b \to c, a \to c` the ``source``
    ``a``, the ``middle`` ``b`` and the ``sink`` ``c``.

    Args:
        edge_index: ``[2, M]`` unique edges.
        num_neurons: number of neurons ``N``.

    Returns:
        ``[N]`` float64 by role, NaN where a neuron has no such pair of partners.
    """
    forth = _adjacency(edge_index, num_neurons)
    back = forth.T.tocsr()
    closed = kernels.closed_pairs(*_rows(forth)[:2], *_rows(back)[:2])
    outgoing, incoming = forth.sum(axis=1), back.sum(axis=1)
    through = outgoing * incoming - forth.multiply(back).sum(axis=1)
    pairs = (through, outgoing * (outgoing - 1), through, incoming * (incoming - 1))
    roles = ("feedback", "source", "middle", "sink")
    return {role: _ratio(closed[row], pairs[row]) for row, role in enumerate(roles)}


def partner_degrees(edge_index: Tensor, num_neurons: int) -> dict[str, np.ndarray]:
    """Mean degrees of the partners of each neuron, from ``edge_index`` ``[2, E]``.

    Returns:
        ``[N]`` float64 each: ``out_partners_out_degree``, ``out_partners_in_degree`` and the same
        of ``in_partners``; NaN where a neuron has no such partners.
    """
    forth = _adjacency(edge_index, num_neurons)
    outgoing, incoming = forth.sum(axis=1), forth.sum(axis=0)
    found = {}
    for side, edges, count in (("out", forth, outgoing), ("in", forth.T, incoming)):
        found[f"{side}_partners_out_degree"] = _ratio(edges @ outgoing, count)
        found[f"{side}_partners_in_degree"] = _ratio(edges @ incoming, count)
    return found


def _adjacency(edge_index: Tensor, num_neurons: int) -> sparse.csr_array:
    """``[N, N]`` of ones, without self-loops."""
    pre, post = edge_index.cpu().numpy()
    kept = pre != post
    ones = np.ones(int(kept.sum()))
    shape = (num_neurons, num_neurons)
    return sparse.csr_array((ones, (pre[kept], post[kept])), shape=shape)


def _rows(matrix: sparse.csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
