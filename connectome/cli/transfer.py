"""``transfer``: models of finished runs on brains that they were not trained on."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from connectome.cli.shared.lazily import do
from connectome.cli.shared.parsing import add_options, command_parser
from connectome.config import register_schema


@dataclass
class TransferConfig:
    """Top level of ``conf/transfer.yaml``.

    Attributes:
        runs: a run folder, or a folder of runs.
        out: where the results go; ``<runs>/transfer`` if null.
        data: a brain to embed; null embeds in each other's models the brains of the runs.
        left_out: embed the brain that each run left out of its collection (``data.without``).
        split: options of the split of the brain in ``data``, instead of those of the run.
        label, label_there: columns with cell types, of the brain trained on and of the other.
        rename: what types of the other brain are called in the one trained on:
            ``{Kenyon_Cell: KC}``.
        match_starts: from how many places graph matching climbs; 0 matches no graphs.
        explorer: whether to write pages.
        wandb: whether the tables go to W&B: ``none``, ``offline`` or ``online``.
        home: values that replace those of the data of the runs, ``+home.archive=PATH``.
        trust: modules of your own whose classes the configuration of a run may name.
    """

    runs: str = MISSING
    out: str | None = None
    data: Any = None
    left_out: bool = False
    split: dict[str, Any] = field(default_factory=dict)
    label: str = "cell_type"
    label_there: str | None = None
    rename: dict[str, str] = field(default_factory=dict)
    match_starts: int = 1
    explorer: bool = True
    wandb: str = "none"
    home: dict[str, Any] = field(default_factory=dict)
    trust: Any = None


register_schema("transfer", TransferConfig)


def parser() -> argparse.ArgumentParser:
    """What may be typed after ``transfer``."""
    command = command_parser(
        "transfer",
        "Embed a brain with the model of a finished run (model=inductive) that never saw it, and "
        "say what that is worth: links held out, cell types of one brain read off the other's, "
        "homologs without a known pair, mixing; each beside what needs no model. Runs on several "
        "brains are tried on each other's. Tables, maps, predicted types and an explorer page go "
        "to RUNS/transfer.",
        ["runs=outputs/transfer_mushroom_body"],
    )
    add_options(command, "runs=FOLDER [data=NAME data.KEY=VALUE] [KEY=VALUE]", "transfer")
    return command


def run(words: Sequence[str]) -> None:
    """Read the options and do what they say."""
    do("transfer:transfer", parser().parse_args(words).overrides)
