"""From edge lists with ids, in any order, to a :class:`Connectome`."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from connectome.receipt import MOST_SYNAPSES, Receipt, log_line
from connectome.types import Connectome, InputError


def assemble(
    name: str,
    ids: np.ndarray,
    pre: np.ndarray,
    post: np.ndarray,
    synapses: np.ndarray,
    neurons: pd.DataFrame | None = None,
    edge_types: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]] | None = None,
    features: torch.Tensor | None = None,
    citation: str = "",
    receipt: Receipt | None = None,
) -> Connectome:
    """Join an edge list with neuron ids; rows that repeat a pair are added up.

    Args:
        name: name of the data set, used in messages.
        ids: ``[N]`` neuron ids.
        pre, post: ``[R]`` ids of the presynaptic and postsynaptic neuron of each row.
        synapses: ``[R]`` synapse counts.
        neurons: ``N`` rows of annotations in the order of ``ids``.
        edge_types: ``(pre, post, synapses)``, ``[R]`` each, by type; every pair must occur among
            the edges.
        features: ``[N, F]`` node features.
        citation: the publication to cite.
        receipt: what is known of how the rows were read; what came of them is added.

    Raises:
        InputError: for counts that are missing, infinite, zero or negative or add up to more than
            can be held, and for ids of edges that are not among ``ids``.
    """
    n = len(ids)
    told = receipt or Receipt(name)
    where = ", ".join(told.source) or name
    _check_counts(where, pre, post, synapses)
    keys = positions(name, ids, pre) * n + positions(name, ids, post)
    unique, row = np.unique(keys, return_inverse=True)
    edge_index = np.stack(np.divmod(unique, max(n, 1)))
    sums = np.bincount(row, weights=synapses, minlength=len(unique))
    require_countable(where, sums, (ids, edge_index[0]), (ids, edge_index[1]))
    told = replace(told, rows=len(pre), added_up=len(pre) - len(unique))
    by_type = np.zeros((len(unique), len(edge_types or {})))
    for column, (type_pre, type_post, count) in enumerate((edge_types or {}).values()):
        _check_counts(f"{where}: {tuple(edge_types or ())[column]}", type_pre, type_post, count)
        type_keys = positions(name, ids, type_pre) * n + positions(name, ids, type_post)
        if not np.isin(type_keys, unique).all():
            raise InputError(
                f"{where}: an edge type has edges that the sum of types lacks; give the files of "
                "one version"
            )
        np.add.at(by_type[:, column], np.searchsorted(unique, type_keys), count)
    return Connectome(
        name=name,
        neuron_ids=np.asarray(ids),
        edge_index=torch.from_numpy(edge_index),
        synapses=torch.from_numpy(sums),
        neurons=pd.DataFrame(index=range(n)) if neurons is None else neurons.reset_index(drop=True),
        edge_type_names=tuple(edge_types or ()),
        edge_type_synapses=torch.from_numpy(by_type),
        features=features,
        citation=citation,
        receipt=_finished(told, n, edge_index, sums),
    )


def from_keys(
    name: str,
    ids: np.ndarray,
    keys: np.ndarray,
    synapses: np.ndarray,
    neurons: pd.DataFrame | None = None,
    citation: str = "",
    receipt: Receipt | None = None,
) -> Connectome:
    """A connectome from pairs that are unique already, with as few copies as possible.

    Args:
        name: name of the data set, used in messages.
        ids: ``[N]`` neuron ids.
        keys: ``[E]`` int64, ``sender * N + receiver`` of positions in ``ids``, in any order.
        synapses: ``[E]`` float64 synapse counts (> 0).
        neurons: ``N`` rows of annotations in the order of ``ids``.
        citation: the publication to cite.
        receipt: what is known of how the pairs were read; what came of them is added.
    """
    if (keys[1:] < keys[:-1]).any():
        order = keys.argsort()
        keys, synapses = keys[order], synapses[order]
        del order
    edge_index = np.empty((2, len(keys)), dtype=np.int64)
    np.divmod(keys, max(len(ids), 1), out=(edge_index[0], edge_index[1]))
    return Connectome(
        name=name,
        neuron_ids=np.asarray(ids),
        edge_index=torch.from_numpy(edge_index),
        synapses=torch.from_numpy(np.asarray(synapses, dtype=float)),
        neurons=pd.DataFrame(index=range(len(ids)))
        if neurons is None
        else neurons.reset_index(drop=True),
        edge_type_synapses=torch.zeros(len(synapses), 0, dtype=torch.float64),
        citation=citation,
        receipt=_finished(receipt or Receipt(name), len(ids), edge_index, synapses),
    )


def _finished(
    receipt: Receipt, neurons: int, edge_index: np.ndarray, synapses: np.ndarray
) -> Receipt:
    """The receipt with what came of the rows; logged, as a warning if there is news in it."""
    finished = receipt.finished(neurons, edge_index, synapses)
    log_line(finished, finished.remarkable)
    return finished


def require_countable(
    name: str,
    synapses: np.ndarray,
    pre: tuple[np.ndarray, np.ndarray],
    post: tuple[np.ndarray, np.ndarray],
) -> None:
    """Refuse counts of pairs that add up to more than can be computed with.

    Args:
        name: the file or data set, for the message.
        synapses: ``[E]`` sums of the synapses of each pair.
        pre, post: ids of neurons, and for each pair ``[E]`` the position of its own among them.

    Raises:
        InputError: names the heaviest pair.
    """
    with np.errstate(over="ignore"):
        if synapses.sum() <= MOST_SYNAPSES:
            return
    heaviest = int(np.argmax(synapses))
    first, second = (ids[int(rows[heaviest])] for ids, rows in (pre, post))
    raise InputError(
        f"{name}: the synapses of {first} -> {second} add up to {synapses[heaviest]:g}; all may "
        f"come to {MOST_SYNAPSES:g} at most, so correct the counts, or divide weights"
    )


def _check_counts(where: str, pre: np.ndarray, post: np.ndarray, synapses: np.ndarray) -> None:
    bad = np.flatnonzero(~((synapses > 0) & (synapses <= MOST_SYNAPSES)))
    if len(bad):
        row = int(bad[0])
        raise InputError(
            f"{where}: synapse count {synapses[row]:g} of {pre[row]} -> {post[row]} in edge row "
            f"{row + 1}; counts must be positive and {MOST_SYNAPSES:g} at most, so correct it or "
            "drop the row"
        )


def positions(name: str, ids: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Rows ``[K]`` int64 of the ids ``wanted`` ``[K]`` in ``ids`` ``[N]``.

    Raises:
        InputError: if one is not there.
    """
    found = pd.Index(ids).get_indexer(pd.Index(wanted))
    if (found < 0).any():
        absent = np.unique(np.asarray(wanted)[found < 0])
        raise InputError(
            f"{name}: {len(absent)} neuron ids of the edges are not among the {len(ids)} neurons, "
            f"for example {absent[0]}; add them to the neuron table or check the id columns"
        )
    return np.asarray(found, dtype=np.int64)
