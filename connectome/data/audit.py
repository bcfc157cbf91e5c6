"""Proof that a split does not leak, by set arithmetic that shares no code with the split."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import combinations

import numpy as np

from connectome.types import Connectome, InputError, LinkSplit, MessageGraph, digest

PARTS = ("train", "val", "test")
NEGATIVES = ("val_negatives", "test_negatives")


@dataclass(frozen=True)
class SplitAudit:
    """Counts of everything that must be zero, and of what the split holds.

    Attributes:
        sizes: number of pairs in each part.
        dropped_self_loops: self-loops of the data that no part holds.
        leaks: each check with the number of offending pairs; all must be 0.
        data_fingerprint, split_fingerprint, message_graph: hashes of what was audited.
    """

    sizes: dict[str, int]
    dropped_self_loops: int
    leaks: dict[str, int]
    data_fingerprint: str
    split_fingerprint: str
    message_graph: str

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
                raise InputError(f"the split leaks: {count} pairs fail the check '{check}'")
        return self

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self) | {"passed": self.passed}


def audit_split(connectome: Connectome, split: LinkSplit, graph: MessageGraph) -> SplitAudit:
    """Check ``split``, and the message graph made from it, against the data."""
    pairs = {name: getattr(split, name).numpy() for name in PARTS + NEGATIVES}
    seen = graph.edge_index.numpy()
    checks = (
        *_malformed(pairs),
        *_overlaps(pairs, split.num_neurons),
        *_straddling(pairs, split.num_neurons),
        *_message_leaks(pairs, seen, split),
        *_data_leaks(pairs, connectome, split.directed),
    )
    return SplitAudit(
        sizes={name: part.shape[1] for name, part in pairs.items()},
        dropped_self_loops=split.dropped_self_loops,
        leaks=dict(checks),
        data_fingerprint=connectome.fingerprint,
        split_fingerprint=split.fingerprint,
        message_graph=digest(_keys(seen, split.num_neurons)),
    )


Check = tuple[str, int]


def _keys(pairs: np.ndarray, n: int, both_ways: bool = False) -> np.ndarray:
    """The set of ordered pairs as sorted numbers; with ``both_ways`` the reversed pairs too."""
    keys = pairs[0] * n + pairs[1]
    if both_ways:
        keys = np.concatenate([keys, pairs[1] * n + pairs[0]])
    return np.unique(keys)


def _common(a: np.ndarray, b: np.ndarray) -> int:
    return len(np.intersect1d(a, b, assume_unique=True))


def _malformed(pairs: dict[str, np.ndarray]) -> Iterator[Check]:
    for name, part in pairs.items():
        yield f"{name}: repeated pairs", part.shape[1] - len({*zip(*part.tolist(), strict=True)})
        yield f"{name}: self-loops", int((part[0] == part[1]).sum())


def _overlaps(pairs: dict[str, np.ndarray], n: int) -> Iterator[Check]:
    keys = {name: _keys(part, n) for name, part in pairs.items()}
    for first, second in combinations(pairs, 2):
        yield f"{first} and {second}: same pair", _common(keys[first], keys[second])


def _straddling(pairs: dict[str, np.ndarray], n: int) -> Iterator[Check]:
    for first, second in combinations(PARTS, 2):
        reverse = _keys(pairs[first][::-1], n)
        yield f"{first} and {second}: reversed pair", _common(reverse, _keys(pairs[second], n))


def _message_leaks(
    pairs: dict[str, np.ndarray], seen: np.ndarray, split: LinkSplit
) -> Iterator[Check]:
    n = split.num_neurons
    graph = _keys(seen, n)
    allowed = _keys(pairs["train"], n, both_ways=not split.directed)
    yield "message graph: edges that are not training links", len(np.setdiff1d(graph, allowed))
    yield "message graph: training links it lacks", len(np.setdiff1d(allowed, graph))
    for name in ("val", "test"):
        held_out = _keys(pairs[name], n, both_ways=True)
        yield f"message graph: {name} links, either way round", _common(held_out, graph)


def _data_leaks(
    pairs: dict[str, np.ndarray], connectome: Connectome, directed: bool
) -> Iterator[Check]:
    """Positives are edges of the data, all of them; negatives are not."""
    n, edges = connectome.num_neurons, connectome.edge_index.numpy()
    edges = edges[:, edges[0] != edges[1]]
    real = _keys(edges, n, both_ways=not directed)
    positives = np.concatenate([pairs[name] for name in PARTS], axis=1)
    held = _keys(positives, n, both_ways=not directed)
    yield "links that are no edge of the data", len(np.setdiff1d(held, real))
    yield "edges of the data that no part holds", len(np.setdiff1d(real, held))
    for name in NEGATIVES:
        yield f"{name}: edges of the data", _common(_keys(pairs[name], n), real)
