"""How many partners and synapses neurons have."""

import numpy as np
import scipy.sparse as sp


def partner_counts(synapses: sp.csr_array) -> np.ndarray:
    """``[N]`` int64 partners, out and in, of ``synapses`` ``[N, N]``, rows presynaptic."""
    received = np.bincount(synapses.indices, minlength=synapses.shape[0])
    return np.asarray(np.diff(synapses.indptr) + received)


def synapse_totals(synapses: sp.csr_array) -> np.ndarray:
    """``[N]`` synapses, out and in, of ``synapses`` ``[N, N]``, rows presynaptic."""
    return np.asarray(synapses.sum(axis=1) + synapses.sum(axis=0)).ravel()
