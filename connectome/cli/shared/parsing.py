"""Parsers of the commands, and what the words after them may set."""

import argparse
from collections.abc import Sequence
from textwrap import indent

from omegaconf import DictConfig, OmegaConf

from connectome.config import load_config
from connectome.input_error import InputError

PROGRAM = "python -m connectome"


def command_parser(
    name: str, description: str, examples: Sequence[str] = ()
) -> argparse.ArgumentParser:
    """The parser of a command.

    Args:
        name: of the command.
        description: what it does, in a few sentences.
        examples: of the words after its name; ``--help`` prints them.
    """
    lines = [f"  {PROGRAM} {name} {example}".rstrip() for example in examples]
    return argparse.ArgumentParser(
        prog=f"{PROGRAM} {name}",
        description=description,
        epilog="\n".join(["examples:", *lines]) if lines else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_overrides(
    parser: argparse.ArgumentParser,
    syntax: str,
    explanation: str = "which data, in the syntax of train.py (default: data=mushroom_body)",
) -> None:
    """Let ``parser`` take ``KEY=VALUE`` in the syntax of Hydra, any number of times."""
    parser.add_argument("overrides", nargs="*", metavar=syntax, help=explanation)


def compose_groups(command: str, overrides: Sequence[str], *groups: str) -> DictConfig:
    """Compose the configuration of ``train`` for a command that reads ``groups`` of it only.

    Raises:
        InputError: naming the first override of another group.
    """
    for override in overrides:
        if override.lstrip("+").split("=")[0].split(".")[0] not in groups:
            allowed = " and ".join(f"{group}.KEY=VALUE" for group in groups)
            raise InputError(f"{override}: {command} takes data=NAME, {allowed} only")
    return load_config(overrides)


def add_options(parser: argparse.ArgumentParser, syntax: str, name: str) -> None:
    """The same for a command with options of its own, in ``conf/NAME.yaml``, which are printed."""
    options = indent(OmegaConf.to_yaml(load_config([], name)), "  ")
    add_overrides(parser, syntax, "options; their defaults are below")
    parser.epilog = "\n".join(["options, with defaults:", options, parser.epilog or ""])
