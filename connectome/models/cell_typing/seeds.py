"""Which neurons' types are told."""

import numpy as np

from connectome.draws import generator
from connectome.types import InputError

HELD_OUT = 0.2  # of the told neurons, to fit a confidence on


def spare(told: np.ndarray, known: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Told neurons that can be held out, ``[H]``, in an order drawn at random: each type keeps one.

    Args:
        told: ``[T]`` positions of told neurons.
        known: ``[N]`` int64 told types.
        draw: of the neuron that each type keeps, and of the order of the others.
    """
    order = draw.permutation(told)
    _, first = np.unique(known[order], return_index=True)
    return draw.permutation(np.delete(order, first))  # the first of them are of large types


def draw_known(code: np.ndarray, share: float, every_type: bool, seed: int) -> np.ndarray:
    """Draw the neurons that are told.

    Args:
        code: ``[N]`` int64 types, -1 where a neuron has none.
        share: of the labelled neurons, 0 to 1; with ``every_type`` at least one of each type is
            told, however small the share.
        every_type: one neuron of each type first, then evenly until the share is reached.
        seed: of the draw; equal seeds tell equal neurons.

    Returns:
        ``[N]`` bool.

    Raises:
        InputError: for a share out of range.
    """
    if not 0 <= share <= 1:
        raise InputError(f"known={share}: choose a share of the labelled neurons, 0 to 1")
    labelled = np.flatnonzero(code >= 0)
    draw = generator(seed, "known types")
    order = draw.permutation(labelled)
    told = np.zeros(len(code), dtype=bool)
    if every_type:
        _, first = np.unique(code[order], return_index=True)
        told[order[first]] = True
        order = draw.permutation(order)  # what followed the first of each type is of large types
    rest = order[~told[order]]
    told[rest[: max(0, round(share * len(labelled)) - int(told.sum()))]] = True
    return told
