"""``dashboard``: the saved view of W&B in which the methods of a study are compared."""

import argparse

from connectome.analysis.leaderboard import workspace
from connectome.runtime import tracking
from connectome.types import InputError


def save_view(given: argparse.Namespace) -> None:
    """Save the view and print where it is.

    Raises:
        InputError: if the project is not written so, without a key or the package
            ``wandb-workspaces``, or if W&B refuses.
    """
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
