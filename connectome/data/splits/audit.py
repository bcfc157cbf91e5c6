"""Proof that a split does not leak, by set arithmetic that shares no code with the split."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from torch import Tensor

from connectome.types import Connectome, InputError, LinkSplit, MessageGraph, digest, distinct

PARTS = ("train", "val", "test")
NEGATIVES = ("val_negatives", "test_negatives")


@dataclass(frozen=True)
class SplitAudit:
    """Counts of everything that must be zero, and of what the split holds.

    Attributes:
        protocol: the split protocol.
        sizes: number of pairs in each part.
        dropped_self_loops: self-loops of the data that no part holds.
        leaks: each check with the number of offending pairs; all must be 0.
        exposure: what the protocol may leave open, in numbers of held-out links: whose reverse is
            a training link, whose two neurons have homologs, whose mirror image is one.
        data_fingerprint, split_fingerprint: hashes of what was audited.
        graph_seen: hash of the graph (edges, synapses, features) that was audited, or that each
            stage is handed.
        evaluation_pairs: of each regime of negatives and part, how many ``links``, unconnected
            pairs (``absent``) and different ones (``absent_distinct``) are compared; empty without
            a benchmark.
    """

    protocol: str
    sizes: dict[str, int]
    dropped_self_loops: int
    leaks: dict[str, int]
    exposure: dict[str, int]
    data_fingerprint: str
    split_fingerprint: str
    graph_seen: dict[str, str]
    evaluation_pairs: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every check found nothing."""
        return not any(self.leaks.values())

    def require(self) -> "SplitAudit":
        """Return the audit itself.

        Raises:
            InputError: naming the first check that failed.
        """
        for check, count in self.leaks.items():
            if count:
                raise InputError(
                    f"the split leaks: {count} pairs fail the check '{check}'; draw it anew, and "
                    "report a defect if split_links drew it"
                )
        return self

    def line(self) -> str:
        """The audit in one line."""
        sizes = ", ".join(f"{self.sizes[part]} {part}" for part in PARTS)
        exposed = ", ".join(f"{what} {count}" for what, count in self.exposure.items())
        graphs = " ".join(sorted(set(self.graph_seen.values())))
        parts = [f"{self.protocol} split: {sizes}", "no leak", exposed, f"graph seen {graphs}"]
        return "; ".join(filter(None, [*parts, *self._scarce()]))

    def _scarce(self) -> Iterator[str]:
        """The regimes that have fewer different negatives than links to test with."""
        for regime, parts in self.evaluation_pairs.items():
            links, absent, distinct_ones = parts["test"].values()
            if distinct_ones < links:
                yield f"{regime}: {absent} negatives ({distinct_ones} different) for {links} links"

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self) | {"passed": self.passed}


def audit_split(connectome: Connectome, split: LinkSplit, graph: MessageGraph) -> SplitAudit:
    """Check ``split``, and the message graph made from it, against the data."""
    parts = _Parts({name: getattr(split, name).numpy() for name in PARTS + NEGATIVES}, split)
    checks = (
        *_malformed(parts),
        *_overlaps(parts),
        *_protocol_leaks(parts, connectome),
        *_message_leaks(parts, graph.edge_index.numpy()),
        *_weight_leaks(graph, connectome),
        *_data_leaks(parts, connectome),
    )
    return SplitAudit(
        protocol=split.protocol,
        sizes={name: part.shape[1] for name, part in parts.pairs.items()},
        dropped_self_loops=split.dropped_self_loops,
        leaks=dict(checks),
        exposure=dict(_exposure(parts, connectome)),
        data_fingerprint=connectome.fingerprint,
        split_fingerprint=split.fingerprint,
        graph_seen={"audit": graph_hash(graph)},
    )


@lru_cache(maxsize=8)
def graph_hash(graph: MessageGraph) -> str:
    """Hash of edges, synapses and features of ``graph``, whatever the order of its edges."""
    keys, order = _in_order(graph)
    weights = (graph.synapses, graph.edge_type_synapses)
    of_edges = [None if values is None else values[order] for values in weights]
    return digest(
        keys[order], *of_edges, graph.edge_type_names, graph.features, graph.feature_names
    )


def _in_order(graph: MessageGraph) -> tuple[Tensor, Tensor]:
    """Key of each edge ``[M]``, and the order that sorts them."""
    keys = graph.edge_index[0] * graph.num_neurons + graph.edge_index[1]
    return keys, keys.argsort()


Check = tuple[str, int]


@dataclass(frozen=True)
class _Parts:
    """The pairs ``[2, P]`` of each part and, made once for all checks, their keys."""

    pairs: dict[str, np.ndarray]
    split: LinkSplit
    made: dict[tuple[str, bool], np.ndarray] = field(default_factory=dict)

    def keys(self, name: str, both_ways: bool = False) -> np.ndarray:
        """:func:`_keys` of one part."""
        if (name, both_ways) not in self.made:
            pairs, n = self.pairs[name], self.split.num_neurons
            self.made[name, both_ways] = (
                _and_reversed(self.keys(name), pairs, n) if both_ways else _keys(pairs, n)
            )
        return self.made[name, both_ways]


def _keys(pairs: np.ndarray, n: int) -> np.ndarray:
    """The set of ordered pairs as sorted numbers."""
    return distinct(pairs[0] * n + pairs[1])


def _and_reversed(keys: np.ndarray, pairs: np.ndarray, n: int) -> np.ndarray:
    """The set ``keys`` of ``pairs``, and of the reversed pairs."""
    return distinct(np.concatenate([keys, _keys(pairs[::-1], n)]))


def _among(wanted: np.ndarray, keys: np.ndarray) -> int:
    """How many of the numbers ``wanted`` are in the set ``keys``; quick where both are sorted."""
    if not len(keys):
        return 0
    place = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    return int((keys[place] == wanted).sum())


def _common(a: np.ndarray, b: np.ndarray) -> int:
    """How many numbers the sets ``a`` and ``b`` share."""
    return _among(*sorted((a, b), key=len))


def _only(a: np.ndarray, b: np.ndarray) -> int:
    """How many numbers of the set ``a`` are not in the set ``b``."""
    return len(a) - _common(a, b)


def _malformed(parts: _Parts) -> Iterator[Check]:
    for name, pairs in parts.pairs.items():
        yield f"{name}: repeated pairs", pairs.shape[1] - len(parts.keys(name))
        yield f"{name}: self-loops", int((pairs[0] == pairs[1]).sum())
        if parts.split.member_sizes:
            ends = np.repeat(np.arange(len(parts.split.member_sizes)), parts.split.member_sizes)[
                pairs
            ]
            yield f"{name}: pairs of two brains", int((ends[0] != ends[1]).sum())


def _overlaps(parts: _Parts) -> Iterator[Check]:
    for first, second in combinations(parts.pairs, 2):
        yield f"{first} and {second}: same pair", _common(parts.keys(first), parts.keys(second))


def _protocol_leaks(parts: _Parts, connectome: Connectome) -> Iterator[Check]:
    """What the protocol promises to keep apart."""
    pairs, split, neurons = parts.pairs, parts.split, connectome.neurons
    n = split.num_neurons
    # Reversing and mirroring undo themselves: the smaller part, which stands second, is turned.
    if split.protocol in ("reciprocal", "orbit", "cell_type_block"):
        for first, second in combinations(PARTS, 2):
            reverse = _keys(pairs[second][::-1], n)
            yield f"{first} and {second}: reversed pair", _common(reverse, parts.keys(first))
    if split.protocol == "orbit":
        for first, second in combinations(PARTS, 2):
            mirrored = _mirrored(pairs[second], connectome)
            both_ways = parts.keys(first, both_ways=True)
            yield f"{first} and {second}: mirrored pair", _inside(mirrored, both_ways, n)
    if split.protocol == "neuron":
        trained = np.flatnonzero(np.bincount(pairs["train"].ravel(), minlength=n))
        for name in ("val", "test"):
            both = np.isin(pairs[name], trained).all(axis=0)
            yield f"{name}: pairs of two neurons seen in training", int(both.sum())
    if split.protocol == "cell_type_block":
        types = neurons["cell_type"].astype(object).where(neurons["cell_type"].notna(), "")
        blocks = {
            name: {frozenset(pair) for pair in types.to_numpy()[part].T}
            for name, part in pairs.items()
        }
        for first, second in combinations(PARTS, 2):
            yield f"{first} and {second}: same types", len(blocks[first] & blocks[second])


def _exposure(parts: _Parts, connectome: Connectome) -> Iterator[Check]:
    pairs, split = parts.pairs, parts.split
    n, train = split.num_neurons, parts.keys("train", both_ways=not split.directed)
    for name in ("val", "test"):
        if split.directed:
            yield f"{name}: reverse in training", _inside(pairs[name][::-1], train, n)
        if "pair_id" in connectome.neurons:
            mirrored = _mirrored(pairs[name], connectome)
            yield f"{name}: both neurons have homologs", mirrored.shape[1]
            yield f"{name}: mirror in training", _inside(mirrored, train, n)
            if split.directed:
                either = parts.keys("train", both_ways=True)
                yield f"{name}: mirror either way in training", _inside(mirrored, either, n)


def _mirrored(pairs: np.ndarray, connectome: Connectome) -> np.ndarray:
    """Mirror images of those pairs of which both neurons have a homolog."""
    mirrored = _partners(connectome)[pairs]
    return np.asarray(mirrored[:, (mirrored >= 0).all(axis=0)])


@lru_cache(maxsize=2)
def _partners(connectome: Connectome) -> np.ndarray:
    """``[N]`` int64, the homolog of each neuron, -1 where it has none."""
    row = {neuron_id: position for position, neuron_id in enumerate(connectome.neuron_ids.tolist())}
    named = connectome.neurons["pair_id"].tolist()
    return np.array([-1 if pd.isna(name) else row.get(name, -1) for name in named])


def _inside(pairs: np.ndarray, keys: np.ndarray, n: int) -> int:
    """How many of ``pairs`` are among the sorted ``keys``."""
    return _among(np.sort(pairs[0] * n + pairs[1]), keys)


def _message_leaks(parts: _Parts, seen: np.ndarray) -> Iterator[Check]:
    split = parts.split
    graph = _keys(seen, split.num_neurons)
    allowed = parts.keys("train", both_ways=not split.directed)
    yield "message graph: edges that are not training links", _only(graph, allowed)
    yield "message graph: training links it lacks", _only(allowed, graph)
    reversed_too = not split.directed or split.protocol != "random"
    ways = "either way round" if reversed_too else "in their direction"
    for name in ("val", "test"):
        held_out = parts.keys(name, both_ways=reversed_too)
        yield f"message graph: {name} links, {ways}", _common(held_out, graph)


def _weight_leaks(graph: MessageGraph, connectome: Connectome) -> Iterator[Check]:
    """The synapses of each edge are those of the data, of that edge and of no other."""
    n, order = connectome.num_neurons, _in_order(graph)[1].numpy()
    pre, post = graph.edge_index.numpy()[:, order]  # a matrix is read faster along its rows
    counts = {"synapses": (graph.synapses, connectome.synapses)}
    if graph.edge_type_synapses is not None:
        for column, name in enumerate(graph.edge_type_names):
            known = connectome.edge_type_synapses[:, connectome.edge_type_names.index(name)]
            counts[f"synapses of type {name}"] = graph.edge_type_synapses[:, column], known
    for name, (seen, known) in counts.items():
        if seen is not None:
            ends = (connectome.edge_index[0].numpy(), connectome.edge_index[1].numpy())
            matrix = coo_array((known.numpy(), ends), shape=(n, n)).tocsr()
            matrix = matrix if graph.directed else matrix + matrix.T
            expected = matrix[pre, post].astype(np.float32)
            yield f"message graph: other {name}", int((seen.numpy()[order] != expected).sum())


def _data_leaks(parts: _Parts, connectome: Connectome) -> Iterator[Check]:
    """Positives are edges of the data, all of them; negatives are not."""
    n, edges = connectome.num_neurons, connectome.edge_index.numpy()
    both_ways = not parts.split.directed
    edges = edges[:, edges[0] != edges[1]]
    real = _keys(edges, n)
    if both_ways:
        real = _and_reversed(real, edges, n)
    held = distinct(np.concatenate([parts.keys(name, both_ways) for name in PARTS]))
    yield "links that are no edge of the data", _only(held, real)
    yield "edges of the data that no part holds", _only(real, held)
    for name in NEGATIVES:
        yield f"{name}: edges of the data", _common(parts.keys(name), real)
