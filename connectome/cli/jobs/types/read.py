"""``types``: options and data, read before anything that computes is imported."""

from collections.abc import Sequence
from typing import Any

from omegaconf import DictConfig

from connectome.cli.shared.lazily import do
from connectome.cli.shared.two_brains import read_brains, read_words
from connectome.cli.types import ALL, LABELLED, TypesConfig
from connectome.data.readers import restricted
from connectome.types import Connectome, InputError
from connectome.user_files import user_file

MOST_GROUPS = 10_000


def types(overrides: Sequence[str]) -> None:
    """Do what the options say.

    Raises:
        InputError: if an option is wrong, data cannot be read, or results of others are in the way.
    """
    config, options = read_words(overrides, "types", TypesConfig)
    _check(options)
    do("types.typed:type_brain", *_brains(config, options), options)


def _check(options: dict[str, Any]) -> None:
    """What is wrong with the options by themselves, before anything is read."""
    if options["neurons"] not in (ALL, LABELLED):
        raise InputError(f"neurons={options['neurons']}: choose {ALL} or {LABELLED}")
    if not 0 < options["precision"] < 1:
        raise InputError(f"precision={options['precision']}: must be between 0 and 1")
    if not 0 <= options["groups"] <= MOST_GROUPS:
        raise InputError(f"groups={options['groups']}: must be from 0 to {MOST_GROUPS}")
    judged, known = options["judged_folds"], options["known"]
    if judged is not None and not 1 <= judged <= options["folds"]:
        raise InputError(f"judged_folds={judged}: must be from 1 to folds={options['folds']}")
    if known == "" or isinstance(known, bool) or not isinstance(known, int | float | str | None):
        raise InputError(f"known={known}: give a share such as 0.02, or a file")
    if isinstance(known, int | float) and not 0 < known < 1:
        raise InputError(
            f"known={known}: must be a share between 0 and 1, or a file; leave it out to tell all"
        )
    if options["pairs"] == "" or not isinstance(options["pairs"], str | None):
        raise InputError(f"pairs={options['pairs']}: give a file of neurons and their partners")
    if options["pairs"] is not None:
        user_file("pairs", options["pairs"])
    if options["home"] is None:
        if options["label_home"] is not None or options["score"]:
            key = "score" if options["score"] else "label_home"
            raise InputError(f"{key}={options[key]}: is for types of another brain; give home=NAME")
    elif known is not None and options["pairs"] is None:
        raise InputError(
            f"known={known}: home=... has the types; leave one of them out, or give pairs=FILE, "
            "by which both count"
        )
    elif options["neurons"] == LABELLED and not options["score"] and known is None:
        raise InputError("neurons=labelled: uses the labels of the data; give score=true too")


def _brains(config: DictConfig, options: dict[str, Any]) -> tuple[Connectome, Connectome | None]:
    """The brain to be typed, and that whose types are known."""
    brain, home = read_brains(config)
    if options["neurons"] == LABELLED:
        brain = restricted(brain, options["label"], "neurons=labelled")
        if home is not None:
            column = options["label_home"] or options["label"]
            home = restricted(home, column, "neurons=labelled")
    return brain, home
