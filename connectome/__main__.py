"""Command line of the package: ``python -m connectome describe data=...``."""

import argparse
import sys
from importlib import import_module

from connectome.cli import COMMANDS

EPILOG = """\
examples:
  python -m connectome map edges.csv --neurons neurons.csv     a page and a table, by one command
  python -m connectome describe data=mushroom_body
  python -m connectome train -m model=vgae,gae,spectral latent_dim=2,4,8
  python -m connectome evaluate runs=outputs/mushroom_body
  python -m connectome COMMAND --help       options and examples of a command

train and evaluate are train.py and evaluate.py of a checkout, and work without one
"""


def parser() -> argparse.ArgumentParser:
    """The parser of the first word; each command reads the words after it."""
    top = argparse.ArgumentParser(
        prog="python -m connectome",
        description="Train and compare embeddings of the neurons of a connectome.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True)
    for name, command in COMMANDS.items():
        commands.add_parser(name, help=command.summary, add_help=False)
    return top


def main() -> None:
    """Run the command that is named first; heavy imports wait until one is."""
    words = sys.argv[1:]
    if words[:1] in (["-sc"], ["--shell-completion"]):
        run = import_module("connectome.cli.shell.completion").run
    else:
        name = parser().parse_args(words[:1]).command
        run, words = import_module(COMMANDS[name].module).run, words[1:]
    import_module("connectome.errors").run_program(lambda: run(words))


if __name__ == "__main__":
    main()
