"""Weights of link scores in one logit: a logistic regression of few unknowns."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

RIDGE = 1e-6  # of the mean loss: an end where a score tells all pairs apart


def stack_weights(columns: np.ndarray, linked: np.ndarray) -> tuple[np.ndarray, float]:
    r"""The weights that are most likely, none of them negative.

    They minimise the mean of :math:`\log(1 + e^{\pm(x \cdot w + o)})` over pairs (stacking: Wolpert
    1992, doi:10.1016/S0893-6080(05)80023-1; without negative weights: Breiman 1996,
    doi:10.1007/BF00117832). A score that only corrects the others gets 0.

    Args:
        columns: ``[P, K]`` scores of pairs that the parts have not seen.
        linked: ``[P]`` bool, of both kinds.

    Returns:
        Weights ``[K]`` and offset, of the scores as they are.
    """
    mean, spread = columns.mean(axis=0), columns.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    scaled, sign = (columns - mean) / spread, np.where(linked, 1.0, -1.0)

    def loss(unknown: np.ndarray) -> tuple[float, np.ndarray]:
        weights = unknown[:-1]
        margin = sign * (scaled @ weights + unknown[-1])
        slope = -sign * expit(-margin) / len(sign)
        value = np.logaddexp(0, -margin).mean() + RIDGE * weights @ weights
        return value, np.append(slope @ scaled + 2 * RIDGE * weights, slope.sum())

    count = columns.shape[1]
    start = np.append(np.zeros(count), np.log(linked.sum() / (~linked).sum()))
    bounds = [(0.0, None)] * count + [(None, None)]
    tight = {"maxiter": 1000, "ftol": 1e-14, "gtol": 1e-9}
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options=tight).x
    weights = found[:-1] / spread
    return weights, float(found[-1] - weights @ mean)
