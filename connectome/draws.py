"""Generators that follow from a seed and from what they are for."""

from zlib import crc32

import numpy as np


def generator(seed: int, purpose: str) -> np.random.Generator:
    """Randomness of one purpose: independent of that of any other purpose of the same seed.

    One seed alone is not enough for two uses: an order that is shuffled twice by equal generators
    is a permutation applied twice, which of two neurons leaves each in its place. Nor is a number
    beside the seed: numpy pads seeds with zeros, so ``[seed, 0]`` is ``seed``.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(crc32(purpose.encode()),)))
