"""Laws of brains: after a model, with its neurons or with new ones, and simpler laws beside."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from connectome.analysis.generation.compare import Laws, Real
from connectome.analysis.generation.resampling import Likeness, nearest, resample
from connectome.metrics.graph_statistics import transitivity
from connectome.models.generative import (
    Calibrated,
    ConnectomeLaw,
    Coupling,
    Groups,
    calibrate,
    fit_blocks,
    fit_closing,
    fit_coupling,
    with_margins,
)
from connectome.models.spectral import adjacency
from connectome.scores import CountModel, Embedding
from connectome.scores.similarity import SIMILARITIES

Counts = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def observed_counts(real: Real) -> Counts:
    """Synapse counts drawn from those of the real links, whatever the pair."""
    known = real.synapses.data

    def draw(edges: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return np.asarray(rng.choice(known, edges.shape[1]))

    return draw


def learned_counts(model: CountModel, real: Real) -> Counts:
    """Synapse counts of each pair as the model learned them, up to the largest of a real link.

    Log means are linear in factors, so those of a few pairs lie far beyond any count that was seen.
    """
    largest = real.synapses.data.max()

    def draw(edges: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return np.minimum(model.sample(torch.from_numpy(edges), rng), largest)

    return draw


def scores_of(embedding: Embedding) -> np.ndarray:
    """Link scores ``[N, N]`` without biases."""
    values = embedding.scale * SIMILARITIES[embedding.score].all_pairs(*embedding.compared)
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
        calibrated = calibrate(
            scores_of(embedding), real.linked, real.groups, pooled=True, apart=real.apart
        )
        probability = calibrated.probability
        coupling = fit_coupling(probability, real.linked, real.groups)

        def closed(linked: np.ndarray) -> float:
            parts = (linked[np.ix_(rows, rows)] for rows in real.parts.values())
            return float(np.mean([np.log(max(transitivity(part), 1e-12)) for part in parts]))

        wanted = closed(real.linked)
        coupling = fit_closing(probability, coupling, real.groups, closed, wanted)
        return cls(embedding, calibrated, coupling)


def posterior(real: Real, fit: Fit, counts: Counts, name: str) -> Laws:
    """Brains of the same neurons.

    Factors that are distributions are drawn anew for each brain, and probabilities fitted to them;
    the coupling is that of the mean factors.
    """
    law = ConnectomeLaw(name, fit.calibrated.probability, real.groups, fit.coupling, counts)

    def next_law(rng: np.random.Generator) -> ConnectomeLaw:
        return replace(law, probability=_probability(real, fit, rng))

    return next_law


def _probability(real: Real, fit: Fit, rng: np.random.Generator) -> np.ndarray:
    """``[N, N]`` of the real neurons in the next brain."""
    if fit.embedding.log_std is None:
        return fit.calibrated.probability
    score = scores_of(_sampled(fit.embedding, rng))
    again = calibrate(score, real.linked, real.groups, fit.calibrated.slope, pooled=True,
                      apart=real.apart, iterations=4)  # fmt: skip
    return again.probability


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
    """Brains of new neurons: each is drawn from the aggregate posterior of its cell type and side.

    That is the mixture of the posteriors of the real neurons (Tomczak & Welling 2018,
    arXiv:1705.07120): a real one is chosen, with replacement, for its factors, propensities and
    synapse counts (the bootstrap of latent positions of Levin & Levina 2019, arXiv:1907.10821).
    Homologs are chosen two at a time. A pair has the probability of the real pair that it is like
    (:class:`Likeness`), but for what keeps expected degrees and links between types. As many links
    are mutual, and mirrored, as of the real brain.
    """
    strata = real.strata
    near = nearest(strata, fit.calibrated.probability)

    def next_law(rng: np.random.Generator) -> ConnectomeLaw:
        chosen = resample(strata, rng)
        like, known = Likeness.of(strata, chosen, near), _probability(real, fit, rng)
        probability = with_margins(like.matrix(known), chosen, known, real.groups)
        coupling = fit_coupling(probability, real.linked, real.groups)

        def synapses(edges: np.ndarray, rng: np.random.Generator) -> np.ndarray:
            return counts(like.pairs(edges), rng)

        kept = replace(coupling, closing=fit.coupling.closing)
        return ConnectomeLaw(name, probability, real.groups, kept, synapses)

    return next_law


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
