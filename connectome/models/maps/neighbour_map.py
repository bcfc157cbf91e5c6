"""A plane that keeps neighbours: UMAP, seeded, the same on every run."""

import warnings
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import scipy.sparse as sp

from connectome.models.maps.components import plane
from connectome.models.maps.nearest import Nearest, nearest_others
from connectome.types import InputError, NotApplicableError

FEWEST = 30  # different places: with fewer, neighbourhoods of 15 are half of everything
EXTENT = 10.0  # of the start, to either side: what the forces of UMAP are scaled for
NEGATIVES = 5  # pushes a pull, as published
SPREAD = 1.0
BISECTIONS = 48  # to find the rate of a neuron's weights
NARROWEST = 1e-3  # rate, of the mean distance


@dataclass(frozen=True)
class MapSettings:
    """Settings of a map.

    Attributes:
        neighbours: of each neuron, itself among them, that its place follows from.
        min_dist: how close neighbours may come, in units of the map.
        seed: of the forces.

    Raises:
        InputError: for fewer than two neighbours, or a ``min_dist`` outside 0 to 1.
    """

    neighbours: int = 15
    min_dist: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.neighbours < 2:
            raise InputError(f"neighbours={self.neighbours}: must be at least 2")
        if not 0 <= self.min_dist < SPREAD:
            raise InputError(f"min_dist={self.min_dist}: must be from 0 to below {SPREAD:g}")


def library() -> str:
    """Name and version of the library whose forces move the neurons."""
    return f"umap-learn {version('umap-learn')}"


def umap_map(
    factors: np.ndarray, settings: MapSettings | None = None, near: Nearest | None = None
) -> np.ndarray:
    """``[N, 2]`` float32 places in which near neurons of ``factors`` ``[N, d]`` stay near.

    UMAP (McInnes et al. 2018, arXiv:1802.03426) of exact Euclidean neighbours. It starts from the
    first two principal components, which keep what is far apart in order (Kobak & Linderman 2021,
    doi:10.1038/s41587-020-00809-z), and runs on one thread: equal factors and settings give equal
    bits.

    Args:
        factors: ``[N, d]``.
        settings: of the map.
        near: at least ``neighbours - 1`` nearest others in ``factors``; None searches them.

    Raises:
        NotApplicableError: with fewer than :data:`FEWEST` different rows, or not finite ones.
    """
    settings = settings or MapSettings()
    points = np.ascontiguousarray(factors, dtype=np.float32)
    if not np.isfinite(points).all():
        raise NotApplicableError("factors that are not finite have no map")
    different = len(np.unique(points, axis=0))
    if different < max(FEWEST, 2 * settings.neighbours):
        raise NotApplicableError(
            f"{different} different places are too few for neighbourhoods of {settings.neighbours}"
        )
    others = settings.neighbours - 1
    near = (near or nearest_others(factors, others)).first(others)
    itself = np.arange(len(points))[:, None]
    distances = np.concatenate([np.zeros_like(itself), near.distances], axis=1)
    graph = neighbour_graph(distances, np.concatenate([itself, near.rows], axis=1))
    return _laid_out(points, graph, settings)


def start(points: np.ndarray) -> np.ndarray:
    """``[N, 2]`` float32: first two components of ``points`` ``[N, d]``, within :data:`EXTENT`.

    The largest entry of each axis is positive, since the sign of a component is arbitrary.
    """
    flat = plane(points.astype(np.float64))
    flat = flat - flat.mean(axis=0)
    ends = flat[np.abs(flat).argmax(axis=0), [0, 1]]
    flat = flat * np.where(ends < 0, -1.0, 1.0)
    return np.asarray(flat * (EXTENT / (np.abs(flat).max() or 1.0)), dtype=np.float32)


def neighbour_weights(distances: np.ndarray) -> np.ndarray:
    """``[N, k]`` how strongly each neuron holds on to its neighbours: 1 for the nearest, then less.

    Beyond the nearest, weights fall exponentially, at the rate at which those of a neuron add up
    to ``log2(k)``. Done here in numpy, since the compiled function of umap-learn for it takes
    longer to compile than a map of 3000 neurons takes.

    Args:
        distances: ``[N, k]``, of the neuron itself first.
    """
    others = distances[:, 1:].astype(np.float64)
    apart = np.where(others > 0, others, np.inf).min(axis=1, keepdims=True)  # from no copy of it
    beyond = np.maximum(others - np.where(np.isfinite(apart), apart, 0), 0)
    wanted = np.log2(distances.shape[1])
    low = np.zeros((len(others), 1))
    high = np.full_like(low, beyond.max() or 1.0) * 2.0**8
    for _ in range(BISECTIONS):
        scale = (low + high) / 2
        enough = np.exp(-beyond / scale).sum(axis=1, keepdims=True) > wanted
        low, high = np.where(enough, low, scale), np.where(enough, scale, high)
    least = NARROWEST * others.mean(axis=1, keepdims=True)
    scale = np.maximum((low + high) / 2, np.where(least > 0, least, 1.0))
    return np.concatenate([np.ones_like(low), np.exp(-beyond / scale)], axis=1)


def neighbour_graph(distances: np.ndarray, rows: np.ndarray) -> sp.coo_matrix:
    """``[N, N]`` symmetric weights in 0 to 1: how sure it is that either holds on to the other.

    Args:
        distances: ``[N, k]``, of the neuron itself first.
        rows: ``[N, k]`` positions of the neighbours.
    """
    n, k = rows.shape
    weights = neighbour_weights(distances)
    weights[:, 0] = 0  # itself
    one_way = sp.csr_matrix((weights.ravel(), rows.ravel(), np.arange(0, n * k + 1, k)), (n, n))
    both = one_way + one_way.T - one_way.multiply(one_way.T)
    both.eliminate_zeros()
    return both.astype(np.float32).tocoo()


def _laid_out(points: np.ndarray, graph: sp.coo_matrix, settings: MapSettings) -> np.ndarray:
    # Imported here: it compiles for seconds, and most commands draw no map.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # that Tensorflow is absent
        from umap.umap_ import find_ab_params, simplicial_set_embedding

    a, b = find_ab_params(SPREAD, settings.min_dist)
    places = simplicial_set_embedding(
        points,
        graph,
        n_components=2,
        initial_alpha=1.0,
        a=a,
        b=b,
        gamma=1.0,
        negative_sample_rate=NEGATIVES,
        n_epochs=None,  # 500 up to 10,000 neurons, 200 for more
        init=start(points),
        random_state=np.random.RandomState(settings.seed),
        metric="euclidean",
        metric_kwds={},
        densmap=False,
        densmap_kwds={},
        output_dens=False,
        parallel=False,  # threads would move neurons in another order each time
    )[0]
    return np.asarray(places, dtype=np.float32)
