"""Clusters: those of the embedding and of the graph, and what they agree with."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from connectome.analysis.latent import (
    DEGREES,
    KMEANS,
    MIXTURE,
    ClusterSettings,
    Labelled,
    Made,
    cluster_table,
    log_degrees,
    plot_co_clustering,
    plot_confusion,
    plot_dendrogram,
)
from connectome.analysis.plotting import styles
from connectome.analysis.questions.answers import MOST_TYPES, Answers
from connectome.analysis.questions.registry import question, require_counts
from connectome.metrics.neurons import confusion, group_co_clustering
from connectome.models.clustering import dendrogram_linkage, gaussian_mixture, kmeans, leiden

log = logging.getLogger(__name__)

MIXTURE_LIMIT = 20_000  # with more neurons a mixture takes longer than the rest together


@dataclass(frozen=True)
class AgreementSettings:
    """Settings of the comparison with published clusters and cell types.

    Attributes:
        permutations: for each null of the table of agreements.

    Raises:
        InputError: for a count below one.
    """

    permutations: int = 200

    def __post_init__(self) -> None:
        require_counts("clusters", self, "permutations")


@question("clusters", AgreementSettings, place=30)
def clusters(look: Answers, settings: AgreementSettings) -> None:
    """Clusters of the first space and of the graph, and their agreement with references."""
    n = look.connectome.num_neurons
    look.found["Leiden community"] = leiden(look.graph.adjacency, 1.0, seed=0).labels
    if n <= MIXTURE_LIMIT:
        look.ask("Gaussian mixture", partial(_mixture, look))
    else:
        log.warning("no Gaussian mixture for more than %d neurons", MIXTURE_LIMIT)
    types = look.types if look.types and len(look.types.names) <= MOST_TYPES else None
    repeats: dict[str, np.ndarray] = {}
    if types:
        kmeans_of = partial(_kmeans, look)
        look.ask("k-means and its figures", lambda: repeats.update(kmeans_of()))
    look.found |= dict(list(repeats.items())[:1])  # the one that the confusion matrix shows
    ids = {"neuron_id": look.connectome.neuron_ids}
    look.write("clusters", pd.DataFrame(ids | look.found | repeats))
    references = dict(_references(look))
    if references and n <= MIXTURE_LIMIT:
        nulls = ClusterSettings(permutations=settings.permutations)
        spaces = {space.name: space.factors for space in look.spaces}
        spaces |= {DEGREES: [log_degrees(look.connectome)]}
        table = cluster_table(spaces, references, look.graph, nulls, _made(look, repeats))
        look.write("cluster_agreement", table)
        missing = table[table["left_out"].notna()].drop_duplicates(["embedding", "clustering"])
        for row in missing.itertuples():
            look.left_out.append(f"{row.clustering} of {row.embedding}: {row.left_out}")
    if types and repeats:
        figures = partial(_cluster_figures, look, types, repeats)
        look.ask("figures of the clusters", figures)


def _mixture(look: Answers) -> None:
    most = min(64, look.connectome.num_neurons)
    mixture = gaussian_mixture(look.shown.factors[0], most, seed=0)
    look.found[f"mixture on {look.shown.name}"] = mixture.labels


def _made(look: Answers, repeats: dict[str, np.ndarray]) -> Made:
    """Clusterings of the space shown that the table asks for too."""
    made: dict[tuple[str, str, int], list[np.ndarray]] = {}
    if repeats:
        made[look.shown.name, KMEANS, _groups(look)] = list(repeats.values())
    mixture = look.found.get(f"mixture on {look.shown.name}")
    if mixture is not None and len(look.shown.factors) == 1:
        made[look.shown.name, MIXTURE, 0] = [mixture]
    return made


def _groups(look: Answers) -> int:
    """As many clusters as are published, or as there are types."""
    if look.published is not None:
        return int(look.published.max()) + 1
    return len(look.types.names) if look.types else 0


def _references(look: Answers) -> Iterator[tuple[str, np.ndarray]]:
    if look.published is not None:
        yield look.settings.cluster_column, look.published
    if look.types is not None:
        yield look.settings.type_column, look.types.code


def _kmeans(look: Answers) -> dict[str, np.ndarray]:
    """Of each repeat, as many clusters as are published, or as there are types."""
    space, groups = look.shown, _groups(look)
    name = f"k-means with {groups} clusters on {space.name}"
    return {
        f"{name}, repeat {k + 1}" if k else name: kmeans(x, groups, seed=k).labels
        for k, x in enumerate(space.factors)
    }


def _cluster_figures(look: Answers, types: Labelled, repeats: dict[str, np.ndarray]) -> None:
    space, names = look.shown, list(types.names)
    name, labels = next(iter(repeats.items()))
    title = f"{look.connectome.name}: {name}"
    tree, leaves = dendrogram_linkage(space.factors[0], labels)
    counts = confusion(labels, types.code)
    look.draw("confusion", plot_confusion(counts, names, tree, leaves, title))
    tree, leaves = dendrogram_linkage(space.factors[0], types.code)
    style = styles(names, look.connectome.display)
    colours = {name: one.colour for name, one in style.items()}
    shares = group_co_clustering(list(repeats.values()), types.code)
    look.draw("co_clustering", plot_co_clustering(shares, names, title, tree, leaves))
    tree_title = f"{look.connectome.name}: cell types in {space.name}"
    look.draw("dendrogram", plot_dendrogram(tree, names, tree_title, colours))
