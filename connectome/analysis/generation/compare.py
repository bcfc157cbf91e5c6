"""Connectomes drawn from a model, and whether they pass for real ones.

What passes is told by nature: the two hemispheres of a brain differ, and a drawn hemisphere should
differ from the one it was drawn after no more than the other hemisphere does.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import scipy.sparse as sp

from connectome.analysis.latent import synapse_matrix
from connectome.data.neurons import cell_types, hemispheres, homologs, ignored
from connectome.metrics.graph_statistics import (
    WIRING_STATISTICS,
    mirror_share,
    statistic_distance,
    wiring_statistics,
)
from connectome.models.generative import ConnectomeLaw, Groups
from connectome.types import Connectome, NotApplicableError

log = logging.getLogger(__name__)

FEWEST = 20  # neurons of a hemisphere

Laws = Callable[[np.random.Generator], ConnectomeLaw]  # the law of the next brain


@dataclass(frozen=True, eq=False)
class Real:
    """A connectome as generation sees it.

    Attributes:
        connectome: the data.
        groups: hemispheres, cell types (unknown ones as one more) and homologs.
        kind: ``[N]`` cell types, -1 where unknown.
        parts: positions ``[n]`` of the neurons that are compared with each other, by name: the
            two hemispheres, or all.
    """

    connectome: Connectome
    groups: Groups
    kind: np.ndarray
    parts: dict[str, np.ndarray]

    @classmethod
    def of(cls, connectome: Connectome) -> "Real":
        """What the neuron table does not say is taken as unknown."""
        for line in ignored(connectome):
            log.warning(line)
        n = connectome.num_neurons
        side, kind, mate = np.full(n, -1), np.full(n, -1), np.full(n, -1)
        with suppress(NotApplicableError):
            side = hemispheres(connectome).numpy()
        with suppress(NotApplicableError):
            mate = homologs(connectome).numpy()
        with suppress(NotApplicableError):
            kind = cell_types(connectome)[0].numpy()
        sides = {name: np.flatnonzero(side == code) for code, name in enumerate(("left", "right"))}
        parts = sides if min(map(len, sides.values())) >= FEWEST else {"whole": np.arange(n)}
        groups = Groups(
            np.where(side < 0, side.max() + 1, side), np.where(kind < 0, kind.max() + 1, kind), mate
        )
        return cls(connectome, groups, kind, parts)

    @cached_property
    def synapses(self) -> sp.csr_array:
        """``[N, N]`` synapse counts without self-loops."""
        return _without_loops(synapse_matrix(self.connectome))

    @cached_property
    def linked(self) -> np.ndarray:
        """``[N, N]`` bool."""
        return np.asarray(self.synapses.toarray() > 0)

    @cached_property
    def apart(self) -> np.ndarray | None:
        """``[N, N]`` bool, pairs of two brains that were joined; None for one."""
        if not self.connectome.member_sizes:
            return None
        member = self.connectome.member.numpy()
        return np.asarray(member[:, None] != member)

    @cached_property
    def strata(self) -> Groups:
        """As ``groups``, with the sides of each of several joined brains apart."""
        if not self.connectome.member_sizes:
            return self.groups
        sides = int(self.groups.side.max()) + 1
        return replace(self.groups, side=self.groups.side + sides * self.connectome.member.numpy())

    def statistics(self, synapses: sp.csr_array) -> dict[str, dict[str, np.ndarray]]:
        """Vectors ``[k]`` of each statistic by part, of the counts ``synapses`` ``[N, N]``."""
        found = {}
        for name, rows in self.parts.items():
            found[name] = wiring_statistics(sp.csr_array(synapses[rows][:, rows]), self.kind[rows])
            if len(self.parts) > 1 and (self.groups.homolog >= 0).any():
                found[name]["symmetry"] = mirror_share(synapses, rows, self.groups.homolog)
        return found

    @cached_property
    def own(self) -> dict[str, dict[str, np.ndarray]]:
        """Statistics of the real brain: a vector ``[k]`` of each, by part."""
        return self.statistics(self.synapses)

    @cached_property
    def spread(self) -> dict[str, float]:
        """How far the two real hemispheres are apart, by statistic; empty without two."""
        if len(self.parts) < 2:
            return {}
        left, right = self.own.values()
        return {name: statistic_distance(left[name], right[name]) for name in left}


def _without_loops(matrix: sp.csr_array) -> sp.csr_array:
    matrix = sp.csr_array(matrix, copy=True)
    matrix.setdiag(0)
    matrix.eliminate_zeros()
    return matrix


def draw(real: Real, laws: Laws, seed: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Brain ``number``: links ``[2, E]`` and synapse counts ``[E]``; the same for the same seed."""
    rng = np.random.default_rng([seed, number])
    return laws(rng).draw(rng)


def as_matrix(real: Real, edges: np.ndarray, synapses: np.ndarray) -> sp.csr_array:
    """Sparse ``[N, N]`` counts of ``edges`` ``[2, E]`` with ``synapses`` ``[E]``."""
    n = real.connectome.num_neurons
    return sp.csr_array((synapses, tuple(edges)), shape=(n, n))


@dataclass(frozen=True, eq=False)
class Compared:
    """What brains drawn from one law are like.

    Attributes:
        statistics: one row a statistic: ``source, statistic, spread, mean_distance,
            single_distance, mean_inside, single_inside``; see :func:`compare`.
        novelty: one row a brain: ``source, brain, links, synapses, shared``.
    """

    statistics: pd.DataFrame
    novelty: pd.DataFrame


def compare(
    real: Real, name: str, laws: Laws, samples: int, seed: int, note: Callable[[str], None]
) -> Compared:
    """Draw ``samples`` brains and hold each hemisphere against the real one that it stands for.

    ``mean_distance`` is that of the average over the drawn brains, which says what the law gets
    wrong; ``single_distance`` is the average over drawn brains of their own distance, chance
    included. Both are means of the two hemispheres. They are inside where they are not above
    ``spread``, the distance of the two real hemispheres. ``shared`` is the share of the drawn links
    that the real brain has.
    """
    drawn: dict[str, dict[str, list[np.ndarray]]] = {part: {} for part in real.parts}
    rows = []
    for number in range(samples):
        note(f"{name}: brain {number + 1} of {samples}")
        edges, synapses = draw(real, laws, seed, number)
        shared = float(real.linked[edges[0], edges[1]].mean())
        measured = {"links": edges.shape[1], "synapses": float(synapses.sum()), "shared": shared}
        rows.append({"source": name, "brain": number} | measured)
        for part, found_here in real.statistics(as_matrix(real, edges, synapses)).items():
            for statistic, value in found_here.items():
                drawn[part].setdefault(statistic, []).append(value)
    table = []
    for statistic in (s for s in WIRING_STATISTICS if s in next(iter(real.own.values()))):
        off: list[float] = []
        single: list[float] = []
        for part, own in real.own.items():
            values = drawn[part][statistic]
            off.append(statistic_distance(np.mean(values, axis=0), own[statistic]))
            single += [statistic_distance(value, own[statistic]) for value in values]
        spread = real.spread.get(statistic, float("nan"))
        distances = {"mean_distance": np.mean(off), "single_distance": np.mean(single)}
        inside = {
            "mean_inside": bool(np.mean(off) <= spread) if real.spread else None,
            "single_inside": bool(np.mean(single) <= spread) if real.spread else None,
        }
        table.append(
            {"source": name, "statistic": statistic, "spread": spread} | distances | inside
        )
    return Compared(pd.DataFrame(table), pd.DataFrame(rows))


def natural_overlap(real: Real) -> float:
    """Share of the links of one hemisphere whose mirror image the other one has, both ways.

    Between neurons with homologs; NaN without two hemispheres. As much of a brain is found again
    in a second real one, so a copy would share more.
    """
    shares = [values["symmetry"] for values in real.own.values() if "symmetry" in values]
    return float(np.mean(shares)) if shares else float("nan")
