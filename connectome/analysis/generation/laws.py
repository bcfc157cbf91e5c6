"""Laws of brains: after a model, with its neurons or with new ones, and simpler laws beside."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from connectome.analysis.generation.compare import Laws, Real
from connectome.models.generative import (
    Calibrated,
    ConnectomeLaw,
    Coupling,
    Groups,
    calibrate,
    fit_blocks,
    fit_coupling,
    with_degrees,
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


def learned_counts(model: CountModel) -> Counts:
    """Synapse counts of each pair as the model learned them."""

    def draw(edges: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return model.sample(torch.from_numpy(edges), rng)

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
    """Brains of new neurons: each is drawn from the aggregate posterior of its cell type and side.

    That is the mixture of the posteriors of the real neurons (Tomczak & Welling 2018,
    arXiv:1705.07120): a real one is chosen, with replacement, for its factors, degrees and synapse
    counts (the bootstrap of latent positions of Levin & Levina 2019, arXiv:1907.10821), and factors
    that are distributions are drawn from its own. Homologs are chosen two at a time.
    """
    embedding, groups = fit.embedding, real.groups
    sides = np.eye(int(groups.side.max()) + 1)[groups.side]
    sent, received = real.linked @ sides, real.linked.T @ sides

    def next_law(rng: np.random.Generator) -> ConnectomeLaw:
        chosen = resample(groups, rng)
        new = replace(
            embedding,
            source=embedding.source[chosen],
            target=embedding.target[chosen],
            log_std=None if embedding.log_std is None else embedding.log_std[chosen],
        )
        score = scores_of(new if new.log_std is None else _sampled(new, rng))
        out = sent[chosen] * (sent.sum() / sent[chosen].sum())  # as many links as the real brain
        probability = with_degrees(score, out, received[chosen], groups, fit.calibrated, real.apart)

        def synapses(edges: np.ndarray, rng: np.random.Generator) -> np.ndarray:
            return counts(chosen[edges], rng)

        return ConnectomeLaw(name, probability, groups, fit.coupling, synapses)

    return next_law


def resample(groups: Groups, rng: np.random.Generator) -> np.ndarray:
    """The neuron ``[N]`` that each is to be like: of its type and side, drawn with replacement.

    Homologs are drawn as a pair, among pairs of their types and sides.
    """
    alike: dict[tuple[tuple[int, int], ...], list[tuple[int, ...]]] = {}
    for neuron, mate in enumerate(groups.homolog.tolist()):
        together = (neuron,) if mate < 0 else (neuron, mate)
        place = [(int(groups.side[n]), int(groups.kind[n]), n) for n in together]
        if place != sorted(place):
            continue  # counted from its homolog
        alike.setdefault(tuple((side, kind) for side, kind, _ in place), []).append(together)
    chosen = np.arange(len(groups.homolog))
    for found in alike.values():
        units = np.array(found)
        chosen[units] = units[rng.integers(len(units), size=len(units))]
    return chosen


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
