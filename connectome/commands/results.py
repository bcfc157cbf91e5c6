"""Where a command writes, and that it does not write over the answers to another question."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from connectome.config import load_config, plain
from connectome.data import load_json, save_json
from connectome.types import InputError

ASKED = "asked.json"
NOT_ASKED = ("out", "wandb", "home", "explorer")  # options that change no number


def read_options(overrides: Sequence[str], command: str) -> dict[str, Any]:
    """Options of ``command`` as plain values.

    Raises:
        InputError: without ``runs``.
    """
    config: DictConfig = load_config(overrides, command)
    if OmegaConf.is_missing(config, "runs"):
        raise InputError("runs: has no default; set runs=FOLDER")
    return plain(config)


def claim(folder: Path, options: dict[str, Any]) -> None:
    """Note in ``folder`` what is asked.

    Raises:
        InputError: if the answers to other options are there.
    """
    asked = {key: value for key, value in options.items() if key not in NOT_ASKED}
    path = folder / ASKED
    if path.is_file() and (before := load_json(path)) != asked:
        changed = sorted(key for key in asked if before.get(key) != asked[key])
        raise InputError(
            f"{folder}: holds results of other options ({', '.join(changed)}); give out=FOLDER, or "
            "delete it"
        )
    save_json(path, asked)
