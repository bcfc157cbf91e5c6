"""What Hydra does twice for a job of a sweep, done once."""

from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from omegaconf import DictConfig, OmegaConf

MOST = 512  # configurations that are kept, of about 1 MB each; others are composed again
# The launcher that composes where the sweeper does.
IN_PROCESS = "hydra._internal.core_plugins.basic_launcher.BasicLauncher"

_compose = ConfigLoaderImpl.load_sweep_config
# With the configuration of the sweep, so that no other one is taken for it.
_kept: dict[tuple[int, tuple[str, ...]], tuple[DictConfig, DictConfig]] = {}


def compose_jobs_once() -> None:
    """Let launchers of this process take what the sweeper has composed; safe to call again.

    Before the first job Hydra's sweeper composes the configurations of all, to find wrong options
    early, and forgets them; the launcher composes each again when its turn comes.
    """
    ConfigLoaderImpl.load_sweep_config = _once  # type: ignore[method-assign, assignment]


def _once(loader: Any, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
    """The configuration of the job with these options: what was kept, which is then let go."""
    key = id(master_config), tuple(sweep_overrides)
    if (kept := _kept.pop(key, None)) is not None:
        return kept[1]
    config = _compose(loader, master_config, sweep_overrides)
    launcher = OmegaConf.select(master_config, "hydra.launcher._target_")
    if launcher == IN_PROCESS and len(_kept) < MOST:
        _kept[key] = master_config, config
    return config
