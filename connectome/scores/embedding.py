"""Factors per neuron, and the link score that goes with them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from connectome.scores.network import apply_network, network_size
from connectome.scores.similarity import SIMILARITIES
from connectome.types import InputError


@dataclass(frozen=True, eq=False, repr=False)
class Embedding:
    """Factors per neuron, and the link score that goes with them.

    The score of a link ``i -> j`` is ``scale * f(source_i, target_j) + b_i + c_j + offset`` with
    ``f`` a :class:`connectome.scores.Similarity`; ``b`` and ``c`` are the optional biases. Two
    small networks shared by all neurons may stand before the comparison.

    Attributes:
        method: name of the method, with its variant (``vgae``, ``spectral``).
        neuron_ids: ``[N]``, the ids of the data set, in row order.
        source: ``[N, d]`` float32 factors of the presynaptic side.
        target: ``[N, d]`` float32 factors of the postsynaptic side; ``source`` where undirected.
        score: name of the similarity, one of :data:`connectome.scores.SIMILARITIES`.
        source_bias, target_bias: ``[N]`` float32 or None.
        scale, offset: turn the score into a logit; they do not change the ranking (scale > 0).
        log_std: posterior log standard deviation of a variational method, or None: ``[N, d]``, of
            the source factors and then of the target ones where the two differ.
        source_network, target_network: ``[W]`` float32 weights for :func:`apply_network`, or None
            where the factors are compared as they are.
        widths: ``[L]`` int64, layers of these networks from ``d`` inputs to ``K`` outputs.
        data_fingerprint: fingerprint of the data set it was made from.
        shared: ``[N, K]`` float32 or None, coordinates that are comparable between brains: those
            that one model gives the neurons of any brain.

    Raises:
        InputError: if these do not fit together, for an unknown score, and for NaN or infinity.
    """

    method: str
    neuron_ids: np.ndarray
    source: Tensor
    target: Tensor
    score: str = "inner_product"
    source_bias: Tensor | None = None
    target_bias: Tensor | None = None
    scale: float = 1.0
    offset: float = 0.0
    log_std: Tensor | None = None
    source_network: Tensor | None = None
    target_network: Tensor | None = None
    widths: Tensor | None = None
    data_fingerprint: str = ""
    shared: Tensor | None = None

    def __post_init__(self) -> None:
        n = len(self.neuron_ids)
        if self.source.shape != self.target.shape or len(self.source) != n:
            shapes = f"{tuple(self.source.shape)} and {tuple(self.target.shape)}"
            raise InputError(f"{self.method}: factors of shape {shapes} for {n} neurons")
        if self.score not in SIMILARITIES:
            known = ", ".join(SIMILARITIES)
            raise InputError(f"{self.method}: score '{self.score}' is none of {known}")
        self._check_networks()
        biases = [b for b in (self.source_bias, self.target_bias) if b is not None]
        if any(bias.shape != (n,) for bias in biases):
            raise InputError(f"{self.method}: biases must have one entry for each of {n} neurons")
        if not bool(torch.isfinite(self.source).all() and torch.isfinite(self.target).all()):
            raise InputError(
                f"{self.method}: the embedding has NaN or infinite entries; "
                "training diverged, so lower model.learning_rate"
            )

    def _check_networks(self) -> None:
        networks = (self.source_network, self.target_network, self.widths)
        if sum(part is not None for part in networks) not in (0, 3):
            raise InputError(
                f"{self.method}: give both networks and their widths, or none of the three"
            )
        if self.source_network is None or self.target_network is None or self.widths is None:
            return
        widths = tuple(self.widths.tolist())
        if len(widths) < 2 or min(widths) < 1 or widths[0] != self.latent_dim:
            raise InputError(f"{self.method}: networks of widths {widths} for d={self.latent_dim}")
        size = network_size(widths)
        if len(self.source_network) != size or len(self.target_network) != size:
            raise InputError(f"{self.method}: networks have other sizes than widths {widths} give")

    def __repr__(self) -> str:
        return f"<Embedding {self.method}: {len(self.neuron_ids)} neurons, d = {self.latent_dim}>"

    @property
    def latent_dim(self) -> int:
        """Number of latent dimensions ``d``."""
        return self.source.shape[1]

    @property
    def of_factors(self) -> bool:
        """Whether factors and biases alone make the score."""
        return True

    @property
    def numbers_per_neuron(self) -> float:
        """How many numbers describe a neuron: ``d`` if both sides are the same, plus biases.

        A network that all neurons share adds its weights divided by ``N``.
        """
        sides = 1 if _same_up_to_sign(self.source, self.target) else 2
        biases = {id(bias) for bias in (self.source_bias, self.target_bias) if bias is not None}
        shared = 0.0
        if self.source_network is not None and self.target_network is not None:
            same = _same_up_to_sign(self.source_network[None], self.target_network[None])
            shared = self.source_network.numel() * (1 if same else 2) / len(self.neuron_ids)
        return sides * self.latent_dim + len(biases) + shared

    @cached_property
    def compared(self) -> tuple[Tensor, Tensor]:
        """What is compared of senders and receivers, ``[N, K]`` each.

        The factors, or what the networks make of them.
        """
        if self.source_network is None or self.target_network is None or self.widths is None:
            return self.source, self.target
        widths = tuple(self.widths.tolist())
        return (
            apply_network(self.source_network, widths, self.source),
            apply_network(self.target_network, widths, self.target),
        )

    def score_pairs(self, pairs: Tensor) -> Tensor:
        """Link logits of ``pairs`` ``[2, P]`` (positions) as ``[P]`` float32."""
        source, target = self.compared
        source, target = source.index_select(0, pairs[0]), target.index_select(0, pairs[1])
        value = self.scale * SIMILARITIES[self.score].pairs(source, target) + self.offset
        sent = 0 if self.source_bias is None else self.source_bias.index_select(0, pairs[0])
        received = 0 if self.target_bias is None else self.target_bias.index_select(0, pairs[1])
        # The biases first: a symmetric score is then the same to the last bit either way round.
        return value + (sent + received)

    def score_rows(self, sources: Tensor) -> Tensor:
        """Link logits ``[S, N]`` of ``sources`` ``[S]`` to every neuron."""
        source, target = self.compared
        rows = source.index_select(0, sources)
        value = self.scale * SIMILARITIES[self.score].all_pairs(rows, target) + self.offset
        if self.source_bias is not None:
            value = value + self.source_bias.index_select(0, sources)[:, None]
        if self.target_bias is not None:
            value = value + self.target_bias
        return value


def _same_up_to_sign(a: Tensor, b: Tensor) -> bool:
    """Whether ``b`` is ``a`` with whole columns negated (a product of signed eigenvalues)."""
    if a is b:
        return True
    product = a * b
    one_sign = (product >= 0).all(dim=0) | (product <= 0).all(dim=0)
    return torch.equal(a.abs(), b.abs()) and bool(one_sign.all())
