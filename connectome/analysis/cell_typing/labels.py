"""What a method is told of the types of neurons, and what is true."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from connectome.data.neurons import labels_of, read_told
from connectome.models.cell_typing import draw_known
from connectome.receipt import many
from connectome.types import Connectome, InputError
from connectome.user_files import user_file


@dataclass(frozen=True, eq=False)
class Labels:
    """Types of the neurons of a brain, told and true.

    Attributes:
        names: the ``K`` types, of this brain and of what was told.
        truth: ``[N]`` int64, what the data say, -1 where nothing.
        known: ``[N]`` int64, what the method is told, -1 where nothing.
        untold: share of the neurons that are of a type without a told neuron; None if nobody knows,
            0 where one of each type was told on purpose.
    """

    names: tuple[str, ...]
    truth: np.ndarray
    known: np.ndarray
    untold: float | None = None

    @property
    def asked(self) -> np.ndarray:
        """``[N]`` bool: of a type that the data know and that was not told."""
        return (self.truth >= 0) & (self.known < 0)


def told_labels(
    brain: Connectome, label: str, known: float | str | None, every_type: bool, seed: int
) -> tuple[Labels, str]:
    """Types that are told of a brain, and how that came about in words.

    Args:
        brain: the brain.
        label: its column with types.
        known: share of the labelled neurons that is told, a file of ids and types
            (:func:`connectome.data.neurons.told.read_told`), or None for all.
        every_type: whether a share holds one neuron of each type at least.
        seed: of the share.

    Raises:
        InputError: without the column, or for a file that cannot be used.
    """
    if isinstance(known, str):
        return _by_file(brain, known, label)
    code, found = pd.factorize(labels_of(brain, label, "label"), sort=True)
    names, code = tuple(map(str, found)), code.astype(np.int64)
    told = int((code >= 0).sum())
    if known is None:
        how = f"all {many(told, 'neuron')} with a '{label}', of {many(len(names), 'type')}"
        return Labels(names, code, code), how
    mask = draw_known(code, float(known), every_type, seed)
    how = (
        f"{int(mask.sum()):,} of {many(told, 'neuron')} with a '{label}', of "
        f"{len(np.unique(code[mask]))} of {many(len(names), 'type')} "
        f"({'each type at least once' if every_type else 'drawn evenly'}, seed {seed})"
    )
    return Labels(names, code, np.where(mask, code, -1), 0.0 if every_type else None), how


def _by_file(brain: Connectome, file: str, label: str) -> tuple[Labels, str]:
    path = user_file("known", file)
    found = read_told(path, brain, label)
    truth = np.full(brain.num_neurons, None, dtype=object)
    if label in brain.neurons:
        truth = labels_of(brain, label, "label")
    names, (true, told) = _codes(truth, found.types)
    how = (
        f"{many(int((told >= 0).sum()), 'neuron')} in {path.name}, of "
        f"{many(len(np.unique(told[told >= 0])), 'type')}"
    )
    if found.unknown:
        how += f"; {many(len(found.unknown), 'id')} of no neuron, such as {found.unknown[0]}"
    if found.empty:
        how += f"; {many(found.empty, 'row')} without a type"
    both = (true >= 0) & (told >= 0)
    if differs := int((both & (true != told)).sum()):
        how += (
            f"; {differs:,} of {int(both.sum()):,} have another '{label}' in the data: told as in "
            "the file, but judged by the data, so the scores are too low where names differ"
        )
    if label not in brain.neurons:
        how += f"; {brain.name} has no '{label}', so that folds of the file are the judge"
    return Labels(names, true, told), how


def told_by_brain(
    home: Connectome, column: str, brain: Connectome, label: str, judge: bool
) -> tuple[np.ndarray, Labels, str]:
    """Types of another brain, ``[M]`` int64, the labels of the brain that is to be typed, words.

    Args:
        home: the brain whose types are known.
        column: its column with types.
        brain: the brain to be typed, of which nothing is told.
        label: its column with types, read if ``judge`` only.
        judge: whether its own types are to be compared with.

    Raises:
        InputError: without a column, or if no type that is to be compared with is of ``home``.
    """
    given = labels_of(home, column, "label_home" if column != label else "label")
    truth = np.full(brain.num_neurons, None, dtype=object)
    if judge:
        truth = labels_of(brain, label, "label")
    names, (code, true) = _codes(given, truth)
    if judge and (true >= 0).any() and not np.isin(true, code[code >= 0]).any():
        raise InputError(
            f"score=true: no '{label}' of {brain.name}, such as '{names[true.max()]}', is a "
            f"'{column}' of {home.name}; choose another label, or leave score out"
        )
    how = (
        f"nothing of {brain.name}; {many(int((code >= 0).sum()), 'neuron')} of {home.name} with a "
        f"'{column}', of {many(len(np.unique(code[code >= 0])), 'type')}"
    )
    return code, Labels(names, true, np.full(len(true), -1)), how


def told_beside(labels: Labels, home: Connectome, column: str) -> tuple[np.ndarray, Labels, str]:
    """Types of another brain, ``[M]`` int64, beside those that are told of this one, and words.

    Args:
        labels: of the brain that is to be typed.
        home: the other.
        column: its column with types.

    Raises:
        InputError: without the column.
    """
    given = labels_of(home, column, "label_home")
    own = np.array([*labels.names, None], dtype=object)
    names, (code, truth, known) = _codes(given, own[labels.truth], own[labels.known])
    how = (
        f"{many(int((code >= 0).sum()), 'neuron')} of {home.name} with a '{column}', of "
        f"{many(len(np.unique(code[code >= 0])), 'type')}, by their partners"
    )
    return code, Labels(names, truth, known, labels.untold), how


def _codes(*columns: np.ndarray) -> tuple[tuple[str, ...], tuple[np.ndarray, ...]]:
    """Names of all types in several columns of text, and each column as positions in them."""
    names = sorted({one for column in columns for one in column if one is not None})
    codes = (pd.Index(names, dtype=object).get_indexer(pd.Index(c)) for c in columns)
    return tuple(names), tuple(code.astype(np.int64) for code in codes)
