"""What a map tells of each neuron: its place, cluster, type and neighbours."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from connectome.analysis.cell_typing import (
    METHOD,
    Typed,
    told_labels,
    type_rest,
    type_table,
)
from connectome.analysis.latent import LatentSpace, synapse_matrix
from connectome.analysis.neuron_table import NEIGHBOURS
from connectome.models.clustering import leiden
from connectome.receipt import many
from connectome.types import Connectome

FOLDS, LARGE = 5, 20_000
FEW_FOLDS = 1  # are typed with more than LARGE neurons: each takes as long as the typing itself


@dataclass(frozen=True, eq=False)
class Mapped:
    """What was found of ``N`` neurons.

    Attributes:
        connectome: the data.
        space: the embedding.
        cluster: ``[N]`` int64 Leiden community of the graph.
        neighbours: ``[N, k]`` positions of the nearest others in the embedding, nearest first.
        typed: the cell types; None without.
        types: a row a neuron, columns ``neuron_id, type, confidence, runner_up, told, abstains``;
            None without.
        untyped: why there are no types; empty with them.
    """

    connectome: Connectome
    space: LatentSpace
    cluster: np.ndarray
    neighbours: np.ndarray
    typed: Typed | None
    types: pd.DataFrame | None
    untyped: str


def map_neurons(
    connectome: Connectome,
    space: LatentSpace,
    label: str,
    precision: float,
    seed: int,
    note: Callable[[str], None],
) -> Mapped:
    """Places, clusters, neighbours and, where some neurons have a type and others not, types.

    Args:
        connectome: the data.
        space: their embedding.
        label: column of types.
        precision: expected share of right types among those that are no abstentions.
        seed: of clusters and folds.
        note: told what is being done.
    """
    note("nearest neighbours")
    near = space.nearest(NEIGHBOURS).rows
    note("2-d map")
    space.flat  # noqa: B018 - made once, here, where the bar says so
    note("clusters")
    cluster = leiden(synapse_matrix(connectome), 1.0, seed=seed).labels
    untyped = why_no_types(connectome, label)
    if untyped:
        return Mapped(connectome, space, cluster, near, None, None, untyped)
    labels, _ = told_labels(connectome, label, None, True, seed)
    folds, parts = typing_folds(connectome)
    typed = type_rest(connectome, labels, folds, False, seed, note, sure=False, parts=parts)
    return Mapped(connectome, space, cluster, near, typed, type_table(typed, precision), "")


def typing_folds(connectome: Connectome) -> tuple[int, int]:
    """Into how many folds typed neurons go, and how many are typed, to see how good it is."""
    return FOLDS, FOLDS if connectome.num_neurons <= LARGE else FEW_FOLDS


def why_no_types(connectome: Connectome, label: str) -> str:
    """Why no types are predicted from the column ``label``; empty if they can be."""
    if label not in connectome.neurons:
        known = ", ".join(map(str, connectome.neurons.columns))
        only = f"column '{label}', only {known}" if known else "annotations"
        return f"the neurons have no {only}"
    column = connectome.neurons[label]
    told, types = int(column.notna().sum()), int(column.nunique())
    if told == len(column):
        return f"every neuron has a '{label}'"
    if types < 2 or told < FOLDS:
        some = f"{many(told, 'neuron')} with a '{label}', of {many(types, 'type')}"
        return f"{some}, is too little to learn from"
    return ""


def accuracy(mapped: Mapped) -> float:
    """Share of the typed neurons that get their own type when it is not told; NaN without."""
    return mapped.typed.scores[METHOD].accuracy if mapped.typed else float("nan")
