"""What was loaded: counts that can be held against the publication."""

from dataclasses import asdict, dataclass

import pandas as pd
import torch
from rich.console import Console
from rich.table import Table
from rich.text import Text

from connectome.receipt import Receipt
from connectome.types import Connectome

_MOST_LABELS = 100  # a column with more values than that is an identifier, not a label


@dataclass(frozen=True)
class Description:
    """Facts of a connectome.

    Attributes:
        name, citation, fingerprint: which data set this is.
        neurons, edges: their numbers; edges are directed and include self-loops.
        synapses: sum of the synapse counts.
        self_loops: edges from a neuron to itself.
        undirected_links: connected pairs of different neurons.
        reciprocity: share of the edges without self-loops whose reverse exists.
        density: edges without self-loops over ordered pairs.
        isolated_neurons: neurons without an edge to another neuron.
        edges_by_type: edges that have synapses of each type; an edge may have several.
        features: number of node features, 0 if none.
        labels: counts of each value (or ``missing``) in the label columns of the neuron table.
        columns: number of neurons with a value, for every column of the neuron table.
        receipt: how it was read and what was left out.
    """

    name: str
    citation: str
    fingerprint: str
    neurons: int
    edges: int
    synapses: float
    self_loops: int
    undirected_links: int
    reciprocity: float
    density: float
    isolated_neurons: int
    edges_by_type: dict[str, int]
    features: int
    labels: dict[str, dict[str, int]]
    columns: dict[str, int]
    receipt: Receipt | None

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)


def describe(connectome: Connectome) -> Description:
    """Count everything in ``connectome``."""
    n = connectome.num_neurons
    pre, post = connectome.edge_index[:, connectome.edge_index[0] != connectome.edge_index[1]]
    reciprocal = int(torch.isin(pre * n + post, post * n + pre).sum())
    edges = len(pre)
    by_type = (connectome.edge_type_synapses > 0).sum(dim=0).tolist()
    synapses = float(connectome.synapses.sum())
    return Description(
        name=connectome.name,
        citation=connectome.citation,
        fingerprint=connectome.fingerprint,
        neurons=n,
        edges=connectome.num_edges,
        synapses=int(synapses) if synapses.is_integer() else synapses,
        self_loops=connectome.num_edges - edges,
        undirected_links=edges - reciprocal // 2,
        reciprocity=reciprocal / edges if edges else 0.0,
        density=edges / (n * (n - 1)) if n > 1 else 0.0,
        isolated_neurons=n - len(torch.cat([pre, post]).unique()),
        edges_by_type=dict(zip(connectome.edge_type_names, by_type, strict=True)),
        features=0 if connectome.features is None else connectome.features.shape[1],
        labels=_labels(connectome),
        columns={str(k): int(v) for k, v in connectome.neurons.notna().sum().items()},
        receipt=connectome.receipt,
    )


def _labels(connectome: Connectome) -> dict[str, dict[str, int]]:
    labels = {}
    for column, values in connectome.neurons.items():
        hashable = values.map(pd.api.types.is_hashable).all()
        if values.dtype.kind == "f" or not hashable or values.nunique() > _MOST_LABELS:
            continue
        counts = values.value_counts()
        labels[str(column)] = {str(key): int(count) for key, count in counts.items()}
        if values.isna().any():
            labels[str(column)]["missing"] = int(values.isna().sum())
    return labels


def print_description(facts: Description, console: Console) -> None:
    """Print ``facts`` as a table for people; names from files are never taken for markup."""
    table = Table(title=Text(facts.name), show_header=False, title_justify="left")
    table.add_column(justify="left", style="bold")
    table.add_column(justify="right")
    for label, value in (
        ("neurons", f"{facts.neurons:,}"),
        ("edges (directed)", f"{facts.edges:,}"),
        ("synapses", f"{facts.synapses:,}"),
        *((f"edges of type {name}", f"{count:,}") for name, count in facts.edges_by_type.items()),
        ("self-loops", f"{facts.self_loops:,}"),
        ("undirected links", f"{facts.undirected_links:,}"),
        ("reciprocity", f"{facts.reciprocity:.3f}"),
        ("density", f"{facts.density:.4f}"),
        ("isolated neurons", f"{facts.isolated_neurons:,}"),
        ("node features", f"{facts.features:,}"),
        ("fingerprint", facts.fingerprint),
    ):
        table.add_row(Text(label), value)
    console.print(table)
    for column, filled in facts.columns.items():
        values = facts.labels.get(column)
        if values is None:
            said = f": {filled:,} of {facts.neurons:,} neurons"
        else:
            shown = ", ".join(f"{value} {count:,}" for value, count in list(values.items())[:24])
            more = f", and {len(values) - 24} more" if len(values) > 24 else ""
            kinds = len(values) - ("missing" in values)
            said = f" ({kinds} values): {shown}{more}"
        console.print(Text.assemble((column, "bold"), said))
    if facts.receipt is not None:
        console.print(Text(str(facts.receipt)), soft_wrap=True)
    if facts.citation:
        console.print(facts.citation, style="dim")
