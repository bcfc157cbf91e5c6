"""Orthogonalised steps of networks and jumps of neurons: a directed autoencoder in fewer steps."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from connectome.models.factors import Side, best_places
from connectome.models.losses import Block, LikelihoodSettings, PairWeights, draw_rectangle
from connectome.models.nn import DecoderMLP, Muon, parts_over
from connectome.models.sparse import LinkRows
from connectome.training.batching import TrainBatch
from connectome.training.randomness import step_generator
from connectome.types import MessageGraph

STEPS = 900  # of a training, which takes no more
JUMPS = 15  # of every neuron, at equal distances, ...
LAST_JUMP = 13  # ... but for those that follow this one
PLACES = 512  # of other neurons that a jump tries
TABLE_RATE, NETWORK_RATE = 0.1, 0.05  # highest learning rates
MOMENTUM = 0.95
SPREAD = 20.0  # of the first places, times that of Adam's: networks tell near ones apart badly
WIDTH = 3  # columns of a rectangle, over half its rows
Compared = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
JUMP = 1  # tells the generator of a jump from that of a step


class MuonSteps:
    """What the training of a directed autoencoder by orthogonalised steps has of its own.

    The factors are a table, without a network before them. Small steps of the networks' matrices
    are those of :class:`connectome.models.nn.Muon`; a neuron's way across the map is no small
    step, but a jump to the best of other neurons' places
    (:func:`connectome.models.factors.jumps.best_places`).

    Args:
        likelihood: what links and absent pairs weigh.
        l2: weight of the mean squared length of the factors in the loss per link.
    """

    def __init__(self, likelihood: LikelihoodSettings, l2: float) -> None:
        self.likelihood, self.l2 = likelihood, l2
        self._sides: tuple[MessageGraph, tuple[Side, Side], float] | None = None

    def draw(
        self, links: LinkRows, rows: int, columns: int, generator: torch.Generator, valued: bool
    ) -> Block:
        """A rectangle with its links: 1.5 times as many columns as rows if none are said."""
        wide = columns if self.likelihood.columns else min(WIDTH * rows // 2, columns)
        return draw_rectangle(links, rows, wide, generator, valued)

    def optimizer(
        self, own: Sequence[Tensor], networks: DecoderMLP, decay: float, rate: float
    ) -> torch.optim.Optimizer:
        """Of factors, biases and networks.

        Args:
            own: factors ``[N, 2 d]`` and then what else is no network, by Adam.
            networks: of the decoder.
            decay: weight decay of the networks.
            rate: highest learning rate of ``own`` but the factors.
        """
        adam = {"matrices": (), "adam_share": 1.0, "weight_decay": 0.0}
        groups = [
            {"params": [own[0]], "lr": TABLE_RATE} | adam,
            {"params": own[1:], "lr": rate} | adam,
            {
                "params": [*networks.parameters()],
                "lr": NETWORK_RATE,
                "weight_decay": decay,
                "matrices": networks.matrices,
            },
        ]
        return Muon(groups, momentum=MOMENTUM)

    @staticmethod
    def rates(own: float) -> tuple[float, float, float]:
        """Highest learning rates of the groups of :meth:`optimizer`."""
        return TABLE_RATE, own, NETWORK_RATE

    def after(
        self,
        module: Any,
        batch: TrainBatch,
        done: float,
        biases: tuple[Tensor, Tensor],
        compared: Compared,
    ) -> None:
        """What follows a step: a jump where one is due, and after :data:`STEPS` the end.

        Args:
            module: in training, with its ``encoder`` and ``seed``.
            batch: with its graph.
            done: share of the training that is over.
            biases: ``[N]`` of senders and of receivers.
            compared: vectors ``[N, K]`` of both sides from their factors ``[N, d]``.
        """
        steps = module.global_step
        if due(done, steps):
            # The same places in every process, whose weights are the same.
            generator = step_generator(module.seed, steps, 0, module.device, JUMP)
            self.jump(batch.graph, module.encoder.table, biases, compared, generator)
        module.trainer.should_stop |= steps >= STEPS

    @torch.no_grad()
    def jump(
        self,
        graph: MessageGraph,
        table: Tensor,
        biases: tuple[Tensor, Tensor],
        compared: Compared,
        generator: torch.Generator,
    ) -> None:
        """Move every sender to the best of some places, then every receiver.

        Args:
            graph: with the links.
            table: ``[N, 2 d]``, changed in place.
            biases: ``[N]`` of senders and of receivers.
            compared: as of :meth:`after`.
            generator: of the places.
        """
        sides, total = self._prepare(graph)
        scale = self.l2 * total / len(table)
        for k in (0, 1):
            with torch.autocast(table.device.type, enabled=False):
                factors = table.chunk(2, dim=1)
                sent, received = compared(*factors)
                ends = (sent.float(), biases[0].float()), (received.float(), biases[1].float())
                order = torch.randperm(len(table), generator=generator, device=table.device)
                penalty = scale * factors[k].float().square().sum(dim=1)
                best = best_places(sides[k], ends[k], ends[1 - k], order[:PLACES], penalty)
            factors[k].copy_(factors[k][best])

    def _prepare(self, graph: MessageGraph) -> tuple[tuple[Side, Side], float]:
        if self._sides is None or self._sides[0] is not graph:
            weights = PairWeights.of(graph, self.likelihood)
            weights = replace(weights, links=weights.links.float())  # also where weights are double
            self._sides = graph, Side.both(graph.edge_index, weights), weights.total
        return self._sides[1:]


def due(done: float, steps: int) -> bool:
    """Whether neurons jump after step number ``steps``, with which a share ``done`` of the training
    is over: it ends one of :data:`JUMPS` equal parts, up to the :data:`LAST_JUMP`-th.
    """
    before, now = (parts_over(share, JUMPS) for share in (done * (steps - 1) / steps, done))
    return before < now <= LAST_JUMP
