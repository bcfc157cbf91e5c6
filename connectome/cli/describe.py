"""``describe``: what a connectome file holds, to be held against the publication."""

import argparse
from collections.abc import Sequence

from connectome.cli.shared.lazily import do
from connectome.cli.shared.parsing import add_overrides, command_parser, compose_groups


def parser() -> argparse.ArgumentParser:
    """What may be typed after ``describe``."""
    command = command_parser(
        "describe",
        "Print what was loaded, to be held against the publication.",
        [
            "",
            "data=mushroom_body data.side=left",
            "data=larva_brain data.archive=PATH/Supplementary-Data-S1.zip --json",
            "data=table data.edges=edges.csv data.pre=axon_of data.post=onto",
        ],
    )
    add_overrides(command, "data=NAME data.KEY=VALUE")
    command.add_argument("--json", action="store_true", help="print JSON for machines")
    return command


def run(words: Sequence[str]) -> None:
    """Read the options and do what they say."""
    asked = parser().parse_args(words)
    config = compose_groups("describe", asked.overrides, "data")
    do("describe:print_facts", config, asked.json)
