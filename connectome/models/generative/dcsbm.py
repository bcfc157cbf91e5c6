"""Fitting a degree-corrected stochastic block model to a graph."""

import warnings
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from connectome.models.spectral import laplacian_spectral_embedding

MAX_DIMENSIONS = 32
MAX_SWEEPS = 50


@dataclass(frozen=True, eq=False)
class BlockFit:
    """Maximum-likelihood parameters given the blocks.

    Attributes:
        block: ``[N]`` int64 block of each neuron.
        rates: ``[K, K]`` links between blocks over the product of their degrees.
        log_likelihood: profile log-likelihood in nats, up to a constant of the graph.
    """

    block: np.ndarray
    rates: np.ndarray
    log_likelihood: float


def fit_blocks(matrix: sp.csr_array, num_blocks: int, directed: bool, seed: int) -> BlockFit:
    r"""Spectral start, then moves of neurons that raise the likelihood.

    The start is k-means on the rows, scaled to unit length, of the regularised Laplacian embedding
    (Qin & Rohe 2013, arXiv:1309.4111). Then every neuron moves to the block that its links make
    likeliest given the blocks of the others, all at once, for as long as the profile likelihood
    :math:`\sum_{rs} m_{rs} \log(m_{rs} / (m_r^{out} m_s^{in}))` of Karrer & Newman 2011
    (doi:10.1103/PhysRevE.83.016107) rises.

    Args:
        matrix: ``[N, N]`` adjacency, rows presynaptic.
        num_blocks: number of blocks ``K``.
        directed: whether the matrix is not symmetric.
        seed: of k-means.
    """
    dimensions = min(num_blocks, MAX_DIMENSIONS, matrix.shape[0] - 1)
    factors = laplacian_spectral_embedding(matrix, dimensions, directed)
    rows = np.hstack(factors) if directed else factors[0]
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    with warnings.catch_warnings():  # fewer different rows than blocks: some stay empty
        warnings.simplefilter("ignore", ConvergenceWarning)
        start = KMeans(num_blocks, n_init=1, random_state=seed).fit(rows)
    block = start.labels_.astype(np.int64)
    best = _profile(matrix, block, num_blocks)
    for _ in range(MAX_SWEEPS):
        moved = _profile(matrix, _likeliest(matrix, best), num_blocks)
        if moved.log_likelihood <= best.log_likelihood:
            break
        best = moved
    return best


def _members(block: np.ndarray, num_blocks: int) -> sp.csr_array:
    n = len(block)
    return sp.csr_array((np.ones(n), (np.arange(n), block)), shape=(n, num_blocks))


def _profile(matrix: sp.csr_array, block: np.ndarray, num_blocks: int) -> BlockFit:
    members = _members(block, num_blocks)
    links = (members.T @ matrix @ members).toarray()
    expected = np.outer(links.sum(axis=1), links.sum(axis=0))
    rates = np.divide(links, expected, out=np.zeros_like(links), where=expected > 0)
    logs = np.log(rates, out=np.zeros_like(rates), where=rates > 0)
    return BlockFit(block, rates, float((links * logs).sum()))


def _likeliest(matrix: sp.csr_array, fit: BlockFit) -> np.ndarray:
    """Best block of each neuron, all others as they are; the expected number of its links is the
    same in every block, since propensities make up for it."""
    members = _members(fit.block, len(fit.rates))
    logs = np.log(np.maximum(fit.rates, fit.rates[fit.rates > 0].min() / 10))
    sent, received = (matrix @ members).toarray(), (matrix.T @ members).toarray()
    return np.asarray((sent @ logs.T + received @ logs).argmax(axis=1), dtype=np.int64)
