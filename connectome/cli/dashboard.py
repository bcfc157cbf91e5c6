"""``dashboard``: the saved view of W&B in which the methods of a study are compared."""

import argparse
from collections.abc import Sequence

from connectome.cli.shared.lazily import do
from connectome.cli.shared.parsing import command_parser
from connectome.runtime import tracking

VIEW = "methods against latent dimension"


def parser() -> argparse.ArgumentParser:
    """What may be typed after ``dashboard``."""
    command = command_parser(
        "dashboard",
        "Save a view in a project of W&B: AUC and AP against latent dimension, methods beside "
        "each other, what each costs, and how training went. Send the runs first, "
        "logger.offline=false or 'wandb sync'.",
        [
            f"lab/{tracking.PROJECT}",
            f"lab/{tracking.PROJECT} --group mushroom_body-20261129-140312-3fa2b1c9",
        ],
    )
    command.add_argument("project", metavar="ENTITY/PROJECT", help="where the runs are")
    command.add_argument("--group", help="one sweep; default: all runs of the project")
    command.add_argument("--name", default=VIEW, help=f"of the view (default: {VIEW})")
    return command


def run(words: Sequence[str]) -> None:
    """Read the options and do what they say."""
    do("dashboard:save_view", parser().parse_args(words))
