"""How many threads torch uses for one run."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

FEW_EDGES = 2**15  # torch splits work from so many elements on


@contextmanager
def threads_for(num_edges: int) -> Iterator[None]:
    """One thread for a small graph, unless ``OMP_NUM_THREADS`` says how many; set back at the end.

    A step on a few thousand edges is a hundred operations of some microseconds each. Threads then
    cost more than they save, and many times more where others use the machine too: each operation
    waits until every thread has had its turn.
    """
    usual = torch.get_num_threads()
    if num_edges < FEW_EDGES and "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(usual)
