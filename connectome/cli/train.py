"""``train``: train and test one method on one connectome, or (-m) every combination of several."""

from collections.abc import Sequence

from omegaconf import DictConfig

from connectome.cli.shared.hydra_program import run_hydra
from connectome.cli.shared.lazily import do
from connectome.cli.shared.once import compose_jobs_once

compose_jobs_once()


def run(words: Sequence[str]) -> None:
    """What ``train.py`` does, with the configuration of the package."""
    run_hydra("train", job, words)


def job(config: DictConfig) -> float:
    """One job of Hydra; returns its ``val/objective``, NaN if it failed in a sweep."""
    value: float = do("train:job", config)
    return value
