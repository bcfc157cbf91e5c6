"""What every method ends in, whatever it stores of a neuron."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from torch import Tensor

BLOCK = 1 << 22  # scores held at a time: 32 MB in float64


class Scorer(Protocol):
    """Scores any ordered pair of neurons; a higher score means a likelier link.

    Attributes:
        method: name of the method, with its variant (``vgae``, ``spectral``).
        neuron_ids: ``[N]``, the ids of the data set, in row order.
        data_fingerprint: fingerprint of the data set it was made from.
    """

    @property
    def method(self) -> str:
        """Name of the method with its variant."""

    @property
    def neuron_ids(self) -> np.ndarray:
        """``[N]`` ids in row order."""

    @property
    def data_fingerprint(self) -> str:
        """Fingerprint of the data set."""

    @property
    def latent_dim(self) -> int | None:
        """Number of latent dimensions ``d``; None for a method that has none."""

    @property
    def numbers_per_neuron(self) -> float:
        """All that must be kept to score every pair, in numbers divided by ``N``."""

    def score_pairs(self, pairs: Tensor) -> Tensor:
        """Scores ``[P]`` of ``pairs`` ``[2, P]`` (positions)."""

    def score_rows(self, sources: Tensor) -> Tensor:
        """Scores ``[S, N]`` of the links from ``sources`` ``[S]`` to every neuron."""


def row_blocks(sources: Tensor, num_neurons: int) -> Iterator[Tensor]:
    """``sources`` ``[S]`` in pieces ``[s]`` whose rows of scores fit in memory together."""
    yield from sources.split(max(1, BLOCK // max(num_neurons, 1)))
