"""Command line of the package: ``python -m connectome describe data=...``."""

import argparse
import json
import sys

import pandas as pd
from omegaconf import DictConfig
from rich.console import Console
from rich.progress import track

from connectome.analysis import leakage
from connectome.config import build, load_config, run_program
from connectome.data import PROTOCOLS, WHOLE, describe, print_description
from connectome.types import InputError, NotApplicableError

EPILOG = """\
examples:
  python -m connectome describe
  python -m connectome describe data=mushroom_body data.side=left
  python -m connectome describe data=larva_brain data.archive=PATH/Supplementary-Data-S1.zip --json
  python -m connectome describe data=table data.edges=edges.csv data.pre=from data.post=to
  python -m connectome leakage data=larva_brain data.archive=PATH split.directed=true

train and compare methods with train.py, recompute their metrics with evaluate.py
"""


def parser() -> argparse.ArgumentParser:
    """The argument parser."""
    top = argparse.ArgumentParser(
        prog="python -m connectome",
        description="What a connectome file holds, and how a split of it can leak.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True)
    command = commands.add_parser(
        "describe",
        help="print neurons, edges, synapses, edge types, reciprocity and labels",
        description="Print what was loaded, to be held against the publication.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_overrides(command, "data=NAME data.KEY=VALUE")
    command.add_argument("--json", action="store_true", help="print JSON for machines")
    command = commands.add_parser(
        "leakage",
        help="print what shortcuts through each split protocol are worth",
        description=(
            "Split the data under every protocol they allow, and score the held-out links by the "
            "leak alone: does the reverse, or the left-right mirror image, stand in training? "
            "'exposed' is the share of test links that the route reaches, 'without' the AUC when "
            "it is closed."
        ),
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_overrides(command, "data=NAME data.KEY=VALUE split.KEY=VALUE")
    return top


def _add_overrides(command: argparse.ArgumentParser, syntax: str) -> None:
    command.add_argument(
        "overrides",
        nargs="*",
        metavar=syntax,
        help="which data, in the syntax of train.py (default: data=mushroom_body)",
    )


def run() -> None:
    """Run the command that was named."""
    arguments = parser().parse_args()
    if arguments.command == "describe":
        facts = describe(build(_config(arguments, "data")["data"]))
        if arguments.json:
            json.dump(facts.as_dict(), sys.stdout, indent=2)
            print()
        else:
            print_description(facts, Console())
    else:
        print_leakage(_config(arguments, "data", "split"))


def _config(arguments: argparse.Namespace, *groups: str) -> DictConfig:
    """Composed from the overrides, which may touch ``groups`` only."""
    for override in arguments.overrides:
        if override.lstrip("+").split("=")[0].split(".")[0] not in groups:
            allowed = " and ".join(f"{group}.KEY=VALUE" for group in groups)
            raise InputError(f"{override}: {arguments.command} takes data=NAME, {allowed} only")
    return load_config(arguments.overrides)


def print_leakage(config: DictConfig) -> None:
    """Print the table of every protocol that the data allow, and why others are left out."""
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


def main() -> None:
    """Entry point."""
    run_program(run)


if __name__ == "__main__":
    main()
