"""The few objects that travel between the layers: plain, frozen, checked once when made."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from connectome.display import Display
from connectome.input_error import InputError as InputError
from connectome.input_error import NotApplicableError as NotApplicableError
from connectome.receipt import MOST_SYNAPSES, Receipt


def distinct(keys: np.ndarray) -> np.ndarray:
    """The different values ``[k]`` of ``keys`` ``[K]``, ascending; ``keys`` is sorted in place.

    numpy 2.3 and later hash in ``np.unique``, which takes ten times as long on keys of pairs. The
    stable sort is timsort, which only merges what is in order already, as most such keys are.
    """
    keys.sort(kind="stable")
    return keys[np.append(True, keys[1:] != keys[:-1])[: len(keys)]]


def distinct_keys(keys: Tensor) -> Tensor:
    """As :func:`distinct` of ``keys`` ``[K]``, ``[k]``, on any device; torch's takes more room."""
    if keys.device.type != "cpu":
        return keys.unique()
    return torch.from_numpy(distinct(keys.numpy()))


def digest(*parts: object) -> str:
    """First 16 hex digits of the SHA-256 over arrays, tensors, strings and sequences of them."""
    sha = hashlib.sha256()
    for part in parts:
        if isinstance(part, Tensor):
            part = part.detach().cpu().contiguous().numpy()
        if isinstance(part, np.ndarray):
            sha.update(f"{part.dtype.str}{part.shape}".encode())
            sha.update(np.ascontiguousarray(part).tobytes())
        else:
            sha.update(repr(part).encode())
    return sha.hexdigest()[:16]


def plain_values(column: pd.Series) -> list[object]:
    """The values of a column, None where missing; the same however pandas stores them."""
    return [None if pd.isna(value) else value for value in column.tolist()]


def degrees(edge_index: Tensor, num_neurons: int) -> tuple[Tensor, Tensor]:
    """Out-degrees and in-degrees, ``[N]`` int64 each, of edges ``[2, M]``."""
    pre, post = edge_index
    return torch.bincount(pre, minlength=num_neurons), torch.bincount(post, minlength=num_neurons)


def member_codes(sizes: tuple[int, ...], num_neurons: int) -> Tensor:
    """Which member each neuron is of, ``[N]`` int64; all of member 0 where there are no sizes."""
    return torch.arange(max(len(sizes), 1)).repeat_interleave(torch.tensor(sizes or num_neurons))


@dataclass(frozen=True, eq=False, repr=False)
class Connectome:
    """A directed, weighted wiring diagram of ``N`` neurons and ``E`` edges.

    Attributes:
        name: short name of the data set.
        neuron_ids: ``[N]``, int64 or unicode, unique; row order of everything per neuron.
        edge_index: ``[2, E]`` int64, row 0 presynaptic and row 1 postsynaptic neuron as positions
            in ``neuron_ids``; unique pairs, sorted; self-loops allowed.
        synapses: ``[E]`` float64, number of synapses of each edge (> 0).
        neurons: ``N`` rows in the order of ``neuron_ids``, annotations as columns, NA if missing.
        edge_type_names: names of the ``T`` edge types, empty where the source has none.
        edge_type_synapses: ``[E, T]`` float64, the synapses of each edge by type.
        features: ``[N, F]`` float32 node features that do not come from the edges, or None.
        member_names: the brains that are joined in it, in the order of rows; empty for one brain.
        member_sizes: neurons of each. Pairs across members are neither edges nor negatives.
        citation: the publication to cite.
        receipt: how it was read and what was left out; None where nobody said.
        own_order: whether splits follow the order of rows, that of published data, and not the ids.
        display: how its figures look; of no effect on results, and in no fingerprint.
        drawn_by_connectivity: of labels whether they were, where that is known; nor has this.
        found_pairs: whether ``pair_id`` was found from wiring (``data.pairs``), so that it is no
            truth to score by.

    Raises:
        InputError: if ids or edges repeat, or these do not fit together.
    """

    name: str
    neuron_ids: np.ndarray
    edge_index: Tensor
    synapses: Tensor
    neurons: pd.DataFrame
    edge_type_names: tuple[str, ...] = ()
    edge_type_synapses: Tensor = field(default_factory=lambda: torch.empty(0, 0))
    features: Tensor | None = None
    member_names: tuple[str, ...] = ()
    member_sizes: tuple[int, ...] = ()
    citation: str = ""
    receipt: Receipt | None = None
    own_order: bool = False
    display: Display = field(default_factory=Display)
    drawn_by_connectivity: dict[str, bool] = field(default_factory=dict)
    found_pairs: bool = False

    def __post_init__(self) -> None:
        for fault in self._faults():
            raise InputError(f"{self.name}: {fault}")

    def _faults(self) -> Iterator[str]:
        n, pairs, sizes = self.num_neurons, self.edge_index, self.member_sizes
        if self.neuron_ids.dtype.kind not in "iU":
            yield f"neuron ids of type {self.neuron_ids.dtype}; give integers or text"
        if len(np.unique(self.neuron_ids)) != n:
            yield "neuron ids repeat; give each neuron one row"
        if len(self.neurons) != n:
            yield f"{len(self.neurons)} annotation rows for {n} neurons; give each neuron one row"
        if pairs.numel() and (int(pairs.min()) < 0 or int(pairs.max()) >= n):
            yield f"an edge points outside the {n} neurons; give positions in neuron_ids"
        if (self.edge_keys.diff() <= 0).any():
            yield "edges must be unique and sorted by (pre, post); data.assemble.assemble does that"
        if len(self.synapses) != self.num_edges or not bool((self.synapses > 0).all()):
            yield "every edge needs a positive synapse count; leave out edges without synapses"
        if not float(self.synapses.sum()) <= MOST_SYNAPSES:
            yield f"its synapses are {MOST_SYNAPSES:g} at most; correct or divide the counts"
        if len(sizes) != len(self.member_names) or (sizes and sum(sizes) != n):
            yield f"{len(self.member_names)} members of {sizes} neurons; sizes must add up to {n}"
        if sizes and bool((self.member[pairs[0]] != self.member[pairs[1]]).any()):
            yield "an edge leads from one member to another; leave such edges out"

    def __repr__(self) -> str:
        members = f"{len(self.member_names)} brains, " if self.member_names else ""
        lost = "; see .receipt" if self.receipt is not None and self.receipt.remarkable else ""
        return (
            f"<Connectome {self.name}: {members}{self.num_neurons} neurons, "
            f"{self.num_edges} edges, {float(self.synapses.sum()):.10g} synapses{lost}>"
        )

    @property
    def num_neurons(self) -> int:
        """Number of neurons ``N``."""
        return len(self.neuron_ids)

    @property
    def num_edges(self) -> int:
        """Number of directed edges ``E``, self-loops included."""
        return self.edge_index.shape[1]

    @property
    def edge_keys(self) -> Tensor:
        """``[E]`` int64, ``pre * N + post``: one number per edge."""
        return self.edge_index[0] * len(self.neuron_ids) + self.edge_index[1]

    @property
    def member(self) -> Tensor:
        """``[N]`` int64, position in ``member_names`` of each neuron; 0 for one brain."""
        return member_codes(self.member_sizes, self.num_neurons)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of ids, edges, counts, features and members: equal where they are equal."""
        features = self.features if self.features is not None else "none"
        members = (self.member_sizes,) if self.member_sizes else ()  # one brain keeps its hash
        return digest(self.neuron_ids, self.edge_index, self.synapses, features, *members)

    @cached_property
    def annotation_fingerprint(self) -> str:
        """Hash of annotations and edge types, whatever pandas stores their values as."""
        columns = [(str(name), plain_values(column)) for name, column in self.neurons.items()]
        return digest(columns, self.edge_type_names, self.edge_type_synapses)


@dataclass(frozen=True, eq=False, repr=False)
class LinkSplit:
    """Held-out edges for link prediction, with their fixed negatives.

    All pairs are ``[2, *]`` int64 positions. An undirected split (``directed=False``) holds every
    connected pair once, as ``(smaller, larger)``; a directed one holds ordered pairs (pre, post).

    Attributes:
        num_neurons: number of neurons ``N``.
        directed: whether (pre, post) and (post, pre) are different links.
        protocol: how links were held out, a name in ``data.splits.protocols.PROTOCOLS``.
        seed: seed of the generator that drew the split.
        train, val, test: links; ``val_negatives, test_negatives``: as many unconnected pairs.
        dropped_self_loops: self-loops left out, since a pair needs two neurons.
        member_sizes: neurons of each brain, where several are joined; all pairs lie within one.
        order: ``[N]`` int64, rows as numbered for draws, by id; None where rows stand like that.
    """

    num_neurons: int
    directed: bool
    protocol: str
    seed: int
    train: Tensor
    val: Tensor
    test: Tensor
    val_negatives: Tensor
    test_negatives: Tensor
    dropped_self_loops: int = 0
    member_sizes: tuple[int, ...] = ()
    order: Tensor | None = None

    def __repr__(self) -> str:
        links = ", ".join(str(part.shape[1]) for part in (self.train, self.val, self.test))
        kind = "directed" if self.directed else "undirected"
        return (
            f"<LinkSplit of {self.num_neurons} neurons, {self.protocol}, {kind}, seed {self.seed}: "
            f"{links} links for training, validation, test>"
        )

    @cached_property
    def message_edges(self) -> Tensor:
        """``[2, M]`` edges that a model may see: training links, both ways if undirected."""
        if self.directed:
            return self.train
        return torch.cat([self.train, self.train.flip(0)], dim=1)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of every pair in the split."""
        return digest(
            self.directed, self.train, self.val, self.test, self.val_negatives, self.test_negatives
        )


@dataclass(frozen=True, eq=False, repr=False)
class MessageGraph:
    """What a model is shown: the training edges, their synapses, and features of the neurons.

    Attributes:
        neuron_ids: ``[N]``.
        edge_index: ``[2, M]`` int64 training edges; both ways round if not ``directed``.
        directed: whether the edges have a direction.
        features: ``[N, F]`` float32, those of the data set and then the chosen ones, or None.
        feature_names: the ``F`` names, empty where nobody gave any.
        synapses: ``[M]`` float32, synapses of each edge; in an undirected graph the sum of both
            directions, the same both ways round. None where only the edges are known.
        edge_type_synapses: ``[M, T]`` float32, synapses by edge type; None without types.
        edge_type_names: the ``T`` types, empty without.
        member_sizes: neurons of each brain, where several are joined; empty for one.

    Raises:
        InputError: if there are not as many rows or names as there are edges, neurons or columns.
    """

    neuron_ids: np.ndarray
    edge_index: Tensor
    directed: bool
    features: Tensor | None = None
    feature_names: tuple[str, ...] = ()
    synapses: Tensor | None = None
    edge_type_synapses: Tensor | None = None
    edge_type_names: tuple[str, ...] = ()
    member_sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        edges, types = self.edge_index.shape[1], len(self.edge_type_names)
        columns = len(self.feature_names)
        if self.features is not None and not columns:  # nobody named them
            columns = self.features.shape[1]
        shapes = {
            "features": (self.features, (self.num_neurons, columns)),
            "synapses": (self.synapses, (edges,)),
            "edge_type_synapses": (self.edge_type_synapses, (edges, types)),
        }
        for name, (values, shape) in shapes.items():
            if values is not None and values.shape != shape:
                raise InputError(
                    f"message graph: {name} of shape {tuple(values.shape)}; must be {shape}"
                )

    def __repr__(self) -> str:
        edges = f"{self.edge_index.shape[1]} {'' if self.directed else 'un'}directed edges"
        return f"<MessageGraph of {self.num_neurons} neurons, {edges}>"

    @property
    def num_neurons(self) -> int:
        """Number of neurons ``N``."""
        return len(self.neuron_ids)

    @property
    def member(self) -> Tensor:
        """``[N]`` int64, number of the brain that each neuron is of."""
        return member_codes(self.member_sizes, self.num_neurons)

    def to(self, device: torch.device | str) -> "MessageGraph":
        """The same graph on ``device``."""
        tensors = ("edge_index", "features", "synapses", "edge_type_synapses")
        here = {name: getattr(self, name) for name in tensors}
        return replace(self, **{k: v.to(device) for k, v in here.items() if v is not None})
