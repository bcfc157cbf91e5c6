"""Types that nobody named: groups of neurons with equal partner types.

Groups start as k-means of role features. In each round every neuron moves to the group whose mean
profile of synapses, to and from the groups, makes its own likeliest (gamma-Poisson, as with told
types), and pairs of groups between which many neurons could lie on either side become one. So
the number of types comes from the wiring. Splitting groups in two along their leading axis was
tried, and gave groups that are apart but no types: there are no such moves here.
"""

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from sklearn.cluster import MiniBatchKMeans
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import randomized_svd

from connectome.models.cell_typing.likelihood import (
    LikelihoodSettings,
    TypeModel,
    Weights,
    best_types,
)
from connectome.models.cell_typing.profiles import Wiring
from connectome.models.sparse import one_hot, role_features
from connectome.types import InputError

DIMENSIONS = 32  # of the profiles before those are grouped that abstain


@dataclass(frozen=True)
class UnseededSettings:
    """How types are found without a seed.

    Attributes:
        start: groups to start from, ``start * sqrt(N)``.
        rounds: of moving neurons, and of joining groups from the third on.
        doubt: a neuron could be of two groups if their log likelihoods differ by less, in nats.
        joined: two groups become one if more than this share of the smaller could be of both.
        likelihood: of a profile under a group.

    Raises:
        InputError: for a number that is not positive.
    """

    start: float = 1.4
    rounds: int = 18
    doubt: float = 2.0
    joined: float = 0.1
    likelihood: LikelihoodSettings = field(
        default_factory=lambda: LikelihoodSettings(size_prior=1.0, prior_members=10.0)
    )

    def __post_init__(self) -> None:
        for name in ("start", "rounds", "doubt", "joined"):
            if not (value := getattr(self, name)) > 0:
                raise InputError(f"{name}={value}: must be above 0")


def find_types(
    synapses: sp.csr_array, seed: int = 0, settings: UnseededSettings | None = None
) -> np.ndarray:
    """Group neurons by the groups of their partners.

    Args:
        synapses: ``[N, N]`` counts of synapses, row presynaptic.
        seed: of k-means.
        settings: the defaults if None.

    Returns:
        ``[N]`` int64 groups ``0 .. K - 1``, the largest first; -1 for neurons without connections.

    Raises:
        InputError: if the matrix is not square, or no neuron has a connection.
    """
    settings = settings or UnseededSettings()
    wiring = Wiring.of(synapses)
    wired = np.flatnonzero(wiring.degree)
    if not len(wired):
        raise InputError("no neuron has a connection: there is nothing to find types by")
    if len(wired) < synapses.shape[0]:
        inner = sp.csr_array(synapses[wired][:, wired])
        found = np.full(synapses.shape[0], -1)
        found[wired] = find_types(inner, seed, settings)
        return found
    group = _start(synapses, seed, settings.start)
    for turn in range(settings.rounds):
        group, between = _moved(wiring, group, settings)
        if 1 < turn < settings.rounds - 2:
            group = _joined(group, between, settings.joined)
    return _by_size(group)


def _start(synapses: sp.csr_array, seed: int, start: float) -> np.ndarray:
    roles = role_features(synapses)
    count = min(max(2, round(start * len(roles) ** 0.5)), len(np.unique(roles, axis=0)))
    model = MiniBatchKMeans(count, random_state=seed, n_init=1, batch_size=4096)
    return np.unique(model.fit_predict(roles), return_inverse=True)[1]


def _moved(
    wiring: Wiring, group: np.ndarray, settings: UnseededSettings
) -> tuple[np.ndarray, np.ndarray]:
    """The likeliest groups ``[N]``, and how many of one could be of the other ``[K, K]``."""
    count = int(group.max()) + 1
    if count == 1:
        return group, np.zeros((1, 1))
    taken = one_hot(group, count)
    profile = wiring.profile(taken)
    model = TypeModel.of(profile, taken)
    types, scores = best_types(profile, Weights.of(model, settings.likelihood), 2)
    open_ = scores[:, 0] - scores[:, 1] < settings.doubt
    between = np.zeros((count, count))
    np.add.at(between, (types[open_, 0], types[open_, 1]), 1)
    return types[:, 0], between


def _joined(group: np.ndarray, between: np.ndarray, share: float) -> np.ndarray:
    """Groups ``[N]`` numbered anew, with pairs joined, the most alike first, each group once."""
    sizes = np.bincount(group, minlength=len(between)).astype(float)
    smaller = np.minimum(sizes[:, None], sizes[None])
    alike = np.divide(between + between.T, smaller, out=np.zeros_like(between), where=smaller > 0)
    pairs = np.argwhere(np.triu(alike > share, 1))
    to, free = np.arange(len(sizes)), np.ones(len(sizes), dtype=bool)
    for one, other in pairs[np.argsort(-alike[pairs[:, 0], pairs[:, 1]], kind="stable")]:
        if free[one] and free[other]:
            to[one], free[one], free[other] = other, False, False
    return np.unique(to[group], return_inverse=True)[1]


def _by_size(group: np.ndarray) -> np.ndarray:
    _, place, sizes = np.unique(group, return_inverse=True, return_counts=True)
    order = np.argsort(-sizes, kind="stable")
    return np.argsort(order)[place]


def group_unknown(
    synapses: sp.csr_array, types: np.ndarray, num_types: int, count: int, seed: int = 0
) -> np.ndarray:
    """Group the unknown by what types they connect with.

    k-means of the principal axes of their profiles, rows of length one. To be called ``new_1``
    and so on; group 0 is the largest.

    Args:
        synapses: ``[N, N]`` counts of synapses, row presynaptic.
        types: ``[N]`` int64 types of the others, -1 where unknown.
        num_types: number of types ``K``.
        count: groups wanted; fewer are made of fewer different profiles.
        seed: of the start.

    Returns:
        ``[N]`` int64 groups from 0; -1 of neurons that have a type, or no synapse with one that
        has.

    Raises:
        InputError: for a count below one.
    """
    if count < 1:
        raise InputError(f"groups={count}: choose 1 or more")
    profile = Wiring.of(synapses).profile(one_hot(np.asarray(types), num_types))
    unknown = np.flatnonzero((types < 0) & (np.diff(profile.indptr) > 0))
    groups = np.full(len(types), -1, dtype=np.int64)
    if len(unknown) == 0:
        return groups
    rows = normalize(profile[unknown])
    rank = min(DIMENSIONS, *rows.shape)
    left, values, _ = randomized_svd(rows, rank, random_state=seed)
    points = left * values
    different = len(np.unique(np.round(points, 9), axis=0))
    means = MiniBatchKMeans(min(count, different), n_init=3, random_state=seed, batch_size=1024)
    found = means.fit_predict(points)
    _, found, sizes = np.unique(found, return_inverse=True, return_counts=True)
    place = np.empty(len(sizes), dtype=np.int64)
    place[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    groups[unknown] = place[found]
    return groups
