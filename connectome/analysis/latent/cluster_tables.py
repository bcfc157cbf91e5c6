"""Tables of how far clusterings of embeddings and of the graph agree with references."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from connectome.analysis.latent.views import Graph
from connectome.metrics.neurons import ClusterAgreement, NullAgreement, cluster_agreement, stability
from connectome.models.clustering import (
    PUBLISHED_LEVEL,
    WindingRecipe,
    divisive_mixture,
    gaussian_mixture,
    kmeans,
    leiden,
    winding_clusters,
)
from connectome.types import InputError, NotApplicableError

GRAPH = "none (graph)"
WINDING = "Winding et al. 2023"
COLUMNS = (
    "embedding",
    "latent_dim",
    "clustering",
    "clusters",
    "reference",
    "groups",
    "neurons",
    "ami",
    "ami_sd",
    "ari",
    "ari_sd",
    "homogeneity",
    "completeness",
    "null_ami",
    "null_ami_sd",
    "p",
    "pair_null_ami",
    "pair_null_ami_sd",
    "pair_p",
    "stability_ari",
    "stability_ari_sd",
    "seeds",
    "left_out",
)

Clusterer = Callable[[np.ndarray, int, int], np.ndarray]  # factors, groups, seed -> labels
Made = Mapping[tuple[str, str, int], list[np.ndarray]]  # embedding, clustering, groups -> labels
KMEANS, MIXTURE = "k-means", "Gaussian mixture"


@dataclass(frozen=True)
class ClusterSettings:
    """How the table clusters and how it tests.

    Attributes:
        max_components: of the Gaussian mixture.
        levels: of the divisive mixture; the table reports the last one.
        restarts: of the divisive mixture; with one, labels differ much more between seeds.
        resolution: of Leiden.
        permutations: for each null.
        seed: the clusterings of seed ``s`` start from ``seed + s``; the nulls from ``seed``.
    """

    max_components: int = 64
    levels: int = PUBLISHED_LEVEL
    restarts: int = 3
    resolution: float = 1.0
    permutations: int = 200
    seed: int = 0

    def clusterers(self) -> dict[str, Clusterer]:
        """The clusterings of an embedding, by name."""
        return {
            KMEANS: lambda x, groups, seed: kmeans(x, groups, seed).labels,
            MIXTURE: lambda x, _, seed: (
                gaussian_mixture(x, min(self.max_components, len(x)), seed).labels
            ),
            "divisive mixture": lambda x, _, seed: divisive_mixture(
                x, self.levels, seed, restarts=self.restarts
            )[:, -1],
        }


def cluster_table(
    factors: Mapping[str, Sequence[np.ndarray]],
    references: Mapping[str, np.ndarray],
    graph: Graph | None = None,
    settings: ClusterSettings | None = None,
    made: Made | None = None,
) -> pd.DataFrame:
    """Agreement of clusterings with references, one row an embedding, clustering and reference.

    k-means gets as many clusters as the reference has groups; the mixtures choose by BIC without
    sight of it. All neurons are clustered, those without a reference group too. A mixture is
    fitted once per embedding and seed and compared with every reference.

    Where both an embedding and a reference come from pair-averaged factors, homologs share a group
    by construction: compare with ``pair_null_ami``, not with ``null_ami``.

    Args:
        factors: name of the embedding -> an array ``[N, d]`` for each seed (a copy for methods
            without one will do: clusterings are seeded too).
        references: name -> codes ``[N]``, -1 where unknown.
        graph: for Leiden and Winding's recipe; None leaves both out.
        settings: see ``ClusterSettings``.
        made: labels ``[N]`` of each seed that are there already, by embedding, clustering and
            number of groups (0 for mixtures).

    Returns:
        Columns ``COLUMNS``. Scores are means over seeds and ``_sd`` their s.d. over seeds, but
        ``null_ami_sd`` and ``pair_null_ami_sd`` are the s.d. over permutations, averaged over
        seeds; ``p`` and ``pair_p`` are the largest over seeds. ``left_out`` says why a row has no
        values, and is NA in others.

    Raises:
        InputError: if a reference or an embedding does not have a row for every neuron.
    """
    settings = settings or ClusterSettings()
    _check(factors, references, graph)
    homolog = None if graph is None else graph.homolog
    rows: list[dict[str, object]] = []
    for embedding, copies in factors.items():
        base: dict[str, object] = {"embedding": embedding, "latent_dim": copies[0].shape[1]}
        for clustering, clusterer in settings.clusterers().items():
            known = {k: v for (*of, k), v in (made or {}).items() if of == [embedding, clustering]}
            this = base | {"clustering": clustering}
            rows += _rows(this, clusterer, copies, references, homolog, settings, known)
    if graph is not None:
        seeds = max((len(copies) for copies in factors.values()), default=1)
        rows += _graph_rows(graph, references, seeds, settings)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    counts = ["latent_dim", "groups", "neurons", "seeds"]
    return table.astype(dict.fromkeys(counts, "Int64"))


def _rows(
    base: dict[str, object],
    clusterer: Clusterer,
    copies: Sequence[np.ndarray],
    references: Mapping[str, np.ndarray],
    homolog: np.ndarray | None,
    settings: ClusterSettings,
    known: Mapping[int, list[np.ndarray]] | None = None,
) -> list[dict[str, object]]:
    """Rows of one clustering; k-means is run anew where the number of groups differs."""
    made = dict(known or {})
    rows = []
    for name, reference in references.items():
        groups = len(np.unique(reference[reference >= 0]))
        key = groups if base["clustering"] == KMEANS else 0
        try:
            if key not in made:
                made[key] = [clusterer(x, groups, settings.seed + s) for s, x in enumerate(copies)]
            rows.append(base | _scores(made[key], name, reference, homolog, settings))
        except NotApplicableError as error:
            rows.append(base | {"reference": name, "left_out": str(error)})
    return rows


def _graph_rows(
    graph: Graph, references: Mapping[str, np.ndarray], seeds: int, settings: ClusterSettings
) -> list[dict[str, object]]:
    def communities(_: np.ndarray, __: int, seed: int) -> np.ndarray:
        return leiden(graph.adjacency, settings.resolution, seed).labels

    recipe = WindingRecipe(levels=settings.levels)

    def winding(_: np.ndarray, __: int, seed: int) -> np.ndarray:
        if graph.hemisphere is None or graph.homolog is None:
            raise NotApplicableError("; ".join(graph.missing) or "no hemispheres or no homologs")
        found = winding_clusters(graph.adjacency, graph.hemisphere, graph.homolog, seed, recipe)
        return found.levels[:, -1]

    copies = [np.empty((0, 0))] * seeds
    plain: dict[str, object] = {"embedding": GRAPH, "clustering": "Leiden"}
    known: dict[str, object] = {
        "embedding": WINDING,
        "latent_dim": recipe.cluster_dims,
        "clustering": "divisive mixture",
    }
    return [
        *_rows(plain, communities, copies, references, graph.homolog, settings),
        *_rows(known, winding, copies, references, graph.homolog, settings),
    ]


def _scores(
    labels: Sequence[np.ndarray],
    name: str,
    reference: np.ndarray,
    homolog: np.ndarray | None,
    settings: ClusterSettings,
) -> dict[str, object]:
    found = [
        cluster_agreement(one, reference, settings.permutations, settings.seed, homolog)
        for one in labels
    ]
    steady = stability(labels) if len(labels) > 1 else None
    pair_nulls = [one.pair_null for one in found if one.pair_null is not None]
    return {
        "clusters": float(np.mean([len(np.unique(one[one >= 0])) for one in labels])),
        "reference": name,
        "groups": len(np.unique(reference[reference >= 0])),
        "neurons": found[0].neurons,
        **_mean_and_sd(found, "ami"),
        **_mean_and_sd(found, "ari"),
        "homogeneity": float(np.mean([one.homogeneity for one in found])),
        "completeness": float(np.mean([one.completeness for one in found])),
        **_of_null([one.null for one in found], "null_ami", "p"),
        **_of_null(pair_nulls, "pair_null_ami", "pair_p"),
        "stability_ari": steady.ari_mean if steady else np.nan,
        "stability_ari_sd": steady.ari_sd if steady else np.nan,
        "seeds": len(labels),
        "left_out": None,
    }


def _mean_and_sd(found: Sequence[ClusterAgreement], measure: str) -> dict[str, float]:
    values = np.array([getattr(one, measure) for one in found])
    spread = values.std(ddof=1) if len(values) > 1 else np.nan
    return {measure: float(values.mean()), f"{measure}_sd": float(spread)}


def _of_null(nulls: Sequence[NullAgreement], name: str, p: str) -> dict[str, float]:
    if not nulls:
        return {}
    return {
        name: float(np.mean([null.ami_mean for null in nulls])),
        f"{name}_sd": float(np.mean([null.ami_sd for null in nulls])),
        p: max(null.p_ami for null in nulls),
    }


def _check(
    factors: Mapping[str, Sequence[np.ndarray]],
    references: Mapping[str, np.ndarray],
    graph: Graph | None,
) -> None:
    if empty := [name for name, copies in factors.items() if not len(copies)]:
        raise InputError(f"embedding '{empty[0]}' has no factors; give an array for each seed")
    lengths = {f"reference '{name}'": len(codes) for name, codes in references.items()}
    lengths |= {f"embedding '{name}'": len(x) for name, copies in factors.items() for x in copies}
    if graph is not None:
        lengths["the graph"] = graph.adjacency.shape[0]
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise InputError(f"numbers of neurons differ: {listed}")
