"""Options of the commands as plain values, checked before anything that computes is imported."""

from collections.abc import Sequence
from typing import Any

from omegaconf import DictConfig, OmegaConf

from connectome.config import check, load_config, plain, require_known
from connectome.input_error import InputError

WANDB = ("none", "offline", "online")
MOST_SEED = 2**32 - 1


def require_seed(seed: int, typed: str) -> None:
    """Refuse a seed that k-means and numpy do not take.

    Args:
        seed: the number.
        typed: option and value as they were typed.

    Raises:
        InputError: outside 0 to 2^32 - 1.
    """
    if not 0 <= seed <= MOST_SEED:
        raise InputError(f"{typed}: must be from 0 to {MOST_SEED}")


def read_options(overrides: Sequence[str], command: str, schema: type) -> dict[str, Any]:
    """Options of ``command``, which reads finished runs, as plain values.

    Args:
        overrides: what was typed.
        command: its name, which its configuration has too.
        schema: the options that there are.

    Raises:
        InputError: without ``runs``, for an unknown ``wandb``, or an option that is not there.
    """
    config: DictConfig = load_config(overrides, command)
    require_known(config, schema)
    if OmegaConf.is_missing(config, "runs"):
        raise InputError("runs: has no default; set runs=FOLDER")
    return check_options(config)


def check_options(config: DictConfig) -> dict[str, Any]:
    """Plain values of options of which ``runs``, ``out`` and ``wandb`` mean the same everywhere.

    Raises:
        InputError: for an empty place, an unknown ``wandb``, or an option that nothing takes.
    """
    for key in ("runs", "out"):
        if config.get(key) is not None and not str(config[key]).strip():
            raise InputError(f"{key}='': is empty; set {key}=FOLDER")
    check(config)
    options = plain(config)
    if options["wandb"] not in WANDB:
        raise InputError(f"wandb={options['wandb']}: choose one of {', '.join(WANDB)}")
    return options
