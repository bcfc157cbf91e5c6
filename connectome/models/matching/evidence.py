"""What speaks for a match of a neuron, and how far the whole wiring agrees with a matching."""

import numpy as np
import scipy.sparse as sp

from connectome.draws import generator
from connectome.models.matching.auction import largest
from connectome.models.matching.candidates import median_ratio
from connectome.models.matching.sparse_matching import SparseMatch
from connectome.models.matching.weights import weighted
from connectome.models.sparse import entries_at, one_hot, partner_counts, synapse_totals

EVIDENCE = ("share", "lead", "similarity", "margin", "mutual", "log_degree", "log_synapses")


def match_evidence(found: SparseMatch, synapses: sp.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """The second best of each neuron, and the evidence for the best.

    Args:
        found: a matching.
        synapses: ``[L, L]`` counts of synapses of the left brain, rows presynaptic.

    Returns:
        ``[L]`` int64 runners-up: the second largest of the row of the soft matching, else the
        likest other candidate; -1 for none. And ``[L, len(EVIDENCE)]``, 0 without a best:
        ``share`` of the soft matching, ``lead`` above the next; ``similarity``, the Jaccard to the
        best, ``margin``, what it is above that to any other, which may be less than 0; ``mutual``,
        whether the best's best is this one; logarithms of partners and synapses.
    """
    best, soft = found.best, found.soft
    share = entries_at(soft, best)
    others = _without(soft, best)
    second = largest(others)
    next_share = entries_at(others, second)
    similarity, other, likest = _of_candidates(found)
    runner_up = np.where(second >= 0, second, likest)
    columns = (
        *(share, share - next_share, similarity, similarity - other, found.mutual),
        *(np.log1p(partner_counts(synapses)), np.log1p(synapse_totals(synapses))),
    )
    return runner_up, np.where((best >= 0)[:, None], np.stack(columns, axis=1), 0.0)


def agreement(
    left: sp.csr_array, right: sp.csr_array, partner: np.ndarray, weights: str = "sqrt"
) -> float:
    """Weighted Jaccard ``0..1`` of all edges of the left brain, sent through a matching, with
    those of the right one.

    Args:
        left: ``[L, L]`` synapses, rows presynaptic.
        right: ``[R, R]`` the same of the other brain.
        partner: ``[L]`` int64, -1 for who has none; their edges agree with nothing.
        weights: as of :func:`connectome.models.matching.weights.weighted`.
    """
    mine, theirs = weighted(left, weights), weighted(right, weights)
    sent = one_hot(partner, right.shape[0])
    mapped = sp.csr_array(sent.T @ mine @ sent)
    rows = np.flatnonzero(partner >= 0)
    sums = [np.asarray(each.sum(axis=1)).ravel() for each in (mine, theirs)]
    scale = median_ratio(sums[0][rows], sums[1][partner[rows]])
    shared = float((mapped * scale).minimum(theirs).sum())
    whole = float(mine.sum()) * scale + float(theirs.sum()) - shared
    return shared / whole if whole > 0 else 0.0


def permuted_partners(partner: np.ndarray, seed: int, neuron_ids: np.ndarray) -> np.ndarray:
    """``partner`` ``[L]``, dealt out at random among the neurons that have one: ``[L]``.

    Neurons are taken in the order of ``neuron_ids`` ``[L]``: that of a file moves nothing.
    """
    rows = np.argsort(neuron_ids, kind="stable")
    rows = rows[partner[rows] >= 0]
    dealt = partner.copy()
    dealt[rows] = generator(seed, "permuted partners").permutation(partner[rows])
    return dealt


def _without(matrix: sp.csr_array, column: np.ndarray) -> sp.csr_array:
    """The matrix with no entry at ``column`` ``[L]``."""
    rest = sp.csr_array(matrix, copy=True)
    rows = np.repeat(np.arange(rest.shape[0]), np.diff(rest.indptr))
    rest.data[rest.indices == column[rows]] = 0
    rest.eliminate_zeros()
    return rest


def _of_candidates(found: SparseMatch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``[L]`` Jaccard to the best, the largest to another one, and which that is."""
    index, score = found.candidates.index, np.maximum(found.candidates.score, 0)
    mine = index == found.best[:, None]
    similarity = np.where(mine, score, 0).max(axis=1)
    others = np.where(mine | (index < 0), -1.0, score)
    place = others.argmax(axis=1)
    rows = np.arange(len(index))
    there = others[rows, place] >= 0
    return (
        similarity,
        np.where(there, others[rows, place], 0.0),
        np.where(there, index[rows, place], -1),
    )
