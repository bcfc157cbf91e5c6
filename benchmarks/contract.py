"""What a method under test is told and must offer; numpy alone, for interpreters without torch."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

Arrays = dict[str, np.ndarray]
Factors = tuple[np.ndarray, np.ndarray, str]  # source, target, name of the score


@dataclass(frozen=True)
class Options:
    """What all methods are told.

    Attributes:
        latent_dim: number of latent dimensions ``d``.
        hidden_dim: width of the first graph convolution.
        variational: VGAE instead of GAE.
        biases: in graph convolutions, as PyG's example has and Kipf & Welling's code has not.
        seed: of weights, negatives and noise.
        threads: of torch.
        solver: scikit-learn's name of the one that its spectral embedding uses.
    """

    latent_dim: int = 16
    hidden_dim: int = 64
    variational: bool = False
    biases: bool = True
    seed: int = 0
    threads: int = 1
    solver: str = "arpack"


class Peer(Protocol):
    """A method under test: ``steps`` optimiser steps (or embeddings), and what it has learned."""

    def run(self, steps: int) -> None:
        """Go on for ``steps``."""

    def factors(self) -> Factors:
        """Source and target factors ``[N, d]`` and the score that goes with them."""
