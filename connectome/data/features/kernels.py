"""Compiled loops over the links around each neuron; memory is a few rows of ``N`` numbers."""

import numba
import numpy as np


@numba.njit(cache=True)
def closed_pairs(
    starts: np.ndarray, ends: np.ndarray, back_starts: np.ndarray, back_ends: np.ndarray
) -> np.ndarray:
    """Closed triangles around each neuron: cycles, and those that it is source, middle, sink of.

    Args:
        starts, ends: ``[N + 1]`` and ``[M]``, compressed rows of the edges.
        back_starts, back_ends: the same of their reverses, ``[N + 1]`` and ``[M]``.

    Returns:
        ``[4, N]`` float64.
    """
    n = len(starts) - 1
    closed = np.zeros((4, n))
    receives = np.full(n, -1, dtype=np.int32)  # the last neuron that each is a partner of
    sends = receives.copy()
    for i in range(n):
        for e in range(starts[i], starts[i + 1]):
            receives[ends[e]] = i
        for e in range(back_starts[i], back_starts[i + 1]):
            sends[back_ends[e]] = i
        for e in range(starts[i], starts[i + 1]):
            k = ends[e]
            for f in range(starts[k], starts[k + 1]):
                closed[0, i] += sends[ends[f]] == i
                closed[1, i] += receives[ends[f]] == i
        for e in range(back_starts[i], back_starts[i + 1]):
            k = back_ends[e]
            for f in range(starts[k], starts[k + 1]):
                closed[2, i] += receives[ends[f]] == i
            for f in range(back_starts[k], back_starts[k + 1]):
                closed[3, i] += sends[back_ends[f]] == i
    return closed


@numba.njit(cache=True)
def returns(
    starts: np.ndarray,
    ends: np.ndarray,
    weight: np.ndarray,
    back_starts: np.ndarray,
    back_ends: np.ndarray,
    back_weight: np.ndarray,
    steps: int,
) -> np.ndarray:
    """Diagonals of the powers of a matrix, from its rows and its columns.

    Walks onward and walks back meet halfway: only powers up to half of ``steps`` are made, of one
    row at a time.

    Args:
        starts, ends, weight: ``[N + 1]``, ``[M]`` and ``[M]``, compressed rows.
        back_starts, back_ends, back_weight: ``[N + 1]``, ``[M]``, ``[M]``, of the transpose.
        steps: the highest power.

    Returns:
        ``[N, steps]`` float64; the first power counts as 0 on its diagonal.
    """
    n = len(starts) - 1
    found = np.zeros((n, steps))
    onward, homeward, spare = np.zeros(n), np.zeros(n), np.zeros(n)
    for i in range(n):
        here = there = np.array([i], dtype=np.int32)
        onward[i] = homeward[i] = 1.0
        here, onward, spare = _walked(here, onward, spare, starts, ends, weight)
        for step in range(2, steps + 1):
            if step % 2:
                here, onward, spare = _walked(here, onward, spare, starts, ends, weight)
            else:
                there, homeward, spare = _walked(
                    there, homeward, spare, back_starts, back_ends, back_weight
                )
            total = 0.0
            for j in here if len(here) < len(there) else there:
                total += onward[j] * homeward[j]
            found[i, step - 1] = total
        onward[here] = 0.0
        homeward[there] = 0.0
    return found


@numba.njit(cache=True)
def _walked(
    held: np.ndarray,
    mass: np.ndarray,
    empty: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    weight: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the mass of the neurons ``held`` is a step on; the old row is emptied."""
    reached = np.empty(len(mass), dtype=np.int32)
    count = 0
    for k in held:
        share = mass[k]
        mass[k] = 0.0
        for e in range(starts[k], starts[k + 1]):
            part = share * weight[e]
            if part == 0.0:  # of walks so long that nothing is left of them
                continue
            if empty[ends[e]] == 0.0:
                reached[count] = ends[e]
                count += 1
            empty[ends[e]] += part
    return reached[:count].copy(), empty, mass
