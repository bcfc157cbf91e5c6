"""Train and test one method on one connectome, or (-m) every combination of several."""

import logging
from functools import partial
from pathlib import Path

import hydra
from omegaconf import DictConfig

from connectome.analysis import check_parts, choose
from connectome.build import build
from connectome.config import identity, in_sweep, option, plain, quiet_libraries, typed
from connectome.data import reported_part
from connectome.errors import clear_errors, run_program
from connectome.processes import end_with_parent
from connectome.training import (
    Benchmark,
    LinkDataModule,
    RunFolder,
    finish_loggers,
    fit_and_test,
    require_negatives,
    require_strategy,
)
from connectome.types import InputError

log = logging.getLogger(__name__)


@hydra.main(version_base="1.3", config_path="conf", config_name="train")
def main(config: DictConfig) -> float:
    """Run one job; returns its ``val/objective``, NaN if it failed in a sweep."""
    quiet_libraries()
    end_with_parent()
    return run(config) if config.search is None else try_settings(config)


def try_settings(config: DictConfig) -> float:
    """Run one trial of a search with the settings that it proposes."""
    tried = None
    with clear_errors():
        if config.trial is None:
            raise InputError("search: its trials are the jobs of a sweep; add -m")
    folder = RunFolder(Path(config.run_dir), plain(config), identity(config))
    with clear_errors(), folder.locked(), folder.recording(in_sweep()):
        check_parts(config)
        search = build(config.search)
        settings = {key: value for key, value in identity(config).items() if key != "trial"}
        tried = search.propose(config.trial, settings, partial(option, config))
    if tried is None:
        return float("nan")
    choose(config, tried)
    value = run(config)
    search.tell(config.trial, value)
    return value


def run(config: DictConfig) -> float:
    """Train, test and save, unless that is done already."""
    folder = RunFolder(Path(config.run_dir), plain(config), identity(config))
    metrics = None
    with clear_errors(), folder.locked(), folder.recording(in_sweep()):
        require_strategy(str(config.trainer.strategy), str(config.trainer.devices), in_sweep())
        check_parts(config)
        datamodule, benchmark = build(config.datamodule), build(config.benchmark)
        if datamodule.connectome.receipt is not None:
            log.info("%s", datamodule.connectome.receipt)
        record = benchmark.record(datamodule.connectome) if benchmark.wanted else None
        metrics = folder.completed(datamodule.fingerprints, record)
        if metrics is not None:
            log.info("%s is complete: skipped", folder.path)
        else:
            require_negatives(datamodule, benchmark)
            folder.write("running", typed=typed(), **datamodule.fingerprints)
            log.info("%s", datamodule.audit.line())
            metrics = fit(config, folder, datamodule, benchmark)
        if metrics is not None:
            folder.write_complete(record)
    # Runs from before there was an objective have its usual value under its own name.
    known = metrics or {}
    return known.get("val_objective", known.get("val_auc", float("nan")))


def fit(
    config: DictConfig, folder: RunFolder, datamodule: LinkDataModule, benchmark: Benchmark
) -> dict[str, float] | None:
    """Build the rest, train, and report; None in a process that is not of rank 0."""
    module, make_trainer = build(config.model), build(config.trainer)
    callbacks = [callback for callback in build(config.callbacks).values() if callback]
    loggers = build(config.logger)
    try:
        metrics = fit_and_test(
            folder, datamodule, module, make_trainer, callbacks, loggers, benchmark, config.test
        )
    except BaseException:
        finish_loggers(failed=True)
        raise
    finish_loggers(failed=False)
    if metrics is not None:
        part = reported_part(datamodule.split.protocol, config.test)
        auc, ap, seconds = (metrics[key] for key in (f"{part}_auc", f"{part}_ap", "seconds"))
        log.info("%s: %s AUC %.4f, AP %.4f, %.1f s", folder.path, part, auc, ap, seconds)
    return metrics


if __name__ == "__main__":
    run_program(main)
