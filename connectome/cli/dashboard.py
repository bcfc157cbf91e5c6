"""``dashboard``: the saved view of W&B in which the methods of a study are compared."""

import argparse
from collections.abc import Sequence

from connectome.analysis.leaderboard import workspace
from connectome.cli.shared.parsing import command_parser
from connectome.runtime import tracking
from connectome.types import InputError

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
    """Save the view and print where it is.

    Raises:
        InputError: if the project is not written so, without a key or the package
            ``wandb-workspaces``, or if W&B refuses.
    """
    given = parser().parse_args(words)
    entity, _, project = given.project.partition("/")
    if not entity or not project or "/" in project:
        raise InputError(
            f"{given.project}: write ENTITY/PROJECT, your user or team and the project in W&B"
        )
    view = workspace(entity, project, given.name, given.group)
    tracking.require_key()
    try:
        view.save()
    except Exception as error:  # W&B and its transport raise many types
        raise InputError(
            f"{given.project}: W&B did not save the view ({error}); check the names and the network"
        ) from error
    print(view.url)
