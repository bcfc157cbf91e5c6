"""Train, test and save one run."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ProgressBar, Timer
from pytorch_lightning.loggers import CSVLogger, Logger
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from connectome.data.storage import (
    AUDIT,
    EMBEDDING,
    METRICS,
    SPLIT,
    save_embedding,
    save_json,
    save_split,
)
from connectome.training.checkpoints import (
    KEY,
    Provenance,
    VerifiedCheckpointIO,
    read_checkpoint,
    require_same_data,
)
from connectome.training.datamodule import LinkDataModule
from connectome.training.module import EmbeddingModule
from connectome.training.runs import RunFolder
from connectome.types import InputError

log = logging.getLogger(__name__)

TrainerFactory = Callable[..., pl.Trainer]

# Several devices would pad an odd number of test links by scoring one of them twice.
SINGLE_DEVICE = {"devices": 1, "num_nodes": 1, "strategy": "auto", "enable_progress_bar": False}


def fit_and_test(
    folder: RunFolder,
    datamodule: LinkDataModule,
    module: EmbeddingModule,
    make_trainer: TrainerFactory,
    callbacks: Sequence[pl.Callback],
    loggers: Sequence[Logger],
) -> dict[str, float] | None:
    """Fit from the last checkpoint if there is one, test the best one, write the artefacts.

    Args:
        folder: where everything goes.
        datamodule: data and split.
        module: the method.
        make_trainer: Trainer with its configuration already applied.
        callbacks: for fitting; among them the checkpoint that is monitored.
        loggers: for fitting and testing.

    Returns:
        The metrics that were written, or None in a process that is not of rank 0.
    """
    audit = datamodule.audit
    provenance = Provenance(folder.config, audit.data_fingerprint, audit.split_fingerprint)
    shared: dict[str, Any] = {"logger": list(loggers), "plugins": [VerifiedCheckpointIO()]}
    for logger in loggers:
        logger.log_hyperparams(folder.config | {"method": module.method})
    trainer = _trainer(
        make_trainer, shared | {"callbacks": [*callbacks, provenance]} | module.trainer_limits
    )
    if (last := folder.last_checkpoint) is not None:
        require_same_data(read_checkpoint(last)[KEY], provenance.record, str(last))
        log.info("Resuming from %s", last)
    started = time.monotonic()
    trainer.fit(module, datamodule, ckpt_path=last, weights_only=True)
    if not trainer.is_global_zero:
        return None
    seconds = training_seconds(callbacks) or time.monotonic() - started
    # Not through the loggers: a CSV file begun in another process has other columns.
    stateful = [c for c in callbacks if not isinstance(c, ProgressBar)]
    tester = _trainer(
        make_trainer,
        shared | {"logger": False, "callbacks": [*stateful, provenance]} | SINGLE_DEVICE,
    )
    best: dict[str, Any] = {
        "ckpt_path": folder.best_checkpoint,
        "weights_only": True,
    }
    [val] = tester.validate(module, datamodule, verbose=False, **best)
    [test] = tester.test(module, datamodule, verbose=False, **best)
    metrics = {name.replace("/", "_"): value for name, value in {**val, **test}.items()}
    for logger in loggers:
        if not isinstance(logger, CSVLogger):
            logger.log_metrics(dict(test))
    return save_run(folder.path, datamodule, module, metrics | {"seconds": seconds})


def _trainer(make_trainer: TrainerFactory, arguments: dict[str, Any]) -> pl.Trainer:
    try:
        trainer = make_trainer(**arguments)
        if not isinstance(trainer.max_epochs, int):
            raise TypeError(f"max_epochs={trainer.max_epochs} is no whole number")
        return trainer
    except (MisconfigurationException, ValueError, TypeError) as error:
        raise InputError(f"trainer: {error}; see conf/trainer") from error


def training_seconds(callbacks: Sequence[pl.Callback]) -> float:
    """Time in training over all resumptions; 0 without a Timer, or if it ran elsewhere."""
    timers = [callback for callback in callbacks if isinstance(callback, Timer)]
    return timers[0].time_elapsed("train") if timers else 0.0


def save_run(
    path: Path, datamodule: LinkDataModule, module: EmbeddingModule, metrics: dict[str, Any]
) -> dict[str, float]:
    """Write embedding, split, audit and metrics; the metrics last, as a sign that all is there."""
    embedding = module.embed(datamodule.graph)
    fingerprint = datamodule.audit.data_fingerprint
    embedding = replace(embedding, data_fingerprint=fingerprint)
    save_embedding(path / EMBEDDING, embedding)
    save_split(path / SPLIT, datamodule.split)
    save_json(path / AUDIT, datamodule.audit.as_dict())
    parameters = sum(p.numel() for p in module.parameters())
    metrics |= {"parameters": parameters, "numbers_per_neuron": embedding.numbers_per_neuron}
    save_json(path / METRICS, metrics | {"method": embedding.method})
    return metrics
