"""Gamma-Poisson likelihood of a neuron's profile under every type.

The profile of a type is a mean of its members' with a prior of the mean of all neurons: for type
``t`` with members' sum ``S[t, d]`` of weights ``n[t]``, in dimension ``d``

    rate[t, d] = (S[t, d] + a mean[d]) / (n[t] + a)
    score[t] = sum_d profile[d] w[t, d] - r sum_d log(1 + rate[t, d] / r) + size_prior log(1 + size)
    w[t, d] = log(rate / (rate + r)); log(rate / (r + a mean[d] / (least weight + a))) where S = 0

with dispersion ``r``: a negative binomial, as in stochastic block models (Holland et al.
1983, doi:10.1016/0378-8733(83)90021-7) with overdispersed counts.
Where no member has a synapse the denominator is that of the smallest type. There
``w[t, d] = z[d] - log(n[t] + a)``, so that what differs from it is sparse.
"""

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import scipy.sparse as sp

from connectome.models.sparse import by_rows

GRID = 256  # penalties at which a smooth sum is computed
DENSE_BYTES = 48e6  # of a table of weights that is read whole for every neuron


@dataclass(frozen=True)
class LikelihoodSettings:
    """Of the gamma-Poisson likelihood.

    Attributes:
        dispersion: ``r``, of the profile around its type's mean; large is Poisson.
        prior_members: neurons of the mean of all that are added to each type.
        size_prior: times the log of one plus a type's neurons.
        told_weight: what a told neuron weighs in its type's profile, the others weigh one.
    """

    dispersion: float = 0.5
    prior_members: float = 2.0
    size_prior: float = 2.0
    told_weight: float = 100.0


@dataclass(frozen=True, eq=False)
class TypeModel:
    """What profiles of each of ``K`` types look like.

    Attributes:
        sums: ``[K, D]`` CSR, weighted sum of the members' profiles.
        members: ``[K]`` their weights' sum.
        sizes: ``[K]`` neurons.
        mean: ``[D]`` of all neurons.
    """

    sums: sp.csr_array
    members: np.ndarray
    sizes: np.ndarray
    mean: np.ndarray

    @classmethod
    def of(
        cls,
        profile: sp.csr_array,
        assignment: sp.csr_array,
        known: sp.csr_array | None = None,
        weight: float = 1,
    ) -> "TypeModel":
        """Of profiles ``[N, D]``, assignments ``[N, K]`` and ``known`` ``[N, K]`` types."""
        shares = assignment
        if known is not None:
            shares = sp.csr_array(assignment + known * (weight - 1))
        return cls(
            sp.csr_array(shares.T.tocsr() @ profile),
            np.asarray(shares.sum(axis=0)).ravel(),
            np.asarray(assignment.sum(axis=0)).ravel(),
            np.asarray(profile.sum(axis=0)).ravel() / profile.shape[0],
        )

    def means(self) -> sp.csr_array:
        """``[K, D]`` CSR, mean profiles; empty rows of types without members."""
        scale = np.divide(1, self.members, out=np.zeros_like(self.members), where=self.members > 0)
        return sp.csr_array(sp.diags_array(scale) @ self.sums)


@dataclass(frozen=True, eq=False)
class Weights:
    """The score of a profile ``x``: ``x @ extra - sum(x) * penalty + constant``.

    Attributes:
        extra: ``[D, K]`` CSR of ``w[t, d] - z[d] + log(n[t] + a)``.
        penalty: ``[K]``, ``log(n[t] + a)``.
        constant: ``[K]``, what does not depend on the neuron.
    """

    extra: sp.csr_array
    penalty: np.ndarray
    constant: np.ndarray

    @classmethod
    def of(cls, model: TypeModel, settings: LikelihoodSettings) -> "Weights":
        """Of every type."""
        r, a = settings.dispersion, settings.prior_members
        penalty = np.log(model.members + a)
        sums, prior = sp.csr_array(model.sums.T), a * model.mean
        at = np.repeat(prior, np.diff(sums.indptr))
        weight = (model.members + a)[sums.indices]
        rate = (sums.data + at) / weight
        least = float(model.members.min()) + a
        z = np.log(at) - np.log(r + at / least)
        extra = sp.csr_array(
            (np.log(rate / (rate + r)) - z + np.log(weight), sums.indices, sums.indptr),
            shape=sums.shape,
        )
        more = np.log1p(rate / r) - np.log1p(at / weight / r)
        spread = _spread(prior / r, penalty)
        spread += np.bincount(sums.indices, weights=more, minlength=len(penalty))
        return cls(extra, penalty, settings.size_prior * np.log1p(model.sizes) - r * spread)


def _spread(prior: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """``sum_d log(1 + prior[d] / exp(penalty))`` for each penalty, from a fine grid of them."""
    grid = np.unique(penalty)
    if len(grid) > GRID:
        grid = np.linspace(grid[0], grid[-1], GRID)
    values = np.array([np.log1p(prior / np.exp(point)).sum() for point in grid])
    return np.interp(penalty, grid, values)


def best_types(
    profile: sp.csr_array, weights: Weights, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """The likeliest ``count`` types of every neuron.

    Args:
        profile: ``[N, D]``.
        weights: of ``K`` types, at least ``count``.
        count: types to name.

    Returns:
        ``[N, count]`` int64, best first, -1 where the profile is empty; and their scores, float32,
        up to a number that is the neuron's own.
    """
    values, extra = profile.data.astype(np.float32), weights.extra
    starts, entries = profile.indptr, (profile.indices, values)
    chosen: Any  # compiled
    of_types: tuple[np.ndarray, ...]
    penalty, constant = weights.penalty.astype(np.float32), weights.constant.astype(np.float32)
    if 4 * extra.shape[0] * extra.shape[1] <= DENSE_BYTES:
        dense = extra.astype(np.float32).toarray() - penalty
        chosen, of_types = _best_dense, (dense, constant)
    else:
        index = (extra.indptr, extra.indices, extra.data.astype(np.float32))
        chosen, of_types = _best_sparse, (*index, penalty, constant)
    best, score = by_rows(
        len(starts) - 1,
        lambda part: chosen(starts[part.start : part.stop + 1], *entries, *of_types, count),
    )
    score[best[:, 0] < 0] = 0
    return best, score


@numba.njit(cache=True)
def _keep(total, types, values):  # type: ignore[no-untyped-def]
    """Put each type in its place among the best; the last falls out."""
    for t in range(len(total)):
        k = len(types) - 1
        if not total[t] > values[k]:
            continue
        while k > 0 and values[k - 1] < total[t]:
            values[k], types[k] = values[k - 1], types[k - 1]
            k -= 1
        values[k], types[k] = total[t], t


@numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz"})
def _best_dense(starts, columns, values, weights, constants, count):  # type: ignore[no-untyped-def]
    neurons, types = len(starts) - 1, len(constants)
    best = np.full((neurons, count), -1, np.int64)
    score = np.full((neurons, count), np.float32(-np.inf), np.float32)
    total = np.empty(types, np.float32)
    for i in range(neurons):
        if starts[i] == starts[i + 1]:
            continue
        total[:] = constants
        for p in range(starts[i], starts[i + 1]):
            row, value = weights[columns[p]], values[p]
            for t in range(types):
                total[t] += value * row[t]
        _keep(total, best[i], score[i])
    return best, score


@numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz"})
def _best_sparse(  # type: ignore[no-untyped-def]
    starts, columns, values, index, members, weights, penalty, constants, count
):
    neurons, types = len(starts) - 1, len(constants)
    best = np.full((neurons, count), -1, np.int64)
    score = np.full((neurons, count), np.float32(-np.inf), np.float32)
    total = np.empty(types, np.float32)
    for i in range(neurons):
        if starts[i] == starts[i + 1]:
            continue
        mass = np.float32(0)
        for p in range(starts[i], starts[i + 1]):
            mass += values[p]
        for t in range(types):
            total[t] = constants[t] - mass * penalty[t]
        for p in range(starts[i], starts[i + 1]):
            value = values[p]
            for q in range(index[columns[p]], index[columns[p] + 1]):
                total[members[q]] += value * weights[q]
        _keep(total, best[i], score[i])
    return best, score
