"""Where Newton steps begin: spectral factors of the graph, and biases by degrees."""

import math

import numpy as np
import torch
from torch import Tensor

from connectome.models.factors.parts import Factors
from connectome.models.losses import PairWeights
from connectome.models.spectral import adjacency, fit_spectral

SPREAD = 0.5  # root mean square of what is compared at the start
LEFT_OVER = 0.1  # the same, of dimensions that the spectrum leaves empty
APART = 2.0  # times that, where distances are compared
FEWEST = 0.3  # links beside those that a neuron has, of the mean: no logarithm of zero
SHORTEST = 1e-3  # length, of the mean, below which a row is not stretched


def spectral_start(
    edge_index: Tensor, weights: PairWeights, latent_dim: int, generator: torch.Generator
) -> Factors:
    """Rows of the regularised Laplacian's singular factors, brought to one length.

    Length follows degree, which the biases hold: as in spectral clustering of blocks with degrees
    (Qin & Rohe 2013, arXiv:1309.4111).

    Args:
        edge_index: ``[2, M]`` directed edges.
        weights: of the pairs.
        latent_dim: ``d``.
        generator: of the dimensions beyond the rank of the graph.
    """
    n, device = len(weights.sender), edge_index.device
    matrix = adjacency(edge_index.cpu().numpy(), n, True)
    fit = fit_spectral("lse", matrix, latent_dim, True)
    sides = [_even(side, fit.rank, generator).to(device) for side in (fit.source, fit.target)]
    # The odds of links between strangers: product of degrees, half of the level on either side.
    level = 0.5 * math.log(weights.total / n**2)
    biases = [(degree + FEWEST).log() + level for degree in (weights.sender, weights.receiver)]
    return Factors(*sides, *biases)


def distance_start(
    edge_index: Tensor, weights: PairWeights, latent_dim: int, generator: torch.Generator
) -> Factors:
    """The factors of :func:`spectral_start`, longer, with biases that make up for the distance.

    Args:
        edge_index: ``[2, M]`` directed edges.
        weights: of the pairs.
        latent_dim: ``d``.
        generator: of the dimensions beyond the rank of the graph.
    """
    start = spectral_start(edge_index, weights, latent_dim, generator)
    sent, received = APART * start.sent, APART * start.received
    mean_square = sum(side.square().sum(dim=1).mean() for side in (sent, received))
    square = mean_square - 2 * sent.mean(dim=0) @ received.mean(dim=0)
    half = 0.5 * square.clamp(min=0).sqrt()
    return Factors(sent, received, start.sender + half, start.receiver + half)


def _even(side: np.ndarray, rank: int, generator: torch.Generator) -> Tensor:
    rows = torch.from_numpy(np.ascontiguousarray(side)).float()
    length = rows.norm(dim=1, keepdim=True)
    rows = rows / (length + SHORTEST * length.mean()).clamp(min=1e-12)
    rows = rows * (SPREAD / rows.square().mean().sqrt().clamp(min=1e-12))
    if rank < rows.shape[1]:
        rest = torch.randn(len(rows), rows.shape[1] - rank, generator=generator)
        rows[:, rank:] = LEFT_OVER * rest
    return rows
