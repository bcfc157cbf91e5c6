"""Several connectomes as one, and the part of one that some neurons make up.

Joined brains share no edge, and no pair of neurons of two brains counts as unconnected either: that
two brains are not wired to each other says nothing of how neurons choose partners.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from connectome.data.neurons import PAIR_COLUMN
from connectome.data.readers.selection import selecting, take_neurons
from connectome.data.readers.table import read_table
from connectome.data.tabular import stacked
from connectome.display import Display
from connectome.receipt import Receipt
from connectome.types import Connectome, InputError

MEMBER_COLUMN = "member"
NAME_COLUMN = "neuron"  # what a neuron is called in its own brain


@selecting
def read_collection(
    members: Sequence[str | Mapping[str, Any]], without: str | None = None, **shared: Any
) -> Connectome:
    """Your own connectomes, joined; each is read as
    :func:`connectome.data.readers.table.read_table` reads it.

    Args:
        members: for each brain its file of edges, or options of ``read_table`` with ``edges`` among
            them and ``name`` if it shall not be called like the file.
        without: name of a member to leave out, to be embedded later as one never seen.
        shared: options of ``read_table`` for all members.

    Raises:
        InputError: if there are no members, names repeat, an option is unknown, or a file cannot
            be read.
    """
    if isinstance(members, str):
        raise InputError(f"data.members={members}: give a list, data.members=[{members}]")
    known = signature(read_table).parameters
    brains: dict[str, Connectome] = {}
    for given in members:
        if not isinstance(given, str | Mapping):
            raise InputError(f"data.members: {given}: give files, or {{name: NAME, edges: FILE}}")
        options = {"edges": given} if isinstance(given, str) else dict(given)
        options.pop("name", None)
        options = shared | options
        if unknown := sorted(set(options) - set(known)):
            choice = ", ".join(("name", *known))
            raise InputError(f"data.members: {unknown[0]}: unknown option; choose among {choice}")
        if "edges" not in options:
            raise InputError(f"data.members: {given} has no edges; give edges=FILE")
        name = member_name(given)
        if name in brains:
            raise InputError(f"data.members: '{name}' twice; give each member another name")
        brains[name] = _own_columns(name, read_table(**options))
    return join_without("collection", brains, without)


def _own_columns(name: str, brain: Connectome) -> Connectome:
    """The brain, if its table has none of the columns that :func:`join` adds.

    Raises:
        InputError: naming the column that would be overwritten.
    """
    for column in (MEMBER_COLUMN, NAME_COLUMN):
        if column in brain.neurons:
            raise InputError(
                f"data.members: the neuron table of {name} has a column '{column}', which a "
                "collection has for its own use; rename it in the file"
            )
    return brain


def member_name(given: str | Mapping[str, Any]) -> str:
    """What a member of a collection is called: as it says, or else like its file."""
    options = {"edges": given} if isinstance(given, str) else given
    return str(options.get("name") or Path(str(options["edges"])).name.split(".")[0])


def join_without(name: str, members: Mapping[str, Connectome], without: str | None) -> Connectome:
    """``members`` joined but for one, which the name says unless a single one is left.

    Raises:
        InputError: if there is no such member, or no other.
    """
    if without is None:
        return join(name, members)
    if without not in members:
        raise InputError(f"data.without={without}: choose one of {', '.join(members)}")
    kept = {member: brain for member, brain in members.items() if member != without}
    return join(name if len(kept) == 1 else f"{name}_without_{without}", kept)


def join(name: str, members: Mapping[str, Connectome]) -> Connectome:
    """One connectome of all ``members``, with the columns ``member`` and ``neuron``.

    Ids stay as they are if all are different, and else become ``member:id``; ``neuron`` is what a
    neuron is called in its own brain, so neurons of two animals that have one name can be told.
    Annotations of all members are kept; edge types and node features only if all have them. Figures
    look as the first member says that says anything.

    Raises:
        InputError: if there is no member.
    """
    if not members:
        raise InputError(f"{name}: no member is left; name one more in data.members")
    if len(members) == 1:
        [(only, brain)] = members.items()
        table = brain.neurons.copy()
        if NAME_COLUMN not in table:
            table[NAME_COLUMN] = _names(brain)
        return replace(brain, name=f"{name}_{only}", neurons=table)
    brains = list(members.values())
    ids, apart = _joined_ids(members)
    tables = [_table(member, brain, apart) for member, brain in members.items()]
    sizes = tuple(brain.num_neurons for brain in brains)
    starts = np.cumsum([0, *sizes[:-1]]).tolist()
    edges = [b.edge_index + start for b, start in zip(brains, starts, strict=True)]
    edge_index, synapses = torch.cat(edges, dim=1), torch.cat([brain.synapses for brain in brains])
    type_names, type_synapses = _joined_types(brains)
    features = _joined_features(brains)
    notes = {
        "ids repeat among the members and became MEMBER:ID": not apart,
        "edge types are left out, since the members have different ones": (
            not type_names and any(brain.edge_type_names for brain in brains)
        ),
        "node features are left out, since not all members have the same": (
            features is None and any(brain.features is not None for brain in brains)
        ),
    }
    receipt = _joined(name, members, tuple(note for note, holds in notes.items() if holds))
    return Connectome(
        name=name,
        neuron_ids=ids,
        edge_index=edge_index,
        synapses=synapses,
        neurons=stacked(tables),
        edge_type_names=type_names,
        edge_type_synapses=type_synapses,
        features=features,
        member_names=tuple(members),
        member_sizes=sizes,
        own_order=all(brain.own_order for brain in brains),
        citation="; ".join(dict.fromkeys(brain.citation for brain in brains if brain.citation)),
        receipt=receipt.finished(len(ids), edge_index.numpy(), synapses.numpy()),
        display=next((b.display for b in brains if b.display != Display()), Display()),
        drawn_by_connectivity=_joined_origins(brains),
        found_pairs=any(brain.found_pairs for brain in brains),
    )


def _names(brain: Connectome) -> list[str]:
    """What its neurons are called in their own brain."""
    return [*map(str, brain.neuron_ids.tolist())]


def _joined_ids(members: Mapping[str, Connectome]) -> tuple[np.ndarray, bool]:
    """Ids of all members ``[N]``, and whether they are told apart as they are."""
    ids = np.concatenate([brain.neuron_ids for brain in members.values()])
    one_kind = len({brain.neuron_ids.dtype.kind for brain in members.values()}) == 1
    if one_kind and len(np.unique(ids)) == len(ids):
        return ids, True
    return np.array([f"{m}:{own}" for m, brain in members.items() for own in _names(brain)]), False


def _joined_types(brains: Sequence[Connectome]) -> tuple[tuple[str, ...], torch.Tensor]:
    """Edge types and synapses ``[E, T]`` of each, if all members have the same; else none."""
    if len({brain.edge_type_names for brain in brains}) > 1:
        return (), torch.empty(0, 0)
    return brains[0].edge_type_names, torch.cat([brain.edge_type_synapses for brain in brains])


def _joined_features(brains: Sequence[Connectome]) -> torch.Tensor | None:
    """Node features ``[N, F]``, if all members have as many; else None."""
    features = [brain.features for brain in brains if brain.features is not None]
    if len(features) < len(brains) or len({given.shape[1] for given in features}) > 1:
        return None
    return torch.cat(features)


def _joined_origins(brains: Sequence[Connectome]) -> dict[str, bool]:
    """Labels that were drawn by connectivity: in one brain, if not in all."""
    known: dict[str, bool] = {}
    for brain in brains:
        for column, drawn in brain.drawn_by_connectivity.items():
            known[column] = drawn or known.get(column, False)
    return known


def _table(member: str, brain: Connectome, apart: bool) -> pd.DataFrame:
    """Annotations of a member; where ids are not told apart as they are, its name goes before."""
    table = brain.neurons.copy()
    table[MEMBER_COLUMN] = member
    table[NAME_COLUMN] = pd.Series(_names(brain), dtype=str)
    if not apart and PAIR_COLUMN in table:
        table[PAIR_COLUMN] = f"{member}:" + table[PAIR_COLUMN].astype("string")
    return table


def _joined(name: str, members: Mapping[str, Connectome], notes: tuple[str, ...]) -> Receipt:
    return Receipt(
        name,
        tuple(members),
        layout=f"{len(members)} brains joined",
        notes=notes,
        members=tuple(b.receipt for b in members.values() if b.receipt is not None),
    )


def members_of(connectome: Connectome) -> dict[str, Connectome]:
    """The brains that were joined, by name; one brain alone under its own name."""
    if not connectome.member_names:
        return {connectome.name: connectome}
    member = connectome.member.numpy()
    return {
        name: take_neurons(connectome, np.flatnonzero(member == code), name)
        for code, name in enumerate(connectome.member_names)
    }
