"""``match``: which neuron of one brain is which of another, from wiring."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING

from connectome.cli.shared.lazily import do
from connectome.cli.shared.parsing import add_options, command_parser
from connectome.config import register_schema


@dataclass
class MatchConfig:
    """Top level of ``conf/match.yaml``.

    Attributes:
        data: the brain whose neurons are the rows.
        home: the brain that their partners are found in; None matches the left half of ``data``
            with the right one, by the connections across the midline too.
        known: a file of pairs that are told; None tells none.
        types: a file of types found from wiring, by which candidates are narrowed; None narrows
            none.
        types_home: the same of ``home``; None: the same file.
        truth: a column of both brains to judge by; None judges nothing.
        weights: of an edge, by its synapses.
        seed: of the order of neurons, by which ties are broken, and of twins.
        controls: whether to run the controls.
        explorer: whether to write a page.
        out: where the results go; ``outputs/match/NAME`` if null.
        wandb: whether the tables go to W&B: ``none``, ``offline`` or ``online``.
    """

    data: Any = MISSING
    home: Any = None
    known: Any = None
    types: Any = None
    types_home: Any = None
    truth: str | None = None
    weights: str = "sqrt"
    seed: int = 0
    controls: bool = True
    explorer: bool = True
    out: str | None = None
    wandb: str = "none"


register_schema("match", MatchConfig)


def parser() -> argparse.ArgumentParser:
    """What may be typed after ``match``."""
    command = command_parser(
        "match",
        "Find for each neuron of the brain in data its partner in home, from wiring alone: two "
        "neurons match if their partners do. Brains may differ in size, and nothing need be known; "
        "without home the left half of data is matched with its right one, by the connections "
        "across the midline too. known=FILE tells pairs (columns neuron_id and partner_id), "
        "types=FILE, as types writes it, narrows the candidates. Each "
        "partner has a calibrated confidence and a runner-up. truth=COLUMN judges: a value that "
        "one neuron on each side has makes a true pair, a value that several have a type; it is "
        "used for nothing else. "
        "pairs.csv, scores.json with controls, figures and a page with both "
        "brains go to out.",
        [
            "data.side=left home=mushroom_body home.side=right truth=cell_type",
            "data=larva_brain truth=pair_id",
            "data=larva_brain data.side=left home=larva_brain home.side=right truth=pair_id",
            "data=celegans 'data.members=[witvliet_7]' home=celegans "
            "'home.members=[witvliet_8]' truth=neuron",
            "data=table data.edges=mine.csv home=table home.edges=yours.csv known=pairs.csv",
            "data=larva_brain types=typed/types.csv truth=pair_id",
        ],
    )
    add_options(command, "data=NAME data.KEY=VALUE home=NAME home.KEY=VALUE [KEY=VALUE]", "match")
    return command


def run(words: Sequence[str]) -> None:
    """Read the options and do what they say."""
    do("match.read:match", parser().parse_args(words).overrides)
