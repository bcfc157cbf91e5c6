"""Link-prediction splits: which synaptic links are held out, and the pairs they compete with."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from connectome.data.features import with_features
from connectome.data.splits.negatives import AbsentPairs
from connectome.data.splits.order import (
    in_order_of_draws,
    in_order_of_rows,
    order_of_draws,
    renumbered,
    reordered,
)
from connectome.data.splits.pair_keys import (
    decode_pairs,
    edge_rows,
    encode_pairs,
    sum_over,
    without_self_loops,
)
from connectome.data.splits.protocols import NEURON, PROTOCOLS, TEST, TRAIN, VAL, WHOLE
from connectome.types import (
    Connectome,
    InputError,
    LinkSplit,
    MessageGraph,
    NotApplicableError,
    distinct_keys,
)


@dataclass(frozen=True)
class SplitConfig:
    """How links are held out.

    Attributes:
        directed: False joins ``i -> j`` and ``j -> i`` into one undirected link (the protocol of
            Kipf & Welling 2016, arXiv:1611.07308); True keeps them apart.
        protocol: which links are held out together: ``random``, ``reciprocal``, ``orbit``,
            ``neuron``, ``cell_type_block`` or ``whole`` (:mod:`connectome.data.splits.protocols`).
        val_fraction, test_fraction: share of the links held out for each; ``whole`` has neither.
        seed: seed of the split, of its negatives too.

    Raises:
        InputError: for an unknown protocol, shares that leave no training link, or such a seed.
    """

    directed: bool = False
    protocol: str = "reciprocal"
    val_fraction: float = 0.05
    test_fraction: float = 0.10
    seed: int = 0

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise InputError(
                f"split.protocol={self.protocol}: choose one of {', '.join(PROTOCOLS)}"
            )
        for name in ("val_fraction", "test_fraction"):
            value = getattr(self, name)
            if not 0 < value < 1:
                raise InputError(f"split.{name}={value}: must lie strictly between 0 and 1")
        if self.val_fraction + self.test_fraction >= 1:
            raise InputError(
                f"split.val_fraction={self.val_fraction} and split.test_fraction="
                f"{self.test_fraction} leave no training link; their sum must be below 1"
            )
        if not 0 <= self.seed < 2**63:
            raise InputError(f"split.seed={self.seed}: must be between 0 and 2^63")


def split_links(connectome: Connectome, config: SplitConfig) -> LinkSplit:
    """Draw a split of ``connectome`` from one generator seeded with ``config.seed``.

    It depends on the ids of the neurons and not on the order of their rows.

    Negatives are uniform over the pairs that are connected in no part, all different, as many as
    there are positives.

    Raises:
        InputError: if there are too few unconnected pairs.
        NotApplicableError: if a part would be empty, or the data lack the annotations that the
            protocol needs.
    """
    order = order_of_draws(connectome)
    if order is None:
        return _split(connectome, config)
    return in_order_of_rows(_split(reordered(connectome, order), config), order)


def _split(connectome: Connectome, config: SplitConfig) -> LinkSplit:
    n, directed = connectome.num_neurons, config.directed
    generator = torch.Generator().manual_seed(config.seed)
    links = _links(connectome, directed)
    test, val, train = _parts(links, connectome, config, generator)
    absent = AbsentPairs.of(links, n, directed, connectome.member_sizes)
    negatives = absent.sample_distinct(val.shape[1] + test.shape[1], generator)
    return LinkSplit(
        num_neurons=n,
        directed=directed,
        protocol=config.protocol,
        seed=config.seed,
        train=train,
        val=val,
        test=test,
        val_negatives=negatives[:, : val.shape[1]],
        test_negatives=negatives[:, val.shape[1] :],
        dropped_self_loops=int((connectome.edge_index[0] == connectome.edge_index[1]).sum()),
        member_sizes=connectome.member_sizes,
    )


def message_graph(
    connectome: Connectome, split: LinkSplit, features: Sequence[str] = ()
) -> MessageGraph:
    """What a model may see: the training edges with their synapses, and features of the neurons.

    Args:
        connectome: the data.
        split: which edges are held out.
        features: groups of :mod:`connectome.data.features.groups` that follow the features of the
            data set. Where neurons are held out whole, they are standardised over the others.

    Raises:
        InputError: if a group is unknown.
        NotApplicableError: if the data lack what a group needs.
    """
    training = None
    if split.protocol == NEURON:
        training = torch.zeros(split.num_neurons, dtype=torch.bool)
        training[split.train.flatten()] = True
    graph = _weighted(connectome, split.train, split.message_edges, split.directed)
    return with_features(graph, connectome, features, training)


def scored_parts(split: LinkSplit) -> dict[str, tuple[Tensor, Tensor]]:
    """Links and as many unconnected pairs, ``[2, P]`` each, of the parts that metrics are of.

    Validation and test links; the training links (``train``) where nothing is held out, with
    pairs that follow from the seed of the split.
    """
    if split.protocol != WHOLE:
        return {
            "val": (split.val, split.val_negatives),
            "test": (split.test, split.test_negatives),
        }
    generator = torch.Generator().manual_seed(split.seed)
    return {"train": (split.train, training_negatives(split, generator))}


def training_negatives(split: LinkSplit, generator: torch.Generator) -> Tensor:
    """As many pairs without a training link as there are such links, ``[2, P]``, sorted."""
    drawn = in_order_of_draws(split)
    n, sizes = split.num_neurons, split.member_sizes
    absent = AbsentPairs.of(drawn.train, n, split.directed, sizes)
    negatives = absent.sample(split.train.shape[1], generator)
    return renumbered(negatives, split.order, split.directed)


def whole_graph(
    connectome: Connectome, directed: bool, features: Sequence[str] = ()
) -> MessageGraph:
    """All edges without self-loops, for embedding a connectome as a whole.

    ``features`` are groups as in :func:`message_graph`, which says what is raised.
    """
    links = _links(connectome, directed)
    edges = links if directed else torch.cat([links, links.flip(0)], dim=1)
    graph = _weighted(connectome, links, edges, directed)
    return with_features(graph, connectome, features)


def _weighted(connectome: Connectome, links: Tensor, edges: Tensor, directed: bool) -> MessageGraph:
    """The graph of ``edges`` ``[2, M]`` with the synapses of those and of no others.

    ``edges`` are the ``links`` ``[2, L]``; of an undirected graph these and then all of them
    reversed.
    """
    rows = edge_rows(connectome, links, directed)

    def of_edges(values: Tensor) -> Tensor:
        sums = sum_over(rows, values).float()
        return sums if directed else torch.cat([sums, sums])

    names, by_type = connectome.edge_type_names, connectome.edge_type_synapses
    return MessageGraph(
        neuron_ids=connectome.neuron_ids,
        edge_index=edges,
        directed=directed,
        synapses=of_edges(connectome.synapses),
        edge_type_synapses=of_edges(by_type) if names else None,
        edge_type_names=names,
        member_sizes=connectome.member_sizes,
    )


def _links(connectome: Connectome, directed: bool) -> Tensor:
    """Unique links ``[2, L]`` without self-loops, sorted by their number."""
    codes = encode_pairs(
        without_self_loops(connectome.edge_index), connectome.num_neurons, directed
    )
    return decode_pairs(distinct_keys(codes), connectome.num_neurons, directed)


def _parts(
    links: Tensor, connectome: Connectome, config: SplitConfig, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Test, validation and training links, each in random order."""
    total = links.shape[1]
    wanted = int(config.test_fraction * total), int(config.val_fraction * total)
    part = PROTOCOLS[config.protocol](links, connectome, wanted, generator)
    shuffled = torch.randperm(total, generator=generator)
    part, links = part[shuffled], links[:, shuffled]
    parts = links[:, part == TEST], links[:, part == VAL], links[:, part == TRAIN]
    needed = parts[2:] if config.protocol == WHOLE else parts
    if any(part.shape[1] == 0 for part in needed):
        raise NotApplicableError(
            f"split.protocol={config.protocol} split.val_fraction={config.val_fraction} "
            f"split.test_fraction={config.test_fraction}: of {total} links between different "
            "neurons a part would get none, since they are too few or held out in too large "
            "groups; try other fractions or another protocol"
        )
    return parts
