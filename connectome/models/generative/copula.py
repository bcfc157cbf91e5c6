"""Laws that connectomes can be drawn from: links with their reversals and mirror images.

A link is there where a normal variate lies below the quantile of its probability, and the variates
of a link, its reversal and its left-right mirror image are correlated (a Gaussian copula; Nelsen
2006, doi:10.1007/0-387-28678-0). Probabilities stay what they are. The correlations are those with
which the expected numbers of links in both directions, and of mirrored links, are the real ones.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from connectome.models.generative.calibrated_law import Groups

NODES = 16  # of the quadrature
STRONGEST = 0.98  # correlation
CHUNK = 1 << 20


@dataclass(frozen=True, eq=False)
class Coupling:
    """Correlations of the variates of two pairs.

    Attributes:
        reversal: ``[S, S]`` float32, of a pair and its reversal, by the sides of its two neurons.
        mirrored: of a pair and its left-right mirror image.
        closing: share, from 0 to 1, of what a pair has in common with its reversal that it owes to
            where its two neurons lie. So triangles close, see :func:`draw_links`.
    """

    reversal: np.ndarray
    mirrored: float = 0.0
    closing: float = 0.0

    @classmethod
    def none(cls, sides: int = 1) -> "Coupling":
        """All independent."""
        return cls(np.zeros((sides, sides), dtype=np.float32))


def fit_coupling(probability: np.ndarray, linked: np.ndarray, groups: Groups) -> Coupling:
    """Correlations with which as many links are mutual, and mirrored, as of the real ones.

    0 where chance alone gives as many. ``probability`` and ``linked`` are ``[N, N]``, rows
    presynaptic.
    """
    side, sides = groups.side, int(groups.side.max()) + 1
    reversal = np.zeros((sides, sides), dtype=np.float32)
    for one in range(sides):
        for other in range(one, sides):
            rows, columns = np.flatnonzero(side == one), np.flatnonzero(side == other)
            pre, post = (grid.ravel() for grid in np.meshgrid(rows, columns, indexing="ij"))
            once = pre < post if one == other else np.ones(len(pre), dtype=bool)
            pre, post = pre[once], post[once]
            mutual = float((linked[pre, post] & linked[post, pre]).sum())
            found = _correlation(probability[pre, post], probability[post, pre], mutual)
            reversal[one, other] = reversal[other, one] = found
    rows, columns = _mirrored_pairs(groups)
    mate = groups.homolog
    pairs = probability[rows, columns], probability[mate[rows], mate[columns]]
    both = linked[rows, columns] & linked[mate[rows], mate[columns]]
    return Coupling(reversal, _correlation(*pairs, float(both.sum())))


def _mirrored_pairs(groups: Groups) -> tuple[np.ndarray, np.ndarray]:
    """Pairs with a mirror image other than themselves and their reversal, one of the two each."""
    paired = np.flatnonzero(groups.homolog >= 0)
    rows, columns = (grid.ravel() for grid in np.meshgrid(paired, paired, indexing="ij"))
    mate, n = groups.homolog, len(groups.homolog)
    first = rows * n + columns < mate[rows] * n + mate[columns]
    kept = first & (rows != columns) & (mate[rows] != columns)
    return rows[kept], columns[kept]


def _correlation(one: np.ndarray, other: np.ndarray, wanted: float) -> float:
    """Correlation at which ``wanted`` of the pairs of events are expected to happen both."""
    likely = (one > 1e-7) & (other > 1e-7)
    one, other = one[likely].astype(np.float64), other[likely].astype(np.float64)
    chance = float((one * other).sum())
    if not len(one) or chance >= wanted:
        return 0.0
    first, second = _quantile(one).astype(np.float32), _quantile(other).astype(np.float32)

    def excess(correlation: float) -> float:
        return chance + _beyond_chance(first, second, correlation) - wanted

    if excess(STRONGEST) <= 0:
        return STRONGEST
    return float(brentq(excess, 0.0, STRONGEST, xtol=1e-5))


def _beyond_chance(one: np.ndarray, other: np.ndarray, correlation: float) -> float:
    r"""How many more pairs of events both happen than if they were independent, in expectation.

    :math:`\Phi_2(a, b; \rho) - \Phi(a) \Phi(b) = \frac{1}{2\pi} \int_0^{\arcsin\rho}
    \exp\left(-\frac{a^2 - 2ab\sin t + b^2}{2\cos^2 t}\right) dt` (Plackett 1954,
    doi:10.1093/biomet/41.3-4.351), by Gauss-Legendre quadrature.
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    end = np.arcsin(correlation)
    total = 0.0
    for start in range(0, len(one), CHUNK):
        a, b = one[start : start + CHUNK], other[start : start + CHUNK]
        squares, product = a * a + b * b, a * b
        for node, weight in zip(nodes, weights, strict=True):
            angle = end * (node + 1) / 2
            sine, cosine = float(np.sin(angle)), float(np.cos(angle))  # float keeps float32
            exponent = (2 * sine * product - squares) / (2 * cosine**2)
            total += weight * float(np.exp(exponent).sum(dtype=np.float64))
    return total * end / (4 * np.pi)


def _quantile(probability: np.ndarray) -> np.ndarray:
    return np.asarray(ndtri(np.clip(probability, 1e-12, 1 - 1e-7)))


def draw_links(
    probability: np.ndarray, coupling: Coupling, groups: Groups, rng: np.random.Generator
) -> np.ndarray:
    """A graph ``[N, N]`` bool, each pair linked with its ``probability`` ``[N, N]``.

    With ``coupling.closing``, each neuron has a random place on a sphere, drawn anew for each graph
    and shared by homologs in what mirror images have in common. Neurons that lie near to each other
    are linked more often, so that two partners of a neuron are partners, too (soft triadic closure,
    as in the latent spaces of Hoff, Raftery & Handcock 2002, doi:10.1198/016214502388618906).
    Every pair keeps its probability and its correlations: the cosine of two random places on a
    sphere in three dimensions is uniform (Archimedes), and that of one pair says nothing of
    another.
    """
    nobody = np.full(len(probability), -1)
    shared, own = _normals(coupling.closing, nobody, rng)
    if coupling.mirrored > 0:
        has, root, rest = (
            _has_mirror(groups),
            coupling.mirrored**0.5,
            (1 - coupling.mirrored) ** 0.5,
        )
        images = [
            _mirror_shared(x, groups) for x in _normals(coupling.closing, groups.homolog, rng)
        ]
        shared = np.where(has, root * images[0] + rest * shared, shared)
        own = np.where(has, root * images[1] + rest * own, own)
    reverse = coupling.reversal[np.ix_(groups.side, groups.side)]
    variate = np.sqrt(reverse) * shared + np.sqrt(1 - reverse) * own
    return np.asarray(variate < _quantile(probability).astype(np.float32)) & (probability > 0)


def _normals(
    closing: float, mate: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Two standard normals ``[N, N]``: one for a pair and its reversal, and one for each pair.

    Those of ``mate`` ``[N]`` share a place.
    """
    n = len(mate)
    shared = np.triu(rng.standard_normal((n, n), dtype=np.float32), 1)
    shared += shared.T
    own = rng.standard_normal((n, n), dtype=np.float32)
    if closing > 0:
        near = closing**0.5 * _distance(mate, rng) + (1 - closing) ** 0.5 * shared
        paired = np.flatnonzero(mate >= 0)
        near[paired, mate[paired]] = shared[paired, mate[paired]]  # in one place: not at random
        shared = near
    return shared, own


def _distance(mate: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Standard normal ``[N, N]``, symmetric: low where two random places are near to each other."""
    n = len(mate)
    place = rng.standard_normal((n, 3), dtype=np.float32)
    place /= np.linalg.norm(place, axis=1, keepdims=True)
    place = place[np.where(mate >= 0, np.minimum(mate, np.arange(n)), np.arange(n))]
    uniform = np.clip((1 - place @ place.T) / 2, 1e-6, 1 - 1e-6)
    return np.asarray(ndtri(uniform), dtype=np.float32)


def _has_mirror(groups: Groups) -> np.ndarray:
    paired = groups.homolog >= 0
    own = np.arange(len(paired))
    reversal = (groups.homolog[:, None] == own) & (own[:, None] == groups.homolog)
    return np.asarray(paired[:, None] & paired & ~reversal)


def _mirror_shared(values: np.ndarray, groups: Groups) -> np.ndarray:
    """``values`` of one of the two mirror images for both: chosen for both directions alike."""
    n = len(values)
    mate = np.where(groups.homolog >= 0, groups.homolog, np.arange(n))

    def dyad(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return np.asarray(np.minimum(rows, columns) * n + np.maximum(rows, columns))

    own = np.arange(n)
    turn = dyad(own[:, None], own) > dyad(mate[:, None], mate)
    return np.where(turn, values[np.ix_(mate, mate)], values)


@dataclass(frozen=True, eq=False)
class ConnectomeLaw:
    """What connectomes are drawn from.

    Attributes:
        name: of the method.
        probability: ``[N, N]`` of each pair to be linked.
        groups: of its neurons.
        coupling: of links with their reversals and mirror images.
        synapses: draws synapse counts ``[P]`` of links ``[2, P]``.
    """

    name: str
    probability: np.ndarray
    groups: Groups
    coupling: Coupling
    synapses: Callable[[np.ndarray, np.random.Generator], np.ndarray] = field(repr=False)

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Links ``[2, E]`` int64, sorted, and their synapse counts ``[E]`` float64."""
        linked = draw_links(self.probability, self.coupling, self.groups, rng)
        edges = np.stack(linked.nonzero())
        return edges, self.synapses(edges, rng)
