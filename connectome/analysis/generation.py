"""Connectomes drawn from a model, and whether they pass for real ones.

What passes is told by nature: the two hemispheres of a brain differ, and a drawn hemisphere should
differ from the one it was drawn after no more than the other hemisphere does.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import scipy.sparse as sp
import torch
from scipy.special import expit
from sklearn.covariance import OAS

from connectome.analysis.graph import synapse_matrix
from connectome.data import cell_types, hemispheres, homologs
from connectome.metrics import (
    WIRING_STATISTICS,
    mirror_share,
    statistic_distance,
    wiring_statistics,
)
from connectome.models import (
    Calibrated,
    ConnectomeLaw,
    Coupling,
    Groups,
    adjacency,
    calibrate,
    fit_blocks,
    fit_coupling,
)
from connectome.scores import CountModel, Embedding, compare_all
from connectome.types import Connectome, NotApplicableError

FEWEST = 20  # neurons of a hemisphere
LOWEST_LOGIT = -12.0  # of a bias, in the fit of a prior
SILENT = -40.0  # logit of what never happens

Laws = Callable[[np.random.Generator], ConnectomeLaw]  # the law of the next brain
Counts = Callable[[np.ndarray, np.random.Generator], np.ndarray]


@dataclass(frozen=True, eq=False)
class Real:
    """A connectome as generation sees it.

    Attributes:
        connectome: the data.
        groups: hemispheres, cell types (unknown ones as one more) and homologs.
        kind: ``[N]`` cell types, -1 where unknown.
        parts: positions of the neurons that are compared with each other, by name: the two
            hemispheres, or all.
    """

    connectome: Connectome
    groups: Groups
    kind: np.ndarray
    parts: dict[str, np.ndarray]

    @classmethod
    def of(cls, connectome: Connectome) -> "Real":
        """What the neuron table does not say is taken as unknown."""
        n = connectome.num_neurons
        side, kind, mate = np.full(n, -1), np.full(n, -1), np.full(n, -1)
        with suppress(NotApplicableError):
            side = hemispheres(connectome).numpy()
        with suppress(NotApplicableError):
            mate = homologs(connectome).numpy()
        with suppress(NotApplicableError):
            kind = cell_types(connectome)[0].numpy()
        sides = {name: np.flatnonzero(side == code) for code, name in enumerate(("left", "right"))}
        parts = sides if min(map(len, sides.values())) >= FEWEST else {"whole": np.arange(n)}
        groups = Groups(
            np.where(side < 0, side.max() + 1, side), np.where(kind < 0, kind.max() + 1, kind), mate
        )
        return cls(connectome, groups, kind, parts)

    @cached_property
    def synapses(self) -> sp.csr_array:
        """``[N, N]`` counts without self-loops."""
        return _without_loops(synapse_matrix(self.connectome))

    @cached_property
    def linked(self) -> np.ndarray:
        """``[N, N]`` bool."""
        return np.asarray(self.synapses.toarray() > 0)

    @cached_property
    def apart(self) -> np.ndarray | None:
        """``[N, N]`` bool, pairs of two brains that were joined; None for one."""
        if not self.connectome.member_sizes:
            return None
        member = self.connectome.member.numpy()
        return np.asarray(member[:, None] != member)

    def statistics(self, synapses: sp.csr_array) -> dict[str, dict[str, np.ndarray]]:
        """Vectors of each statistic, by part."""
        found = {}
        for name, rows in self.parts.items():
            found[name] = wiring_statistics(sp.csr_array(synapses[rows][:, rows]), self.kind[rows])
            if len(self.parts) > 1 and (self.groups.homolog >= 0).any():
                found[name]["symmetry"] = mirror_share(synapses, rows, self.groups.homolog)
        return found

    @cached_property
    def own(self) -> dict[str, dict[str, np.ndarray]]:
        """Statistics of the real brain."""
        return self.statistics(self.synapses)

    @cached_property
    def spread(self) -> dict[str, float]:
        """How far the two real hemispheres are apart, by statistic; empty without two."""
        if len(self.parts) < 2:
            return {}
        left, right = self.own.values()
        return {name: statistic_distance(left[name], right[name]) for name in left}


def _without_loops(matrix: sp.csr_array) -> sp.csr_array:
    matrix = sp.csr_array(matrix, copy=True)
    matrix.setdiag(0)
    matrix.eliminate_zeros()
    return matrix


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


def posterior(real: Real, embedding: Embedding, counts: Counts, name: str) -> Laws:
    """Brains of the same neurons.

    Factors that are distributions are drawn anew for each brain, and probabilities fitted to them;
    the coupling is that of the mean factors.
    """
    calibrated = calibrate(scores_of(embedding), real.linked, real.groups, apart=real.apart)
    coupling = fit_coupling(calibrated.probability, real.linked, real.groups)
    law = ConnectomeLaw(name, calibrated.probability, real.groups, coupling, counts)

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


def prior(real: Real, embedding: Embedding, counts: Counts, name: str) -> Laws:
    """Brains of new neurons: as many of each cell type on each side, with factors and biases drawn
    from a normal distribution that is fitted to those of the real ones of the type.

    Its covariance is shrunk (OAS, Chen et al. 2010, doi:10.1109/TSP.2010.2053029). One number is
    added to the logits of each brain, so that it has as many links to expect as the real one. New
    neurons have no homologs, so links have no mirror image.
    """
    calibrated = calibrate(scores_of(embedding), real.linked, real.groups, apart=real.apart)
    coupling = replace(fit_coupling(calibrated.probability, real.linked, real.groups), mirrored=0.0)
    normals = list(_normals(real, _described(embedding, calibrated)))
    groups = replace(real.groups, homolog=np.full(real.connectome.num_neurons, -1))

    def next_law(rng: np.random.Generator) -> ConnectomeLaw:
        drawn = np.empty((len(groups.kind), len(normals[0][1])))
        for rows, mean, root in normals:
            drawn[rows] = mean + rng.standard_normal((len(rows), len(mean))) @ root.T
        probability = _probability(real, embedding, calibrated, drawn)
        return ConnectomeLaw(name, probability, groups, coupling, counts)

    return next_law


def _described(embedding: Embedding, calibrated: Calibrated) -> np.ndarray:
    """Factors and biases of each neuron, side by side."""
    biases = [np.maximum(b, LOWEST_LOGIT) for b in (calibrated.sender, calibrated.receiver)]
    return np.concatenate([embedding.source.numpy(), embedding.target.numpy(), *biases], axis=1)


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
    d, sides = embedding.latent_dim, calibrated.sender.shape[1]
    source, target, sender, receiver = np.split(drawn, [d, 2 * d, 2 * d + sides], axis=1)
    new = replace(
        embedding,
        source=torch.from_numpy(source).float(),
        target=torch.from_numpy(target).float(),
        log_std=None,
    )
    side, kind, same = real.groups.side, real.groups.kind, real.groups.same
    logits = calibrated.slope * scores_of(new) + sender[:, side] + receiver[:, side].T
    logits += np.where(same, *(calibrated.blocks[k][np.ix_(kind, kind)] for k in (1, 0)))
    never = np.eye(len(kind), dtype=bool) | (False if real.apart is None else real.apart)
    logits = np.where(never, SILENT, logits)
    offset, wanted = 0.0, float(real.linked.sum())
    for _ in range(20):
        probability = expit(logits + offset)
        slope = float((probability * (1 - probability)).sum())
        offset += float(np.clip((wanted - probability.sum()) / max(slope, 1e-9), -1, 1))
    return np.asarray(np.where(never, 0, expit(logits + offset)), dtype=np.float32)


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


def draw(real: Real, laws: Laws, seed: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Brain ``number``: links ``[2, E]`` and synapse counts ``[E]``; the same for the same seed."""
    rng = np.random.default_rng([seed, number])
    return laws(rng).draw(rng)


def as_matrix(real: Real, edges: np.ndarray, synapses: np.ndarray) -> sp.csr_array:
    """Sparse ``[N, N]`` counts."""
    n = real.connectome.num_neurons
    return sp.csr_array((synapses, tuple(edges)), shape=(n, n))


@dataclass(frozen=True, eq=False)
class Compared:
    """What brains drawn from one law are like.

    Attributes:
        statistics: one row a statistic: ``source, statistic, spread, mean_distance,
            single_distance, mean_inside, single_inside``; see :func:`compare`.
        novelty: one row a brain: ``source, brain, links, synapses, shared``.
    """

    statistics: pd.DataFrame
    novelty: pd.DataFrame


def compare(
    real: Real, name: str, laws: Laws, samples: int, seed: int, note: Callable[[str], None]
) -> Compared:
    """Draw ``samples`` brains and hold each hemisphere against the real one that it stands for.

    ``mean_distance`` is that of the average over the drawn brains, which says what the law gets
    wrong; ``single_distance`` is the average over drawn brains of their own distance, chance
    included. Both are means of the two hemispheres. They are inside where they are not above
    ``spread``, the distance of the two real hemispheres. ``shared`` is the share of the drawn links
    that the real brain has.
    """
    drawn: dict[str, dict[str, list[np.ndarray]]] = {part: {} for part in real.parts}
    rows = []
    for number in range(samples):
        note(f"{name}: brain {number + 1} of {samples}")
        edges, synapses = draw(real, laws, seed, number)
        shared = float(real.linked[edges[0], edges[1]].mean())
        measured = {"links": edges.shape[1], "synapses": float(synapses.sum()), "shared": shared}
        rows.append({"source": name, "brain": number} | measured)
        for part, found_here in real.statistics(as_matrix(real, edges, synapses)).items():
            for statistic, value in found_here.items():
                drawn[part].setdefault(statistic, []).append(value)
    table = []
    for statistic in (s for s in WIRING_STATISTICS if s in next(iter(real.own.values()))):
        off: list[float] = []
        single: list[float] = []
        for part, own in real.own.items():
            values = drawn[part][statistic]
            off.append(statistic_distance(np.mean(values, axis=0), own[statistic]))
            single += [statistic_distance(value, own[statistic]) for value in values]
        spread = real.spread.get(statistic, float("nan"))
        distances = {"mean_distance": np.mean(off), "single_distance": np.mean(single)}
        inside = {
            "mean_inside": bool(np.mean(off) <= spread),
            "single_inside": bool(np.mean(single) <= spread),
        }
        table.append(
            {"source": name, "statistic": statistic, "spread": spread} | distances | inside
        )
    return Compared(pd.DataFrame(table), pd.DataFrame(rows))


def natural_overlap(real: Real) -> float:
    """Share of the links of one hemisphere whose mirror image the other one has, both ways.

    Between neurons with homologs; NaN without two hemispheres. As much of a brain is found again
    in a second real one, so a copy would share more.
    """
    shares = [values["symmetry"] for values in real.own.values() if "symmetry" in values]
    return float(np.mean(shares)) if shares else float("nan")
