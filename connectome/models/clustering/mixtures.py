"""Gaussian mixtures by expectation and maximisation (Dempster et al. 1977).

Those of scikit-learn's ``GaussianMixture``, with its starts, variance floor and end. A report fits
more than a thousand, most of them to few points, where that class spends its time on checks and on
the same starts for each kind of covariances.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dtrtri
from sklearn.cluster import KMeans

FLOOR = 1e-6  # added to variances
GAIN = 1e-3  # in mean log likelihood; a smaller one ends a fit
STEPS = 100  # at most
EMPTY = 10 * float(np.finfo(np.float64).eps)  # weight of a component without points


@dataclass(frozen=True, eq=False)
class Mixture:
    """A mixture and what it makes of its points.

    Attributes:
        covariance: full, tied, diag or spherical.
        components: how many.
        labels: ``[N]`` the likeliest component of each point.
        bic: Bayesian information criterion (Schwarz 1978, doi:10.1214/aos/1176344136), in nats,
            lower is better.
    """

    covariance: str
    components: int
    labels: np.ndarray
    bic: float


@dataclass(frozen=True, eq=False)
class _Model:
    """Logarithms of shares ``[k]``, means ``[k, d]``, and whitening matrices.

    A point less a mean, times ``whiten[j]`` ``[d, d]``, is standard normal under component ``j``;
    matrices of a diagonal are rows ``[d]``.
    """

    log_share: np.ndarray
    means: np.ndarray
    whiten: np.ndarray


def starts(points: np.ndarray, k: int, seed: int, restarts: int = 1) -> list[np.ndarray]:
    """Labels ``[N]`` to start mixtures of ``k`` from, by k-means of ``points`` ``[N, d]``."""
    if k == 1:
        return [np.zeros(len(points), dtype=np.int64)]  # all restarts are the same
    state = np.random.RandomState(seed)
    return [KMeans(k, n_init=1, random_state=state).fit(points).labels_ for _ in range(restarts)]


def fit_mixture(
    points: np.ndarray, k: int, covariance: str, begin: Sequence[np.ndarray]
) -> Mixture:
    """The likeliest mixture of ``k`` Gaussians that is reached from one of several starts.

    Args:
        points: ``[N, d]`` float64, ``k`` or more.
        k: components.
        covariance: full, tied (one for all), diag or spherical.
        begin: labels ``[N]`` in ``0 .. k - 1``, one or more.

    Raises:
        numpy.linalg.LinAlgError: if covariances are not positive for all their floor.
    """
    best, highest = None, -np.inf
    for labels in begin:
        shares = (labels[:, None] == np.arange(k)).astype(np.float64)
        model, reached = _climbed(points, shares, covariance)
        if best is None or reached > highest:
            best, highest = model, reached
    assert best is not None
    joint = _joint(points, best, covariance)
    total = float(_log_sum(joint).sum())
    numbers = _NUMBERS[covariance](k, points.shape[1]) + k * points.shape[1] + k - 1
    bic = numbers * np.log(len(points)) - 2 * total
    return Mixture(covariance, k, joint.argmax(axis=1), float(bic))


def _climbed(points: np.ndarray, shares: np.ndarray, covariance: str) -> tuple[_Model, float]:
    """The model from ``shares`` ``[N, k]`` on, and the mean log likelihood of the last but one."""
    model, before = _estimated(points, shares, covariance), -np.inf
    for _ in range(STEPS):
        joint = _joint(points, model, covariance)
        total = _log_sum(joint)
        reached = float(total.mean())
        model = _estimated(points, np.exp(joint - total[:, None]), covariance)
        if abs(reached - before) < GAIN:
            break
        before = reached
    return model, reached


def _log_sum(joint: np.ndarray) -> np.ndarray:
    """``[N]`` log of the sum of exponentials of each row ``[N, k]``."""
    most = joint.max(axis=1)
    return np.asarray(most + np.log(np.exp(joint - most[:, None]).sum(axis=1)))


def _estimated(points: np.ndarray, shares: np.ndarray, covariance: str) -> _Model:
    """The likeliest model of points that belong to components by ``shares`` ``[N, k]``."""
    weight = shares.sum(axis=0) + EMPTY
    means = (shares.T @ points) / weight[:, None]
    whiten = _WHITEN[covariance](points, shares, weight, means)
    return _Model(np.log(weight / weight.sum()), means, whiten)


def _joint(points: np.ndarray, model: _Model, covariance: str) -> np.ndarray:
    """Log density ``[N, k]`` of each point and component together."""
    dims = points.shape[1]
    if covariance in ("full", "tied"):
        square = np.empty((len(points), len(model.means)))
        for j, mean in enumerate(model.means):
            matrix = model.whiten[j % len(model.whiten)]
            white = points @ matrix
            white -= mean @ matrix
            square[:, j] = np.einsum("nd,nd->n", white, white)
        volume = np.log(np.diagonal(model.whiten, axis1=1, axis2=2)).sum(axis=1)
    else:
        sharp = model.whiten**2
        square = (points**2) @ sharp.T
        square -= 2 * (points @ (model.means * sharp).T)
        square += (model.means**2 * sharp).sum(axis=1)
        volume = np.log(model.whiten).sum(axis=1)
    return np.asarray(model.log_share + volume - 0.5 * (dims * np.log(2 * np.pi) + square))


def _full(
    points: np.ndarray, shares: np.ndarray, weight: np.ndarray, means: np.ndarray
) -> np.ndarray:
    whiten = np.empty((len(means), points.shape[1], points.shape[1]))
    root = np.sqrt(shares)
    for j, mean in enumerate(means):
        apart = points - mean
        apart *= root[:, j, None]
        whiten[j] = _whitening(apart.T @ apart / weight[j])
    return whiten


def _tied(
    points: np.ndarray, shares: np.ndarray, weight: np.ndarray, means: np.ndarray
) -> np.ndarray:
    within = points.T @ points - (weight * means.T) @ means
    return _whitening(within / weight.sum())[None]


def _diag(
    points: np.ndarray, shares: np.ndarray, weight: np.ndarray, means: np.ndarray
) -> np.ndarray:
    return np.asarray(1 / np.sqrt(_variances(points, shares, weight, means)))


def _spherical(
    points: np.ndarray, shares: np.ndarray, weight: np.ndarray, means: np.ndarray
) -> np.ndarray:
    variance = _variances(points, shares, weight, means).mean(axis=1, keepdims=True)
    return np.repeat(1 / np.sqrt(variance), points.shape[1], axis=1)


def _variances(
    points: np.ndarray, shares: np.ndarray, weight: np.ndarray, means: np.ndarray
) -> np.ndarray:
    return np.asarray((shares.T @ points**2) / weight[:, None] - means**2 + FLOOR)


def _whitening(covariance: np.ndarray) -> np.ndarray:
    """Upper triangle ``W`` ``[d, d]`` with ``W W'`` the inverse of a covariance and its floor."""
    covariance[np.diag_indices_from(covariance)] += FLOOR
    inverse, _ = dtrtri(np.linalg.cholesky(covariance), lower=1)
    return np.asarray(inverse.T)


_WHITEN: dict[str, Callable[..., np.ndarray]] = {
    "full": _full,
    "tied": _tied,
    "diag": _diag,
    "spherical": _spherical,
}
_NUMBERS: dict[str, Callable[[int, int], int]] = {  # of the covariances
    "full": lambda k, d: k * d * (d + 1) // 2,
    "tied": lambda k, d: d * (d + 1) // 2,
    "diag": lambda k, d: k * d,
    "spherical": lambda k, d: k,
}
