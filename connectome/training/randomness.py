"""Generators that follow from what they are for."""

import numpy as np
import torch


def step_generator(
    seed: int, step: int, rank: int, device: torch.device | str, *purpose: int
) -> torch.Generator:
    """Randomness of one optimiser step: the same whenever and wherever the step is taken.

    What is drawn for another ``purpose`` (numbers above 0) does not depend on it.
    """
    words = np.random.SeedSequence((seed, step, rank, *purpose)).generate_state(2, np.uint32)
    return torch.Generator(device=device).manual_seed((int(words[0]) << 31) ^ int(words[1]))
