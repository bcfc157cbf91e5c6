"""Training on part of the graph at a time: which links a step sees, and what computes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import torch
from torch import Tensor

from connectome.data.splits import AbsentPairs
from connectome.training.batching.neighbour_sampling import Hop, Neighbours, relabel, sample_hops
from connectome.training.randomness import step_generator
from connectome.types import InputError, LinkSplit, MessageGraph

ORDER = 1  # tells the generator of a pass from those of steps


@dataclass(frozen=True, eq=False)
class Draw:
    """What one step computes.

    Attributes:
        neurons: ``[S]`` int64, sorted.
        positives, negatives: ``[2, P]`` and ``[2, Q]`` positions in ``neurons``.
        hops: rows of the normalised adjacency matrix, from ``neurons`` outwards.
        ends, weights: ``[K]`` positions in ``neurons`` and weights that estimate a mean over all
            neurons without bias.
    """

    neurons: Tensor
    positives: Tensor
    negatives: Tensor
    hops: list[Hop]
    ends: Tensor
    weights: Tensor


@lru_cache(maxsize=2)
def messages_of(graph: MessageGraph) -> Neighbours:
    """The edges of ``graph`` in both directions, on the CPU."""
    edges, neurons = graph.edge_index.cpu(), graph.num_neurons
    return (Neighbours.both_ways if graph.directed else Neighbours.of)(edges, neurons)


@dataclass(frozen=True)
class EdgeBatches:
    """Some training links a step, and neighbours drawn around their ends.

    Neighbour sampling of Hamilton, Ying & Leskovec 2017 (arXiv:1706.02216), weighted so that each
    hop is unbiased; see :func:`connectome.training.batching.neighbour_sampling.sample_hops`. Every
    link is seen once in a pass, and has one uniform negative. Processes share the links out among
    them.

    Attributes:
        edges: training links of a step, in each process.
        fanouts: neighbours that a neuron hears of, from the ends of a link outwards; a method with
            fewer graph convolutions uses the first ones. At least the largest degree is exact.
        drop_targets: True takes the links of a step out of its messages. Full-batch training
            leaves them in.

    Raises:
        InputError: for numbers below 1.
    """

    edges: int = 65536
    fanouts: Sequence[int] = (10, 10)
    drop_targets: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "fanouts", tuple(self.fanouts))
        if self.edges < 1:
            raise InputError(f"batch.edges={self.edges}: must be at least 1")
        if any(isinstance(k, bool) or not isinstance(k, int) or k < 1 for k in self.fanouts):
            raise InputError(
                f"batch.fanouts={list(self.fanouts)}: must be whole numbers of at least 1"
            )

    def source(
        self, graph: MessageGraph, split: LinkSplit, steps: int, rank: int = 0, world: int = 1
    ) -> "MiniBatches":
        """Batches of this kind.

        Raises:
            InputError: if a process has fewer links than a batch shall have.
        """
        share = split.train.shape[1] // world
        if self.edges > share:
            raise InputError(
                f"batch.edges={self.edges}: {world} process(es) have {share} training links each; "
                "choose fewer, or batch=full"
            )
        return MiniBatches(self, graph, split, steps, rank, world)


class MiniBatches:
    """Lightning's 'batch' of training in mini-batches: it draws as many as there are steps.

    What step ``t`` of a process sees follows from (seed, t, process) alone.

    Args:
        config: how large a step is, and how many neighbours it draws.
        graph: the training edges.
        split: the training links.
        steps: optimiser steps to take.
        rank: index of this process among the ``world`` that train.
        world: how many those are.
        device: where to compute.
    """

    def __init__(
        self,
        config: EdgeBatches,
        graph: MessageGraph,
        split: LinkSplit,
        steps: int,
        rank: int = 0,
        world: int = 1,
        device: torch.device | str = "cpu",
    ) -> None:
        self.config = config
        self.graph = graph
        self.split = split
        self.steps = steps
        self.rank = rank
        self.world = world
        self.device = torch.device(device)
        self._order: tuple[tuple[int, int], Tensor] | None = None

    def to(self, device: torch.device) -> "MiniBatches":
        """The same batches on ``device``."""
        if device == self.device:
            return self
        where = (self.graph, self.split, self.steps, self.rank, self.world, device)
        return MiniBatches(self.config, *where)

    @cached_property
    def messages(self) -> Neighbours:
        """Training edges in both directions."""
        return messages_of(self.graph).to(self.device)

    @cached_property
    def links(self) -> Neighbours:
        """Training links, each once, by sender."""
        return Neighbours.of(self.split.train, self.split.num_neurons).to(self.device)

    @cached_property
    def features(self) -> Tensor | None:
        """``[N, F]`` or None."""
        return None if self.graph.features is None else self.graph.features.to(self.device)

    @cached_property
    def absent(self) -> AbsentPairs:
        """Pairs without a training link."""
        split = self.split
        return AbsentPairs.of(split.train, split.num_neurons, split.directed).to(self.device)

    @cached_property
    def weights(self) -> Tensor:
        """``[N]`` float32, 1 / (N P(a negative's random end is that neuron))."""
        n, ways = self.split.num_neurons, 2 if self.split.directed else 1
        degrees = torch.bincount(self.split.train.flatten(), minlength=n)
        free = (ways * (n - 1) - degrees).double()
        weights = torch.where(free > 0, free.sum() / (n * free), 0.0)
        return weights.float().to(self.device)

    @property
    def share(self) -> int:
        """How many training links this process has."""
        return (self.split.train.shape[1] - self.rank + self.world - 1) // self.world

    @property
    def steps_a_pass(self) -> int:
        """Steps in which every link of the process is seen once."""
        return -(-self.share // self.config.edges)

    def draw(self, step: int, seed: int, hops: int, generator: torch.Generator) -> Draw:
        """Links of step ``step``, as many negatives, and neighbours of the ends of both.

        Raises:
            InputError: if there are fewer ``fanouts`` than ``hops``.
        """
        if hops > len(self.config.fanouts):
            raise InputError(
                f"batch.fanouts={list(self.config.fanouts)}: the method has {hops} graph "
                "convolutions; give a number for each"
            )
        positives = self.links.pairs(self.positions(step, seed))
        negatives = self.absent.sample(positives.shape[1], generator)
        neurons, local = relabel(torch.cat([positives, negatives], dim=1), self.graph.num_neurons)
        without = positives if self.config.drop_targets else None
        fanouts = self.config.fanouts[:hops]
        drawn = sample_hops(self.messages, neurons, fanouts, generator, without)
        count = positives.shape[1]
        return Draw(
            neurons=neurons,
            positives=local[:, :count],
            negatives=local[:, count:],
            hops=drawn,
            ends=local[:, count:].flatten(),
            weights=self.weights[negatives.flatten()],
        )

    def positions(self, step: int, seed: int) -> Tensor:
        """Positions ``[P]`` in ``links.ends`` of the links of one step, sorted."""
        turn, part = divmod(step, self.steps_a_pass)
        order = self._ordered(seed, turn)
        first, last = (at * self.share // self.steps_a_pass for at in (part, part + 1))
        mine = order[first:last].long().sort().values
        return mine.to(self.device) * self.world + self.rank

    def _ordered(self, seed: int, turn: int) -> Tensor:
        """A permutation of the links of this process, the one of pass ``turn``: int32."""
        if self._order is None or self._order[0] != (seed, turn):
            generator = step_generator(seed, turn, self.rank, "cpu", ORDER)
            order = torch.randperm(self.share, dtype=torch.int32, generator=generator)
            self._order = ((seed, turn), order)
        return self._order[1]
