"""``match``: options and data, read before anything that computes is imported."""

from collections.abc import Sequence
from typing import Any

from connectome.cli.match import MatchConfig
from connectome.cli.shared.lazily import do
from connectome.cli.shared.two_brains import read_brains, read_words, require_two
from connectome.types import InputError
from connectome.user_files import user_file


def match(overrides: Sequence[str]) -> None:
    """Do what the options say.

    Raises:
        InputError: if an option is wrong, data cannot be read, or results of others are in the way.
    """
    config, options = read_words(overrides, "match", MatchConfig)
    _check(options)
    brain, home = read_brains(config)
    if home is not None:
        require_two(brain, home, "give another one, or leave home out to match its two sides")
    do("match.matched:match_and_report", brain, home, options)


def _check(options: dict[str, Any]) -> None:
    """What is wrong with the options by themselves, before anything is read."""
    for key, what in (("known", "pairs"), ("types", "types"), ("types_home", "types")):
        given = options[key]
        if given == "" or not isinstance(given, str | None):
            raise InputError(f"{key}={given}: give a file of {what}")
        if given is not None:
            user_file(key, given)
    if options["types"] is None and options["types_home"] is not None:
        raise InputError(
            f"types_home={options['types_home']}: is of home alone; give types=FILE too"
        )
    if options["truth"] == "":
        raise InputError("truth=: is empty; give truth=COLUMN")
