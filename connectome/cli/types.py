"""``types``: cell types from wiring, of a few known neurons, of all that are known, of a brain."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING

from connectome.cli.shared.lazily import do
from connectome.cli.shared.parsing import add_options, command_parser
from connectome.config import register_schema

ALL, LABELLED = "all", "labelled"


@dataclass
class TypesConfig:
    """Top level of ``conf/types.yaml``.

    Attributes:
        data: the brain to be typed.
        home: a brain whose types are known, to carry them from; None types from ``data`` itself.
        label, label_home: columns with types, of ``data`` and of ``home``.
        known: share of the labelled neurons that is told, or a file of ids and types; None: all.
        pairs: a file of neurons and their partners, in ``home`` or in ``data`` itself, whose types
            are evidence beside the wiring; None asks no partner.
        every_type: whether one neuron of each type is told first.
        seed: which neurons are told, and what is held out.
        neurons: ``all``, or ``labelled`` for those with a label only.
        score: with ``home``, compare with the labels of ``data``.
        precision: expected share of right types among those that are no abstentions.
        groups: of the neurons that abstain, by the types of their partners; 0 makes none.
        folds: without ``known``, parts of the labelled neurons.
        judged_folds: how many of these are typed, and judged; all if null.
        controls: whether to run the controls.
        explorer: whether to write a page.
        out: where the results go; ``outputs/types/NAME`` if null.
        wandb: whether the tables go to W&B: ``none``, ``offline`` or ``online``.
    """

    data: Any = MISSING
    home: Any = None
    label: str = "cell_type"
    label_home: str | None = None
    known: Any = None
    pairs: Any = None
    every_type: bool = True
    seed: int = 0
    neurons: str = ALL
    score: bool = False
    precision: float = 0.95
    groups: int = 0
    folds: int = 5
    judged_folds: int | None = None
    controls: bool = True
    explorer: bool = True
    out: str | None = None
    wandb: str = "none"


register_schema("types", TypesConfig)


def parser() -> argparse.ArgumentParser:
    """What may be typed after ``types``."""
    command = command_parser(
        "types",
        "Predict cell types from wiring: a neuron is typed by the types of its partners. Told are "
        "a share of the labelled neurons (known=0.02), the neurons in a file of yours "
        "(known=FILE, columns neuron_id and type), all that have a label (the default: types the "
        "others), or none (home=NAME: types of another brain). pairs=FILE, as match writes it, "
        "lets the types of partners vote beside the wiring. Each type has a calibrated "
        "confidence and a runner-up, and abstains where precision=0.95 could not be kept. "
        "types.csv, neurons.csv and neurons.xlsx with all that is known of a neuron, scores.json "
        "with controls, figures and an explorer page go to out.",
        [
            "",
            "data=larva_brain data.side=left known=0.1",
            "data=flywire data.root=FOLDER known=mine.csv out=typed",
            "data=flywire_right data.root=FOLDER label=visual_type known=0.02 neurons=labelled",
            "data=flywire data.root=FOLDER 'data.drop.super_class=[optic]'",
            "data=larva_brain data.side=right home=larva_brain home.side=left score=true",
            "data=larva_brain data.side=right known=0.1 pairs=matched/pairs.csv home=larva_brain "
            "home.side=left",
        ],
    )
    add_options(command, "data=NAME data.KEY=VALUE [label=COLUMN] [KEY=VALUE]", "types")
    return command


def run(words: Sequence[str]) -> None:
    """Read the options and do what they say."""
    do("types.read:types", parser().parse_args(words).overrides)
