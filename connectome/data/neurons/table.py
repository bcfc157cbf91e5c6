"""Tables with one row a neuron."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from connectome.data.neurons.tidy import tidy
from connectome.data.tabular import (
    ABSENT,
    DROP,
    NOBODY,
    REFUSE,
    IdRules,
    exact_ids,
    no_id,
    plain_ids,
    refuse_unseen,
)
from connectome.receipt import LeftOut
from connectome.types import InputError

REPEATS = (REFUSE, DROP)


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
    ids = plain_ids(path, where, pa.array(frame[column]))
    code = rules.codes(ids)
    if rules.missing != DROP and (code == ABSENT).any():
        row = int(np.flatnonzero(code == ABSENT)[0])
        raise no_id(path, row + 1, where, ids[row].as_py())
    named = code == 0
    frame = tidy(path, frame.drop(columns=column)[named])
    refuse_unseen(path, where, ids.filter(pa.array(named)))
    index = ids.filter(pa.array(named)).to_pandas()
    frame = frame.set_index(pd.Index(exact_ids(path, index, where).to_numpy()))
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
