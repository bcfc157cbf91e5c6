"""Lightning's Trainer and its callbacks: what they may be given, and what they say of it."""

import math
import os
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from pytorch_lightning.utilities.exceptions import MisconfigurationException
from pytorch_lightning.utilities.model_helpers import is_overridden

from connectome.runtime import shared_memory_fault
from connectome.training.modules import EmbeddingModule
from connectome.types import InputError

TrainerFactory = Callable[..., pl.Trainer]

# Arguments that the program sets itself, or that keep it from testing, and what to use instead.
TAKEN = {
    "logger": "use logger=NAME",
    "callbacks": "use +callbacks.NAME._target_=CLASS",
    "enable_progress_bar": "use ~callbacks.progress",
    "plugins": "leave it out",
    "enable_checkpointing": "use callbacks.last=null",
    "fast_dev_run": "use trainer=smoke",
    "barebones": "use trainer=smoke",
}
# Without one of these there is no step, or no validation to choose the best checkpoint by.
POSITIVE = (
    "max_epochs",
    "num_nodes",  # Lightning says so itself, but not of untrained methods, which have one node
    "accumulate_grad_batches",
    "limit_train_batches",
    "limit_val_batches",
    "check_val_every_n_epoch",
)
# Set by programs that start processes on several machines: torchrun, SLURM, LSF, Open MPI.
LAUNCHERS = ("MASTER_ADDR", "SLURM_JOB_ID", "LSB_JOBID", "OMPI_COMM_WORLD_SIZE")


def require_strategy(strategy: str, devices: str, in_sweep: bool) -> None:
    """Refuse script-launched DDP in a sweep, where each rank would start a sweep of its own.

    Raises:
        InputError: naming the strategy that works; or if processes cannot share memory here.
    """
    if strategy.endswith("spawn") and (fault := shared_memory_fault()) is not None:
        raise InputError(
            f"{fault}, and trainer.strategy={strategy} needs it; mount it (docker run "
            "--shm-size=1g), or use trainer.devices=1 trainer.strategy=auto"
        )
    launches_script = strategy in ("ddp", "auto") or strategy.startswith("ddp_find")
    if in_sweep and launches_script and (strategy != "auto" or devices != "1"):
        raise InputError(
            f"trainer.strategy={strategy} trainer.devices={devices} with -m: every process would "
            "start its own sweep; use trainer.strategy=ddp_spawn"
        )


def check_arguments(options: Mapping[str, Any]) -> None:
    """Refuse arguments of the Trainer that would not be heeded, or leave nothing to test.

    Raises:
        InputError: naming the first.
    """
    for name in (str(key) for key in options if key in TAKEN):
        raise InputError(
            f"trainer.{name}={options[name]}: would not be heeded, since the program sets what it "
            f"says; {TAKEN[name]}"
        )
    for name in POSITIVE:
        value = options.get(name)
        if isinstance(value, int | float) and not value > 0:
            raise InputError(f"trainer.{name}={value}: must be more than 0")
    clip = options.get("gradient_clip_val")
    if isinstance(clip, int | float) and not 0 <= clip < math.inf:
        raise InputError(f"trainer.gradient_clip_val={clip}: must be a number from 0")
    if options.get("max_steps") == 0:
        raise InputError("trainer.max_steps=0: must be at least 1, or -1 for no limit")


def check_trainer(make_trainer: TrainerFactory, module: EmbeddingModule) -> None:
    """Find out before data are read whether there can be such a Trainer on this machine.

    Raises:
        InputError: naming the option that is in the way.
    """
    quiet = {"logger": False, "enable_progress_bar": False, "enable_checkpointing": False}
    trainer = make(make_trainer, quiet | module.trainer_limits)
    if trainer.num_nodes > 1 and not any(name in os.environ for name in LAUNCHERS):
        raise InputError(
            f"trainer.num_nodes={trainer.num_nodes}: this process was started on one machine and "
            "would wait for the others; start it by torchrun or SLURM (srun), or use num_nodes=1"
        )


def check_callbacks(best: Path, callbacks: Sequence[pl.Callback]) -> None:
    """The best checkpoint is what is tested, so one callback must keep it, and only it.

    Args:
        best: where it is looked for.
        callbacks: all that there are.

    Raises:
        InputError: naming the option that is in the way.
    """
    for one in callbacks:
        if isinstance(one, EarlyStopping):
            _check_stopping(one)
    keys = [one.state_key for one in callbacks if is_overridden("state_dict", one, pl.Callback)]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise InputError(f"callbacks: {twice[0]} is there twice; change the one that there is")
    keeping = [
        one
        for one in callbacks
        if isinstance(one, ModelCheckpoint)
        and Path(str(one.dirpath), f"{one.filename}.ckpt").resolve() == best.resolve()
    ]
    if not keeping:
        raise InputError(f"callbacks.best: nothing would write {best}; leave callbacks.best there")
    if (kept := keeping[0].save_top_k) != 1:
        raise InputError(f"callbacks.best.save_top_k={kept}: must be 1, since best.ckpt is one")


def _check_stopping(stopping: EarlyStopping) -> None:
    if stopping.patience < 0:
        raise InputError(
            f"callbacks.early_stopping.patience={stopping.patience}: must be 0 or more"
        )
    for name in ("min_delta", "stopping_threshold", "divergence_threshold"):
        value = getattr(stopping, name)
        if value is not None and not math.isfinite(value):
            raise InputError(f"callbacks.early_stopping.{name}={value}: must be a finite number")


@contextmanager
def clear_complaints() -> Iterator[None]:
    """Turn what Lightning says of an option while it trains into one line.

    Raises:
        InputError: in its words.
    """
    try:
        yield
    except MisconfigurationException as error:
        raise InputError(f"trainer, callbacks: {error}; see conf/") from error
    except ValueError as error:
        where = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
        if "pytorch_lightning" not in where.parts:
            raise
        raise InputError(f"trainer, callbacks: {error}; see conf/") from error
    except RuntimeError as error:
        text = str(error)
        if text.startswith("Early stopping conditioned on metric"):
            raise InputError(f"callbacks.early_stopping: {text}") from error
        if "can't allocate memory" in text or "out of memory" in text:
            reason = text.split("DefaultCPUAllocator: ")[-1].split(". Error code")[0]
            raise InputError(
                f"{reason}; give the model smaller widths (model.hidden_dim, latent_dim), or use "
                "batch=edges"
            ) from error
        raise


def make(make_trainer: TrainerFactory, arguments: dict[str, Any]) -> pl.Trainer:
    """The Trainer with these arguments beside its options.

    Raises:
        InputError: in its words, for options that it does not take.
    """
    try:
        trainer = make_trainer(**arguments)
        if not isinstance(trainer.max_epochs, int):
            raise TypeError(f"max_epochs={trainer.max_epochs} is no whole number")
        return trainer
    except ImportError as error:  # of a library that the accelerator needs
        accelerator = getattr(make_trainer, "keywords", {}).get("accelerator")
        raise InputError(f"trainer.accelerator={accelerator}: {error}") from error
    except (MisconfigurationException, ValueError, TypeError) as error:
        raise InputError(f"trainer: {error}; see conf/trainer") from error
