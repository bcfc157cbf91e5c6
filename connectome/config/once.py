"""What Hydra does twice for a job of a sweep, done once."""

from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from omegaconf import DictConfig

MOST = 512  # configurations that are kept, of about 1 MB each; others are composed again

_compose = ConfigLoaderImpl.load_sweep_config
_kept: dict[tuple[int, tuple[str, ...]], DictConfig] = {}


def compose_jobs_once() -> None:
    """Let Hydra's own launcher take what its sweeper has composed, in this process.

    Before the first job the sweeper composes the configurations of all, to find wrong options
    early, and forgets them; the launcher composes each again when its turn comes. Safe to call
    again, which forgets what no launcher has taken.
    """
    _kept.clear()
    ConfigLoaderImpl.load_sweep_config = _once  # type: ignore[method-assign, assignment]


def _once(loader: Any, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
    """The configuration of the job with these options: what was kept, which is then let go."""
    key = id(master_config), tuple(sweep_overrides)
    if (kept := _kept.pop(key, None)) is not None:
        return kept
    config = _compose(loader, master_config, sweep_overrides)
    if len(_kept) < MOST:
        _kept[key] = config
    return config
