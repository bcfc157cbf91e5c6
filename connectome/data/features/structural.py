"""Node features that come from the training graph alone: they see no held-out edge.

- ``degrees``: log1p of partners and of synapses.
- ``random_walk``: chance that a random walk is back where it started after 2 to 6 steps, times the
  number of neurons, log1p; for a directed graph of walks along the edges (``out``) and against
  them (``in``). A walk that meets no further edge ends.
- ``motifs``: share of partners in both directions, of possible triangles that are closed (in each
  of four roles, if directed), and log1p of the mean degrees of the partners.
"""

from collections.abc import Callable, Iterator
from itertools import chain

import numpy as np
import torch
from torch import Tensor

from connectome.data.features.columns import Column, Group
from connectome.data.features.profile import (
    partner_degrees,
    reciprocity,
    return_probabilities,
    triangle_shares,
)
from connectome.types import MessageGraph, NotApplicableError, degrees

WALK_STEPS, PROFILE_STEPS = 6, 4
DIGITS = 9  # what differs by rounding alone is the same


def _degrees(graph: MessageGraph) -> Iterator[Column]:
    """Number of partners and of synapses in the training graph; one side if it is undirected."""
    if graph.synapses is None:
        raise NotApplicableError(
            "features=degrees: the training graph has no synapse counts; leave this group out"
        )
    sides = ("out", "in") if graph.directed else ("",)
    partners = degrees(graph.edge_index, graph.num_neurons)
    for side, degree, ends in zip(sides, partners, graph.edge_index.numpy(), strict=False):
        prefix = f"{side}_" if side else ""
        strength = np.bincount(ends, graph.synapses.numpy(), graph.num_neurons)
        yield Column(f"{prefix}degree", np.log1p(degree.numpy()))
        yield Column(f"{prefix}strength", np.log1p(strength))


def _random_walk(graph: MessageGraph, steps: int = WALK_STEPS) -> Iterator[Column]:
    """Returns in multiples of chance, which is one in N; there is none after a single step."""
    n, edges = graph.num_neurons, graph.edge_index
    brain = np.bincount(graph.member.numpy())[graph.member.numpy()]  # neurons of the own one
    walks = {"out_": edges, "in_": edges.flip(0)} if graph.directed else {"": edges}
    for side, along in walks.items():
        found = return_probabilities(along, n, steps)
        for step in range(2, steps + 1):
            values = np.log1p(brain * found[:, step - 1]).round(DIGITS)
            yield Column(f"{side}return_{step}", values)


def _motifs(graph: MessageGraph) -> Iterator[Column]:
    """Shares and means, flagged as undefined where there is nothing that they are of."""
    n, edges = graph.num_neurons, graph.edge_index
    shares, partners = triangle_shares(edges, n), partner_degrees(edges, n)
    if graph.directed:
        found = {"reciprocity": reciprocity(edges, n)}
        found |= {f"triangles_{role}": share for role, share in shares.items()}
    else:  # every role is the same one
        found = {"clustering": shares["source"]}
        partners = {"partner_degree": partners["out_partners_out_degree"]}
    found |= {name: np.log1p(mean) for name, mean in partners.items()}
    for name, values in found.items():
        yield Column(name, values.round(DIGITS), {"undefined": np.isnan(values)})


def _group(make: Callable[[MessageGraph], Iterator[Column]]) -> Group:
    return Group(lambda connectome, graph: make(graph))


STRUCTURAL = {
    "degrees": _group(_degrees),
    "random_walk": _group(_random_walk),
    "motifs": _group(_motifs),
}


def structural_profile(graph: MessageGraph) -> Tensor:
    """All of the above in the units of the own brain: what compares neurons of several brains.

    Of the walks those of up to 4 steps: longer ones take most of the time on a large brain.

    Each column has mean 0 and standard deviation 1 within each brain; what is undefined or the same
    for all is 0. Other than groups of features, which leave such columns out, the columns are the
    same for any two graphs that are both directed or both not.

    Returns:
        ``[N, F]`` float32.

    Raises:
        NotApplicableError: if the graph has no synapse counts.
    """
    made = chain(_degrees(graph), _motifs(graph), _random_walk(graph, PROFILE_STEPS))
    columns = [column.values for column in made]
    values = np.stack(columns, axis=1)
    member = graph.member.numpy()
    for code in range(member.max() + 1):
        rows = np.flatnonzero(member == code)
        known = np.isfinite(values[rows])
        part = np.where(known, values[rows], 0.0)
        count = np.maximum(known.sum(axis=0), 1)
        centred = np.where(known, part - part.sum(axis=0) / count, 0.0)
        spread = np.sqrt((centred**2).sum(axis=0) / count)
        values[rows] = np.divide(
            centred, spread, out=np.zeros_like(centred), where=spread > 10.0**-DIGITS
        )
    return torch.from_numpy(values).float()
