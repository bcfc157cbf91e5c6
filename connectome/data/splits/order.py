"""Draws that depend on the ids of the neurons, and not on the order in which a table lists them.

What is drawn is drawn with the neurons numbered by id, and the numbers are then turned into rows.
Where rows are in the order of ids already, both are the same and nothing is done.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from connectome.types import Connectome, LinkSplit

_PARTS = ("train", "val", "test", "val_negatives", "test_negatives")


def order_of_draws(connectome: Connectome) -> Tensor | None:
    """``[N]`` int64 rows by ascending id, member by member; None where rows are in that order.

    None too where the order of rows belongs to the data (``connectome.own_order``).
    """
    if connectome.own_order:
        return None
    order = np.lexsort((connectome.neuron_ids, connectome.member.numpy()))
    return None if (np.diff(order) == 1).all() else torch.from_numpy(order)


def reordered(connectome: Connectome, order: Tensor) -> Connectome:
    """The same connectome with the rows ``order`` ``[N]``."""
    pairs = order.argsort()[connectome.edge_index]
    edges = (pairs[0] * connectome.num_neurons + pairs[1]).argsort()
    types, features = connectome.edge_type_synapses, connectome.features
    return replace(
        connectome,
        neuron_ids=connectome.neuron_ids[order.numpy()],
        edge_index=pairs[:, edges],
        synapses=connectome.synapses[edges],
        neurons=connectome.neurons.iloc[order.numpy()].reset_index(drop=True),
        edge_type_synapses=types[edges] if connectome.edge_type_names else types,
        features=None if features is None else features[order],
    )


def in_order_of_draws(split: LinkSplit) -> LinkSplit:
    """The same split with the neurons numbered as they are for draws."""
    if split.order is None:
        return split
    return replace(_renumbered(split, split.order.argsort()), order=None)


def in_order_of_rows(split: LinkSplit, order: Tensor) -> LinkSplit:
    """A split that was drawn with the neurons numbered by ``order`` ``[N]``, in rows."""
    return replace(_renumbered(split, order), order=order)


def _renumbered(split: LinkSplit, new: Tensor) -> LinkSplit:
    parts: dict[str, Any] = {
        name: renumbered(getattr(split, name), new, split.directed) for name in _PARTS
    }
    return replace(split, **parts)


def renumbered(pairs: Tensor, new: Tensor | None, directed: bool) -> Tensor:
    """``pairs`` ``[2, P]`` with the numbers ``new`` ``[N]``; undirected ones as
    ``(smaller, larger)``.

    Comes back as ``[2, P]``; None for ``new`` changes nothing.
    """
    if new is None:
        return pairs
    return new[pairs] if directed else new[pairs].sort(dim=0).values
