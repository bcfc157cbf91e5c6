"""One DataModule for every method: a connectome, a split, and what each stage may see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import repeat
from typing import Any

import torch
from pytorch_lightning import LightningDataModule
from torch import Tensor

from connectome.data.features import check_groups, feature_fingerprint
from connectome.data.splits import (
    WHOLE,
    AbsentPairs,
    SplitAudit,
    SplitConfig,
    audit_split,
    graph_hash,
    message_graph,
    split_links,
)
from connectome.training.batching.edge_batches import EdgeBatches, MiniBatches
from connectome.training.batching.objective import USUAL, Objective
from connectome.types import (
    Connectome,
    InputError,
    LinkSplit,
    MessageGraph,
    NotApplicableError,
)

# Lightning takes dataclasses apart to convert their tensors, and fails on frozen ones: the two
# batches are therefore plain classes, which it hands through whole.


class TrainBatch:
    """The whole training set: Lightning's 'batch' of full-batch training.

    Attributes:
        graph: the training edges.
        positives: ``[2, P]`` training links of this process.
        absent: the pairs without a training edge, to draw negatives from.
        steps: optimiser steps to take on it.
        rank: index of this process among those that train.
    """

    def __init__(
        self, graph: MessageGraph, positives: Tensor, absent: AbsentPairs, steps: int, rank: int
    ) -> None:
        self.graph = graph
        self.positives = positives
        self.absent = absent
        self.steps = steps
        self.rank = rank

    def to(self, device: torch.device) -> "TrainBatch":
        """The same batch on ``device``."""
        if self.positives.device == device:
            return self
        graph, absent = self.graph.to(device), self.absent.to(device)
        return TrainBatch(graph, self.positives.to(device), absent, self.steps, self.rank)


class HeldOutBatch:
    """A held-out part: ``graph`` to embed, ``positives`` and ``negatives`` ``[2, P]`` to score.

    Embeddings are scored on the CPU, so only the graph moves to the device. The validation part
    has an ``objective`` too.
    """

    def __init__(
        self,
        graph: MessageGraph,
        positives: Tensor,
        negatives: Tensor,
        objective: Objective | None = None,
    ) -> None:
        self.graph = graph
        self.positives = positives
        self.negatives = negatives
        self.objective = objective

    def to(self, device: torch.device) -> "HeldOutBatch":
        """The same batch with its graph on ``device``."""
        if self.graph.edge_index.device == device:
            return self
        graph = self.graph.to(device)
        return HeldOutBatch(graph, self.positives, self.negatives, self.objective)


@dataclass(frozen=True, eq=False)
class Batches:
    """A data loader that hands out the same batch ``times`` times; there is nothing to load."""

    batch: TrainBatch | MiniBatches | HeldOutBatch
    times: int = 1

    def __iter__(self) -> Iterator[TrainBatch | MiniBatches | HeldOutBatch]:
        return repeat(self.batch, self.times)

    def __len__(self) -> int:
        return self.times


@lru_cache(maxsize=8)
def _prepare(
    connectome: Connectome,
    config: SplitConfig,
    features: tuple[str, ...],
) -> tuple[LinkSplit, MessageGraph, SplitAudit]:
    """Split, training graph and audit; jobs of a sweep that run in one process share them."""
    split = split_links(connectome, config)
    graph = message_graph(connectome, split, features)
    return split, graph, audit_split(connectome, split, graph).require()


@lru_cache(maxsize=8)
def _absent(split: LinkSplit) -> AbsentPairs:
    """Pairs without a training edge, whose tables jobs that run in one process share."""
    return AbsentPairs.of(split.message_edges, split.num_neurons, True, split.member_sizes)


class LinkDataModule(LightningDataModule):
    """Link prediction on one connectome.

    The split, its audit and the message graph are made once, when the module is built, so that
    every method and every process sees the same. One epoch is ``steps_per_epoch`` optimiser steps
    over all training links.

    Args:
        connectome: the data.
        split: how to hold out links.
        steps_per_epoch: optimiser steps between two validations.
        features: groups of node features (:mod:`connectome.data.features.groups`) to show, beside
            those that the data set itself has.
        objective: validation metrics whose mean is logged as ``val/objective``.
        batch: what a step sees; None is the whole graph and all training links.

    Raises:
        InputError: if the split cannot be drawn or fails its audit, or a group or a metric is
            unknown.
        NotApplicableError: if the data lack what the split, a group or a metric needs.
    """

    def __init__(
        self,
        connectome: Connectome,
        split: SplitConfig,
        steps_per_epoch: int,
        features: Sequence[str] = (),
        objective: Sequence[str] = USUAL,
        batch: EdgeBatches | None = None,
    ) -> None:
        super().__init__()
        if steps_per_epoch < 1:
            raise InputError(f"steps_per_epoch={steps_per_epoch}: must be at least 1")
        check_groups(features)
        if batch is not None and connectome.member_sizes:
            raise NotApplicableError(
                f"batch: {connectome.name} joins {len(connectome.member_sizes)} brains, which are "
                "trained on whole; use batch=full"
            )
        self.connectome = connectome
        self.features = tuple(features)
        prepared = _prepare(connectome, split, self.features)
        self.split, self.graph, self.audit = prepared
        self.objective = Objective.of(objective, connectome, self.split)
        self.steps_per_epoch = steps_per_epoch
        self.batch = batch
        self._moved: dict[tuple[int, str], tuple[Any, Any]] = {}
        handed_out = {
            "training": self.train_dataloader(),
            "val": self.val_dataloader(),
            "test": self.test_dataloader(),
        }
        seen = {stage: graph_hash(loader.batch.graph) for stage, loader in handed_out.items()}
        self.audit = replace(self.audit, graph_seen=seen)

    @property
    def holds_out(self) -> bool:
        """Whether any link is held out."""
        return self.split.protocol != WHOLE

    @property
    def fingerprints(self) -> dict[str, str]:
        """Of data and split, and of what chosen features were made of, by name."""
        found = {
            "data_fingerprint": self.audit.data_fingerprint,
            "split_fingerprint": self.audit.split_fingerprint,
        }
        if self.features:
            made_of = feature_fingerprint(self.connectome, self.features)
            found["features_fingerprint"] = made_of
        return found

    def train_dataloader(self) -> Batches:
        """One batch with all its steps; under several processes, one batch a step.

        The processes share the training links out among them. DDP averages gradients once for
        each forward call of its wrapper, so there a batch may take one step only; mini-batches
        average theirs themselves.
        """
        rank, world = self._rank(), self._world_size()
        if self.batch is not None:
            steps = self.steps_per_epoch
            return Batches(self.batch.source(self.graph, self.split, steps, rank, world))
        links, n = self.split.train, self.split.num_neurons
        links = links[:, (links[0] * n + links[1]).argsort()]  # gathered in the order of memory
        batch = TrainBatch(
            graph=self.graph,
            positives=links[:, rank::world].contiguous(),
            absent=_absent(self.split),
            steps=self.steps_per_epoch if world == 1 else 1,
            rank=rank,
        )
        return Batches(batch, times=self.steps_per_epoch // batch.steps)

    def val_dataloader(self) -> Batches:
        """The validation part, whole, in every process."""
        held = self.split.val, self.split.val_negatives
        return Batches(HeldOutBatch(self.graph, *held, self.objective))

    def test_dataloader(self) -> Batches:
        """The test part, whole."""
        return Batches(HeldOutBatch(self.graph, self.split.test, self.split.test_negatives))

    def transfer_batch_to_device(
        self, batch: Any, device: torch.device, dataloader_idx: int
    ) -> Any:
        """Move each batch once and keep it: the graph never changes."""
        key = (id(batch), str(device))
        if key not in self._moved:
            self._moved[key] = (batch, batch.to(device))  # holding `batch` keeps its id taken
        return self._moved[key][1]

    def _rank(self) -> int:
        return 0 if self.trainer is None else self.trainer.global_rank

    def _world_size(self) -> int:
        return 1 if self.trainer is None else self.trainer.world_size
