"""Whether partners were drawn at random."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import binomtest


def at_chance(partners: Sequence[np.ndarray], shape: tuple[int, int]) -> bool:
    """Whether hits@1 of ``partners`` ``[L]`` of many seeds is that of one-to-one maps at random.

    One neuron of each is asked for, each in turn, so that what is counted is independent: its
    homolog, at its own position on the other side, is its partner in 1 of ``max(L, R)``.
    """
    asked = min(shape)
    hits = [int(partner[k % asked] == k % asked) for k, partner in enumerate(partners)]
    return bool(binomtest(sum(hits), len(hits), 1 / max(shape)).pvalue > 1e-3)
