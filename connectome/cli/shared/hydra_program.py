"""Commands whose words Hydra reads itself: ``-m``, launchers, ``--cfg``, ``--help``."""

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import hydra
from omegaconf import DictConfig

from connectome.config import config_folder, open_groups


def run_hydra(name: str, job: Callable[[DictConfig], Any], words: Sequence[str]) -> None:
    """Run ``job`` on the configuration ``name``, or on each of a sweep.

    Args:
        name: of the command and of its configuration, which lies in the package if it is installed.
        job: a function of a module that has this name too, after which Hydra names log files.
        words: what was typed after the name of the command.
    """
    typed = [*sys.argv]

    @wraps(job)
    def as_typed(config: DictConfig) -> Any:
        sys.argv = typed  # Lightning starts further processes with it, so the command must be there
        return job(config)

    sys.argv = [typed[0], *open_groups(words)]  # Hydra looks nowhere else
    try:
        folder = str(config_folder())
        hydra.main(version_base="1.3", config_path=folder, config_name=name)(as_typed)()
    finally:
        sys.argv = typed
