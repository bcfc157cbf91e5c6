"""What the trained methods step with, and how their learning rate changes over a training."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from connectome.models.nn.muon import Muon
from connectome.types import InputError

OPTIMIZERS: dict[str, Any] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
    "muon": Muon,
}
WITH_MOMENTUM = ("sgd", "muon")
UNFUSED = ("muon",)  # it has no kernel of its own
SCHEDULERS = ("none", "cosine", "step")
MOST_DROPS = 1000
ROUNDING = 1e-9  # a share such as 1/3 times 3 is a whole number


@dataclass(frozen=True)
class OptimizerSettings:
    """An optimiser; its learning rate is an option of the model.

    Attributes:
        name: ``adam`` (Kingma & Ba 2015, arXiv:1412.6980), ``adamw`` (Loshchilov & Hutter 2019,
            arXiv:1711.05101), ``sgd`` or ``muon`` (:class:`connectome.models.nn.muon.Muon`).
        weight_decay: of all weights. ``adam`` and ``sgd`` add it to the gradient, ``adamw`` and
            ``muon`` shrink the weights apart from it.
        momentum: of ``sgd`` and ``muon`` only.

    Raises:
        InputError: for an unknown name, a value out of range, or momentum where it is ignored.
    """

    name: str = "adam"
    weight_decay: float = 0.0
    momentum: float = 0.0

    def __post_init__(self) -> None:
        _require_name("optimizer", self.name, tuple(OPTIMIZERS))
        if not 0 <= self.weight_decay < math.inf:
            raise InputError(f"optimizer.weight_decay={self.weight_decay}: must be 0 or more")
        if not 0 <= self.momentum < 1:
            raise InputError(f"optimizer.momentum={self.momentum}: must be at least 0 and below 1")
        if self.momentum and self.name not in WITH_MOMENTUM:
            raise InputError(
                f"optimizer.momentum={self.momentum}: is of optimizer=sgd and optimizer=muon only; "
                "leave it out"
            )

    def make(
        self, parameters: Iterable[Tensor], learning_rate: float, fused: bool = False
    ) -> torch.optim.Optimizer:
        """The optimiser of ``parameters``.

        Args:
            parameters: tensors ``[...]`` of any shape, or groups of them, which it changes.
            learning_rate: the highest one, where a scheduler changes it.
            fused: one kernel for all parameters, which rounds otherwise; False is what torch takes.
        """
        own: dict[str, Any] = {}
        if self.name in WITH_MOMENTUM:
            own["momentum"] = self.momentum
        if self.name not in UNFUSED:
            own["fused"] = fused or None  # False would also rule out what torch takes on a GPU
        made: torch.optim.Optimizer = OPTIMIZERS[self.name](
            parameters,
            lr=learning_rate,
            weight_decay=self.weight_decay,
            **own,
        )
        return made


@dataclass(frozen=True)
class SchedulerSettings:
    """How the learning rate falls, as a share of the highest.

    Attributes:
        name: ``none``; ``cosine``, half a period down to 0 (Loshchilov & Hutter 2017,
            arXiv:1608.03983, without restarts); ``step``, drops at equal distances.
        drops: how many there are, of ``step`` only: 2 fall after a third and two thirds.
        gamma: what each multiplies the learning rate by, of ``step`` only.

    Raises:
        InputError: for an unknown name, a value out of range, or drops without ``step``.
    """

    name: str = "none"
    drops: int = 2
    gamma: float = 0.1

    def __post_init__(self) -> None:
        _require_name("scheduler", self.name, SCHEDULERS)
        whole = isinstance(self.drops, int) and not isinstance(self.drops, bool)
        if not whole or not 1 <= self.drops <= MOST_DROPS:
            raise InputError(
                f"scheduler.drops={self.drops}: must be a whole number from 1 to {MOST_DROPS}"
            )
        if not 0 < self.gamma <= 1:
            raise InputError(f"scheduler.gamma={self.gamma}: must be above 0 and at most 1")
        if self.name != "step":
            for key in ("drops", "gamma"):
                if (value := getattr(self, key)) != getattr(SchedulerSettings, key):
                    raise InputError(
                        f"scheduler.{key}={value}: is of scheduler=step only; leave it out"
                    )

    @property
    def changes(self) -> bool:
        """Whether the learning rate changes at all."""
        return self.name != "none"

    def factor(self, done: float) -> float:
        """Learning rate, as a share of the highest, when ``done`` (0 to 1) of the training is over.

        The first step has ``done`` = 0.
        """
        done = min(1.0, max(0.0, done))
        if self.name == "cosine":
            return 0.5 * (1 + math.cos(math.pi * done))
        if self.name == "step":
            return float(self.gamma ** min(self.drops, parts_over(done, self.drops + 1)))
        return 1.0


def parts_over(done: float, parts: int) -> int:
    """How many of ``parts`` equal parts are over, when ``done`` (0 to 1) of the whole is."""
    return math.floor(done * parts + ROUNDING)


def require_usual(
    optimizer: OptimizerSettings, scheduler: SchedulerSettings, where: str, remedy: str
) -> None:
    """Refuse a choice where a method steps in a way of its own: it would be ignored.

    Args:
        optimizer: as chosen.
        scheduler: as chosen.
        where: what has that way of its own, with a verb.
        remedy: what to do, beside leaving the choice out.

    Raises:
        InputError: naming the first option that is not the default.
    """
    for group, chosen in (("optimizer", optimizer), ("scheduler", scheduler)):
        for field in fields(chosen):
            if (value := getattr(chosen, field.name)) != field.default:
                option = group if field.name == "name" else f"{group}.{field.name}"
                raise InputError(f"{option}={value}: {where}; leave it out, or {remedy}")


def _require_name(group: str, name: object, known: tuple[str, ...]) -> None:
    if name not in known:
        raise InputError(f"{group}.name={name}: choose one of {', '.join(known)}")
