"""``leakage``: what shortcuts through each split protocol are worth."""

import argparse
import sys
from collections.abc import Sequence

import pandas as pd
from omegaconf import DictConfig
from rich.console import Console
from rich.progress import track

from connectome.analysis.leaderboard import leakage
from connectome.cli.shared.parsing import add_overrides, command_parser, compose_groups
from connectome.config import build
from connectome.data.splits import PROTOCOLS, WHOLE
from connectome.types import InputError, NotApplicableError


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
    """Print the table of leaks.

    Raises:
        InputError: if the data cannot be read, or no protocol can split them.
    """
    arguments = parser().parse_args(words)
    print_leakage(compose_groups("leakage", arguments.overrides, "data", "split"))


def print_leakage(config: DictConfig) -> None:
    """Print the table of every protocol that the data allow, and why others are left out.

    Raises:
        InputError: if no protocol can split the data.
    """
    connectome = build(config.data)
    build(config.split)  # so that a wrong option is named once, and first
    tables = []
    protocols = [name for name in PROTOCOLS if name != WHOLE]
    for protocol in track(protocols, "Splitting", console=Console(stderr=True)):
        config.split.protocol = protocol
        try:
            tables.append(leakage(connectome, build(config.split)))
        except NotApplicableError as error:
            print(f"left out: {error}", file=sys.stderr)
    if not tables:
        raise InputError(f"{connectome.name}: no protocol can split these data")
    print(pd.concat(tables).to_string(index=False, float_format="%.3f"))
