"""Train, test, save and restore one run."""

from connectome.training.loop.benchmark import (
    Benchmark,
    require_negatives,
)
from connectome.training.loop.checkpoints import VerifiedCheckpointIO
from connectome.training.loop.fit import fit_and_test
from connectome.training.loop.loggers import finish_loggers
from connectome.training.loop.restore import restore
from connectome.training.loop.threads import threads_for
from connectome.training.loop.trainers import (
    TrainerFactory,
    check_arguments,
    check_callbacks,
    check_trainer,
    require_strategy,
)

__all__ = [
    "Benchmark",
    "TrainerFactory",
    "VerifiedCheckpointIO",
    "check_arguments",
    "check_callbacks",
    "check_trainer",
    "finish_loggers",
    "fit_and_test",
    "require_negatives",
    "require_strategy",
    "restore",
    "threads_for",
]
