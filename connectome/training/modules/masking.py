"""What an inductive model sees of a graph, and links that are hidden from it to be predicted."""

from dataclasses import replace

import torch
from torch import Tensor

from connectome.data.features import structural_profile
from connectome.models.nn import View, partner_means
from connectome.types import MessageGraph, NotApplicableError


def view_of(graph: MessageGraph) -> View:
    """Profile and partners of ``graph``, on its device."""
    here = graph.to("cpu")
    return View(structural_profile(here), partner_means(here)).to(graph.edge_index.device)


def hide_links(
    graph: MessageGraph, share: float, generator: torch.Generator
) -> tuple[MessageGraph, Tensor]:
    """``graph`` without about ``share`` of its links, and these ``[2, H]``.

    Links in both directions between two neurons are hidden together. What is hidden of an
    undirected graph comes once, as ``(smaller, larger)``.

    Raises:
        NotApplicableError: if no link is hidden, or all are.
    """
    pre, post = graph.edge_index
    low, high = torch.minimum(pre, post), torch.maximum(pre, post)
    _, dyad = (low * graph.num_neurons + high).unique(return_inverse=True)
    draw = torch.rand(int(dyad.max()) + 1, generator=generator).to(dyad.device)
    hidden = (draw < share)[dyad]
    if not 0 < int(hidden.sum()) < len(hidden):
        raise NotApplicableError(
            f"model.hidden_links={share}: hides {int(hidden.sum())} of {len(hidden)} training "
            "edges; choose another share, or a graph of more links"
        )
    seen = replace(
        graph,
        edge_index=graph.edge_index[:, ~hidden],
        synapses=None if graph.synapses is None else graph.synapses[~hidden],
        edge_type_synapses=(
            None if graph.edge_type_synapses is None else graph.edge_type_synapses[~hidden]
        ),
    )
    links = graph.edge_index[:, hidden]
    return seen, links if graph.directed else links[:, links[0] < links[1]]
