"""What every method shares as a LightningModule: it embeds, and the embedding is scored."""

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from pytorch_lightning import LightningModule

from connectome.metrics.links import scorer_metrics
from connectome.models.nn import SchedulerSettings
from connectome.scores import LinkDetails, Scorer
from connectome.training.batching import HeldOutBatch, TrainBatch
from connectome.types import Connectome, InputError, LinkSplit, MessageGraph

# For methods without parameters: nothing to share out between devices, nor to do twice.
UNTRAINED: dict[str, Any] = {
    "max_epochs": 1,
    "devices": 1,
    "strategy": "auto",
    "num_nodes": 1,
    "num_sanity_val_steps": 0,  # there is nothing to score before the one training step
}

__all__ = [
    "UNTRAINED",
    "EmbeddingModule",
    "check_latent_dim",
    "check_options",
    "follow",
    "rise_and_fall",
    "set_learning_rates",
    "share_done",
]

WARM_UP = 0.1  # share of training over which the learning rate rises


class EmbeddingModule(LightningModule):
    """Base of all methods; :meth:`embed` is the only thing that scoring needs.

    Attributes:
        trainer_limits: arguments that this method forces on the Trainer.
        scheduled: whether its learning rate follows a schedule over the whole training, which
            early stopping would cut off.
        mini_batches: whether it can train on part of the graph at a time.
        in_blocks: whether it embeds the graph block by block, as it must where it trained so.
    """

    trainer_limits: ClassVar[dict[str, Any]] = {}
    scheduled: bool = False
    mini_batches: ClassVar[bool] = False
    in_blocks: bool = False

    @property
    def uses_features(self) -> bool:
        """Whether it looks at node features where there are any."""
        return False

    @property
    @abstractmethod
    def method(self) -> str:
        """Name of the method with its variant, as it stands in tables."""

    @abstractmethod
    def build(self, graph: MessageGraph) -> None:
        """Make the parameters for ``graph``; called once, before training or loading.

        Raises:
            InputError: if ``latent_dim`` is too large for the graph.
        """

    @abstractmethod
    def embed(self, graph: MessageGraph) -> Scorer:
        """What scores any pair of neurons, on the CPU, without gradients."""

    def details(self, graph: MessageGraph) -> LinkDetails:
        """What else it knows of links: nothing, for most methods."""
        return LinkDetails()

    def measures(self, graph: MessageGraph) -> dict[str, float]:
        """What the run says of itself in ``metrics.json``, beside how good it is: nothing."""
        return {}

    def inductive(self, graph: MessageGraph) -> bool:
        """Whether it can embed a neuron that has no training link."""
        return False

    def require_fit(self, connectome: Connectome, split: LinkSplit) -> None:
        """Refuse data or a split that it does not go with; most methods take all.

        Raises:
            NotApplicableError: saying why, and what does.
        """

    def setup(self, stage: str) -> None:
        """Build for the data module's graph."""
        datamodule = self.trainer.datamodule  # type: ignore[attr-defined]
        self.in_blocks = datamodule.batch is not None
        self.build(datamodule.graph)

    def validation_step(self, batch: HeldOutBatch, batch_idx: int) -> None:
        """Log ``val/auc``, ``val/ap``, ``val/objective`` and what that is the mean of."""
        self._score("val", batch)

    def test_step(self, batch: HeldOutBatch, batch_idx: int) -> None:
        """Log ``test/auc`` and ``test/ap``."""
        self._score("test", batch)

    def _score(self, part: str, batch: HeldOutBatch) -> None:
        scorer = self.embed(batch.graph)
        metrics = scorer_metrics(scorer, batch.positives, batch.negatives)
        values = {f"{part}/auc": metrics.auc, f"{part}/ap": metrics.ap}
        # Every process scores the same pairs, so the mean over processes changes nothing.
        self.log_dict(values, prog_bar=True, batch_size=1, sync_dist=True)
        if batch.objective is not None:
            measured = batch.objective.measure(scorer, metrics)
            others = {name: value for name, value in measured.items() if name not in values}
            self.log_dict(others, batch_size=1, sync_dist=True)


def check_latent_dim(latent_dim: int, graph: MessageGraph) -> None:
    """Reject a latent dimension that the graph cannot fill.

    Raises:
        InputError: unless ``1 <= latent_dim < N``.
    """
    if not 1 <= latent_dim < graph.num_neurons:
        raise InputError(
            f"latent_dim={latent_dim}: the graph has {graph.num_neurons} neurons; "
            f"choose between 1 and {graph.num_neurons - 1}"
        )


def check_options(at_least: dict[str, tuple[float, float]], positive: dict[str, float]) -> None:
    """Reject options of a model that are out of range.

    Args:
        at_least: value and lowest value allowed, by the name of the option.
        positive: value by the name of the option.

    Raises:
        InputError: for the first value that is too low, infinite, or NaN, which no comparison finds
            too low.
    """
    for name, (value, lowest) in at_least.items():
        if not lowest <= value < math.inf:
            raise InputError(f"model.{name}={value}: must be {lowest} or more")
    for name, value in positive.items():
        if not 0 < value < math.inf:
            raise InputError(f"model.{name}={value}: must be positive")


def rise_and_fall(done: float) -> float:
    """Learning rate, as a share of the highest, when ``done`` (0 to 1) of the training is over."""
    done = min(1.0, done)
    fall = 0.5 * (1 + math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP)))
    return min(done / WARM_UP, fall)


def share_done(module: LightningModule, batch: TrainBatch, most: int | None = None) -> float:
    """Share of the training that is over after the next step, 0 to 1.

    From numbers of steps alone, so a resumed run goes on as it would have. A training that ends
    after ``most`` steps has more than 1 beyond.
    """
    steps = _all_steps(module, batch)
    return (module.global_step + 1) / min(steps, most or steps)


def _all_steps(module: LightningModule, batch: TrainBatch) -> int:
    """Optimiser steps of the whole training."""
    trainer = module.trainer
    return (trainer.max_epochs or 1) * batch.steps * int(trainer.num_training_batches)


def follow(
    scheduler: SchedulerSettings,
    module: LightningModule,
    batch: TrainBatch,
    optimizer: Any,
    highest: float,
) -> None:
    """Set the learning rate of the next step, from ``highest``; where nothing changes it, don't.

    From numbers of steps alone, as :func:`share_done`; the first step has the highest.
    """
    if scheduler.changes:
        done = module.global_step / _all_steps(module, batch)
        for group in optimizer.param_groups:
            group["lr"] = highest * scheduler.factor(done)


def set_learning_rates(optimizer: Any, highest: Sequence[float], done: float) -> None:
    """A linear rise and a cosine down to 0, from ``highest`` of each group of parameters."""
    factor = rise_and_fall(done)
    for group, rate in zip(optimizer.param_groups, highest, strict=True):
        group["lr"] = rate * factor
