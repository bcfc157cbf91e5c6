"""Tab completion of ``connectome``: names of commands, then what Hydra knows of their options."""

import os
from collections.abc import Sequence
from importlib import import_module

from connectome.cli import COMMANDS
from connectome.config import HYDRA_PROGRAMS


def run(words: Sequence[str]) -> None:
    """Answer the script that ``eval "$(connectome train -sc install=bash)"`` puts into a shell.

    The script calls the program without the command, with the line that was typed in ``COMP_LINE``.

    Args:
        words: ``-sc query=SHELL``, or install or uninstall.
    """
    if not any(word.startswith("query=") for word in words):
        _let_hydra(HYDRA_PROGRAMS[0], words)
        return
    _, _, typed = os.environ["COMP_LINE"].partition(" ")
    command, space, _ = typed.lstrip().partition(" ")
    if not space:  # the command itself is being typed; the shell drops those that begin otherwise
        print(*COMMANDS)
    elif command in HYDRA_PROGRAMS:
        os.environ["COMP_LINE"] = typed  # Hydra takes its first word for the program
        _let_hydra(command, words)


def _let_hydra(command: str, words: Sequence[str]) -> None:
    import_module(COMMANDS[command].module).run(words)
