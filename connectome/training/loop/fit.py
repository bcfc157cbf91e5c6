"""Train, test and save one run."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import EarlyStopping, ProgressBar, Timer
from pytorch_lightning.loggers import CSVLogger, Logger

from connectome.data.features import FROM_EDGES
from connectome.data.splits import WHOLE, reported_part, scored_parts
from connectome.metrics.links import cautions, scorer_metrics
from connectome.runs import (
    AUDIT,
    CALIBRATION,
    EMBEDDING,
    KEY,
    METRICS,
    RECEIPT,
    SCORES,
    SPLIT,
    RunFolder,
    read_checkpoint,
    require_same_data,
    require_same_options,
    save_json,
    save_scorer,
    save_split,
    save_table,
)
from connectome.scores import Scorer
from connectome.training.batching import LinkDataModule
from connectome.training.loop.benchmark import Benchmark, BenchmarkResult, run_benchmark
from connectome.training.loop.checkpoints import Provenance, VerifiedCheckpointIO
from connectome.training.loop.edge_attribute_scores import report_details
from connectome.training.loop.loggers import log_embedding
from connectome.training.loop.trainers import (
    TrainerFactory,
    check_callbacks,
    clear_complaints,
    make,
)
from connectome.training.modules import EmbeddingModule
from connectome.types import InputError, NotApplicableError

log = logging.getLogger(__name__)

# Several devices would pad an odd number of test links by scoring one of them twice.
SINGLE_DEVICE = {"devices": 1, "num_nodes": 1, "strategy": "auto", "enable_progress_bar": False}


def fit_and_test(
    folder: RunFolder,
    datamodule: LinkDataModule,
    module: EmbeddingModule,
    make_trainer: TrainerFactory,
    callbacks: Sequence[pl.Callback],
    loggers: Sequence[Logger],
    benchmark: Benchmark,
    test: bool = True,
) -> dict[str, float] | None:
    """Fit from the last checkpoint if there is one, test the best one, write the artefacts.

    Args:
        folder: where everything goes.
        datamodule: data and split.
        module: the method.
        make_trainer: Trainer with its configuration already applied.
        callbacks: for fitting; among them the checkpoint that is monitored.
        loggers: for fitting and testing.
        benchmark: what else to score.
        test: False ends after validation: nothing of the test part is scored.

    Returns:
        The metrics that were written, or None in a process that is not of rank 0.

    Raises:
        NotApplicableError: if neurons are held out whole and the method cannot embed those.
        InputError: if nothing is held out but a callback monitors what is.
    """
    if module.scheduled:
        callbacks = [one for one in callbacks if not isinstance(one, EarlyStopping)]
    require_applicable(module, datamodule, callbacks)
    check_callbacks(folder.best_checkpoint, callbacks)
    for logger in loggers:
        logger.log_hyperparams(folder.config | {"method": module.method})
    job = _Job(folder, datamodule, module, make_trainer, tuple(callbacks), tuple(loggers))
    started = time.monotonic()
    if not job.fit():
        return None
    seconds = training_seconds(callbacks) or time.monotonic() - started
    if datamodule.holds_out:  # else the last weights are the best ones, and there is no test
        job.load_best(test)
    scorer = module.embed(datamodule.graph)
    metrics = final_metrics(scorer, datamodule, test)
    metrics |= report_details(folder, module, datamodule, metrics)
    metrics |= module.measures(datamodule.graph)
    metrics |= {
        "seconds": seconds,
        "parameters": sum(parameter.numel() for parameter in module.parameters()),
        "numbers_per_neuron": scorer.numbers_per_neuron,
    }
    for logger in loggers:
        if not isinstance(logger, CSVLogger):
            logger.log_metrics(metrics)
    if benchmark.wanted:
        save_benchmark(folder.path, run_benchmark(scorer, datamodule, benchmark))
    save_run(folder.path, datamodule, scorer, metrics)
    log_embedding(loggers, folder.path / EMBEDDING, {"method": scorer.method} | metrics)
    return metrics


@dataclass(frozen=True)
class _Job:
    """What Lightning needs to train one run and to test it."""

    folder: RunFolder
    datamodule: LinkDataModule
    module: EmbeddingModule
    make_trainer: TrainerFactory
    callbacks: tuple[pl.Callback, ...]
    loggers: tuple[Logger, ...]

    @cached_property
    def provenance(self) -> Provenance:
        """What every checkpoint says of where it comes from."""
        return Provenance(self.folder.config, self.folder.identity, self.datamodule.fingerprints)

    def trainer(self, callbacks: Sequence[pl.Callback], **changed: Any) -> pl.Trainer:
        """A Trainer with these callbacks, and arguments other than those of fitting."""
        arguments: dict[str, Any] = {
            "logger": [*self.loggers],
            "plugins": [VerifiedCheckpointIO()],
            "enable_progress_bar": any(isinstance(one, ProgressBar) for one in self.callbacks),
            "callbacks": [*callbacks, self.provenance],
        }
        return make(self.make_trainer, arguments | changed)

    def fit(self) -> bool:
        """Train, from the last checkpoint if there is one; False in a process not of rank 0.

        Raises:
            InputError: if that checkpoint is of other data or options, or none was written.
        """
        unseen = {} if self.datamodule.holds_out else {"limit_val_batches": 0}
        trainer = self.trainer(self.callbacks, **self.module.trainer_limits | unseen)
        if (last := self.folder.last_checkpoint) is not None:
            found = read_checkpoint(last)[KEY]
            require_same_data(found, self.provenance.record, str(last))
            require_same_options(found.get("identity") or {}, self.folder.identity, str(last))
            log.info("Resuming from %s", last)
        with clear_complaints():
            trainer.fit(self.module, self.datamodule, ckpt_path=last, weights_only=True)
        if trainer.is_global_zero and not self.folder.best_checkpoint.is_file():
            raise InputError(
                f"{self.folder.best_checkpoint}: was not written, since no epoch ended with a "
                "validation; give it more epochs or time (trainer.max_epochs, trainer.max_time, "
                "trainer.max_steps) or validate more often (trainer.check_val_every_n_epoch, "
                "callbacks.best)"
            )
        return bool(trainer.is_global_zero)

    def load_best(self, test: bool) -> None:
        """Test, or else validate, the best weights, which the module has from then on."""
        # Not through the loggers: a CSV file begun in another process has other columns.
        stateful = [one for one in self.callbacks if not isinstance(one, ProgressBar)]
        tester = self.trainer(stateful, logger=False, **SINGLE_DEVICE)
        judge = tester.test if test else tester.validate
        best = self.folder.best_checkpoint
        judge(self.module, self.datamodule, best, verbose=False, weights_only=True)


def require_applicable(
    module: EmbeddingModule, datamodule: LinkDataModule, callbacks: Sequence[pl.Callback] = ()
) -> None:
    """Refuse what does not go with the split.

    Raises:
        NotApplicableError: if neurons are held out whole, and the method learns nothing of a
            neuron without links, if features were chosen that the method does not look at, if
            it cannot train in the batches that were chosen, or says itself that it cannot.
        InputError: if nothing is held out, and a callback monitors a held-out metric.
    """
    watching = [name for c in callbacks if (name := getattr(c, "monitor", None)) is not None]
    if watching and not datamodule.holds_out:
        raise InputError(
            f"split.protocol={WHOLE}: nothing is held out, so {watching[0]} cannot be monitored; "
            "add callbacks=whole"
        )
    if datamodule.batch is not None and not module.mini_batches:
        raise NotApplicableError(
            f"batch: {module.method} takes the graph whole; use "
            "gae, vgae, linear_gae, linear_vgae, source_target_gae or factor, or batch=full"
        )
    chosen = datamodule.features
    if chosen and not module.uses_features:
        raise NotApplicableError(
            f"features=[{','.join(chosen)}]: {module.method} sees edges only; use a method that "
            "encodes node features (directed_gae, gae, vgae), or leave features out"
        )
    tells = datamodule.connectome.features is not None or bool({*chosen} - {*FROM_EDGES})
    inductive = tells and module.inductive(datamodule.graph)
    if datamodule.split.protocol == "neuron" and not inductive:
        raise NotApplicableError(
            f"split.protocol=neuron: {module.method} learns nothing of a neuron without training "
            f"links; use a method that encodes node features other than {', '.join(FROM_EDGES)} "
            "on data that have them, or another protocol"
        )
    module.require_fit(datamodule.connectome, datamodule.split)


def save_benchmark(path: Path, result: BenchmarkResult) -> None:
    """Write both tables beside their targets and move them into place."""
    for name, table in ((CALIBRATION, result.calibration), (SCORES, result.scores)):
        save_table(path / name, table)


def final_metrics(scorer: Scorer, datamodule: LinkDataModule, test: bool) -> dict[str, float]:
    """AUC and average precision on the scored parts, from the embedding that is saved.

    With how many pairs they rest on, and a warning where that, or what is scored, says little.
    """
    metrics: dict[str, float] = {}
    reported = reported_part(datamodule.split.protocol, test)
    for part, (positives, negatives) in scored_parts(datamodule.split).items():
        if part == "test" and not test:
            continue
        values = scorer_metrics(scorer, positives, negatives)
        metrics |= values.named(part)
        if part == reported:
            for caution in cautions(values):
                log.warning("%s: %s", part, caution)
        if part == "val":
            measured = datamodule.objective.measure(scorer, values)
            metrics |= measured
    return metrics


def training_seconds(callbacks: Sequence[pl.Callback]) -> float:
    """Seconds of training over all resumptions; 0 without a Timer, or if it ran elsewhere."""
    timers = [callback for callback in callbacks if isinstance(callback, Timer)]
    return timers[0].time_elapsed("train") if timers else 0.0


def save_run(
    path: Path, datamodule: LinkDataModule, scorer: Scorer, metrics: dict[str, float]
) -> None:
    """Write embedding, split, audit and metrics; the metrics last, as a sign that all is there."""
    fingerprint = datamodule.audit.data_fingerprint
    with_fingerprint = replace(scorer, data_fingerprint=fingerprint)  # type: ignore[type-var]
    save_scorer(path / EMBEDDING, with_fingerprint)
    save_split(path / SPLIT, datamodule.split)
    save_json(path / AUDIT, datamodule.audit.as_dict())
    if (receipt := datamodule.connectome.receipt) is not None:
        save_json(path / RECEIPT, receipt.as_dict())
    save_json(path / METRICS, metrics | {"method": scorer.method, "latent_dim": scorer.latent_dim})
