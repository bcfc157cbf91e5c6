"""What every reader can do: keep or drop neurons by their annotations, and say what labels are.

A reader is a function that is decorated with :func:`selecting`. It has then the options ``keep``,
``drop``, ``drawn_by_connectivity`` and ``pairs``, whatever it reads.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import wraps
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
import torch

from connectome.data.readers.options import paired, with_options
from connectome.receipt import LeftOut, Receipt, log_line, many
from connectome.types import Connectome, InputError

Values = Mapping[str, Any] | None  # values by column; None for all of a column
Labels = Mapping[str, bool] | None
ANY = "*"  # stands for any value, so for all neurons that have one
NAMED = 12  # values of a column that a message names
OUTSIDE = "of a neuron that is left out"


def selecting(read: Callable[..., Connectome]) -> Callable[..., Connectome]:
    """Give a reader the options that every reader has.

    ``keep`` and ``drop`` are values by column of the neuron table (:func:`selected`).
    ``drawn_by_connectivity`` says of columns with labels whether those were drawn by connectivity;
    it changes no result, and reports say it beside what agrees with the label. ``pairs`` is that of
    :func:`paired`.

    Args:
        read: makes a connectome of its own options.
    """

    made: WeakKeyDictionary[Connectome, dict[str, Connectome]] = WeakKeyDictionary()

    @wraps(read)
    def reader(
        *args: Any,
        keep: Values = None,
        drop: Values = None,
        drawn_by_connectivity: Labels = None,
        **options: Any,
    ) -> Connectome:
        brain = read(*args, **options)
        asked = repr((keep, drop, drawn_by_connectivity))
        if (known := made.get(brain, {}).get(asked)) is not None:
            return known  # of a reader that caches: the jobs of a sweep share what is made of it
        part = with_origins(selected(brain, keep, drop), drawn_by_connectivity)
        if part is not brain:
            made.setdefault(brain, {})[asked] = part
        return part

    own = {"keep": Values, "drop": Values, "drawn_by_connectivity": Labels}
    return paired(with_options(reader, read, own))


def selected(connectome: Connectome, keep: Values, drop: Values) -> Connectome:
    """The neurons that annotations name, and the edges among them.

    Args:
        connectome: one brain, or several joined; a brain of which nothing is left goes.
        keep: by column, the values of the neurons to keep; None keeps all, ``["*"]`` all that have
            a value. A neuron without a value goes.
        drop: by column, the values of the neurons to leave out. A neuron without a value stays.

    Returns:
        ``connectome`` itself if all its neurons stay.

    Raises:
        InputError: for a column or value that there is not, or if no neuron is left.
    """
    rows, lost, notes = choose(connectome.name, connectome.neurons, keep, drop)
    if not lost and not notes:
        return connectome
    part = _taken(connectome, np.flatnonzero(rows), connectome.name, lost)
    told = part.receipt
    if told is not None:
        told = replace(told, notes=(*told.notes, *notes))
        log_line(told, bool(notes) or any(not one.expected for one in lost))
    if not connectome.member_names:
        return replace(part, receipt=told)
    sizes = np.bincount(connectome.member.numpy()[rows], minlength=len(connectome.member_names))
    left = [(n, s) for n, s in zip(connectome.member_names, sizes.tolist(), strict=True) if s]
    names, counts = zip(*left, strict=True) if len(left) > 1 else ((), ())
    return replace(part, receipt=told, member_names=names, member_sizes=counts)


def choose(
    name: str, neurons: pd.DataFrame, keep: Values, drop: Values
) -> tuple[np.ndarray, tuple[LeftOut, ...], tuple[str, ...]]:
    """Which neurons of a table stay.

    Args:
        name: of the data set, for messages.
        neurons: ``N`` rows of annotations, any columns.
        keep, drop: as in :func:`selected`.

    Returns:
        ``[N]`` bool, what was left out, and what else there is to say.

    Raises:
        InputError: for a column or value that there is not, or if no neuron is left.
    """
    rows = np.ones(len(neurons), dtype=bool)
    lost: list[LeftOut] = []
    notes: list[str] = []
    for option, columns in (("keep", keep), ("drop", drop)):
        for column, wanted in (columns or {}).items():
            if wanted is None:
                continue
            named = _named(name, neurons, f"data.{option}", column, wanted)
            asked = f"data.{option}.{column}=[{','.join(map(str, wanted))}]"
            empty = neurons[column].isna().to_numpy(dtype=bool)
            goes = ~named & ~empty if option == "keep" else named
            lost += _lost(rows, goes, asked, expected=True)
            if option == "keep":
                lost += _lost(rows, empty, f"no value in '{column}' ({asked})")
                rows = rows & named
                continue
            rows = rows & ~named
            if stay := int((rows & empty).sum()):
                notes.append(f"{many(stay, 'neuron')} kept without a value in '{column}' ({asked})")
    if len(rows) and not rows.any():
        raise InputError(f"{name}: data.keep and data.drop leave no neuron; name other values")
    return rows, tuple(lost), tuple(notes)


def _lost(rows: np.ndarray, goes: np.ndarray, why: str, expected: bool = False) -> list[LeftOut]:
    number, of = int((rows & goes).sum()), int(rows.sum())
    return [LeftOut("neurons", number, of, why, expected=expected)] if number else []


def _named(name: str, neurons: pd.DataFrame, option: str, column: str, wanted: Any) -> np.ndarray:
    """``[N]`` bool: whose value in ``column`` is one of ``wanted``."""
    if column not in neurons:
        raise InputError(
            f"{name}: {option} names the column '{column}'; choose one of "
            f"{', '.join(map(str, neurons.columns)) or 'none'}"
        )
    if isinstance(wanted, str) or not isinstance(wanted, Sequence):
        raise InputError(f"{option}.{column}={wanted}: must be a list; write [{wanted}]")
    if list(wanted) == [ANY]:
        return neurons[column].notna().to_numpy(dtype=bool)
    text = neurons[column].map(_text, na_action="ignore")
    known = text.dropna().unique().tolist()
    for value in wanted:
        if _text(value) not in known:
            near = get_close_matches(_text(value), known, 1) or known[:NAMED]
            more = f" and {len(known) - len(near)} more" if len(known) > len(near) else ""
            raise InputError(
                f"{name}: {option}.{column}=[{_text(value)}] fits no neuron; choose among what the "
                f"column has, {', '.join(near) or 'nothing'}{more}"
            )
    return text.isin([_text(value) for value in wanted]).to_numpy(dtype=bool)


def _text(value: Any) -> str:
    """A value as it is typed: whole numbers without a point, whatever column holds them."""
    whole = isinstance(value, float | np.floating) and float(value).is_integer()
    return str(int(value)) if whole else str(value)


def with_origins(connectome: Connectome, given: Labels) -> Connectome:
    """The connectome with what is known of its labels, itself if nothing is given.

    Raises:
        InputError: for a value that is neither true nor false.
    """
    if not given:
        return connectome
    for column, drawn in given.items():
        if not isinstance(drawn, bool):
            raise InputError(f"data.drawn_by_connectivity.{column}={drawn}: must be true or false")
    known = connectome.drawn_by_connectivity | {str(k): v for k, v in given.items()}
    return replace(connectome, drawn_by_connectivity=known)


def take_neurons(
    connectome: Connectome, rows: np.ndarray, name: str, why: str = "not among those taken"
) -> Connectome:
    """The neurons ``rows`` ``[R]`` (ascending positions) and the edges among them: one brain.

    ``why`` tells in its receipt why the others are left out.
    """
    lost, neurons = connectome.num_neurons - len(rows), connectome.num_neurons
    others = (LeftOut("neurons", lost, neurons, why, expected=True),) if lost else ()
    part = _taken(connectome, rows, name, others)
    assert part.receipt is not None
    return replace(part, receipt=replace(part.receipt, members=()))


def restricted(connectome: Connectome, column: str, why: str) -> Connectome:
    """The neurons with a value in ``column``, and the edges among them.

    Args:
        connectome: one brain.
        column: of its neuron table.
        why: tells in the receipt why the others are left out.

    Raises:
        InputError: without the column, or if no neuron has a value.
    """
    if column not in connectome.neurons:
        known = ", ".join(map(str, connectome.neurons.columns)) or "none"
        raise InputError(f"{why}: {connectome.name} has no column '{column}'; name one of {known}")
    rows = np.flatnonzero(connectome.neurons[column].notna())
    if not len(rows):
        raise InputError(
            f"{why}: no neuron of {connectome.name} has a value in '{column}'; name another column"
        )
    return take_neurons(connectome, rows, connectome.name, f"no '{column}' ({why})")


def _taken(
    connectome: Connectome, rows: np.ndarray, name: str, others: tuple[LeftOut, ...]
) -> Connectome:
    """The same; ``others`` are the neurons that are left out."""
    place = torch.full((connectome.num_neurons,), -1)
    place[rows] = torch.arange(len(rows))
    ends = place[connectome.edge_index]
    inside = (ends >= 0).all(dim=0)
    types, features = connectome.edge_type_synapses, connectome.features
    edge_index, synapses = ends[:, inside], connectome.synapses[inside]
    told = connectome.receipt or Receipt(connectome.name)
    lost = (*told.left_out, *others, *_edges(connectome, inside))
    return replace(
        connectome,
        name=name,
        neuron_ids=connectome.neuron_ids[rows],
        edge_index=edge_index,
        synapses=synapses,
        neurons=connectome.neurons.iloc[rows].reset_index(drop=True),
        edge_type_synapses=types[inside] if connectome.edge_type_names else types,
        features=None if features is None else features[torch.from_numpy(rows)],
        member_names=(),
        member_sizes=(),
        receipt=replace(told, name=name, left_out=lost).finished(
            len(rows), edge_index.numpy(), synapses.numpy()
        ),
    )


def _edges(connectome: Connectome, inside: torch.Tensor) -> tuple[LeftOut, ...]:
    if not (lost := int((~inside).sum())):
        return ()
    total = float(connectome.synapses.sum())
    synapses = total - float(connectome.synapses[inside].sum())
    return (LeftOut("edges", lost, connectome.num_edges, OUTSIDE, synapses, total, expected=True),)
