"""Ids of neurons: exact whatever their size, numbered as they come, and never made up.

Four things in a column of ids are no ids: numbers that a spreadsheet or a floating-point column
has rounded, and ids with spaces or characters that nobody sees, which are refused; words for a
missing value, and ids that stand for no neuron, of which :class:`IdRules` says what becomes.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from connectome.types import InputError

REFUSE, DROP, KEEP = "refuse", "drop", "keep"
# Words for a missing id, in whatever letters; the last ones are the errors of a spreadsheet.
MISSING_IDS = (
    *("", "na", "n/a", "<na>", "nan", "nat", "null", "none", "nil", r"\n", "-", "--", "?"),
    *("#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!"),
)
_TOO_NARROW = r"^##+$"  # what a spreadsheet shows, and exports as text, where a column is narrow

# What :class:`connectome.data.tabular.id_codes.IdCodes` says instead of a number.
UNLISTED, ABSENT, NOBODY = -1, -2, -3

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+|\d+(,\d+)+|\d+[.,]\d*[eE][+-]?\d+)([eE][+-]?\d+)?$"
_INTEGER = r"^-?\d+$"
# At an end a space, anywhere a control character: two ids that look alike.
_UNSEEN = r"^[\p{Z}\p{C}]|[\p{Z}\p{C}]$|[\p{Cc}\p{Cf}]"
_EXACT_BITS = {pa.float16(): 11, pa.float32(): 24, pa.float64(): 53}
_LIKE_TEXT = ("null", "binary", "large_binary", "string_view", "binary_view")
_CERTAIN_BITS = 64  # of evidence: chance makes ids look rounded once in 2^64 files


@dataclass(frozen=True)
class IdRules:
    """What becomes of rows whose ids are no neurons.

    Attributes:
        missing: ``refuse`` a missing id, ``drop`` its row, or ``keep`` words such as NA as the
            names of neurons (an empty cell is missing all the same).
        no_neuron: ids that stand for no neuron, such as 0; their rows are left out.

    Raises:
        InputError: for another word, or ids that are no list.
    """

    missing: str = REFUSE
    no_neuron: tuple[str, ...] = ()

    @classmethod
    def of(cls, missing_ids: str, no_neuron: Sequence[object] | None) -> "IdRules":
        """From the options ``data.missing_ids`` and ``data.no_neuron``.

        Raises:
            InputError: for another word, or ids that are no list.
        """
        if missing_ids not in (REFUSE, DROP, KEEP):
            raise InputError(
                f"data.missing_ids={missing_ids}: choose one of {REFUSE}, {DROP}, {KEEP}"
            )
        given = () if no_neuron is None else no_neuron
        if isinstance(given, str) or not isinstance(given, Sequence):
            raise InputError(f"data.no_neuron={given}: give a list, data.no_neuron=[0]")
        return cls(missing_ids, tuple(map(str, given)))

    def codes(self, ids: pa.Array) -> np.ndarray:
        """``[K]`` int64 for ``ids`` ``[K]``: ABSENT or NOBODY where an id is no neuron, else 0."""
        code = np.where(pc.is_null(ids).to_numpy(zero_copy_only=False), ABSENT, 0)
        if is_text(ids.type):
            words = [""] if self.missing == KEEP else MISSING_IDS
            plain = pc.utf8_lower(pc.utf8_trim_whitespace(ids))
            code[is_true(pc.is_in(plain, pa.array(words)))] = ABSENT
            if self.missing != KEEP:
                code[is_true(pc.match_substring_regex(plain, _TOO_NARROW))] = ABSENT
        if self.no_neuron:
            nobody = pc.is_in(ids.cast(pa.string()), pa.array(self.no_neuron))
            code[is_true(nobody) & (code == 0)] = NOBODY
        return code


def no_id(path: Path, row: int, where: str, found: object) -> InputError:
    """What to tell of row ``row`` (from 1), where ``found`` stands for an id.

    ``where`` names the column, with ``column`` and quotes if that is its name in the file.
    """
    word = "" if found is None or not str(found).strip() else f", but '{found}'"
    keep = ", or take the word for a name with data.missing_ids=keep" if word else ""
    return InputError(
        f"{path}: row {row} has no id in {where}{word}; remove the row, or leave out all "
        f"such rows with data.missing_ids=drop{keep}"
    )


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds strings."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def plain_ids(path: Path, where: str, ids: pa.Array) -> pa.Array:
    """The ``ids`` ``[K]`` as ``[K]`` integers or strings, whatever they are stored as.

    Raises:
        InputError: for ids that are neither (lists, dates, ...), and for floating-point ids that
            have lost digits or never had them.
    """
    if isinstance(ids, pa.ChunkedArray):
        ids = ids.combine_chunks()
    kind = ids.type
    if pa.types.is_dictionary(kind):
        return plain_ids(path, where, ids.dictionary_decode())
    if pa.types.is_floating(kind):
        return _whole(path, where, ids)
    if pa.types.is_integer(kind) or is_text(kind):
        return ids
    if str(kind) in _LIKE_TEXT or pa.types.is_decimal(kind):
        try:
            return ids.cast(pa.string())
        except pa.ArrowInvalid:
            kind = f"{kind}, and no text in UTF-8"
    raise InputError(f"{path}: ids in {where} are of type {kind}; write them as integers or text")


def refuse_unseen(path: Path, where: str, ids: pa.Array) -> None:
    """Refuse ids with a space at an end or a character that nobody sees: they tell alike apart.

    Args:
        path: the file, for the message.
        where: where in it.
        ids: ``[K]`` integers or strings.

    Raises:
        InputError: naming the first, with what is not seen written out.
    """
    if not is_text(ids.type):
        return
    unseen = pc.match_substring_regex(ids, _UNSEEN)
    if is_true(unseen).any():
        first = ids[pc.index(unseen, True).as_py()].as_py()
        raise InputError(
            f"{path}: the id {first!a} in {where} has a space at an end or a character that "
            f"is not seen, so it is another neuron than {_seen(first)!a}; remove it"
        )


def _seen(text: str) -> str:
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf")).strip()


def _whole(path: Path, where: str, ids: pa.Array) -> pa.Array:
    """Floating-point ids as int64; nulls where they are NaN."""
    values = ids.cast(pa.float64()).to_numpy(zero_copy_only=False)
    bits = _EXACT_BITS[ids.type]
    bad = (values != np.round(values)) | (np.abs(values) >= 2.0**bits)
    bad &= ~np.isnan(values)
    if bad.any():
        raise InputError(
            f"{path}: ids in {where} such as {values[bad][0]} are floating-point numbers, which "
            f"are exact below 2^{bits} only; store the ids as integers or text "
            "(pandas turns integers to floats where one is missing: read them as Int64)"
        )
    return pa.array(values, from_pandas=True).cast(pa.int64())


def refuse_rounded(path: Path, where: str, ids: pa.Array) -> None:
    """Refuse ids that a spreadsheet or a floating-point column has rounded.

    Args:
        path: the file, for the message.
        where: where in it.
        ids: ``[K]`` distinct integers or strings.

    Raises:
        InputError: if all are numbers and one is written with a point or an exponent, or if all
            large ones end as no ids do by chance (``...000``, or multiples of 128).
    """
    ids = ids.drop_null()
    if is_text(ids.type) and len(ids):
        ids = ids.filter(pc.invert(IdRules().codes(ids) == ABSENT))
        if not len(ids) or not pc.all(pc.match_substring_regex(ids, _NUMBER)).as_py():
            return
        whole = pc.match_substring_regex(ids, _INTEGER)
        if not pc.all(whole).as_py():
            first = ids[pc.index(whole, False).as_py()]
            raise InputError(
                f"{path}: the id {first} in {where} is no plain integer but written as "
                "spreadsheets and floating-point columns do, so different neurons may have become "
                "one, or one two; export the ids anew as integers or text (if it is a name, put a "
                "letter first)"
            )
    _refuse_rounded_integers(path, where, _large(ids))


def _large(ids: pa.Array) -> np.ndarray:
    """Those of the integers that a float need not hold exactly, int64."""
    try:
        numbers = ids.cast(pa.int64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:  # beyond 2^63: no float column was that
        return np.empty(0, dtype=np.int64)
    return numbers[np.abs(numbers) >= 2**53]


def _refuse_rounded_integers(path: Path, where: str, numbers: np.ndarray) -> None:
    size = np.abs(numbers)
    digits = np.floor(np.log10(size.astype(float))).astype(int) + 1
    step = {
        "a floating-point column": np.exp2(np.floor(np.log2(size.astype(float))) - 52),
        "a spreadsheet": 10.0 ** (digits - 15),
    }
    for cause, steps in step.items():
        certain = np.log2(steps).sum() >= _CERTAIN_BITS
        if len(numbers) and certain and not (size % steps.astype(np.int64)).any():
            raise InputError(
                f"{path}: ids in {where} such as {numbers[0]} are all multiples of "
                f"{int(steps[0])}, so {cause} has rounded them and different neurons may have "
                "become one; export the ids anew as integers or text"
            )


def exact_ids(path: Path, ids: pd.Series, where: str = "the ids") -> pd.Series:
    """Ids as int64 if that changes none of them (``007`` stays text), else as text.

    Args:
        path: the file, for messages.
        ids: distinct ids.
        where: where in the file they are from, for messages.

    Raises:
        InputError: for ids that are rounded numbers, or neither integers nor text.
    """
    if not len(ids):
        return ids.astype(str)
    values = plain_ids(path, where, pa.array(ids))
    refuse_rounded(path, where, values)
    ids = pd.Series(values.to_pandas().to_numpy(), index=ids.index, name=ids.name)
    if ids.dtype.kind in "iu" and (ids <= np.iinfo(np.int64).max).all():
        return ids.astype(np.int64)
    text = ids.astype(str)
    try:
        numbers = text.astype(np.int64)
    except (ValueError, OverflowError):
        return text
    return numbers if (numbers.astype(str) == text).all() else text


def id_array(ids: pd.Series) -> np.ndarray:
    """``[N]`` int64 or unicode, as a :class:`~connectome.types.Connectome` holds them."""
    return ids.to_numpy(dtype=np.int64 if ids.dtype.kind == "i" else np.str_)


def same_kind(columns: list[pd.Series]) -> list[pd.Series]:
    """All as they are if all hold integers, else all as text."""
    if all(column.dtype.kind == "i" for column in columns):
        return columns
    return [column.astype(str) for column in columns]  # numbers here and names there


def is_true(mask: pa.Array) -> np.ndarray:
    """``mask`` ``[K]`` as ``[K]`` bool, False where it is null."""
    return np.asarray(mask.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)
