"""Where metrics go while a run is on; each function returns the loggers for the Trainer."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import CSVLogger, Logger, WandbLogger

from connectome.runs import SWEEP_ID
from connectome.runtime import forget_single_run, tracking
from connectome.types import InputError


def no_logger() -> list[Logger]:
    """Only the files in the run folder."""
    return []


def csv_logger(save_dir: str) -> list[Logger]:
    """``csv/version_0/metrics.csv`` in the run folder; a resumed run writes ``version_1``."""
    return [CSVLogger(save_dir, name="csv")]


def wandb_logger(
    save_dir: str,
    run_name: str,
    study: str,
    group: str | None,
    project: str,
    offline: bool | None,
    init_timeout: float,
    tags: Sequence[str] = (),
    notes: str | None = None,
) -> list[Logger]:
    """A Weights & Biases run; offline it needs no account and is sent later by ``wandb sync``.

    None is started if ``WANDB_MODE=disabled`` says so, or W&B's own folders cannot be written.

    Args:
        save_dir: folder in which ``wandb/`` is made, unless ``WANDB_DIR`` names another.
        run_name: name of the run.
        study: its group, unless it is of a sweep, which has a group of its own.
        group: another group.
        project: W&B project.
        offline: False sends to the server, which needs WANDB_API_KEY or ``wandb login``; None does
            as ``WANDB_MODE`` says, and is offline without that.
        init_timeout: seconds to wait for the server.
        tags: beside those of ``WANDB_TAGS``.
        notes: a sentence on the run; None takes that of ``WANDB_NOTES``.

    Raises:
        InputError: if online and there is no key, or the server does not answer in time.
    """
    if SWEEP_ID in os.environ:  # a launcher may have brought them to this machine
        forget_single_run()
    if (settings := tracking.settings(offline, init_timeout)) is None:
        return []
    import wandb  # takes a moment, and with other loggers nothing needs it

    place = tracking.folder(Path(save_dir))
    place.mkdir(parents=True, exist_ok=True)
    wandb.setup(settings)  # before Lightning hands over an option of which W&B would warn
    logger = WandbLogger(
        name=run_name,
        save_dir=place,
        offline=settings.mode == "offline",
        project=project,
        group=group or tracking.group(study, os.environ.get(SWEEP_ID)),
        job_type="train",
        tags=tracking.tags(tags),
        notes=notes,
        settings=settings,
    )
    try:
        _ = logger.experiment  # started here, so that a failure is reported before training
    except wandb.Error as error:
        raise InputError(
            f"W&B did not start within {init_timeout:g} s ({error}); check the network, or use "
            "logger.offline=true and 'wandb sync' later"
        ) from error
    return [logger]


def many_loggers(
    save_dir: str,
    run_name: str,
    study: str,
    group: str | None,
    project: str,
    offline: bool | None,
    init_timeout: float,
    tags: Sequence[str] = (),
    notes: str | None = None,
) -> list[Logger]:
    """Both of the above; ``init_timeout`` is how many seconds W&B's server may take."""
    return csv_logger(save_dir) + wandb_logger(
        save_dir, run_name, study, group, project, offline, init_timeout, tags, notes
    )


def log_embedding(loggers: Sequence[Logger], path: Path, metadata: dict[str, Any]) -> None:
    """Keep the file of an embedding as a W&B artifact; other loggers have no place for it."""
    for logger in loggers:
        if isinstance(logger, WandbLogger):
            import wandb

            artifact = wandb.Artifact(
                f"embedding-{path.parent.name}", "embedding", metadata=metadata
            )
            artifact.add_file(str(path))
            logger.experiment.log_artifact(artifact)


def finish_loggers(failed: bool) -> None:
    """End the W&B run, or the next job of a sweep would write into it."""
    wandb = sys.modules.get("wandb")  # no run without it
    if wandb is not None and wandb.run is not None:
        wandb.finish(exit_code=int(failed))
