import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from connectome.models.clustering.mixtures import fit_mixture, starts

KINDS = ("full", "tied", "diag", "spherical")


def clouds(seed: int, each: int = 60, dims: int = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = 1.5 * rng.standard_normal((5, dims))
    shape = rng.standard_normal((5, dims, dims))
    points = centres[:, None] + rng.standard_normal((5, each, dims)) @ shape
    return points.reshape(-1, dims)


def test_one_gaussian_by_hand() -> None:
    """Points -1 and 1, twice each: mean 0, variance 1; two numbers, four points."""
    points = np.array([[-1.0], [1.0], [-1.0], [1.0]])
    for kind in KINDS:
        found = fit_mixture(points, 1, kind, starts(points, 1, seed=0))
        log_likelihood = -4 * (0.5 * np.log(2 * np.pi) + 0.5)
        assert found.bic == pytest.approx(2 * np.log(4) - 2 * log_likelihood, abs=1e-5)
        assert found.labels.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("k", "restarts"), [(1, 1), (2, 3), (5, 1), (7, 2)])
@pytest.mark.parametrize("seed", [0, 1])
def test_mixtures_are_those_of_scikit_learn(kind: str, k: int, restarts: int, seed: int) -> None:
    points = clouds(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs = GaussianMixture(k, covariance_type=kind, n_init=restarts, random_state=seed)
        labels = theirs.fit(points).predict(points)
    ours = fit_mixture(points, k, kind, starts(points, k, seed, restarts))
    assert (ours.components, ours.covariance) == (k, kind)
    assert ours.bic == pytest.approx(theirs.bic(points), rel=1e-9)
    assert np.array_equal(ours.labels, labels)


def test_a_component_without_points_is_no_error() -> None:
    points = np.repeat([[0.0, 0.0], [1.0, 1.0]], 5, axis=0)
    begin = [np.repeat([0, 2], 5)]
    for kind in KINDS:
        assert np.isfinite(fit_mixture(points, 3, kind, begin).bic)
