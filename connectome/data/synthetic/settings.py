"""Drawing the law of the block-model generator, and fitting it to what was asked for."""

from dataclasses import dataclass, fields, replace

import numpy as np

from connectome.scores.wiring import MIRROR, PAIR, REVERSE, WiringLaw
from connectome.types import InputError

_SAMPLE = 200_000  # pairs by which expected totals are estimated
_ROUNDS = 60
_CLOSE = 1e-4
_STUCK = 1e-7  # shares of copies that change by less will not get there


@dataclass(frozen=True)
class WiringSettings:
    """What a generated connectome shall be like.

    The defaults of degrees and synapses are fits to the larval brain (Winding et al. 2023); the
    right half of FlyWire has the same spread of degrees (1.0 and 1.07, correlated by 0.65).

    Attributes:
        neurons, edges: their numbers; of edges the expected one.
        types: number of cell types.
        reciprocity: share of the edges whose reverse exists.
        mirrored: share of the edges between neurons with homologs whose left-right mirror exists.
        out_sigma, in_sigma: standard deviations of the log of a neuron's propensities to send and
            to receive. Degrees follow them, but for copies and for pairs that are linked already.
        correlation: of these logs.
        block_sigma: standard deviation of the log of the affinities of types.
        type_sigma: of the log of the sizes of types.
        contralateral: rate across the midline over that within a side, at most 1.
        unpaired: share of neurons without a homolog.
        synapse_mean: mean synapse count of an edge, 1 or more.
        synapse_size: size (dispersion) of the negative binomial of what exceeds 1; smaller is
            wider.
        seed: of everything.

    Raises:
        InputError: for a value out of range.
    """

    neurons: int = 2000
    edges: int = 60_000
    types: int = 40
    reciprocity: float = 0.25
    mirrored: float = 0.5
    out_sigma: float = 0.96
    in_sigma: float = 1.07
    correlation: float = 0.65
    block_sigma: float = 1.0
    type_sigma: float = 1.0
    contralateral: float = 0.5
    unpaired: float = 0.1
    synapse_mean: float = 3.2
    synapse_size: float = 0.26
    seed: int = 0

    def __post_init__(self) -> None:
        ranges = {
            "neurons": (4, 2**31), "edges": (1, self.neurons * (self.neurons - 1)),
            "types": (1, min(2000, self.neurons // 2)), "reciprocity": (0, 1), "mirrored": (0, 1),
            "out_sigma": (0, 4), "in_sigma": (0, 4), "correlation": (-1, 1), "block_sigma": (0, 4),
            "type_sigma": (0, 4), "contralateral": (0.01, 1), "unpaired": (0, 1),
            "synapse_mean": (1, 1e6), "synapse_size": (1e-3, 1e6), "seed": (0, 2**63),
        }  # fmt: skip
        for field in fields(self):
            value, (low, high) = getattr(self, field.name), ranges[field.name]
            if not low <= value <= high:
                raise InputError(f"data.{field.name}={value}: must be from {low} to {high}")


def wiring_law(settings: WiringSettings) -> WiringLaw:
    """Draw types, sides, homologs and propensities, and fit scale and copies to the numbers asked.

    Homologs have the same type and propensities. Affinities are balanced (Sinkhorn), so that no
    type has more links than its propensities say.

    Raises:
        InputError: if no law has that many edges, or so few reciprocal or mirrored ones.
    """
    rng = np.random.default_rng([settings.seed, 0])
    n = settings.neurons
    role = rng.permutation(n)
    pairs = int(n * (1 - settings.unpaired)) // 2
    left, right = role[:pairs], role[pairs : 2 * pairs]
    homolog, side = np.full(n, -1), np.empty(n, dtype=np.int64)
    homolog[left], homolog[right] = right, left
    side[left], side[right] = 0, 1
    side[role[2 * pairs :]] = np.arange(n - 2 * pairs) % 2
    unit = np.empty(n, dtype=np.int64)  # a pair of homologs, or a neuron without
    unit[left] = unit[right] = np.arange(pairs)
    unit[role[2 * pairs :]] = np.arange(pairs, n - pairs)
    cell_type = _types(settings, n - pairs, rng)[unit]
    logs = rng.standard_normal((2, n - pairs))
    logs[1] = settings.correlation * logs[0] + np.sqrt(1 - settings.correlation**2) * logs[1]
    out, into = (
        np.exp(settings.out_sigma * logs[0])[unit],
        np.exp(settings.in_sigma * logs[1])[unit],
    )
    affinity = np.exp(settings.block_sigma * rng.standard_normal((settings.types, settings.types)))
    mass = (np.bincount(cell_type, out), np.bincount(cell_type, into))
    law = WiringLaw(
        cell_type, side, homolog, out, into, _balanced(affinity, *mass), settings.contralateral
    )
    return _fitted(law, settings, np.random.default_rng([settings.seed, 1]))


def _types(settings: WiringSettings, units: int, rng: np.random.Generator) -> np.ndarray:
    """Type of each unit; every type has one at least."""
    share = np.exp(settings.type_sigma * rng.standard_normal(settings.types))
    others = rng.choice(settings.types, units - settings.types, p=share / share.sum())
    return np.asarray(np.concatenate([np.arange(settings.types), others]))


def _balanced(affinity: np.ndarray, out: np.ndarray, into: np.ndarray) -> np.ndarray:
    """Affinities after which every type sends and receives in proportion to its propensities."""
    for _ in range(200):
        affinity = affinity * (into.sum() / (affinity @ into))[:, None]
        affinity = affinity * (out.sum() / (out @ affinity))
    return affinity


class SeedSampler:
    """Draws pairs in proportion to the seed rates of a law.

    Types are drawn first, neurons within them by their propensities, and pairs across the midline
    are thinned out, so that the cost is a few numbers a pair.
    """

    def __init__(self, law: WiringLaw) -> None:
        self.law = law
        self._order = np.argsort(law.cell_type, kind="stable")
        self._first = np.searchsorted(law.cell_type[self._order], np.arange(len(law.affinity) + 1))
        self._steps = [
            np.concatenate([[0.0], np.cumsum(weight[self._order])])
            for weight in (law.out_propensity, law.in_propensity)
        ]
        out, into = (np.diff(steps[self._first]) for steps in self._steps)
        self.block_rates = law.scale * out[:, None] * into * law.affinity  # before thinning

    def total(self) -> float:
        """Expected number of seeds."""
        law, k = self.law, len(self.law.affinity)
        group = law.cell_type * 2 + law.side
        out, into = (
            np.bincount(group, weight, 2 * k).reshape(k, 2)
            for weight in (law.out_propensity, law.in_propensity)
        )
        sides = np.array([[1, law.contralateral], [law.contralateral, 1]])
        own = law.out_propensity * law.in_propensity * law.affinity[law.cell_type, law.cell_type]
        blocks = (out @ sides @ into.T) * law.affinity
        return float(law.scale * (blocks.sum() - own.sum()))

    def draw(
        self, counts: np.ndarray, senders: slice, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Pairs of neurons, fewer than ``counts`` ``[R, K]`` by those that are thinned out.

        Args:
            counts: pairs to draw from each type of ``senders`` to each type.
            senders: the ``R`` types of presynaptic neurons.
            rng: the generator.

        Returns:
            Presynaptic and postsynaptic neurons, ``[P]`` each.
        """
        k = len(self.law.affinity)
        sent = np.repeat(np.arange(k)[senders], counts.sum(axis=1))
        received = np.repeat(np.tile(np.arange(k), len(counts)), counts.ravel())
        pre, post = self._neurons(0, sent, rng), self._neurons(1, received, rng)
        same = self.law.side[pre] == self.law.side[post]
        kept = (same | (rng.random(len(pre)) < self.law.contralateral)) & (pre != post)
        return pre[kept], post[kept]

    def _neurons(self, end: int, types: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        steps, first = self._steps[end], self._first
        low, high = steps[first[types]], steps[first[types + 1]]
        place = np.searchsorted(steps, low + rng.random(len(types)) * (high - low), "right") - 1
        return self._order[np.clip(place, first[types], first[types + 1] - 1)]


def _fitted(law: WiringLaw, settings: WiringSettings, rng: np.random.Generator) -> WiringLaw:
    """Scale and copies after which the expected totals are those asked for.

    Totals are estimated from pairs that are drawn as the seeds are, either way round.
    """
    sampler = SeedSampler(law)
    share = sampler.block_rates.ravel() / sampler.block_rates.sum()
    counts = rng.multinomial(_SAMPLE, share).reshape(sampler.block_rates.shape)
    pre, post = sampler.draw(counts, slice(None), rng)
    flip = rng.random(len(pre)) < 0.5
    pre, post = np.where(flip, post, pre), np.where(flip, pre, post)
    rates, has_mirror = law.orbit_rates(pre, post), law.has_mirror(pre, post)
    weight = 2 * sampler.total() / (rates[PAIR] + rates[REVERSE]) / len(pre)
    edges, reciprocity, mirrored = settings.edges, settings.reciprocity, settings.mirrored
    law = replace(law, scale=edges / sampler.total())
    for _ in range(_ROUNDS):
        found = _totals(law, law.scale * rates, weight, has_mirror)
        if _near(law, found, settings):
            return law
        reverse = _step(law.reverse, reciprocity - found[1])
        mirror = _step(law.mirror, mirrored - found[2]) if has_mirror.any() else 0.0
        moved = max(abs(reverse - law.reverse), abs(mirror - law.mirror))
        if moved < _STUCK and abs(found[0] / edges - 1) < _CLOSE:
            break
        law = replace(law, scale=law.scale * edges / found[0], reverse=reverse, mirror=mirror)
    raise InputError(
        f"data.edges={edges}, reciprocity={reciprocity:g}, mirrored={mirrored:g} cannot be had "
        f"together; the nearest are {found[0]:.0f}, {found[1]:.3g}, {found[2]:.3g} "
        "(chance alone reverses and mirrors some), so ask for fewer edges or for higher shares"
    )


def _totals(
    law: WiringLaw, rates: np.ndarray, weight: np.ndarray, has_mirror: np.ndarray
) -> tuple[float, float, float]:
    """Expected number of edges, reciprocity, and mirrored share (0 without homologs)."""
    none = {k: law.absent(rates, k) for k in (PAIR, REVERSE, MIRROR)}
    link = 1 - none[PAIR]
    both = link - none[REVERSE] + law.absent(rates, PAIR, REVERSE)
    mirrored = link - none[MIRROR] + law.absent(rates, PAIR, MIRROR)
    edges, paired = weight @ link, weight @ (link * has_mirror)
    share = weight @ (mirrored * has_mirror) / paired if paired else 0.0
    return float(edges), float(weight @ both / edges), float(share)


def _near(law: WiringLaw, found: tuple[float, float, float], settings: WiringSettings) -> bool:
    gaps = [found[0] / settings.edges - 1, found[1] - settings.reciprocity]
    if (law.homolog >= 0).any():
        gaps.append(found[2] - settings.mirrored)
    return max(map(abs, gaps)) < _CLOSE


def _step(probability: float, gap: float) -> float:
    """Of few links, a share of copies ``p`` makes a share ``2 p / (1 + p)`` that has one."""
    return float(np.clip(probability + gap * (1 + probability) ** 2 / 2, 0, 1))
