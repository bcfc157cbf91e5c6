"""Where metrics go while a run is on; each function returns the loggers for the Trainer."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import wandb
from pytorch_lightning.loggers import CSVLogger, Logger, WandbLogger

from connectome.types import InputError


def no_logger() -> list[Logger]:
    """Only the files in the run folder."""
    return []


def csv_logger(save_dir: str) -> list[Logger]:
    """``csv/version_0/metrics.csv`` in the run folder; a resumed run writes ``version_1``."""
    return [CSVLogger(save_dir, name="csv")]


def wandb_logger(
    save_dir: str, run_name: str, group: str, project: str, offline: bool, init_timeout: float
) -> list[Logger]:
    """A Weights & Biases run; offline it needs no account and is sent later by ``wandb sync``.

    Args:
        save_dir: folder in which ``wandb/`` is made.
        run_name: name of the run.
        group: runs of one sweep share it.
        project: W&B project.
        offline: False sends to the server, which needs WANDB_API_KEY or ``wandb login``.
        init_timeout: seconds to wait for the server.

    Raises:
        InputError: if online and there is no key, or the server does not answer in time.
    """
    os.environ.setdefault("WANDB_SILENT", "true")
    if not offline and not os.environ.get("WANDB_API_KEY") and not _key_is_stored():
        raise InputError(
            "logger.offline=false: no W&B key; set WANDB_API_KEY or run 'wandb login', "
            "or leave logger.offline=true"
        )
    Path(save_dir).mkdir(parents=True, exist_ok=True)
    settings = wandb.Settings(
        init_timeout=init_timeout,
        silent=True,
        console="off",
        mode="offline" if offline else "online",
    )
    wandb.setup(settings)  # before Lightning hands over an option of which W&B would warn
    logger = WandbLogger(
        name=run_name,
        save_dir=save_dir,
        offline=offline,
        project=project,
        group=group,
        job_type="train",
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
    save_dir: str, run_name: str, group: str, project: str, offline: bool, init_timeout: float
) -> list[Logger]:
    """Both of the above."""
    return csv_logger(save_dir) + wandb_logger(
        save_dir, run_name, group, project, offline, init_timeout
    )


def log_embedding(loggers: Sequence[Logger], path: Path, metadata: dict[str, Any]) -> None:
    """Keep the file of an embedding as a W&B artifact; other loggers have no place for it."""
    for logger in loggers:
        if isinstance(logger, WandbLogger):
            artifact = wandb.Artifact(
                f"embedding-{path.parent.name}", "embedding", metadata=metadata
            )
            artifact.add_file(str(path))
            logger.experiment.log_artifact(artifact)


def finish_loggers(failed: bool) -> None:
    """End the W&B run, or the next job of a sweep would write into it."""
    if wandb.run is not None:
        wandb.finish(exit_code=int(failed))


def _key_is_stored() -> bool:
    """Whether ``wandb login`` left a key; asks nothing and sends nothing."""
    netrc = Path(os.environ.get("NETRC", Path.home() / ".netrc"))
    return netrc.is_file() and "wandb" in netrc.read_text()
