"""``leakage``: what shortcuts through each split protocol are worth."""

import argparse
from collections.abc import Sequence

from connectome.cli.shared.lazily import do
from connectome.cli.shared.parsing import add_overrides, command_parser, compose_groups


def parser() -> argparse.ArgumentParser:
    """What may be typed after ``leakage``."""
    command = command_parser(
        "leakage",
        "Split the data under every protocol they allow, and score the held-out links by the leak "
        "alone: does the reverse, or the left-right mirror image, stand in training? 'exposed' is "
        "the share of test links that the route reaches, 'without' the AUC when it is closed.",
        ["data=larva_brain data.archive=PATH split.directed=true"],
    )
    add_overrides(command, "data=NAME data.KEY=VALUE split.KEY=VALUE")
    return command


def run(words: Sequence[str]) -> None:
    """Read the options and do what they say."""
    config = compose_groups("leakage", parser().parse_args(words).overrides, "data", "split")
    do("leakage:print_leakage", config)
