"""A degree-corrected stochastic block model as a link score."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor


@dataclass(frozen=True, eq=False)
class BlockModel:
    r"""Expected number of links :math:`\theta_i\,\omega_{b_i b_j}\,\theta'_j` (Karrer & Newman
    2011, doi:10.1103/PhysRevE.83.016107).

    Attributes:
        method: name of the method.
        neuron_ids: ``[N]``, the ids of the data set, in row order.
        block: ``[N]`` int64, block of each neuron, ``0 .. K - 1``.
        rates: ``[K, K]`` float64, ``omega``: rows presynaptic.
        out_propensity, in_propensity: ``[N]`` float64, ``theta`` and ``theta'``.
        data_fingerprint: fingerprint of the data set it was made from.
    """

    method: str
    neuron_ids: np.ndarray
    block: Tensor
    rates: Tensor
    out_propensity: Tensor
    in_propensity: Tensor
    data_fingerprint: str = ""

    @property
    def latent_dim(self) -> None:
        """None: blocks are not dimensions."""
        return None

    @property
    def numbers_per_neuron(self) -> float:
        """Label and propensities of a neuron, and its share of the rates."""
        sides = 1 if self.out_propensity is self.in_propensity else 2
        return 1 + sides + self.rates.numel() / len(self.neuron_ids)

    def score_pairs(self, pairs: Tensor) -> Tensor:
        """Expected numbers of links ``[P]`` of ``pairs`` ``[2, P]``."""
        pre, post = pairs
        ends = self.out_propensity[pre] * self.in_propensity[post]
        return ends * self.rates[self.block[pre], self.block[post]]

    def score_rows(self, sources: Tensor) -> Tensor:
        """Expected numbers of links ``[S, N]`` of ``sources`` ``[S]`` to every neuron."""
        ends = self.out_propensity[sources, None] * self.in_propensity
        return ends * self.rates[self.block[sources]][:, self.block]
