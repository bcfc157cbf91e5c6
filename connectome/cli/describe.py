"""``describe``: what a connectome file holds, to be held against the publication."""

import argparse
import json
import sys
from collections.abc import Sequence

from rich.console import Console

from connectome.cli.shared.parsing import add_overrides, command_parser, compose_groups
from connectome.config import build
from connectome.data.describe import describe, print_description


def parser() -> argparse.ArgumentParser:
    """What may be typed after ``describe``."""
    command = command_parser(
        "describe",
        "Print what was loaded, to be held against the publication.",
        [
            "",
            "data=mushroom_body data.side=left",
            "data=larva_brain data.archive=PATH/Supplementary-Data-S1.zip --json",
            "data=table data.edges=edges.csv data.pre=from data.post=to",
        ],
    )
    add_overrides(command, "data=NAME data.KEY=VALUE")
    command.add_argument("--json", action="store_true", help="print JSON for machines")
    return command


def run(words: Sequence[str]) -> None:
    """Print neurons, edges, synapses, edge types, reciprocity and labels.

    Raises:
        InputError: if the data cannot be read.
    """
    arguments = parser().parse_args(words)
    facts = describe(build(compose_groups("describe", arguments.overrides, "data").data))
    if arguments.json:
        json.dump(facts.as_dict(), sys.stdout, indent=2)
        print()
    else:
        print_description(facts, Console())
