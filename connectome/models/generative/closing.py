"""How much of what links have in common makes triangles close."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.optimize import brentq

from connectome.models.generative.calibrated_law import Groups
from connectome.models.generative.copula import Coupling, draw_links

GRAPHS = 2  # that are drawn for each share that is tried
TOLERANCE = 0.01  # of the share


def fit_closing(
    probability: np.ndarray,
    coupling: Coupling,
    groups: Groups,
    closed: Callable[[np.ndarray], float],
    wanted: float,
) -> Coupling:
    """``coupling`` with the ``closing`` at which drawn graphs are as ``closed`` as is ``wanted``.

    There is no closed form: graphs are drawn, with the same random numbers for every share that is
    tried (the method of simulated moments, McFadden 1989, doi:10.2307/1913621). 0 where they are
    closed enough without, 1 where no share is enough.

    Args:
        probability: ``[N, N]`` of each pair to be linked.
        coupling: correlations, which stay what they are.
        groups: of the neurons.
        closed: measures a graph ``[N, N]`` bool; rises with the closed triangles.
        wanted: its value in the real graph.
    """

    def excess(closing: float) -> float:
        tried = replace(coupling, closing=closing)
        drawn = (
            draw_links(probability, tried, groups, np.random.default_rng([seed, 0]))
            for seed in range(GRAPHS)
        )
        return float(np.mean([closed(links) for links in drawn])) - wanted

    if excess(0.0) >= 0:
        return coupling
    if excess(1.0) <= 0:
        return replace(coupling, closing=1.0)
    return replace(coupling, closing=float(brentq(excess, 0.0, 1.0, xtol=TOLERANCE)))
