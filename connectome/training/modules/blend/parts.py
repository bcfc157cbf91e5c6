"""The parts of a blend, fitted to one graph, and their link scores side by side."""

import logging
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from connectome.models.factors import Factors, NewtonFit
from connectome.models.losses import LikelihoodSettings
from connectome.scores import PATHS, Embedding, Evidence, NeighbourScore
from connectome.training.modules.newton import NewtonSteps
from connectome.training.randomness import step_generator
from connectome.types import MessageGraph

log = logging.getLogger(__name__)

DISTANCE, PRODUCT = "distance", "inner_product"
PRODUCT_L2 = 0.02  # of model=directed_factor; distances have a penalty of their own
MOST = 100  # sweeps, as many as the epochs of a Trainer
LOW = 0.1  # of the usual score of a link: what paths score where there are none


def fit_factors(
    graph: MessageGraph, decoder: str, likelihood: LikelihoodSettings, latent_dim: int, seed: int
) -> Factors:
    """Free factors by Newton steps until they end, as ``model.solver=newton`` has them.

    Args:
        graph: with the links, on any device.
        decoder: what compares them, :data:`DISTANCE` or :data:`PRODUCT`.
        likelihood: what links and absent pairs weigh.
        latent_dim: ``d``.
        seed: of the columns, and of the start where the graph has too low a rank.
    """
    given, usual = (None, None, likelihood), (PRODUCT_L2, likelihood)
    fit = NewtonFit.of(graph, *NewtonSteps.of(given, usual, latent_dim, decoder).settings)
    n, device = graph.num_neurons, graph.edge_index.device
    blank = (torch.zeros(n, latent_dim, device=device) for _ in range(2))
    own, first = Factors(*blank, *(torch.zeros(n, device=device) for _ in range(2))), 0.0
    for done in range(MOST):
        decrement = fit.sweep(own, done, seed, step_generator(seed, done, 0, device))
        first = first or decrement
        if fit.ends(decrement, first, latent_dim, done):
            break
    else:
        log.warning("%s: still gaining after %d sweeps, where it ends", decoder, MOST)
    return own


@dataclass(frozen=True, eq=False)
class Parts:
    """Scores of pairs by what a blend is made of, all on the CPU.

    Attributes:
        factors: by decoder, without those of no dimension.
        paths: paths of length three.
        evidence: what other training edges say.
        named: which evidence counts, ``mirror`` or ``reverse``.
    """

    factors: dict[str, Factors]
    paths: NeighbourScore
    evidence: Evidence
    named: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        graph: MessageGraph,
        factors: dict[str, Factors],
        homologs: Tensor | None,
        named: tuple[str, ...],
    ) -> "Parts":
        """Of a graph, with ``homologs`` ``[N]`` where mirror images count."""
        assert graph.synapses is not None
        edges, counts = graph.edge_index.cpu(), graph.synapses.cpu()
        here = {
            name: Factors(*(part.float().cpu() for part in vars(own).values()))
            for name, own in factors.items()
        }
        paths = NeighbourScore(PATHS, graph.neuron_ids, edges, True, synapses=counts)
        return cls(here, paths, Evidence(edges, counts, graph.num_neurons, homologs), named)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns, in their order."""
        return (*self.factors, "paths", *self.named)

    def columns(self, pairs: Tensor, floor: float) -> np.ndarray:
        """Scores ``[P, K]`` float64 of ``pairs`` ``[2, P]``, that of paths as log(P + floor)."""
        ids = self.paths.neuron_ids
        found = [
            Embedding(name, ids, f.sent, f.received, name, f.sender, f.receiver).score_pairs(pairs)
            for name, f in self.factors.items()
        ]
        found.append((self.paths.score_pairs(pairs) + floor).log())
        found += [getattr(self.evidence, name)(pairs) for name in self.named]
        return torch.stack([column.double() for column in found], dim=1).numpy()

    def floor(self, links: Tensor) -> float:
        """What paths score where there are none, by the score of ``links`` ``[2, P]``."""
        scores = self.paths.score_pairs(links)
        some = scores[scores > 0]
        return LOW * float(some.median()) if len(some) else 1.0


def without(graph: MessageGraph, held: Tensor) -> MessageGraph:
    """The graph without the edges that ``held`` ``[M]`` says."""
    kept, counts = ~held.to(graph.edge_index.device), graph.synapses
    return replace(
        graph,
        edge_index=graph.edge_index[:, kept],
        synapses=None if counts is None else counts[kept],
        edge_type_synapses=None,
        edge_type_names=(),
    )
