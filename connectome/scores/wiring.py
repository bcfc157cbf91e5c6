"""The law of the block-model generator: how likely any pair of neurons is to be linked."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from connectome.types import InputError

# What can become of a pair: bit 0 of a position reverses it, bit 1 mirrors it.
PAIR, REVERSE, MIRROR, MIRRORED_REVERSE = range(4)


@dataclass(frozen=True, eq=False)
class WiringLaw:
    r"""A degree-corrected block model with reciprocal and mirrored copies of links.

    Seeds of links :math:`i \to j` come as independent Poisson numbers of mean

    .. math:: \mu_{ij} = s\,\theta^{out}_i \theta^{in}_j\,\omega_{t_i t_j}\,c^{[side_i \ne side_j]}

    (Karrer & Newman 2011, doi:10.1103/PhysRevE.83.016107, directed). Each seed is copied to
    :math:`j \to i` with probability ``reverse``, and then each of the two to its left-right mirror
    with probability ``mirror``, all independently. A link exists where a seed or a copy fell. As
    marked Poisson points stay Poisson, the probability of any link, and of any pattern of a link,
    its reverse and their mirrors, has a closed form.

    Attributes:
        cell_type: ``[N]`` int64, type ``t`` of each neuron, ``0 .. K - 1``.
        side: ``[N]`` int64, 0 left and 1 right.
        homolog: ``[N]`` int64 position of the contralateral homolog, -1 where there is none.
        out_propensity, in_propensity: ``[N]`` float64, ``theta``.
        affinity: ``[K, K]`` float64, ``omega``: rows presynaptic.
        contralateral: factor ``c`` of pairs across the midline, at most 1.
        scale: ``s``.
        reverse, mirror: probabilities of copies.
    """

    cell_type: np.ndarray
    side: np.ndarray
    homolog: np.ndarray
    out_propensity: np.ndarray
    in_propensity: np.ndarray
    affinity: np.ndarray
    contralateral: float = 1.0
    scale: float = 1.0
    reverse: float = 0.0
    mirror: float = 0.0

    @property
    def num_neurons(self) -> int:
        """Number of neurons ``N``."""
        return len(self.cell_type)

    def seed_rate(self, pre: np.ndarray, post: np.ndarray) -> np.ndarray:
        """Mean number of seeds ``[P]`` from ``pre`` to ``post``, ``[P]`` each, 0 if the same."""
        across = np.where(self.side[pre] == self.side[post], 1.0, self.contralateral)
        ends = self.out_propensity[pre] * self.in_propensity[post]
        rate = self.scale * ends * self.affinity[self.cell_type[pre], self.cell_type[post]]
        return np.asarray(np.where(pre == post, 0.0, rate * across))

    def has_mirror(self, pre: np.ndarray, post: np.ndarray) -> np.ndarray:
        """Whether both of ``pre`` and ``post`` ``[P]`` have homologs that are not each other:
        ``[P]``.

        The mirror of a link between homologs would be its reverse, and counts as that alone.
        """
        paired = (self.homolog[pre] >= 0) & (self.homolog[post] >= 0)
        return np.asarray(paired & (self.homolog[pre] != post))

    def orbit_rates(self, pre: np.ndarray, post: np.ndarray) -> np.ndarray:
        """Seed rates ``[4, P]`` of each pair, its reverse, its mirror and the mirrored reverse."""
        mirrored = self.has_mirror(pre, post)
        left, right = self.homolog[pre], self.homolog[post]
        rates = [self.seed_rate(pre, post), self.seed_rate(post, pre)]
        for first, second in ((left, right), (right, left)):
            rates.append(np.where(mirrored, self.seed_rate(first, second), 0.0))
        return np.stack(rates)

    @cached_property
    def touch(self) -> np.ndarray:
        """``[4, 16]``: probability that what comes of a seed at a position hits a set of positions.

        Bit ``k`` of a set stands for position ``k``.
        """
        table = np.zeros((4, 16))
        for reversed_, first, second in np.ndindex(2, 2, 2):
            copies = [PAIR] + [REVERSE] * reversed_ + [MIRROR] * first
            copies += [MIRRORED_REVERSE] * (second * reversed_)
            share = (self.reverse if reversed_ else 1 - self.reverse) * (
                (self.mirror if first else 1 - self.mirror)
                * (self.mirror if second else 1 - self.mirror)
            )
            for seed in range(4):
                hit = sum(1 << (seed ^ copy) for copy in copies)
                table[seed] += share * (np.arange(16) & hit > 0)
        return table

    def absent(self, rates: np.ndarray, *positions: int) -> np.ndarray:
        """Probability ``[P]`` that no link is at any of ``positions``.

        ``rates`` ``[4, P]`` are those of :meth:`orbit_rates`.
        """
        members = sum(1 << position for position in set(positions))
        return np.asarray(np.exp(-self.touch[:, members] @ rates))


def link_probability(law: WiringLaw, pairs: np.ndarray) -> np.ndarray:
    """Probability ``[P]`` that each of ``pairs`` ``[2, P]`` is linked, nothing else being known.

    No score that does not look at other links has a higher expected AUC, since ranking by the
    likelihood ratio is optimal (Neyman-Pearson lemma).

    Raises:
        InputError: for pairs of another shape, or positions that are no neurons.
    """
    pre, post = _ends(law, pairs)
    linked = 1 - law.absent(law.orbit_rates(pre, post), PAIR)
    return np.asarray(np.where(pre == post, 0.0, linked))


def link_probability_given(
    law: WiringLaw, pairs: np.ndarray, training: np.ndarray, hidden: float
) -> np.ndarray:
    """Probability ``[P]`` that each of ``pairs`` is linked, given which training links are shown.

    Of the rest of the graph, its reverse and their mirrors alone bear on a link. Where one is not
    among the training links it is absent, or present and held out. This is the ceiling of every
    method under a protocol that holds links out one by one (``split.protocol=random``).

    Args:
        law: of the generator.
        pairs: ``[2, P]`` int64.
        training: ``[2, M]`` int64 links that are shown.
        hidden: share of the links that is held out, at random.

    Raises:
        InputError: as :func:`link_probability`, or if ``hidden`` is not in [0, 1).
    """
    if not 0 <= hidden < 1:
        raise InputError(f"hidden={hidden}: the share of held-out links must be in [0, 1)")
    pre, post = _ends(law, pairs)
    shown = _shown(law, pre, post, np.sort(training[0] * law.num_neurons + training[1]))
    rates = law.orbit_rates(pre, post)
    none = [law.absent(rates, *_members(subset)) for subset in range(16)]
    weight = np.zeros((2, len(pre)))
    for state in range(16):
        seen = np.ones(len(pre))
        for position in (REVERSE, MIRROR, MIRRORED_REVERSE):
            there = (1 - hidden, hidden) if state >> position & 1 else (0.0, 1.0)
            seen *= np.where(shown[position], *there)
        weight[state & 1] += seen * _exactly(none, state)
    total = weight.sum(axis=0)
    given = np.divide(weight[1], total, out=np.zeros(len(pre)), where=total > 0)
    return np.asarray(np.where(pre == post, 0.0, given))


def _exactly(none: list[np.ndarray], state: int) -> np.ndarray:
    """Probability that links are at the positions of ``state`` and nowhere else in the orbit."""
    rest, total = 15 ^ state, np.zeros_like(none[0])
    for subset in range(16):
        if subset & rest == 0:  # inclusion and exclusion over parts of the state
            total += (-1) ** len(_members(subset)) * none[rest | subset]
    return np.maximum(total, 0)


def _members(subset: int) -> list[int]:
    return [position for position in range(4) if subset >> position & 1]


def _shown(law: WiringLaw, pre: np.ndarray, post: np.ndarray, keys: np.ndarray) -> list[np.ndarray]:
    """Whether each pair, its reverse and their mirrors are among sorted ``keys``."""
    mirrored = law.has_mirror(pre, post)
    left, right = law.homolog[pre], law.homolog[post]
    orbit = ((pre, post), (post, pre), (left, right), (right, left))
    found = []
    for position, (first, second) in enumerate(orbit):
        wanted = first * law.num_neurons + second
        place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
        there = keys[place] == wanted if len(keys) else np.zeros(len(pre), dtype=bool)
        found.append(there & mirrored if position >= MIRROR else there)
    return found


def _ends(law: WiringLaw, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pairs = np.asarray(pairs)
    if pairs.ndim != 2 or len(pairs) != 2:
        raise InputError(f"pairs of shape {pairs.shape}: give [2, P] positions of neurons")
    if pairs.size and (pairs.min() < 0 or pairs.max() >= law.num_neurons):
        raise InputError(f"a pair points outside the {law.num_neurons} neurons")
    return pairs[0], pairs[1]
