"""The two sides of one brain, matched for data that name no homologs: ``data.pairs=matched``."""

import logging
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from filelock import FileLock

from connectome.analysis.neuron_matching.halves import halves
from connectome.analysis.neuron_matching.tables import outcome, pair_table
from connectome.analysis.neuron_matching.tasks import match_brains
from connectome.data.neurons import (
    MATCHED,
    SIDES,
    hemispheres,
    require_unpaired,
    with_found_pairs,
)
from connectome.models.matching import SparseSettings
from connectome.runs import save_table
from connectome.types import Connectome, InputError, NotApplicableError, digest

log = logging.getLogger(__name__)

OPTION = f"data.pairs={MATCHED}"


def matched_sides(brain: Connectome) -> Connectome:
    """The brain with left-right pairs that are found now; nothing is left on disk.

    Raises:
        InputError: as :func:`pairs_file`.
    """
    with TemporaryDirectory() as folder:
        return with_found_pairs(brain, pairs_file(brain, Path(folder)))


def pairs_file(brain: Connectome, folder: Path) -> Path:
    """The left-right pairs of a brain, as ``match`` writes them: ``folder/pairs-HASH.csv``.

    They are found once with the settings of ``match``, and are there for whoever asks of the same
    wiring and sides; of several processes one finds them, and the others wait.

    Args:
        brain: one brain, both sides of it, without pairs.
        folder: of the study.

    Raises:
        InputError: if it has pairs, no two sides, or no connection on one.
    """
    require_unpaired(brain, MATCHED)
    made_of = digest(brain.fingerprint, _sides(brain))
    path = folder / f"pairs-{made_of}.csv"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f".{path.stem}.lock"):
        if path.is_file():
            log.info("%s: left-right pairs are those in %s", brain.name, path)
        else:
            log.info("%s: matching its left side with its right one", brain.name)
            save_table(path, _found(brain))
    return path


def _found(brain: Connectome) -> pd.DataFrame:
    parts = halves(brain)
    known = np.empty((0, 2), dtype=np.int64)
    settings, both = SparseSettings(), (parts.left, parts.right)
    found = match_brains(*both, known, None, settings, False, _nobody, parts.across)
    log.info("%s: %s", brain.name, outcome(found))
    return pair_table(found, None)


def _nobody(_: str) -> None:
    """Nobody is told of the steps."""


def _sides(brain: Connectome) -> np.ndarray:
    """``[N]`` int64 sides, of which both have neurons."""
    if brain.member_names:
        raise InputError(
            f"{OPTION}: {brain.name} is several brains, and the sides of one are matched; match "
            "each that has two, and give the pairs of all in one file, data.pairs=FILE, or leave "
            "data.pairs out"
        )
    try:
        side = hemispheres(brain).numpy()
    except NotApplicableError as error:
        raise InputError(f"{OPTION}: there are no two sides to match ({error})") from error
    for code, name in enumerate(SIDES):
        if not (side == code).any():
            raise InputError(
                f"{OPTION}: {brain.name} has no neuron on the {name}; read both sides, or leave "
                "data.pairs out"
            )
    return np.asarray(side)
