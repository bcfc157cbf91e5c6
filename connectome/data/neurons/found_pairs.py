"""Left-right pairs that were found from wiring: a table such as ``match`` writes, as annotation."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from connectome.data.neurons.annotations import PAIR_COLUMN, SIDES, hemispheres
from connectome.data.neurons.known_pairs import PARTNER_COLUMN, pair_columns
from connectome.data.neurons.table import positions, row_ids
from connectome.data.tabular import DROP, IdRules, read_frame
from connectome.receipt import many
from connectome.types import Connectome, InputError, NotApplicableError

MATCHED = "matched"  # in place of a file of pairs: to be found
CONFIDENCE_COLUMN = "pair_confidence"
CONFIDENCE, MUTUAL = "confidence", "mutual"  # columns of the file that it may have
RUNNER_UP, TOLD = "runner_up", "told"  # others of match and types
SURE = 0.9
FOUND_REMARK = (
    "left-right pairs were found from wiring (data.pairs), held-out links included: no model is "
    "shown them, mirrored shares over them are biased, and nothing is scored by them"
)
_WORDS = {"true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True, eq=False)
class FoundPairs:
    """Pairs of a file.

    Attributes:
        pairs: ``[P, 2]`` int64 positions, the smaller first; no neuron is in two.
        confidence: ``[P]`` that a pair is right, NaN where the file does not say.
        one_sided: rows whose partner has a better one.
        elsewhere: rows of a neuron that is left out.
    """

    pairs: np.ndarray
    confidence: np.ndarray
    one_sided: int = 0
    elsewhere: int = 0


def with_found_pairs(connectome: Connectome, path: Path, partial: bool = False) -> Connectome:
    """The connectome with the columns ``pair_id`` and ``pair_confidence``, marked as found.

    Args:
        connectome: without pairs.
        path: a table as :func:`read_found_pairs` takes it.
        partial: whether neurons were left out by name, so that the file may name others.

    Raises:
        InputError: if it has pairs already, or the file does not fit.
    """
    require_unpaired(connectome, str(path))
    found = read_found_pairs(path, connectome, partial)
    n, ids = connectome.num_neurons, connectome.neuron_ids.tolist()
    mate, confidence = np.full(n, -1), np.full(n, np.nan)
    for one, other in (found.pairs.T, found.pairs.T[::-1]):
        mate[one], confidence[one] = other, found.confidence
    named = [None if at < 0 else ids[at] for at in mate.tolist()]
    kind = "Int64" if connectome.neuron_ids.dtype.kind == "i" else "string"
    mates = pd.Series(named, index=connectome.neurons.index, dtype=kind)
    told = connectome.receipt
    if told is not None:
        told = replace(told, notes=(*told.notes, _note(connectome, found, mate), FOUND_REMARK))
    return replace(
        connectome,
        neurons=connectome.neurons.assign(pair_id=mates, pair_confidence=confidence),
        receipt=told,
        drawn_by_connectivity=connectome.drawn_by_connectivity | {PAIR_COLUMN: True},
        found_pairs=True,
    )


def require_unpaired(connectome: Connectome, given: str) -> None:
    """Refuse to overwrite pairs; ``given`` is the value of ``data.pairs``.

    Raises:
        InputError: if the neuron table has such a column.
    """
    for column in (PAIR_COLUMN, CONFIDENCE_COLUMN):
        if column in connectome.neurons:
            raise InputError(
                f"data.pairs={given}: {connectome.name} has a column '{column}' already; leave "
                "data.pairs out, or call that column otherwise in the neuron table"
            )


def read_found_pairs(path: Path, connectome: Connectome, partial: bool = False) -> FoundPairs:
    """Read a table (CSV, TSV, Parquet, Feather, XLSX) with a pair of neurons a row.

    Ids stand in one of :data:`connectome.data.tabular.ID_COLUMNS` and in ``partner_id``, which is
    empty where a neuron has no partner. A pair may stand there once or both ways. Rows that are not
    ``mutual``, where there is such a column, make no pair; ``confidence`` is the lower of both.

    Args:
        path: the file.
        connectome: whose neurons they are.
        partial: whether the file may name neurons that are not among them.

    Raises:
        InputError: for a missing or corrupt file, a column that is not there, ids that are missing,
            were rounded or are of no neuron, two partners of one neuron, a neuron that is its own,
            and partners on one side or of two brains.
    """
    key = pair_columns(path, "the ids of neurons", "those of their partners")
    frame = read_frame(path, (key, PARTNER_COLUMN))
    first = pair_places(path, frame[key], key, connectome, IdRules())
    second = pair_places(path, frame[PARTNER_COLUMN], PARTNER_COLUMN, connectome, IdRules(DROP))
    rows = np.flatnonzero(second != EMPTY)
    ends = np.stack([first, second], axis=1)[rows]
    if not partial or (len(ends) and (ends < 0).any(axis=1).all()):
        _require_known(path, frame, key, rows, ends, connectome)
    mutual, here = flags(path, frame, MUTUAL, True)[rows], (ends >= 0).all(axis=1)
    use = mutual & here
    _require_fit(path, rows[use], ends[use], connectome)
    said = pd.DataFrame(np.sort(ends[use], axis=1), columns=["one", "other"])
    said[CONFIDENCE] = pair_confidence(path, frame)[rows][use]
    said = said.groupby(["one", "other"], as_index=False).min()
    if not len(said):
        raise InputError(f"{path}: has no mutual pair of neurons of {connectome.name}; give one")
    return FoundPairs(
        said[["one", "other"]].to_numpy(np.int64),
        said[CONFIDENCE].to_numpy(),
        int((~mutual).sum()),
        int((mutual & ~here).sum()),
    )


EMPTY, UNKNOWN = -2, -1  # in place of a position


def pair_places(
    path: Path, values: pd.Series, column: str, connectome: Connectome, rules: IdRules
) -> np.ndarray:
    """``[K]`` int64 positions of the ids of a column, ``EMPTY`` or ``UNKNOWN`` where there is none.

    Args:
        path: the file, for messages.
        values: ``[K]``, the column.
        column: its name.
        connectome: whose neurons they are.
        rules: which ids are no neurons.

    Raises:
        InputError: if an id is missing that ``rules`` want, or was rounded.
    """
    index, code = row_ids(path, values, column, rules)
    places = np.full(len(values), EMPTY)
    places[code == 0] = positions(connectome.neuron_ids, index)
    return places


def _require_known(
    path: Path,
    frame: pd.DataFrame,
    key: str,
    rows: np.ndarray,
    ends: np.ndarray,
    connectome: Connectome,
) -> None:
    row, column = np.nonzero(ends == UNKNOWN)
    if len(row):
        name = (key, PARTNER_COLUMN)[column[0]]
        raise InputError(
            f"{path}: row {rows[row[0]] + 1}: '{name}' is {frame[name].iloc[rows[row[0]]]}, no "
            f"neuron of {connectome.name}, whose ids look like {connectome.neuron_ids[0]} "
            f"({many(len(row), 'such id')}); give ids of the same release, or remove the row"
        )


def _require_fit(path: Path, rows: np.ndarray, ends: np.ndarray, connectome: Connectome) -> None:
    """Each neuron has one partner, another one, of the same brain and not on the same side."""
    ids = connectome.neuron_ids
    try:
        side = hemispheres(connectome).numpy()
    except NotApplicableError:
        side = np.full(len(ids), -1)
    member = connectome.member.numpy()
    partner: dict[int, tuple[int, int]] = {}
    for row, (one, other) in zip((rows + 1).tolist(), ends.tolist(), strict=True):
        where = f"{path}: row {row}: {ids[one]} and {ids[other]}"
        if one == other:
            raise InputError(f"{where} are one neuron; give it another partner, or remove the row")
        if side[one] == side[other] >= 0:
            raise InputError(
                f"{where} are both on the {SIDES[side[one]]}; a pair is of two sides, so remove "
                "the row, or correct 'hemisphere'"
            )
        if member[one] != member[other]:
            raise InputError(f"{where} are of two brains; a pair is of one, so remove the row")
        for this, that in ((one, other), (other, one)):
            known, before = partner.setdefault(this, (that, row))
            if known != that:
                raise InputError(
                    f"{where}, but {ids[this]} is paired with {ids[known]} in row {before}; give "
                    "each neuron one partner"
                )


def flags(path: Path, frame: pd.DataFrame, column: str, missing: bool) -> np.ndarray:
    """``[K]`` bool, what a column says; ``missing`` without it.

    Raises:
        InputError: naming the first row that says something else.
    """
    if column not in frame:
        return np.full(len(frame), missing)
    words = frame[column].map(lambda one: _WORDS.get(str(one).strip().casefold()))
    if (odd := np.flatnonzero(words.isna())).size:
        raise InputError(
            f"{path}: row {odd[0] + 1}: '{column}' is {frame[column].iloc[odd[0]]}; write True or "
            "False"
        )
    return words.to_numpy(dtype=bool)


def pair_confidence(path: Path, frame: pd.DataFrame) -> np.ndarray:
    """``[K]`` float64, the column ``confidence`` of a table, NaN where nothing is said.

    Raises:
        InputError: naming the first row with what is no number from 0 to 1.
    """
    if CONFIDENCE not in frame:
        return np.full(len(frame), np.nan)
    given = frame[CONFIDENCE].mask(frame[CONFIDENCE] == "")
    value = pd.to_numeric(given, errors="coerce").astype("Float64").to_numpy(float, na_value=np.nan)
    if (odd := np.flatnonzero(given.notna() & ~((value >= 0) & (value <= 1)))).size:
        raise InputError(
            f"{path}: row {odd[0] + 1}: '{CONFIDENCE}' is {given.iloc[odd[0]]}; give a number from "
            "0 to 1, or nothing"
        )
    return value


def _note(connectome: Connectome, found: FoundPairs, mate: np.ndarray) -> str:
    """How many pairs there are, how sure, and who has none."""
    known = found.confidence[~np.isnan(found.confidence)]
    sure = "their confidence is not known"
    if len(known):
        sure = (
            f"confidence {np.median(known):.2f} in the median, {int((known >= SURE).sum()):,} with "
            f"{SURE} or more"
        )
    words = [f"{many(len(found.pairs), 'left-right pair')} found from wiring: {sure}"]
    try:
        side = hemispheres(connectome).numpy()
        left, right = (int(((side == code) & (mate < 0)).sum()) for code in range(len(SIDES)))
        words.append(f"{left:,} neurons on the left and {right:,} on the right have none")
    except NotApplicableError:
        words.append(f"{many(int((mate < 0).sum()), 'neuron')} without one")
    if found.one_sided:
        words.append(f"{many(found.one_sided, 'row')} not mutual")
    if found.elsewhere:
        words.append(f"{many(found.elsewhere, 'row')} of a neuron that is left out")
    return "; ".join(words)
