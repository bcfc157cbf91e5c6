"""Tables with one row a neuron."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from connectome.data.neurons.annotations import HEMISPHERE_COLUMN
from connectome.data.neurons.tidy import tidy
from connectome.data.tabular import (
    ABSENT,
    AUTO,
    DROP,
    ID_COLUMNS,
    NOBODY,
    REFUSE,
    IdRules,
    column_names,
    exact_ids,
    id_column,
    no_id,
    nullable,
    plain_ids,
    read_frame,
    refuse_unseen,
    require_column,
    same_kind,
)
from connectome.receipt import LeftOut
from connectome.types import InputError

log = logging.getLogger(__name__)

REPEATS = (REFUSE, DROP)
NEUPRINT = "bodyId"  # column of ids by which its tables are known
INSTANCE, SOMA_SIDE = "instance", "somaSide"


def with_sides(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """The table with the side that neuPrint writes at the end of an ``instance``, and a remark.

    ``KCg-m_R`` and ``PEN_a(PB06a)_L4`` end so. A table with sides keeps them.

    Args:
        path: the file, for the remark.
        table: annotations, one row a neuron.

    Returns:
        Its columns, and ``hemisphere`` with ``left`` and ``right`` where ``instance`` ends so.
    """
    if INSTANCE not in table or HEMISPHERE_COLUMN in table or SOMA_SIDE in table:
        return table
    ends = table[INSTANCE].astype("string").str.extract(r"_([LR])\d*$", expand=False)
    if not ends.notna().any():
        return table
    log.warning(
        "%s: 'hemisphere' of %d of %d neurons is the _L or _R that '%s' ends in",
        path, ends.notna().sum(), len(ends), INSTANCE,
    )  # fmt: skip
    sides = ends.map({"L": "left", "R": "right"}).astype(object)
    return table.assign(**{HEMISPHERE_COLUMN: sides.where(ends.notna(), None)})


def by_id(
    path: Path, frame: pd.DataFrame, column: str, rules: IdRules, repeats: str = REFUSE
) -> tuple[pd.DataFrame, tuple[LeftOut, ...]]:
    """The tidy table with the ids in ``column`` as its index, and the rows that were left out.

    Args:
        path: the file, for messages.
        frame: the table.
        column: its column of ids.
        rules: which ids are no neurons.
        repeats: what becomes of ids that occur more than once: ``refuse``, or ``drop`` them all.

    Raises:
        InputError: if an id is missing, was rounded, or repeats.
    """
    where = f"column '{column}'"
    index, code = row_ids(path, frame[column], column, rules)
    frame = tidy(path, frame.drop(columns=column)[code == 0]).set_index(index)
    repeated = frame.index.duplicated(keep=False)
    if repeats == REFUSE and repeated.any():
        raise InputError(
            f"{path}: the id {frame.index[repeated][0]} repeats in {where}; give each "
            "neuron one row"
        )
    why = {
        f"no id in {where} (data.missing_ids=drop)": code == ABSENT,
        f"no_neuron=[{','.join(rules.no_neuron)}] stands for no neuron": code == NOBODY,
        "their ids repeat (repeats: drop)": repeated,
    }
    counts = {reason: int(rows.sum()) for reason, rows in why.items()}
    left_out = (
        LeftOut("rows", number, len(code), f"{path.name}: {reason}")
        for reason, number in counts.items()
        if number
    )
    return frame[~repeated], tuple(left_out)


def row_ids(
    path: Path, values: pd.Series, column: str, rules: IdRules
) -> tuple[pd.Index, np.ndarray]:
    """The exact ids of the rows of neurons, and what every row ``[K]`` is: 0, ABSENT or NOBODY.

    Args:
        path: the file, for messages.
        values: ``[K]``, the column.
        column: its name.
        rules: which ids are no neurons.

    Raises:
        InputError: if an id is missing, or was rounded.
    """
    where = f"column '{column}'"
    ids = plain_ids(path, where, pa.array(values))
    code = rules.codes(ids)
    if rules.missing != DROP and (code == ABSENT).any():
        row = int(np.flatnonzero(code == ABSENT)[0])
        raise no_id(path, row + 1, where, ids[row].as_py())
    named = ids.filter(pa.array(code == 0))
    refuse_unseen(path, where, named)
    return pd.Index(exact_ids(path, named.to_pandas(), where).to_numpy()), code


def read_tables(
    paths: Sequence[Path],
    rules: IdRules,
    neuron_id: str = AUTO,
    rename: Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, tuple[LeftOut, ...]]:
    """Tables with one row a neuron, joined by id; a neuron need not be in all of them.

    Args:
        paths: the tables.
        rules: which ids are no neurons.
        neuron_id: column of ids; ``auto`` takes the first of
            :data:`connectome.data.tabular.ID_COLUMNS` in each.
        rename: new names of columns, by the names in the files.

    Returns:
        The annotations with ids as index, which has the name of the column of ids if that was
        guessed, and the rows that were left out.

    Raises:
        InputError: as :func:`by_id`; for a column without ids, a column to rename that no table
            has, and a column of two tables that does not agree.
    """
    joined, left_out = pd.DataFrame(), tuple[LeftOut, ...]()
    known: set[str] = set()
    guessed: dict[str, None] = {}
    neuprint = False
    for path in paths:
        names = [name for name in column_names(path) if name]
        key = _key(path, names, neuron_id)
        guessed |= {} if key in (neuron_id, *ID_COLUMNS) else {key: None}
        table, lost = by_id(path, _renamed(path, read_frame(path, (key,)), key, rename), key, rules)
        joined = table if path == paths[0] else _joined(path, joined, table)
        left_out += lost
        known |= {*names}
        neuprint = neuprint or key == NEUPRINT
    _require_renamed(rename, known, joined)
    joined = with_sides(path, joined) if neuprint else joined
    return joined.rename_axis(" and ".join(guessed) or None), left_out


def given_table(
    path: Path,
    frame: pd.DataFrame,
    rules: IdRules,
    neuron_id: str = AUTO,
    rename: Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, tuple[LeftOut, ...]]:
    """As :func:`read_tables`, of one table in memory: a DataFrame with one row a neuron.

    Args:
        path: what to call it in messages.
        frame: the table, its names of columns as text; without a column of ids its index has them.
        rules: which ids are no neurons.
        neuron_id: column of ids, as there.
        rename: new names of columns, as there.

    Raises:
        InputError: as :func:`read_tables`.
    """
    if neuron_id == AUTO and id_column(frame.columns) is None:
        frame = frame.reset_index(names=ID_COLUMNS[0])
    key = _key(path, [*frame.columns], neuron_id)
    table, left_out = by_id(path, _renamed(path, frame, key, rename), key, rules)
    _require_renamed(rename, {*frame.columns}, table)
    guessed = key not in (neuron_id, *ID_COLUMNS)
    return table.rename_axis(key if guessed else None), left_out


def _key(path: Path, names: Sequence[str], neuron_id: str) -> str:
    """The column of ids, which is there."""
    key = (id_column(names) or ID_COLUMNS[0]) if neuron_id == AUTO else neuron_id
    require_column(path, names, key, "name the right one with data.neuron_id=COLUMN")
    return key


def _require_renamed(
    rename: Mapping[str, str] | None, known: set[str], table: pd.DataFrame
) -> None:
    if unused := sorted(set(rename or {}) - known):
        raise InputError(
            f"data.rename: no neuron table has a column '{unused[0]}', only "
            f"{', '.join(map(str, table.columns))}; name one of them"
        )


def _renamed(
    path: Path, frame: pd.DataFrame, key: str, new: Mapping[str, str] | None
) -> pd.DataFrame:
    """The table with new names of columns, of which no two may be equal."""
    own = {name: new[name] for name in frame.columns if new and name in new}
    kept = {key, *frame.columns} - set(own)
    for name, other in own.items():
        if other in kept:
            raise InputError(
                f"data.rename.{name}={other}: {path} has a column '{other}' already; choose "
                "another name, or rename that one too"
            )
        kept.add(other)
    return frame.rename(columns=own)


def positions(neuron_ids: np.ndarray, given: pd.Index) -> np.ndarray:
    """``[G]`` int64 positions of ``given`` among ``neuron_ids`` ``[N]``, -1 for what is no neuron.

    They are compared as text if not all of either are integers.
    """
    kinds = {neuron_ids.dtype.kind, given.dtype.kind}
    ids = pd.Index(neuron_ids)
    if kinds != {"i"}:
        ids, given = ids.astype(str), given.astype(str)
    return np.asarray(ids.get_indexer(given), dtype=np.int64)


def same_ids(first: pd.DataFrame, second: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both, with their columns as they are, and ids as text if not all of them are integers."""
    ids = same_kind([table.index.to_series() for table in (first, second)])
    one, two = (pd.Index(column.array) for column in ids)
    return first.set_axis(one), second.set_axis(two)


def _joined(path: Path, first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Two tables by their ids, those of ``first`` in front; equal columns once."""
    first, second = same_ids(first, second)
    everyone = first.index.append(second.index.difference(first.index, sort=False))
    both = first.index.intersection(second.index)
    for name in set(first.columns) & set(second.columns):
        here, there = (t.loc[both, name].astype(object) for t in (first, second))
        if differ := int(((here != there) & ~(here.isna() & there.isna())).sum()):
            raise InputError(
                f"{path}: its '{name}' differs from that of another table for {differ} of "
                f"{len(both)} neurons; rename it in the file, or leave one table out"
            )
    merged = nullable(first).combine_first(nullable(second))
    columns = first.columns.append(second.columns.difference(first.columns, sort=False))
    return merged.reindex(index=everyone, columns=columns)
