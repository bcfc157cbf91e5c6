"""What shortcuts through a leaky split are worth: a score that knows nothing but the leak."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from connectome.data.neurons import homologs, mirror
from connectome.data.splits import SplitConfig, message_graph, split_links, whole_graph
from connectome.metrics.links import link_metrics
from connectome.scores import NeighbourScore
from connectome.types import Connectome, LinkSplit, MessageGraph, NotApplicableError, degrees

COLUMNS = ("route", "protocol", "exposed", "auc", "without")
Pairs = tuple[Tensor, Tensor]  # test links, uniform negatives


def leakage(connectome: Connectome, config: SplitConfig) -> pd.DataFrame:
    """Each route of leakage under the split that ``config`` describes.

    Returns:
        Columns ``route, protocol, exposed, auc, without``, a row a route: ``exposed`` is the share
        of test links that it reaches, ``auc`` what the shortcut scores against uniform negatives,
        with the product of training degrees to break its ties, and ``without`` what is left when
        the leak is closed: the tie-break alone, or the same score on the training graph.
    """
    split = split_links(connectome, config)
    rows = [
        (route, config.protocol, exposed, auc, without)
        for route, exposed, auc, without in _routes(connectome, split)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _routes(connectome: Connectome, split: LinkSplit) -> Iterator[tuple[str, float, float, float]]:
    graph = message_graph(connectome, split)
    whole = whole_graph(connectome, split.directed)
    everything = split.test, split.test_negatives
    if split.directed:
        yield "the reverse exists", *_shortcut(graph, everything, lambda pairs: pairs.flip(0))
    if (partner := _homologs(connectome)) is not None:
        test, negatives = (p[:, (mirror(p, partner) >= 0).all(dim=0)] for p in everything)
        shortcut = _shortcut(graph, (test, negatives), lambda pairs: mirror(pairs, partner))
        yield "the mirror image exists", *shortcut
    yield (
        "degrees of the whole graph",
        1.0,
        _auc(_degree_products(whole, everything)),
        _auc(_degree_products(graph, everything)),
    )
    yield (
        "shared partners by held-out links",
        1.0,
        _auc(_resource_allocation(whole, everything)),
        _auc(_resource_allocation(graph, everything)),
    )


def _homologs(connectome: Connectome) -> Tensor | None:
    try:
        return homologs(connectome)
    except NotApplicableError:
        return None


def _shortcut(
    graph: MessageGraph, pairs: Pairs, image: Callable[[Tensor], Tensor]
) -> tuple[float, float, float]:
    """Whether the image of a pair is a training edge: share of test links, AUC, tie-break's AUC."""
    found = [_present(graph, image(pair)) for pair in pairs]
    products = _degree_products(graph, pairs)
    top = torch.cat(products).max() + 1
    tie_break = products[0] / top, products[1] / top
    score = found[0] + tie_break[0], found[1] + tie_break[1]
    return float(found[0].double().mean()), _auc(score), _auc(tie_break)


def _present(graph: MessageGraph, pairs: Tensor) -> Tensor:
    """Whether each of ``pairs`` is a training edge."""
    n = graph.num_neurons
    return torch.isin(pairs[0] * n + pairs[1], graph.edge_index[0] * n + graph.edge_index[1])


def _degree_products(graph: MessageGraph, pairs: Pairs) -> Pairs:
    sent, received = degrees(graph.edge_index, graph.num_neurons)
    first, second = ((sent[pair[0]] * received[pair[1]]).double() for pair in pairs)
    return first, second


def _resource_allocation(graph: MessageGraph, pairs: Pairs) -> Pairs:
    ids = np.arange(graph.num_neurons)
    score = NeighbourScore("resource_allocation", ids, graph.edge_index, graph.directed)
    first, second = (score.score_pairs(pair) for pair in pairs)
    return first, second


def _auc(scores: Pairs) -> float:
    return link_metrics(*scores).auc
