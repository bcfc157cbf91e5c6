"""Node features that models may be shown, in groups.

What each group is, and what it says of held-out edges, stands in
:mod:`connectome.data.features.structural` and :mod:`connectome.data.features.annotation`.

Measured quantities are standardised (mean 0, standard deviation 1) over the training neurons that
have a value; signs and indicators keep their values. Where a value is missing it becomes 0, and a
column of its own, 0 or 1, says so: ``..._missing``, or the reason. Columns that are constant over
the training neurons tell nothing and are left out, with a line in the log.
"""

import difflib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from connectome.data.features.annotation import ANNOTATED
from connectome.data.features.columns import Column
from connectome.data.features.structural import STRUCTURAL
from connectome.types import (
    Connectome,
    InputError,
    MessageGraph,
    NotApplicableError,
    digest,
    plain_values,
)

log = logging.getLogger(__name__)

GROUPS = STRUCTURAL | ANNOTATED
MISSING = "_missing"  # end of the name of an indicator that tells nothing on its own
FROM_EDGES = tuple(STRUCTURAL)  # say nothing of a neuron without training edges


def with_features(
    graph: MessageGraph,
    connectome: Connectome,
    groups: Sequence[str],
    training: Tensor | None = None,
) -> MessageGraph:
    """``graph`` with the features of the data set, as they are, then those of ``groups``.

    Args:
        graph: the training edges with their synapses.
        connectome: the data, in the same order of neurons.
        groups: names out of :data:`GROUPS`; their order is that of the columns.
        training: ``[N]`` bool, neurons to standardise over; all if None.

    Raises:
        InputError: if a group is unknown or named twice, or a value cannot be.
        NotApplicableError: if the data lack what a group needs, or it tells no neuron from another.
    """
    check_groups(groups)
    given = connectome.features
    blocks = [] if given is None else [given]
    names = [] if given is None else [f"data_{column}" for column in range(given.shape[1])]
    trained = np.ones(graph.num_neurons, bool) if training is None else training.numpy()
    for group in groups:
        _require_columns(group, connectome)
        columns = _distinct(group, GROUPS[group].make(connectome, graph), trained)
        if all(name.endswith(MISSING) for name in columns):
            raise NotApplicableError(
                f"features={group}: {connectome.name} has the same value for every neuron"
                f"{' that has one' if columns else ''}; leave {group} out of features"
            )
        names += columns
        blocks.append(torch.from_numpy(np.stack([*columns.values()], axis=1)).float())
    if not blocks:
        return graph
    return replace(graph, features=torch.cat(blocks, dim=1), feature_names=tuple(names))


def check_groups(groups: Sequence[str]) -> None:
    """Refuse what is no list of different groups.

    Raises:
        InputError: naming the group and the choices.
    """
    if isinstance(groups, str):
        raise InputError(f"features={groups}: give a list, features=[{groups}]")
    for group in groups:
        if group not in GROUPS:
            close = difflib.get_close_matches(str(group), GROUPS, n=1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            raise InputError(
                f"features={group}: unknown group{hint}; choose from {', '.join(GROUPS)}"
            )
    if len(set(groups)) < len(groups):
        raise InputError(f"features=[{','.join(groups)}]: name each group once")


def feature_fingerprint(connectome: Connectome, groups: Sequence[str]) -> str:
    """Hash of ``groups`` and of the annotations that they read, by value."""
    wanted = {column for group in groups for column in GROUPS[group].reads}
    read = [
        (name, plain_values(connectome.neurons[name]))
        for name in sorted(wanted & set(connectome.neurons))
    ]
    return digest(tuple(groups), read)


def _require_columns(group: str, connectome: Connectome) -> None:
    reads, table = GROUPS[group].reads, connectome.neurons
    lacking = [f"'{column}'" for column in reads if column not in table]
    if GROUPS[group].either and len(lacking) < len(reads):
        return
    if lacking:
        names = " or ".join(lacking) if GROUPS[group].either else lacking[0]
        raise NotApplicableError(
            f"features={group}: the neuron table of {connectome.name} has no column {names}; "
            f"add it, or leave {group} out of features"
        )


def _distinct(group: str, columns: Iterator[Column], trained: np.ndarray) -> dict[str, np.ndarray]:
    """Finished columns by name, without those that are constant over the ``trained`` neurons."""
    kept: dict[str, np.ndarray] = {}
    for column in columns:
        known = ~np.logical_or.reduce([*column.absent.values(), np.zeros(len(trained), bool)])
        seen = column.values[known & trained]
        if len(seen) and np.ptp(seen) > 0:
            values = column.values
            if column.measured:
                values = (values - seen.mean()) / seen.std()
            kept[column.name] = np.where(known, values, 0.0)
        else:
            log.warning("features=%s: %s is constant, left out", group, column.name)
        for reason, flag in column.absent.items():
            if len(np.unique(flag[trained])) > 1:
                kept[f"{column.name}_{reason}"] = flag.astype(float)
            elif flag.any():
                log.warning("features=%s: %s_%s is constant, left out", group, column.name, reason)
    return kept
