"""Clusterings of the neurons: of an embedding's factors, or of the graph itself.

Every function takes its seed, and equal inputs give equal labels. Labels are ``0 .. k - 1``.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from scipy.cluster.hierarchy import linkage
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sknetwork.clustering import Leiden

from connectome.types import InputError, NotApplicableError

COVARIANCES = ("full", "diag")


@dataclass(frozen=True, eq=False)
class Clustering:
    """One cluster for every neuron.

    Attributes:
        method: name of the method.
        labels: ``[N]`` int64, ``0 .. k - 1``.
        k: number of clusters.
        settings: what the method was called with, and what it chose.
    """

    method: str
    labels: np.ndarray
    k: int
    settings: Mapping[str, object] = field(default_factory=dict)


def kmeans(factors: np.ndarray, k: int, seed: int, restarts: int = 10) -> Clustering:
    """k-means of ``factors`` ``[N, d]`` (k-means++ starts, the best of ``restarts``).

    Raises:
        InputError: for NaN or infinite factors, or another shape.
        NotApplicableError: if there are fewer than ``k`` different rows.
    """
    points = _checked(factors)
    if not 1 <= k <= (different := len(np.unique(points, axis=0))):
        raise NotApplicableError(
            f"k={k}: choose 1 to {different}, the number of different factor rows"
        )
    labels = KMeans(k, n_init=restarts, random_state=seed).fit_predict(points)
    return _clustering("kmeans", labels, k=k, seed=seed, restarts=restarts)


def gaussian_mixture(
    factors: np.ndarray,
    max_components: int,
    seed: int,
    covariances: Sequence[str] = COVARIANCES,
    patience: int = 1,
) -> Clustering:
    """Gaussian mixture of ``factors`` ``[N, d]``; BIC chooses components and covariance type.

    Components are tried on a grid (1, 2, 3, 4, 6, 8, 12, 16, 24, ... and ``max_components``). For
    each type the search ends once ``patience`` steps in a row have not lowered the BIC (Schwarz
    1978, doi:10.1214/aos/1176344136). Mixtures with a component of too few neurons for its
    covariance do not count.

    Raises:
        InputError: if ``max_components`` is not in ``1 .. N``.
        NotApplicableError: if there are too few neurons for a single component.
    """
    points = _unit_scale(_checked(factors))
    if not 1 <= max_components <= len(points):
        raise InputError(f"max_components={max_components}: choose 1 to {len(points)}")
    best, chosen, lowest = None, "", np.inf
    for covariance in covariances:
        since, own = 0, np.inf
        for k in _grid(max_components):
            model, bic = _fit(points, k, covariance, seed)
            since = 0 if bic < own else since + 1
            own = min(own, bic)
            if bic < lowest:
                best, chosen, lowest = model, covariance, bic
            if since == patience:
                break
    if best is None:
        raise NotApplicableError(
            f"{len(points)} neurons in {points.shape[1]} dimensions are too few for a mixture with "
            f"covariances {', '.join(covariances)}; take fewer dimensions or add diag"
        )
    return _clustering(
        "mixture", best.predict(points), covariance=chosen, components=best.n_components, seed=seed
    )


def divisive_mixture(
    factors: np.ndarray,
    levels: int,
    seed: int,
    covariances: Sequence[str] = COVARIANCES,
    min_split: int = 5,
    restarts: int = 5,
) -> np.ndarray:
    """Nested clusters of ``factors`` ``[N, d]``, each split in two where BIC prefers two.

    The idea is that of the divisive Gaussian mixture of Pedigo et al.'s ``graspologic``: at every
    level, a cluster of more than ``min_split`` neurons is fitted with one and with two Gaussians
    of each covariance type, and is split if the best of two has the lower BIC. Pairs with a
    component of too few neurons for its covariance do not count. BIC still flatters components
    of hardly more neurons than dimensions: raise ``min_split`` to keep small clusters whole.

    Args:
        factors: ``[N, d]``.
        levels: how often the clusters are gone through.
        seed: of the k-means starts.
        covariances: types to choose from: full, tied, diag, spherical.
        min_split: clusters of this size or smaller are kept.
        restarts: starts of each fit.

    Returns:
        Labels ``[N, levels + 1]`` int64. Column 0 is a single cluster; the clusters of a column
        lie within those of the column before, and siblings have neighbouring labels.

    Raises:
        InputError: for NaN or infinite factors, or another shape.
    """
    points = _unit_scale(_checked(factors))
    labels = np.zeros((len(points), levels + 1), dtype=np.int64)
    final: set[bytes] = set()  # clusters that stay: not to be fitted again at every level
    for level in range(1, levels + 1):
        parent = labels[:, level - 1]
        second = np.zeros(len(points), dtype=np.int64)
        for cluster in range(parent.max() + 1):
            members = np.flatnonzero(parent == cluster)
            if (key := members.tobytes()) in final:
                continue
            if len(members) > min_split:
                second[members] = _halves(points[members], seed, covariances, restarts)
            if not second[members].any():
                final.add(key)
        labels[:, level] = np.unique(2 * parent + second, return_inverse=True)[1]
    return labels


def leiden(adjacency: sp.sparray, resolution: float, seed: int) -> Clustering:
    """Leiden communities (Traag et al. 2019, doi:10.1038/s41598-019-41695-z) of the graph.

    Weights and directions both count: scikit-network maximises the directed modularity of Dugué
    & Perez (2015), which is Newman's where ``adjacency`` ``[N, N]`` is symmetric.

    Args:
        adjacency: sparse, rows presynaptic, weights not negative.
        resolution: larger values give more clusters.
        seed: of the order in which neurons are visited.

    Raises:
        InputError: if the matrix is not square, or a weight is negative.
    """
    matrix = sp.csr_matrix(adjacency)  # the library knows the older type only
    if matrix.shape[0] != matrix.shape[1]:
        raise InputError(f"adjacency of shape {matrix.shape}; Leiden needs a square one")
    if matrix.nnz and matrix.data.min() < 0:
        raise InputError(f"weight {matrix.data.min()}: modularity needs weights of zero or more")
    method = Leiden(
        resolution,
        shuffle_nodes=True,
        return_probs=False,
        return_aggregate=False,
        random_state=seed,
    )
    return _clustering("leiden", method.fit_predict(matrix), resolution=resolution, seed=seed)


def dendrogram_linkage(factors: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Average-linkage tree over the centroids of groups in an embedding.

    Args:
        factors: ``[N, d]``.
        groups: ``[N]`` int codes; neurons of negative code belong to none.

    Returns:
        SciPy's linkage matrix ``[G - 1, 4]`` over Euclidean distances, and the codes ``[G]`` of
        its leaves, those that occur in ``groups``, in ascending order.

    Raises:
        InputError: with fewer than two groups.
    """
    points = _checked(factors)
    codes = np.unique(groups[groups >= 0])
    if len(codes) < 2:
        raise InputError(f"{len(codes)} group of neurons: a tree needs two or more")
    centroids = np.stack([points[groups == code].mean(axis=0) for code in codes])
    return linkage(centroids, method="average"), codes


def _clustering(method: str, labels: np.ndarray, **settings: object) -> Clustering:
    """With labels renumbered without gaps: a component may end up without neurons."""
    values, codes = np.unique(labels, return_inverse=True)
    return Clustering(method, codes.astype(np.int64), len(values), settings)


def _checked(factors: np.ndarray) -> np.ndarray:
    points = np.asarray(factors, dtype=np.float64)
    if points.ndim != 2 or not points.size:
        raise InputError(f"factors of shape {points.shape}; a clustering needs [neurons, dims]")
    if not np.isfinite(points).all():
        raise InputError("factors have NaN or infinite entries; leave those neurons out")
    return points


def _unit_scale(points: np.ndarray) -> np.ndarray:
    """Divided by one number, so that the mixtures' variance floor fits spectral factors too."""
    spread = float(points.std())
    return points / spread if spread > 0 else points


def _grid(largest: int) -> list[int]:
    """1, 2, 3, 4, 6, 8, 12, 16, ... up to ``largest``, which is always among them."""
    powers = [2**power for power in range(largest.bit_length() + 1)]
    steps = {*powers, *(power + power // 2 for power in powers), largest}
    return sorted(step for step in steps if step <= largest)


def _fit(
    points: np.ndarray, k: int, covariance: str, seed: int, restarts: int = 1
) -> tuple[GaussianMixture, float]:
    """A mixture and its BIC, infinite if a component is singular (see ``_singular``)."""
    model = GaussianMixture(
        k, covariance_type=covariance, n_init=restarts if k > 1 else 1, random_state=seed
    )
    with warnings.catch_warnings():
        # A fit that has not converged, or equal points, merely has the higher BIC.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(points)
    sizes = np.bincount(model.predict(points), minlength=k)
    singular = _singular(sizes, points.shape[1], covariance)
    return model, np.inf if singular else float(model.bic(points))


def _singular(sizes: np.ndarray, dims: int, covariance: str) -> bool:
    """Whether components of these sizes have too few points for their covariances.

    Their likelihood would be bounded by the variance floor alone, so that BIC would always prefer
    to split off a few points in many dimensions.
    """
    if covariance == "tied":
        return bool(sizes.sum() < dims + len(sizes))
    return bool(sizes.min() < (dims + 1 if covariance == "full" else 2))


def _halves(points: np.ndarray, seed: int, covariances: Sequence[str], restarts: int) -> np.ndarray:
    """0 or 1 for each point, the first one 0; all 0 if one Gaussian has the lower BIC."""
    one = min(_fit(points, 1, covariance, seed)[1] for covariance in covariances)
    fits = [_fit(points, 2, covariance, seed, restarts) for covariance in covariances]
    model, two = min(fits, key=lambda fit: fit[1])
    if two >= one:
        return np.zeros(len(points), dtype=np.int64)
    side = model.predict(points).astype(np.int64)
    return side ^ side[0]
