"""Command line of the package: ``python -m connectome describe data=...``."""

import argparse
import json
import sys

from rich.console import Console

from connectome.config import build, load_config, run_program
from connectome.data import describe, print_description
from connectome.types import InputError

EPILOG = """\
examples:
  python -m connectome describe
  python -m connectome describe data=mushroom_body data.side=left
  python -m connectome describe data=larva_brain data.archive=PATH/Supplementary-Data-S1.zip --json
  python -m connectome describe data=table data.edges=edges.csv data.pre=from data.post=to

train and compare methods with train.py, recompute their metrics with evaluate.py
"""


def parser() -> argparse.ArgumentParser:
    """The argument parser."""
    top = argparse.ArgumentParser(
        prog="python -m connectome",
        description="What a connectome file holds.",
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
    command.add_argument(
        "overrides",
        nargs="*",
        metavar="data=NAME data.KEY=VALUE",
        help="which data, in the syntax of train.py (default: data=mushroom_body)",
    )
    command.add_argument("--json", action="store_true", help="print JSON for machines")
    return top


def run() -> None:
    """Load and describe."""
    arguments = parser().parse_args()
    for override in arguments.overrides:
        if not override.startswith(("data=", "data.", "+data.")):
            raise InputError(f"{override}: describe takes data=NAME and data.KEY=VALUE only")
    facts = describe(build(load_config(arguments.overrides).data))
    if arguments.json:
        json.dump(facts.as_dict(), sys.stdout, indent=2)
        print()
    else:
        print_description(facts, Console())


def main() -> None:
    """Entry point."""
    run_program(run)


if __name__ == "__main__":
    main()
