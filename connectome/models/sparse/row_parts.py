"""Work on the rows of a table in several threads, with the bits of one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import torch

FEWEST = 4096  # rows of a part: threads cost more than fewer take
PARTS = 4  # a thread, since rows are not equally long


def by_rows(rows: int, work: Callable[[slice], tuple[np.ndarray, ...]]) -> tuple[np.ndarray, ...]:
    """What ``work`` makes of all rows, each part of them in a thread.

    Threads are as many as torch may take (``OMP_NUM_THREADS``).

    Args:
        rows: how many.
        work: from a part of the rows ``[R]`` to arrays ``[R, ...]``; must not look at other rows'
            results, and gains only where it leaves Python alone (``nogil``).

    Returns:
        Arrays ``[rows, ...]``, whatever the number of threads.
    """
    threads = torch.get_num_threads()
    count = min(threads * PARTS, rows // FEWEST)
    if threads == 1 or count < 2:
        return work(slice(0, rows))
    ends = np.linspace(0, rows, count + 1).astype(int).tolist()
    parts = [slice(*part) for part in pairwise(ends)]
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(work, parts))
    return tuple(np.concatenate(arrays) for arrays in zip(*found, strict=True))
