"""Factors beside the training graph: one logit of distance, product, paths and mirror images."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor

from connectome.scores.embedding import Embedding
from connectome.scores.neighbours import NeighbourScore, require_synapses
from connectome.scores.similarity import SIMILARITIES
from connectome.types import InputError

PATHS = "l3_weighted"


@dataclass(frozen=True, eq=False)
class Evidence:
    """What training edges say of other pairs: ``log(1 + k)`` of ``k`` synapses, 0 without an edge.

    Attributes:
        edge_index: ``[2, M]`` int64 edges, presynaptic neuron first.
        synapses: ``[M]`` float32, number of synapses of each edge.
        num_neurons: ``N``.
        homologs: ``[N]`` int64 position of the homolog of each neuron, its own where there is none;
            None without mirror images.
    """

    edge_index: Tensor
    synapses: Tensor
    num_neurons: int
    homologs: Tensor | None = None

    def reverse(self, pairs: Tensor) -> Tensor:
        """Of the edges ``j -> i``: ``[P]`` float64 for ``pairs`` ``[2, P]`` of ``i`` and ``j``."""
        pre, post = pairs.numpy()
        return torch.from_numpy(np.asarray(self._log_counts[post, pre]))

    def reverse_rows(self, sources: Tensor) -> Tensor:
        """The same ``[S, N]`` for ``sources`` ``[S]`` and every neuron."""
        return torch.from_numpy(self._reversed[sources.numpy()].toarray())

    def mirror(self, pairs: Tensor) -> Tensor:
        """Of the edges between both homologs: ``[P]`` float64 for ``pairs`` ``[2, P]``."""
        assert self.homologs is not None
        pre, post = (self.homologs[pairs]).numpy()
        found = torch.from_numpy(np.asarray(self._log_counts[pre, post]))
        return found * self._paired[pairs].all(dim=0)

    def mirror_rows(self, sources: Tensor) -> Tensor:
        """The same ``[S, N]`` for ``sources`` ``[S]`` and every neuron."""
        assert self.homologs is not None
        rows = torch.from_numpy(self._log_counts[self.homologs[sources].numpy()].toarray())
        return rows[:, self.homologs] * (self._paired[sources, None] & self._paired)

    @property
    def _paired(self) -> Tensor:
        assert self.homologs is not None
        return self.homologs != torch.arange(self.num_neurons)

    @cached_property
    def _log_counts(self) -> sp.csr_array:
        n, values = self.num_neurons, self.synapses.double().log1p().numpy()
        return sp.csr_array((values, tuple(self.edge_index.numpy())), shape=(n, n))

    @cached_property
    def _reversed(self) -> sp.csr_array:
        return sp.csr_array(self._log_counts.T)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Blend(Embedding):
    r"""A stack of link scores, with the factors of its parts side by side.

    The logit of a link ``i -> j`` is
    :math:`-a \lVert s_i - t_j \rVert + u_i \cdot v_j + b_i + c_j + o + w \log(P_{ij} + f)
    + m \log(1 + k_{i'j'}) + r \log(1 + k_{ji})`. The last ``products`` columns of ``source`` and
    ``target`` are ``u`` and ``v``, those before are ``s`` and ``t``; :math:`a` is ``scale``, and
    :math:`o` is ``offset``. :math:`P` is the rule ``l3_weighted`` of
    :class:`connectome.scores.NeighbourScore`, :math:`k` the synapses of a training edge, and ``i'``
    the homolog of ``i`` (:class:`Evidence`).

    Attributes:
        products: how many columns are compared by product.
        edge_index: ``[2, M]`` int64 training edges, presynaptic neuron first.
        synapses: ``[M]`` float32, number of synapses of each edge.
        path_weight, path_floor: ``w`` and ``f > 0``.
        mirror_weight, reverse_weight: ``m`` and ``r``; 0 where they are no evidence.
        homologs: ``[N]`` int64 as in :class:`Evidence`; None without mirror images.

    Raises:
        InputError: as :class:`Embedding`, and if columns, floor or homologs cannot be.
    """

    edge_index: Tensor
    synapses: Tensor
    products: int = 0
    path_weight: float = 0.0
    path_floor: float = 1.0
    mirror_weight: float = 0.0
    reverse_weight: float = 0.0
    homologs: Tensor | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.products <= self.latent_dim:
            raise InputError(
                f"{self.method}: {self.products} of {self.latent_dim} columns are products"
            )
        if self.score != "distance" or self.widths is not None:
            raise InputError(f"{self.method}: score '{self.score}'; a blend compares by distance")
        if not self.path_floor > 0:
            raise InputError(f"{self.method}: path_floor={self.path_floor}; must be positive")
        require_synapses(self.synapses, self.method)
        if self.mirror_weight and self.homologs is None:
            raise InputError(f"{self.method}: weighs mirror images, but has no homologs")

    @property
    def of_factors(self) -> bool:
        """False: paths and evidence are read off the training graph."""
        return False

    @property
    def numbers_per_neuron(self) -> float:
        """Factors and biases; the end and the synapses of each training edge; homologs, if any."""
        edges = 2 * self.edge_index.shape[1] / len(self.neuron_ids)
        return super().numbers_per_neuron + edges + (self.homologs is not None)

    def score_pairs(self, pairs: Tensor) -> Tensor:
        """Link logits of ``pairs`` ``[2, P]`` (positions) as ``[P]`` float64."""
        source, target = (
            side.index_select(0, ends).split(self._widths, dim=1)
            for side, ends in zip((self.source, self.target), pairs, strict=True)
        )
        logit = self.scale * SIMILARITIES["distance"].pairs(source[0], target[0]).double()
        logit += (source[1].double() * target[1]).sum(dim=1) + self.offset
        for bias, ends in zip((self.source_bias, self.target_bias), pairs, strict=True):
            logit += 0 if bias is None else bias.index_select(0, ends)
        logit += self.path_weight * (self._paths.score_pairs(pairs) + self.path_floor).log()
        if self.mirror_weight:
            logit += self.mirror_weight * self._evidence.mirror(pairs)
        if self.reverse_weight:
            logit += self.reverse_weight * self._evidence.reverse(pairs)
        return logit

    def score_rows(self, sources: Tensor) -> Tensor:
        """Link logits ``[S, N]`` float64 of ``sources`` ``[S]`` to every neuron."""
        rows = self.source.index_select(0, sources).split(self._widths, dim=1)
        target = self.target.split(self._widths, dim=1)
        logit = self.scale * SIMILARITIES["distance"].all_pairs(rows[0], target[0]).double()
        logit += rows[1].double() @ target[1].double().T + self.offset
        if self.source_bias is not None:
            logit += self.source_bias.index_select(0, sources)[:, None]
        logit += 0 if self.target_bias is None else self.target_bias
        logit += self.path_weight * (self._paths.score_rows(sources) + self.path_floor).log()
        if self.mirror_weight:
            logit += self.mirror_weight * self._evidence.mirror_rows(sources)
        if self.reverse_weight:
            logit += self.reverse_weight * self._evidence.reverse_rows(sources)
        return logit

    @property
    def _widths(self) -> list[int]:
        return [self.latent_dim - self.products, self.products]

    @cached_property
    def _paths(self) -> NeighbourScore:
        return NeighbourScore(PATHS, self.neuron_ids, self.edge_index, True, synapses=self.synapses)

    @cached_property
    def _evidence(self) -> Evidence:
        n = len(self.neuron_ids)
        return Evidence(self.edge_index, self.synapses, n, self.homologs)
