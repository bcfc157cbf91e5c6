"""NTAC 0.1.2 on one problem, run by the Python that has it: ``cell_types_peer.py GIVEN FOUND``."""

import os

os.environ["NUMBA_NUM_THREADS"] = "1"

import resource
import sys
import time

import numpy as np
import scipy.sparse as sp
from ntac import Ntac

ROUNDS = 8


def main(given: str, found: str) -> None:
    """Type the neurons of ``given`` and write what was found."""
    with np.load(given) as file:
        known = file["known"]
        parts = (file["data"], file["indices"], file["indptr"])
    synapses = sp.csr_array(parts, shape=(len(known), len(known)))
    labels = np.array([str(code) if code >= 0 else "?" for code in known])
    method = Ntac(data=synapses, labels=labels)
    since = time.process_time()
    for _ in range(ROUNDS):
        method.step()
    best = np.array([int(label) if label != "?" else -1 for label in method.get_partition()])
    seconds = time.process_time() - since
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    np.savez(found, best=best, seconds=seconds, peak_mb=peak)


if __name__ == "__main__":
    main(*sys.argv[1:])
