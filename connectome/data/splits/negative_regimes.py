"""What held-out links compete with: five regimes of negatives, from easy to hard.

``uniform``
    any unconnected pair: what most papers report, and what degrees alone nearly solve.
``degree_matched``
    the held-out links rewired: each neuron sends and receives as often as among them, so that
    its degrees alone say next to nothing (in a small dense graph some pairs stay connected
    however they are rewired, and are left out, and others come out twice: counts are in the audit
    of the split and in every table).
``reversed``
    one-way links against their own reversal: a score without direction says nothing.
``hard``
    for each link the unconnected pairs that keep one of its neurons and that untrained scores on
    the training graph rank highest, one drawn from the best 50; after HeaRT (Li et al. 2023,
    arXiv:2306.10453). Those scores themselves are at a disadvantage there.
``same_cell_type``
    unconnected pairs of the same two cell types as the link.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from connectome.data.neurons import cell_types
from connectome.data.splits.hardest import hardest
from connectome.data.splits.order import in_order_of_draws, renumbered, reordered
from connectome.data.splits.pair_keys import distinct_pairs, encode_pairs
from connectome.scores import NeighbourScore, row_blocks
from connectome.types import (
    Connectome,
    InputError,
    LinkSplit,
    NotApplicableError,
    member_codes,
)

HARD_POOL = 50
HARD_RULES = ("resource_allocation", "l3")
ROUNDS = 200  # of drawing again what came out connected
REGIMES_VERSION = 3  # raised when a regime draws otherwise, so that nothing older is taken for it


@dataclass(frozen=True, eq=False)
class EvaluationPairs:
    """Held-out links and the pairs they compete with, ``[2, P]`` and ``[2, Q]`` int64 positions.

    Attributes:
        positives: held-out links, or those of them that have an opponent.
        negatives: unconnected pairs.
        paired: whether ``negatives[:, k]`` was made for ``positives[:, k]``.
    """

    positives: Tensor
    negatives: Tensor
    paired: bool

    def counts(self, directed: bool) -> dict[str, int]:
        """How many links, unconnected pairs, and different ones among these."""
        return {
            "links": self.positives.shape[1],
            "absent": self.negatives.shape[1],
            "absent_distinct": distinct_pairs(self.negatives, directed),
        }


@dataclass(frozen=True, eq=False)
class _Held:
    """What a regime may use: data, split, the held-out links of one part, a generator."""

    connectome: Connectome
    split: LinkSplit
    positives: Tensor
    uniform: Tensor
    generator: torch.Generator

    @cached_property
    def links(self) -> Tensor:
        """Sorted numbers of the links of all parts."""
        parts = torch.cat([self.split.train, self.split.val, self.split.test], dim=1)
        return encode_pairs(parts, self.split.num_neurons, self.split.directed).sort().values

    @cached_property
    def member(self) -> Tensor:
        """``[N]`` which brain each neuron is of."""
        return member_codes(self.split.member_sizes, self.split.num_neurons)

    def connected(self, pairs: Tensor) -> Tensor:
        """Whether each of ``pairs`` is a link of any part, or no pair at all."""
        loops = (pairs[0] == pairs[1]) | (self.member[pairs[0]] != self.member[pairs[1]])
        real = torch.where(loops, pairs.new_tensor([[0], [1]]), pairs)
        codes = encode_pairs(real, self.split.num_neurons, self.split.directed)
        near = torch.searchsorted(self.links, codes).clamp(max=len(self.links) - 1)
        return loops | (self.links[near] == codes)

    def absent(self, neurons: Tensor, end: int) -> Tensor:
        """``[S, N]``, with which neurons each of ``neurons`` as ``end`` 0 or 1 has no link."""
        place = torch.full((self.split.num_neurons,), -1)
        place[neurons] = torch.arange(len(neurons))
        absent = self.member[neurons, None] == self.member
        absent[torch.arange(len(neurons)), neurons] = False
        for part in (self.split.train, self.split.val, self.split.test):
            for ends in (part,) if self.split.directed else (part, part.flip(0)):
                row = place[ends[end]]
                absent[row[row >= 0], ends[1 - end, row >= 0]] = False
        return absent


def _uniform(held: _Held) -> EvaluationPairs:
    return EvaluationPairs(held.positives, held.uniform, paired=False)


def _degree_matched(held: _Held) -> EvaluationPairs:
    """The held-out links rewired: no neuron is an end more often than it was."""
    senders, receivers = held.positives
    if not held.split.directed:  # an undirected link has two ends of one kind
        ends = held.positives.flatten()
        ends = ends[torch.randperm(len(ends), generator=held.generator)]
        senders, receivers = ends.view(2, -1)
    order = torch.randperm(len(receivers), generator=held.generator)
    pairs = torch.stack([senders, receivers[order]])
    return EvaluationPairs(held.positives, _swapped_until_absent(held, pairs), paired=False)


def _reversed(held: _Held) -> EvaluationPairs:
    if not held.split.directed:
        raise NotApplicableError(
            "negatives=reversed: an undirected link has no reversal; set "
            "split.directed=true or leave it out"
        )
    one_way = ~held.connected(held.positives.flip(0))
    positives = held.positives[:, one_way]
    return EvaluationPairs(positives, positives.flip(0), paired=True)


def _same_cell_type(held: _Held) -> EvaluationPairs:
    code, names = cell_types(held.connectome)
    order = code.argsort(stable=True)
    sizes = torch.bincount(code + 1, minlength=len(names) + 1)
    starts = sizes.cumsum(0) - sizes
    typed = (code[held.positives] >= 0).all(dim=0)
    positives = held.positives[:, typed]

    def draw(rows: Tensor) -> Tensor:
        kind = code[positives[:, rows]] + 1
        share = torch.rand(kind.shape, generator=held.generator, dtype=torch.float64)
        return order[starts[kind] + (share * sizes[kind]).long()]

    drawn, found = _until_absent(replace(held, positives=positives), draw)
    return EvaluationPairs(positives[:, found], drawn[:, found], paired=True)


def _hard(held: _Held) -> EvaluationPairs:
    """Every other link keeps its sender, the rest their receiver."""
    edges, n = held.split.message_edges, held.split.num_neurons
    negatives = held.positives.clone()
    found = torch.ones(negatives.shape[1], dtype=torch.bool)
    for kept, changed in ((0, 1), (1, 0)):
        forward = edges if kept == 0 else edges.flip(0)
        ids = np.arange(n)
        scores = [NeighbourScore(rule, ids, forward, held.split.directed) for rule in HARD_RULES]
        mine = torch.arange(kept, negatives.shape[1], 2)
        anchors, row = held.positives[kept, mine].unique(return_inverse=True)
        first = 0
        for block in row_blocks(anchors, n):
            pool, size = _hardest(held, block, scores, kept)
            inside = mine[(row >= first) & (row < first + len(block))]
            at = torch.searchsorted(block, held.positives[kept, inside])
            share = torch.rand(len(inside), generator=held.generator, dtype=torch.float64)
            negatives[changed, inside] = pool[at, (share * size[at]).long()]
            found[inside] = size[at] > 0
            first += len(block)
    return EvaluationPairs(held.positives[:, found], negatives[:, found], paired=True)


def _hardest(
    held: _Held, anchors: Tensor, scores: list[NeighbourScore], kept: int
) -> tuple[Tensor, Tensor]:
    """For each anchor its best absent partners ``[S, 50]``, and how many there are ``[S]``."""
    absent = held.absent(anchors, kept)
    shuffled = torch.randperm(absent.shape[1], generator=held.generator)  # ties: not by row number
    values = (
        score.score_rows(anchors).masked_fill_(~absent, -1.0)[:, shuffled].numpy()
        for score in scores
    )
    pool = shuffled[torch.from_numpy(hardest(values, HARD_POOL))]
    return pool, absent.sum(dim=1).clamp(max=HARD_POOL)


def _until_absent(held: _Held, draw: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """One absent pair a positive, drawn again while connected; which positives found one."""
    rows = torch.arange(held.positives.shape[1])
    drawn = torch.empty_like(held.positives)
    for _ in range(ROUNDS):
        pairs = draw(rows)
        drawn[:, rows] = pairs
        rows = rows[held.connected(pairs)]
        if len(rows) == 0:
            break
    found = torch.ones(drawn.shape[1], dtype=torch.bool)
    found[rows] = False
    return drawn, found


def _swapped_until_absent(held: _Held, pairs: Tensor) -> Tensor:
    """``pairs`` with receivers exchanged until none is connected; what stays so is left out.

    An exchange is kept if both pairs come out unconnected; how often a neuron is sender and how
    often receiver never changes.
    """
    pairs = pairs.clone()
    for _ in range(ROUNDS):
        bad = held.connected(pairs).nonzero().flatten()
        if len(bad) == 0:
            break
        others = torch.randperm(pairs.shape[1], generator=held.generator)[: len(bad)]
        bad, others = bad[: len(others)], others
        apart = ~torch.isin(others, bad)
        bad, others = bad[apart], others[apart]
        first = torch.stack([pairs[0, bad], pairs[1, others]])
        second = torch.stack([pairs[0, others], pairs[1, bad]])
        good = ~(held.connected(first) | held.connected(second))
        pairs[:, bad[good]], pairs[:, others[good]] = first[:, good], second[:, good]
    return pairs[:, ~held.connected(pairs)]


REGIMES: dict[str, Callable[[_Held], EvaluationPairs]] = {
    "uniform": _uniform,
    "degree_matched": _degree_matched,
    "reversed": _reversed,
    "hard": _hard,
    "same_cell_type": _same_cell_type,
}


def make_evaluation_pairs(
    connectome: Connectome, split: LinkSplit, regime: str, part: str
) -> EvaluationPairs:
    """The links of ``part`` (``val`` or ``test``) with their negatives under ``regime``.

    Drawn from the seed of the split, so that every method meets the same, and by ids, so that the
    order of rows does not matter.

    Raises:
        InputError: for an unknown regime.
        NotApplicableError: for one that the data do not allow, or if no unconnected pair could be
            found.
    """
    if regime not in REGIMES:
        raise InputError(f"negatives={regime}: choose among {', '.join(REGIMES)}")
    if split.order is not None:
        numbered = reordered(connectome, split.order)
        drawn = make_evaluation_pairs(numbered, in_order_of_draws(split), regime, part)
        positives = renumbered(drawn.positives, split.order, split.directed)
        return EvaluationPairs(positives, split.order[drawn.negatives], drawn.paired)
    key = (split.seed, list(REGIMES).index(regime), ("val", "test").index(part))
    seed = int(np.random.SeedSequence(key).generate_state(1, np.uint32)[0])
    held = _Held(
        connectome,
        split,
        getattr(split, part),
        getattr(split, f"{part}_negatives"),
        torch.Generator().manual_seed(seed),
    )
    evaluation = REGIMES[regime](held)
    if evaluation.negatives.shape[1] == 0:
        raise NotApplicableError(
            f"negatives={regime}: the {part} links leave no unconnected pair to draw; leave this "
            "regime out"
        )
    return evaluation


def belongs(
    evaluation: EvaluationPairs, connectome: Connectome, split: LinkSplit, part: str
) -> bool:
    """Whether ``evaluation`` can have been made for ``part`` of ``split``: one from a file may
    not."""
    positives, negatives = evaluation.positives, evaluation.negatives
    if negatives.numel() and not 0 <= negatives.min() <= negatives.max() < split.num_neurons:
        return False
    if evaluation.paired and positives.shape != negatives.shape:
        return False
    held = getattr(split, part)
    n = split.num_neurons
    known = torch.isin(positives[0] * n + positives[1], held[0] * n + held[1])
    of_split = _Held(connectome, split, held, held, torch.Generator())
    return bool(known.all()) and not bool(of_split.connected(negatives).any())
