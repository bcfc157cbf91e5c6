"""``evaluate``: recompute the test metrics of finished runs, from embeddings and checkpoints."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING, DictConfig

from connectome.cli.shared.hydra_program import run_hydra
from connectome.cli.shared.lazily import do
from connectome.config import register_schema


@dataclass
class EvaluateConfig:
    """Top level of ``conf/evaluate.yaml``.

    Attributes:
        runs: a run folder, a folder of runs, or a checkpoint.
        out: where the results go; ``<runs>/evaluation`` if null.
        source: recompute from ``embedding``, ``checkpoint`` or ``both``.
        tolerance: largest allowed absolute difference to the metrics that training wrote.
        report: look inside the embeddings too: maps, cell types, clusters, homologs, explorer.
        look: what that report asks.
        wandb: whether the report goes to W&B: ``none``, ``offline`` or ``online``.
        data: values that replace those in the stored data configuration, ``+data.archive=PATH``.
        trust: modules of your own whose classes a stored configuration may name.
    """

    runs: str = MISSING
    out: str | None = None
    source: str = "both"
    tolerance: float = 1e-6
    report: bool = False
    wandb: str = "none"
    look: Any = MISSING
    data: dict[str, Any] | None = None
    trust: Any = None


register_schema("evaluate", EvaluateConfig)


def run(words: Sequence[str]) -> None:
    """What ``evaluate.py`` does, with the configuration of the package."""
    run_hydra("evaluate", job, words)


def job(config: DictConfig) -> None:
    """Recompute, compare and write; exits with a line if anything differs."""
    do("evaluate:job", config)
