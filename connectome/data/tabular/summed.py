"""From rows that were added up to a :class:`Connectome` with its receipt."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from connectome.data.tabular.assemble import from_keys, positions, require_countable
from connectome.data.tabular.edge_sums import EdgeSums
from connectome.data.tabular.ids import exact_ids, id_array, same_kind
from connectome.data.tabular.integers import nullable
from connectome.receipt import LeftOut, Receipt
from connectome.types import Connectome, InputError


def connectome_of(
    path: Path,
    sums: EdgeSums,
    annotations: pd.DataFrame | None,
    min_synapses: float,
    receipt: Receipt,
    citation: str = "",
    unlisted: pd.Index | None = None,
) -> Connectome:
    """The pairs with enough synapses, of the neurons of ``annotations`` or else their own.

    Args:
        path: file that the edges are from.
        sums: the edges.
        annotations: one row a neuron, with the ids as index.
        min_synapses: connections with fewer synapses are dropped.
        receipt: what is known of the data so far; it names them.
        citation: the publication to cite.
        unlisted: ids of neurons that are kept though ``annotations`` lacks them, and then those of
            edges are too; None refuses them.

    Raises:
        InputError: if no connection is left, for ids of edges that are not listed (with
            ``unlisted`` if none of them is), and for counts that add up to more than can be held.
    """
    pre, post, synapses = sums.total()
    lost = [*_lost_rows(sums)]
    if not len(synapses):
        why = ", ".join(f"{part.amount} left out: {part.why}" for part in lost) or "no row"
        raise InputError(f"{path}: holds no connection ({why}); check that it is the right file")
    columns = [exact_ids(path, codes.ids, codes.where) for codes in (sums.pre, sums.post)]
    require_countable(
        str(path), synapses, (columns[0].to_numpy(), pre), (columns[1].to_numpy(), post)
    )
    kept = _enough(path, synapses, min_synapses)
    lost += _lost_pairs(synapses, min_synapses)
    if not kept.all():
        pre, post, synapses = pre[kept], post[kept], synapses[kept]
    if annotations is not None:
        annotations = annotations.set_index(exact_ids(path, annotations.index.to_series()))
        columns.append(annotations.index.to_series())
        if unlisted is not None and len(unlisted):  # no id has no kind
            columns.append(exact_ids(path, unlisted.to_series()))
    used = [np.unique(pre), np.unique(post)]  # ids of dropped connections are no neurons
    columns = same_kind(columns)
    senders, receivers = (id_array(c.iloc[u]) for c, u in zip(columns[:2], used, strict=True))
    if annotations is not None:
        ids = id_array(columns[2])
        if unlisted is not None:
            wired = np.union1d(senders, receivers)
            others = id_array(columns[3]) if len(columns) > 3 else wired[:0]
            annotations, ids, notes = _with_unlisted(path, annotations, ids, wired, others)
            receipt = replace(receipt, notes=(*receipt.notes, *notes))
    else:
        ids = np.union1d(senders, receivers)
        lost += _lost_neurons(columns, len(ids))
    told = replace(
        receipt,
        rows=sums.rows,
        added_up=sums.kept - len(kept),
        zero_counts=sums.zero_counts,
        zero_ids=sums.zero_ids if "0" in ids.astype(str) else 0,
        left_out=(*receipt.left_out, *lost),
    )
    try:
        rows = [positions(receipt.name, ids, found) for found in (senders, receivers)]
        keys = _spread(rows[0], used[0])[pre] * len(ids)
        keys += _spread(rows[1], used[1])[post]
        del pre, post  # a large table has little room for both
        return from_keys(told.name, ids, keys, synapses, annotations, citation, told)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _with_unlisted(
    path: Path, annotations: pd.DataFrame, ids: np.ndarray, wired: np.ndarray, others: np.ndarray
) -> tuple[pd.DataFrame, np.ndarray, tuple[str, ...]]:
    """The table with empty rows for neurons that it lacks, all ids, and a remark.

    Raises:
        InputError: if it has none of the neurons of the edges, so that it is the wrong table.
    """
    if len(wired) and not np.isin(wired, ids).any():
        raise InputError(
            f"{path}: none of the {len(wired):,} neurons of the edges, such as {wired[0]}, has a "
            f"row in the neuron table, whose first is {ids[0]}; take ids from one version of the "
            "data, or name the column that has them, data.neuron_id=COLUMN"
        )
    more = np.setdiff1d(np.union1d(wired, others), ids)
    if not len(more):
        return annotations, ids, ()
    everyone = np.concatenate([ids, more])
    table = nullable(annotations).set_axis(pd.Index(ids)).reindex(pd.Index(everyone))
    note = (
        f"{len(more):,} of {len(everyone):,} neurons, such as {more[0]}, have no row in the "
        "neuron table: they have no annotations"
    )
    return table, everyone, (note,)


def _enough(path: Path, synapses: np.ndarray, min_synapses: float) -> np.ndarray:
    """``[E]`` bool: pairs with enough synapses, and with any."""
    enough = synapses >= max(min_synapses, np.finfo(float).tiny)
    if not enough.any():
        raise InputError(
            f"{path}: no connection has data.min_synapses={min_synapses} or more, but at most "
            f"{synapses.max():g}; lower it"
        )
    return enough


def _lost_rows(sums: EdgeSums) -> Iterator[LeftOut]:
    if sums.missing:
        yield LeftOut("rows", sums.missing, sums.rows, "an id is missing (data.missing_ids=drop)")
    if sums.nobody:
        yield LeftOut("rows", sums.nobody, sums.rows, "of an id in data.no_neuron")
    if sums.strays:
        yield LeftOut(
            "rows", sums.strays, sums.rows, "a neuron is not listed",
            sums.stray_synapses, sums.stray_synapses + sums.kept_synapses,
        )  # fmt: skip


def _lost_pairs(synapses: np.ndarray, min_synapses: float) -> Iterator[LeftOut]:
    total, zero = float(synapses.sum()), synapses == 0
    if zero.any():
        yield LeftOut("pairs", int(zero.sum()), len(synapses), "their counts are zero")
    weak = (synapses < min_synapses) & ~zero
    if weak.any():
        why = f"fewer than data.min_synapses={min_synapses:g}"
        lost = float(synapses[weak].sum())
        yield LeftOut("pairs", int(weak.sum()), len(synapses), why, lost, total)


def _lost_neurons(columns: list[pd.Series], number: int) -> Iterator[LeftOut]:
    """Neurons of left-out pairs alone, where no table lists the neurons."""
    everyone = len(pd.Index(columns[0]).union(pd.Index(columns[1])))
    if everyone > number:
        yield LeftOut("neurons", everyone - number, everyone, "no pair of theirs is left")


def _spread(rows: np.ndarray, used: np.ndarray) -> np.ndarray:
    """``rows`` of the numbers ``used``, at those numbers."""
    spread = np.full(used[-1] + 1, -1, dtype=np.int64)
    spread[used] = rows
    return spread
