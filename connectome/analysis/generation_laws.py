"""Laws of brains: after a model, with its neurons or with new ones, and simpler laws beside."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from sklearn.covariance import OAS

from connectome.analysis.generation import Laws, Real
from connectome.models import (
    Calibrated,
    ConnectomeLaw,
    Coupling,
    Groups,
    adjacency,
    calibrate,
    fit_blocks,
    fit_coupling,
    with_degrees,
)
from connectome.scores import CountModel, Embedding, compare_all

Counts = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def observed_counts(real: Real) -> Counts:
    """Synapse counts drawn from those of the real links, whatever the pair."""
    known = real.synapses.data

    def draw(edges: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return np.asarray(rng.choice(known, edges.shape[1]))

    return draw


def learned_counts(model: CountModel) -> Counts:
    """Synapse counts of each pair as the model learned them."""

    def draw(edges: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return model.sample(torch.from_numpy(edges), rng)

    return draw


def scores_of(embedding: Embedding) -> np.ndarray:
    """Link scores ``[N, N]`` without biases."""
    values = embedding.scale * compare_all(embedding.score, *embedding.compared)
    return np.asarray(values.numpy())


@dataclass(frozen=True, eq=False)
class Fit:
    """Probabilities after an embedding, and the coupling of links."""

    embedding: Embedding
    calibrated: Calibrated
    coupling: Coupling

    @classmethod
    def of(cls, real: Real, embedding: Embedding) -> "Fit":
        """Fitted to the links of ``real``."""
        calibrated = calibrate(scores_of(embedding), real.linked, real.groups, apart=real.apart)
        coupling = fit_coupling(calibrated.probability, real.linked, real.groups)
        return cls(embedding, calibrated, coupling)


def posterior(real: Real, fit: Fit, counts: Counts, name: str) -> Laws:
    """Brains of the same neurons.

    Factors that are distributions are drawn anew for each brain, and probabilities fitted to them;
    the coupling is that of the mean factors.
    """
    embedding, calibrated = fit.embedding, fit.calibrated
    law = ConnectomeLaw(name, calibrated.probability, real.groups, fit.coupling, counts)

    def next_law(rng: np.random.Generator) -> ConnectomeLaw:
        if embedding.log_std is None:
            return law
        drawn = _sampled(embedding, rng)
        again = calibrate(scores_of(drawn), real.linked, real.groups, calibrated.slope,
                          apart=real.apart, iterations=4)  # fmt: skip
        return replace(law, probability=again.probability)

    return next_law


def _sampled(embedding: Embedding, rng: np.random.Generator) -> Embedding:
    assert embedding.log_std is not None
    noise = torch.from_numpy(rng.standard_normal(tuple(embedding.log_std.shape))).float()
    moved = (noise * embedding.log_std.exp()).chunk(
        embedding.log_std.shape[1] // embedding.latent_dim, dim=1
    )
    return replace(
        embedding, source=embedding.source + moved[0], target=embedding.target + moved[-1]
    )


def prior(real: Real, fit: Fit, counts: Counts, name: str) -> Laws:
    """Brains of new neurons: as many of each cell type on each side, with factors and degrees drawn
    from a normal distribution that is fitted to those of the real ones of the type.

    Degrees enter as log1p, towards and from each side. The covariance is shrunk (OAS, Chen et al.
    2010, doi:10.1109/TSP.2010.2053029). New neurons have no homologs, so links have no mirror
    image.
    """
    coupling = replace(fit.coupling, mirrored=0.0)
    normals = list(_normals(real, _described(real, fit.embedding)))
    groups = replace(real.groups, homolog=np.full(real.connectome.num_neurons, -1))

    def next_law(rng: np.random.Generator) -> ConnectomeLaw:
        drawn = np.empty((len(groups.kind), len(normals[0][1])))
        for rows, mean, root in normals:
            drawn[rows] = mean + rng.standard_normal((len(rows), len(mean))) @ root.T
        probability = _probability(real, fit.embedding, fit.calibrated, drawn)
        return ConnectomeLaw(name, probability, groups, coupling, counts)

    return next_law


def _described(real: Real, embedding: Embedding) -> np.ndarray:
    """Factors and log degrees of each neuron, side by side."""
    sides = np.eye(int(real.groups.side.max()) + 1)[real.groups.side]
    linked = real.linked.astype(float)
    degrees = np.log1p(linked @ sides), np.log1p(linked.T @ sides)
    return np.concatenate([embedding.source.numpy(), embedding.target.numpy(), *degrees], axis=1)


def _normals(
    real: Real, described: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Neurons of one type on one side, mean, and a root of the covariance of the type."""
    spread = np.maximum(described.std(axis=0), 1e-6)
    for kind in np.unique(real.groups.kind):
        alike = real.groups.kind == kind
        standard = described[alike] / spread
        standard = standard - standard.mean(axis=0)
        if len(standard) > 1:
            shape = OAS(assume_centered=True).fit(standard).covariance_
            values, axes = np.linalg.eigh(shape)
            root = spread[:, None] * axes * np.sqrt(np.maximum(values, 0))
        else:  # one neuron has no spread
            root = np.zeros((len(spread), len(spread)))
        for side in np.unique(real.groups.side[alike]):
            rows = np.flatnonzero(alike & (real.groups.side == side))
            yield rows, described[rows].mean(axis=0), root


def _probability(
    real: Real, embedding: Embedding, calibrated: Calibrated, drawn: np.ndarray
) -> np.ndarray:
    d, sides = embedding.latent_dim, int(real.groups.side.max()) + 1
    source, target, sent, received = np.split(drawn, [d, 2 * d, 2 * d + sides], axis=1)
    new = replace(
        embedding,
        source=torch.from_numpy(source).float(),
        target=torch.from_numpy(target).float(),
        log_std=None,
    )
    towards = np.maximum(np.expm1(sent), 0)
    towards *= real.linked.sum() / towards.sum()  # as many links as the real brain
    into = np.maximum(np.expm1(received), 0)
    return with_degrees(scores_of(new), towards, into, real.groups, calibrated, real.apart)


def baselines(real: Real, counts: Counts, blocks: int, seed: int) -> Iterator[tuple[str, Laws]]:
    """Erdős-Rényi, configuration model and DC-SBM, the last also with the coupling of links.

    The configuration model is that of largest entropy with the expected degrees of every neuron
    towards each side; the DC-SBM has them too, and blocks of its own.
    """
    n, single = real.connectome.num_neurons, Groups.none(real.connectome.num_neurons)
    nowhere = Coupling.none(int(real.groups.side.max()) + 1)
    zeros = np.zeros((n, n), dtype=np.float32)
    pairs = n * (n - 1) if real.apart is None else int((~real.apart).sum()) - n
    even = np.full((n, n), real.linked.sum() / pairs, dtype=np.float32)
    np.fill_diagonal(even, 0)
    if real.apart is not None:
        even[real.apart] = 0
    alone = ConnectomeLaw("Erdős-Rényi", even, single, Coupling.none(), counts)
    yield alone.name, lambda rng: alone
    degrees = calibrate(zeros, real.linked, real.groups, 0.0, types=False, apart=real.apart)
    configuration = ConnectomeLaw(
        "configuration model", degrees.probability, real.groups, nowhere, counts
    )
    yield configuration.name, lambda rng: configuration
    edges = np.stack(real.linked.nonzero())
    fit = fit_blocks(adjacency(edges, n, True), blocks, True, seed)
    least = fit.rates[fit.rates > 0].min() / 10
    rates = np.log(np.maximum(fit.rates, least))[np.ix_(fit.block, fit.block)]
    blocked = calibrate(
        rates.astype(np.float32), real.linked, real.groups, 1.0, types=False, apart=real.apart
    )
    plain = ConnectomeLaw(
        f"DC-SBM, {blocks} blocks", blocked.probability, real.groups, nowhere, counts
    )
    yield plain.name, lambda rng: plain
    coupling = fit_coupling(blocked.probability, real.linked, real.groups)
    coupled = replace(plain, name=f"{plain.name}, coupled", coupling=coupling)
    yield coupled.name, lambda rng: coupled
