"""Untrained link scores that look at the training graph around the two neurons."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor

from connectome.scores.scorer import row_blocks
from connectome.types import InputError

SPARSE_COST = 8  # a step of a sparse product, in steps of one with dense rows
Matrices = tuple[sp.csr_array, ...]


def _common_neighbours(adjacency: sp.csr_array) -> Matrices:
    either = _either_way(adjacency)
    return either, either


def _adamic_adar(adjacency: sp.csr_array) -> Matrices:
    either = _either_way(adjacency)
    return either, _scaled(either, 1 / np.log(np.maximum(either.sum(axis=1), 2)), None)


def _resource_allocation(adjacency: sp.csr_array) -> Matrices:
    either = _either_way(adjacency)
    return either, _scaled(either, _inverse(either.sum(axis=1)), None)


def _l3(adjacency: sp.csr_array) -> Matrices:
    # Only the two neurons inside the path are divided by, as published.
    out_root, in_root = _inverse_roots(adjacency)
    return adjacency, _scaled(adjacency, out_root, in_root).T, adjacency


def _l3_normalised(adjacency: sp.csr_array) -> Matrices:
    scaled = _scaled(adjacency, *_inverse_roots(adjacency))
    return scaled, scaled.T, scaled


# Each rule turns the adjacency A (rows presynaptic) into factors whose product is the score.
RULES: dict[str, Callable[[sp.csr_array], Matrices]] = {
    "common_neighbours": _common_neighbours,
    "adamic_adar": _adamic_adar,
    "resource_allocation": _resource_allocation,
    "l3": _l3,
    "l3_normalised": _l3_normalised,
    "l3_weighted": _l3_normalised,
}
WEIGHTED = ("l3_weighted",)  # rules whose A holds the logarithms of 1 + the synapses of each edge


@dataclass(frozen=True, eq=False)
class NeighbourScore:
    r"""A score that is a product of sparse matrices made from the training graph.

    With :math:`U` the graph without directions and :math:`k` its degrees:

    - ``common_neighbours``: :math:`U U`, shared partners of any kind,
    - ``adamic_adar``: :math:`U\,\mathrm{diag}(1 / \log k)\,U` (Adamic & Adar 2003,
      doi:10.1016/S0378-8733(03)00009-1), where a shared partner of degree 1, which only a neuron
      paired with itself has, counts as degree 2,
    - ``resource_allocation``: :math:`U\,\mathrm{diag}(1 / k)\,U` (Zhou, Lü & Zhang 2009,
      doi:10.1140/epjb/e2009-00335-8).

    With :math:`A` the directed adjacency, :math:`D` its out- and :math:`D'` its in-degrees:

    - ``l3``: :math:`A\,D'^{-1/2} A^\top D^{-1/2} A`, paths of length three i -> k <- l -> j
      (Kovács et al. 2019, doi:10.1038/s41467-019-09177-y); where undirected, plain paths,
    - ``l3_normalised``: :math:`B B^\top B` with :math:`B = D^{-1/2} A D'^{-1/2}`, which divides by
      the degrees of the two end neurons as well,
    - ``l3_weighted``: the same with :math:`\log(1 + k)` in :math:`A` for an edge of ``k`` synapses,
      and its row and column sums for the degrees.

    The first three do not know directions: i -> j and j -> i score the same.

    Attributes:
        rule: one of :data:`RULES`.
        neuron_ids: ``[N]``, the ids of the data set, in row order.
        edge_index: ``[2, M]`` int64 training edges; both ways round if not ``directed``.
        directed: whether the edges have a direction.
        data_fingerprint: fingerprint of the data set it was made from.
        synapses: ``[M]`` float32, synapses of each edge, for a rule of :data:`WEIGHTED`; None for
            others.

    Raises:
        InputError: for an unknown rule, and for one that weighs edges without their synapses.
    """

    rule: str
    neuron_ids: np.ndarray
    edge_index: Tensor
    directed: bool
    data_fingerprint: str = ""
    synapses: Tensor | None = None

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise InputError(f"model.rule={self.rule}: choose one of {', '.join(RULES)}")
        if (self.rule in WEIGHTED) != (self.synapses is not None):
            raise InputError(
                f"{self.rule}: {'needs' if self.rule in WEIGHTED else 'takes no'} synapse counts "
                f"of its edges; those that do are {', '.join(WEIGHTED)}"
            )
        require_synapses(self.synapses, self.rule)

    @property
    def method(self) -> str:
        """The rule, which is also the name of the method."""
        return self.rule

    @property
    def latent_dim(self) -> None:
        """None: nothing is compressed."""
        return None

    @property
    def numbers_per_neuron(self) -> float:
        """Training links per neuron, since all of them are needed; twice that with synapses."""
        links = self.edge_index.shape[1] / (1 if self.directed else 2)
        return links * (1 if self.synapses is None else 2) / len(self.neuron_ids)

    def score_pairs(self, pairs: Tensor) -> Tensor:
        """Scores ``[P]`` float64 of ``pairs`` ``[2, P]``, computed a block of rows at a time.

        The last product is made for these pairs alone.
        """
        *first, last = self._matrices
        into = sp.csr_array(last.T)
        sources, row = pairs[0].unique(return_inverse=True)
        order = row.argsort(stable=True)
        scores, done = torch.empty(pairs.shape[1], dtype=torch.float64), 0
        blocks = [*row_blocks(sources, len(self.neuron_ids))]
        counts = torch.bincount(row, minlength=len(sources)).split([len(block) for block in blocks])
        for block, count in zip(blocks, counts, strict=True):
            inside = order[done : done + int(count.sum())]
            paths = _dense(_product(sources=block.numpy(), matrices=first))
            ends = into[pairs[1, inside].numpy()]
            own = torch.repeat_interleave(torch.arange(len(block)), count).numpy()
            ends.data *= paths[np.repeat(own, np.diff(ends.indptr)), ends.indices]
            scores[inside] = torch.from_numpy(ends @ np.ones(ends.shape[1]))
            done += len(inside)
        return scores

    def score_rows(self, sources: Tensor) -> Tensor:
        """Scores ``[S, N]`` float64 of ``sources`` ``[S]`` to every neuron."""
        return torch.from_numpy(_dense(_product(sources.numpy(), self._matrices)))

    @cached_property
    def _matrices(self) -> Matrices:
        n, pairs = len(self.neuron_ids), self.edge_index.numpy()
        of_edges = np.ones(pairs.shape[1])
        if self.synapses is not None:
            of_edges = np.log1p(self.synapses.double().numpy())
        found = RULES[self.rule](sp.csr_array((of_edges, tuple(pairs)), shape=(n, n)))
        matrices = tuple(sp.csr_array(matrix) for matrix in found)
        for matrix in matrices:
            matrix.sort_indices()
        return matrices


def require_synapses(synapses: Tensor | None, method: str) -> None:
    """Refuse numbers of synapses ``[M]`` that no edge has.

    Raises:
        InputError: unless all are positive.
    """
    if synapses is not None and not bool((synapses > 0).all()):
        raise InputError(f"{method}: an edge without synapses; leave such edges out")


def _product(sources: np.ndarray, matrices: Sequence[sp.csr_array]) -> sp.csr_array | np.ndarray:
    """Rows ``sources`` of the product of ``matrices``, sparse while that saves work.

    Both ways add the terms of an entry in the same order, so they agree to the last bit.
    """
    start, *rest = matrices
    rows: sp.csr_array | np.ndarray = start[sources]
    for matrix in rest:
        if not isinstance(rows, np.ndarray):
            steps = np.diff(matrix.indptr)[rows.indices].sum()
            if SPARSE_COST * steps < len(sources) * matrix.nnz:
                rows = sp.csr_array(rows @ matrix)
                rows.sort_indices()
                continue
        rows = (matrix.T @ _dense(rows).T).T
    return rows


def _dense(rows: sp.csr_array | np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(rows if isinstance(rows, np.ndarray) else rows.toarray())


def _either_way(adjacency: sp.csr_array) -> sp.csr_array:
    """The graph without directions."""
    both = sp.csr_array(adjacency + adjacency.T)
    both.data[:] = 1.0
    return both


def _inverse(degree: np.ndarray) -> np.ndarray:
    """``1 / degree``; isolated neurons lie on no path, so any finite value does."""
    return np.asarray(1 / np.where(degree > 0, degree, 1))


def _inverse_roots(adjacency: sp.csr_array) -> tuple[np.ndarray, np.ndarray]:
    return (
        np.sqrt(_inverse(adjacency.sum(axis=1))),
        np.sqrt(_inverse(adjacency.sum(axis=0))),
    )


def _scaled(matrix: sp.csr_array, rows: np.ndarray, columns: np.ndarray | None) -> sp.csr_array:
    product = sp.diags_array(rows) @ matrix
    return sp.csr_array(product if columns is None else product @ sp.diags_array(columns))
