"""``generate``: connectomes drawn from the model of a finished run."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from connectome.cli.shared.lazily import do
from connectome.cli.shared.parsing import add_options, command_parser
from connectome.config import register_schema


@dataclass
class GenerateConfig:
    """Top level of ``conf/generate.yaml``.

    Attributes:
        runs: the folder of a run.
        out: where the results go; ``<runs>/generated`` if null.
        source: ``posterior`` (brains of the same neurons), ``prior`` (of new neurons), or both.
        samples: how many brains are compared with the real one, of each source.
        keep: how many are written.
        format: of those, ``parquet``, ``csv`` or ``graphml``.
        baselines: whether to compare with random graphs of simpler laws.
        blocks: of the degree-corrected block model among them.
        seed: of the brains.
        home: values that replace those of the data of the run, ``+home.archive=PATH``.
        trust: modules of your own whose classes the configuration of the run may name.
        wandb: whether the tables go to W&B: ``none``, ``offline`` or ``online``.
    """

    runs: str = MISSING
    out: str | None = None
    source: Any = MISSING
    samples: int = 20
    keep: int = 1
    format: Any = MISSING
    baselines: bool = True
    blocks: int = 93
    seed: int = 0
    home: dict[str, Any] = field(default_factory=dict)
    trust: Any = None
    wandb: str = "none"


register_schema("generate", GenerateConfig)


def parser() -> argparse.ArgumentParser:
    """What may be typed after ``generate``."""
    command = command_parser(
        "generate",
        "Draw brains from the model of a finished run (experiment=generate) and hold ten "
        "statistics of each hemisphere against the real one, in units of how far the two real "
        "hemispheres are apart; beside random graphs of simpler laws. Tables, figures and brains "
        "go to RUN/generated.",
        ["runs=outputs/generate_larva_brain/RUN samples=20 format=[graphml]"],
    )
    add_options(command, "runs=RUN [KEY=VALUE]", "generate")
    return command


def run(words: Sequence[str]) -> None:
    """Read the options and do what they say."""
    do("generate:generate", parser().parse_args(words).overrides)
