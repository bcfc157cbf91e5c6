"""``train``: train and test one method on one connectome, or (-m) every combination of several."""

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from omegaconf import DictConfig
from pytorch_lightning import Callback

from connectome.analysis.search import check_parts, choose
from connectome.cli.jobs.study_pairs import StudyPairs
from connectome.config import (
    build,
    check,
    identity,
    in_sweep,
    option,
    plain,
    quiet_libraries,
    require_fitting_variant,
    require_whole,
    typed,
)
from connectome.data.splits import SplitConfig, reported_part
from connectome.errors import clear_errors
from connectome.runs import RunFolder
from connectome.runtime import end_with_parent
from connectome.training.batching import LinkDataModule
from connectome.training.loop import (
    Benchmark,
    TrainerFactory,
    check_arguments,
    check_callbacks,
    check_trainer,
    finish_loggers,
    fit_and_test,
    require_negatives,
    require_strategy,
    threads_for,
)
from connectome.training.modules import EmbeddingModule
from connectome.types import InputError

log = logging.getLogger(__name__)


def job(config: DictConfig) -> float:
    """One job of Hydra; returns its ``val/objective``, NaN if it failed in a sweep."""
    quiet_libraries()
    end_with_parent()
    return train(config)


def train(config: DictConfig) -> float:
    """A run, or a trial of a search."""
    return train_once(config) if config.search is None else try_settings(config)


def open_folder(config: DictConfig) -> RunFolder:
    """The folder of a run whose configuration is whole."""
    with clear_errors():
        require_whole(config)
        require_fitting_variant(config)
        return RunFolder(Path(config.run_dir), plain(config), identity(config))


def try_settings(config: DictConfig) -> float:
    """Run one trial of a search with the settings that it proposes.

    Returns:
        Value of the objective; NaN if the trial has ended before.

    Raises:
        InputError: without a sweep (``-m``), or if the search refuses the settings.
    """
    tried = None
    with clear_errors():
        if config.trial is None:
            raise InputError("search: its trials are the jobs of a sweep; add -m")
    folder = open_folder(config)
    with clear_errors(), folder.locked(), folder.recording(in_sweep()):
        check_parts(config)
        search = build(config.search)
        settings = {key: value for key, value in identity(config).items() if key != "trial"}
        tried = search.propose(config.trial, settings, partial(option, config))
    if tried is None:
        return float("nan")
    choose(config, tried)
    value = train_once(config)
    search.tell(config.trial, value)
    return value


@dataclass(frozen=True)
class Parts:
    """What needs no data: built first, so that a wrong option is found before data are read."""

    module: EmbeddingModule
    make_trainer: TrainerFactory
    callbacks: list[Callback]
    benchmark: Benchmark

    @classmethod
    def of(cls, config: DictConfig, folder: RunFolder) -> "Parts":
        """Build them, and check what is built later as far as it goes.

        Raises:
            InputError: naming the option that is wrong.
        """
        check_arguments(config.trainer)
        module, make_trainer = build(config.model, EmbeddingModule), build(config.trainer)
        if not folder.finished:  # else it may have been made on a machine with other devices
            check_trainer(make_trainer, module)
        callbacks = [build(one, Callback) for one in config.callbacks.values() if one is not None]
        check_callbacks(folder.best_checkpoint, callbacks)
        build(config.split, SplitConfig)
        if config.batch is not None:
            build(config.batch)
        check(config.datamodule)
        check(config.logger)
        return cls(module, make_trainer, callbacks, build(config.benchmark, Benchmark))


def train_once(config: DictConfig, given: LinkDataModule | None = None) -> float:
    """Train, test and save, unless that is done already.

    Args:
        config: all options.
        given: what ``config.datamodule`` describes, where that is built already.
    """
    folder = open_folder(config)
    metrics = None
    with clear_errors(), folder.locked(), folder.recording(in_sweep()):
        require_strategy(str(config.trainer.strategy), str(config.trainer.devices), in_sweep())
        check_parts(config)
        folder.require_same_options()
        parts = Parts.of(config, folder)
        pairs = StudyPairs(config)
        datamodule = given or pairs.data(config)
        benchmark = parts.benchmark
        if datamodule.connectome.receipt is not None:
            log.info("%s", datamodule.connectome.receipt)
        record = benchmark.record(datamodule.connectome) if benchmark.wanted else None
        made_from = datamodule.fingerprints | pairs.fingerprints
        metrics = folder.completed(made_from, record)
        pairs.save(folder.path)
        if metrics is not None:
            log.info("%s is complete: skipped", folder.path)
        else:
            require_negatives(datamodule, benchmark)
            folder.write("running", typed=typed(), **made_from)
            log.info("%s", datamodule.audit.line())
            with threads_for(datamodule.graph.edge_index.shape[1]):
                metrics = fit(config, folder, datamodule, parts)
        if metrics is not None:
            folder.write_complete(record)
    return (metrics or {}).get("val/objective", float("nan"))


def fit(
    config: DictConfig, folder: RunFolder, datamodule: LinkDataModule, parts: Parts
) -> dict[str, float] | None:
    """Train and report; None in a process that is not of rank 0."""
    loggers = build(config.logger)
    made = parts.module, parts.make_trainer, parts.callbacks
    try:
        metrics = fit_and_test(folder, datamodule, *made, loggers, parts.benchmark, config.test)
    except BaseException:
        finish_loggers(failed=True)
        raise
    finish_loggers(failed=False)
    if metrics is not None:
        part = reported_part(datamodule.split.protocol, config.test)
        auc, ap, seconds = (metrics[key] for key in (f"{part}/auc", f"{part}/ap", "seconds"))
        log.info("%s: %s AUC %.4f, AP %.4f, %.1f s", folder.path, part, auc, ap, seconds)
    return metrics
