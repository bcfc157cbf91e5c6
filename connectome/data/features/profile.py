"""Local structure of a directed graph around each neuron, exact and in bounded memory.

All functions take edges ``[2, M]`` and the number of neurons ``N`` and know nothing else, so they
say what the order of the neurons cannot change. Self-loops count as no edge.
"""

from collections.abc import Iterator

import numpy as np
from scipy import sparse
from torch import Tensor

CELLS = 2**22  # of a block of rows: 48 MiB if all of them are filled


def return_probabilities(
    edge_index: Tensor, num_neurons: int, steps: int, cells: int = CELLS
) -> np.ndarray:
    r"""Chance that a random walk along the edges is back after 1 to ``steps`` steps.

    The diagonals of :math:`P^k` with :math:`P = D_{out}^{-1} A` (Dwivedi et al. 2022,
    arXiv:2110.07875). Where a neuron has no outgoing edge the walk ends. Walks onward and walks
    back meet halfway, :math:`(P^{a+b})_{ii} = \sum_j (P^a)_{ij} (P^b)_{ji}`, so that only powers up
    to :math:`K / 2` are made, which are sparse, a block of rows at a time.

    Args:
        edge_index: ``[2, M]`` unique edges.
        num_neurons: number of neurons ``N``.
        steps: length ``K`` of the longest walk.
        cells: bound on the entries of a block, and so on the memory.

    Returns:
        ``[N, K]`` float64.
    """
    edges = _adjacency(edge_index, num_neurons)
    forth = sparse.diags_array(1 / np.maximum(edges.sum(axis=1), 1)).tocsr() @ edges
    back = forth.T.tocsr()
    found = np.zeros((num_neurons, steps))  # no edge leads back at once
    for rows in _blocks(num_neurons, cells):
        onward, homeward = forth[rows], back[rows]
        for step in range(2, steps + 1):
            if step > 2 and step % 2:
                onward = onward @ forth
            elif step > 2:
                homeward = homeward @ back
            found[rows, step - 1] = onward.multiply(homeward).sum(axis=1)
    return found


def reciprocity(edge_index: Tensor, num_neurons: int) -> np.ndarray:
    """Share of the edges ``edge_index`` ``[2, E]`` of each neuron whose reverse exists as well.

    Returns:
        ``[N]`` float64, NaN where a neuron has no edges.
    """
    edges = _adjacency(edge_index, num_neurons)
    both = edges.multiply(edges.T).sum(axis=1)
    return _ratio(2 * both, edges.sum(axis=0) + edges.sum(axis=1))


def triangle_shares(
    edge_index: Tensor, num_neurons: int, cells: int = CELLS
) -> dict[str, np.ndarray]:
    r"""Share of the pairs of partners of each neuron that are linked so as to close a triangle.

    Directed clustering coefficients by the neuron's role (Fagiolo 2007, arXiv:physics/0612169):
    ``feedback`` in a cycle; in a feed-forward loop :math:`a \to b \to c, a \to c` the ``source``
    ``a``, the ``middle`` ``b`` and the ``sink`` ``c``.

    Args:
        edge_index: ``[2, M]`` unique edges.
        num_neurons: number of neurons ``N``.
        cells: bound on the entries of a block of the squared adjacency matrix.

    Returns:
        ``[N]`` float64 by role, NaN where a neuron has no such pair of partners.
    """
    forth = _adjacency(edge_index, num_neurons)
    back = forth.T.tocsr()
    closed = np.zeros((4, num_neurons))
    for rows in _blocks(num_neurons, cells):
        out, into = forth[rows], back[rows]
        two_out = out @ forth
        closed[0, rows] = two_out.multiply(into).sum(axis=1)
        closed[1, rows] = two_out.multiply(out).sum(axis=1)
        closed[2, rows] = (into @ forth).multiply(out).sum(axis=1)
        closed[3, rows] = (into @ back).multiply(into).sum(axis=1)
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


def _blocks(num_neurons: int, cells: int) -> Iterator[np.ndarray]:
    """Consecutive neurons, so many that all their rows have at most ``cells`` entries."""
    size = max(1, cells // num_neurons)
    for start in range(0, num_neurons, size):
        yield np.arange(start, min(start + size, num_neurons))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
