"""Annotations that splits, negatives and reports need: homologs, hemispheres and cell types.

A neuron table may hold them in the columns ``pair_id`` (id of the homolog), ``hemisphere`` (left,
right) and ``cell_type``.
"""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from connectome.data.tabular import EXACT
from connectome.types import Connectome, InputError, NotApplicableError

PAIR_COLUMN = "pair_id"
HEMISPHERE_COLUMN = "hemisphere"
TYPE_COLUMN = "cell_type"
SIDES = ("left", "right")
SPELT = {
    **dict.fromkeys(("left", "l", "lhs", "lh", "left hemisphere", "left side"), "left"),
    **dict.fromkeys(("right", "r", "rhs", "rh", "right hemisphere", "right side"), "right"),
}
# Said of a neuron that lies on neither side, or on one that nobody knows.
NO_SIDE = {
    *("center", "centre", "central", "c", "middle", "midline", "medial", "m", "unpaired", "both"),
    *("bilateral", "none", "na", "n/a", "nan", "<na>", "null", "unknown", "unclear", "?", "-", ""),
}


def homologs(connectome: Connectome) -> Tensor:
    """Position ``[N]`` int64 of each neuron's contralateral homolog, -1 where there is none.

    A homolog that is not among the neurons counts as none; :func:`ignored` says so.

    Raises:
        NotApplicableError: without the column, or if nothing in it is the id of a neuron.
        InputError: if two neurons do not name each other.
    """
    if PAIR_COLUMN not in connectome.neurons:
        raise NotApplicableError(
            f"{connectome.name}: the neuron table has no column '{PAIR_COLUMN}' (id of the "
            "contralateral homolog); add it, or do without what needs homologs, such as "
            "split.protocol=orbit and model.evidence=[mirror]"
        )
    ids = connectome.neuron_ids
    rows, named, found = _pair_ids(connectome)
    if len(found) and (found < 0).all():
        raise NotApplicableError(
            f"{connectome.name}: none of {len(found)} values of '{PAIR_COLUMN}', such as "
            f"{named[0]}, is the id of a neuron; write them like the ids, such as {ids[0]}"
        )
    partner = np.full(len(ids), -1, dtype=np.int64)
    partner[rows] = found
    paired = np.flatnonzero(partner >= 0)
    odd = paired[(partner[partner[paired]] != paired) | (partner[paired] == paired)]
    if len(odd):
        raise InputError(
            f"{connectome.name}: '{PAIR_COLUMN}' of {ids[odd[0]]} is {ids[partner[odd[0]]]}, which "
            "does not name it back; homologs must name each other"
        )
    return torch.from_numpy(partner)


def pair_rows(connectome: Connectome, other: Connectome) -> np.ndarray:
    """Neurons of ``connectome`` whose homolog is in ``other``, and where, ``[P, 2]`` positions.

    The two may be the same, or hemispheres that were read apart. The neuron table of
    ``connectome`` must have the column ``pair_id``.

    Raises:
        InputError: if a homolog is a rounded number.
    """
    rows, _, found = _pair_ids(connectome, other)
    return np.stack([rows, found], axis=1)[found >= 0]


def refuse_found(kind: type[InputError], what: str, *brains: Connectome) -> None:
    """Refuse to take pairs for the truth that were found from wiring.

    Args:
        kind: of the error: :class:`NotApplicableError` where the rest goes on.
        what: would be judged by them, for the message.
        brains: whose pairs they are.

    Raises:
        InputError: if those of one were found.
    """
    for brain in brains:
        if brain.found_pairs:
            raise kind(
                f"{brain.name}: {what} would be scored by pairs that were found from wiring "
                f"(data.pairs); leave data.pairs out, and give known homologs as '{PAIR_COLUMN}' "
                "in the neuron table"
            )


def hemispheres(connectome: Connectome) -> Tensor:
    """Side ``[N]`` int64 of each neuron: 0 left, 1 right, -1 where it is on neither or unknown.

    Capitals, spaces and the usual short forms (``L``, ``RHS``) do not matter.

    Raises:
        NotApplicableError: without the column, if it says left or right of no neuron, and if it has
            a word that is neither a side nor one of :data:`NO_SIDE`.
    """
    if HEMISPHERE_COLUMN not in connectome.neurons:
        raise NotApplicableError(
            f"{connectome.name}: the neuron table has no column '{HEMISPHERE_COLUMN}' (left, "
            "right); add it, or leave out the matching of homologs"
        )
    column = connectome.neurons[HEMISPHERE_COLUMN].astype(object).map(side_of)
    others = _others(column)
    if len(odd := others[~others.astype(str).str.strip().str.casefold().isin(NO_SIDE)]):
        raise NotApplicableError(
            f"{connectome.name}: '{HEMISPHERE_COLUMN}' of {len(odd)} neurons, such as "
            f"{odd.iloc[0]!r}, is neither left nor right; write left or right, or leave it empty"
        )
    code = column.map({side: position for position, side in enumerate(SIDES)}).fillna(-1)
    if (code < 0).all():
        given = ", ".join(map(repr, others.unique()[:3])) or "empty"
        raise NotApplicableError(
            f"{connectome.name}: '{HEMISPHERE_COLUMN}' of no neuron is left or right, but {given}; "
            "write left and right"
        )
    return torch.tensor(code.tolist(), dtype=torch.int64)


def side_of(value: object) -> object:
    """``left`` or ``right`` for the usual spellings of them, else ``value``."""
    if not isinstance(value, str):
        return value
    return SPELT.get(value.strip().rstrip(".").replace("_", " ").casefold(), value)


def ignored(connectome: Connectome) -> Iterator[str]:
    """What the annotations say of pairs and sides that cannot be used, a line for each column."""
    for column, read, remarks in (
        (PAIR_COLUMN, homologs, _ignored_pairs),
        (HEMISPHERE_COLUMN, hemispheres, _ignored_sides),
    ):
        if column in connectome.neurons:
            try:
                read(connectome)
            except NotApplicableError as error:
                yield str(error)
            else:
                yield from remarks(connectome)


def _ignored_pairs(connectome: Connectome) -> Iterator[str]:
    _, named, found = _pair_ids(connectome)
    if len(absent := named[found < 0]):
        yield (
            f"{connectome.name}: {len(absent)} of {len(named)} values of '{PAIR_COLUMN}', such as "
            f"{absent[0]}, are no id of a neuron here and count as unpaired; where a neuron is "
            f"meant, write its id as in the data, such as {connectome.neuron_ids[0]}"
        )


def _ignored_sides(connectome: Connectome) -> Iterator[str]:
    others = _others(connectome.neurons[HEMISPHERE_COLUMN].astype(object).map(side_of))
    if len(others):
        yield (
            f"{connectome.name}: '{HEMISPHERE_COLUMN}' of {len(others)} neurons, such as "
            f"{others.iloc[0]!r}, is neither left nor right and counts as unknown; write left or "
            "right where a side is meant"
        )


def _others(column: pd.Series) -> pd.Series:
    """What stands for neither side; an empty cell stands for nothing."""
    return column[column.notna() & (column.astype(str) != "") & ~column.isin(SIDES)]


def _pair_ids(
    connectome: Connectome, other: Connectome | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows with a homolog, what they name it, and the row where that stands (-1: nowhere)."""
    ids = (other or connectome).neuron_ids
    column = connectome.neurons[PAIR_COLUMN]
    named = column.dropna()
    if named.dtype.kind == "f" and (large := named[named.abs() >= EXACT]).any():
        raise _rounded(connectome, large.iloc[0])
    if named.dtype.kind != "i" or ids.dtype.kind != "i":
        like_ids = [_as_id(value, ids.dtype.kind) for value in named]
        named = pd.Series(like_ids, dtype=object)  # of two kinds of integers pandas makes floats
    found = pd.Index(ids).get_indexer(pd.Index(named))
    for value in named[found < 0]:
        if _is_rounded(value):
            raise _rounded(connectome, value)
    return np.flatnonzero(column.notna()), named.to_numpy(), np.asarray(found, dtype=np.int64)


def _as_id(value: object, kind: str) -> object:
    """``value`` as an integer or text like the ids; with gaps, integers arrive as ``12.0``.

    Nothing is rounded: half an id stays what it is, nobody's, and so does one that lost digits.
    """
    text = str(value).strip()
    whole = re.fullmatch(r"(-?\d+)(\.0)?", text)
    if whole and whole[2] and abs(int(whole[1])) >= EXACT:
        return text  # a float was here
    if kind == "i":
        return int(whole[1]) if whole else value
    return whole[1] if whole and isinstance(value, float) else text


def _is_rounded(value: object) -> bool:
    """Whether a float with more digits than it holds was written here, or one in exponent form."""
    text = str(value).strip()
    if re.fullmatch(r"-?\d(\.\d+)?[eE]\+?\d+", text):
        return True
    return bool(re.fullmatch(r"-?\d+\.0*", text)) and abs(float(text)) >= EXACT


def _rounded(connectome: Connectome, value: object) -> InputError:
    return InputError(
        f"{connectome.name}: '{PAIR_COLUMN}' has {value}, which a spreadsheet or a column of "
        "floats has rounded; write the ids as integers or as text"
    )


def cell_types(connectome: Connectome) -> tuple[Tensor, list[str]]:
    """Cell type ``[N]`` int64 as a position in the sorted names, -1 where unknown; the names.

    Raises:
        NotApplicableError: without the column.
    """
    if TYPE_COLUMN not in connectome.neurons:
        raise NotApplicableError(
            f"{connectome.name}: the neuron table has no column '{TYPE_COLUMN}'; add it, or do "
            "without split.protocol=cell_type_block and negatives=same_cell_type"
        )
    codes, names = pd.factorize(connectome.neurons[TYPE_COLUMN], sort=True)
    return torch.from_numpy(codes.astype(np.int64)), [str(name) for name in names]


def mirror(pairs: Tensor, homolog: Tensor) -> Tensor:
    """Mirror ``[2, P]`` of ``pairs`` ``[2, P]`` by ``homolog`` ``[N]``; -1 where one has none."""
    mirrored = homolog[pairs]
    return torch.where((mirrored >= 0).all(dim=0), mirrored, -1)
