"""What embeddings say about neurons: one question a method, answered by tables and figures."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from connectome.analysis.cluster_figures import (
    plot_co_clustering,
    plot_confusion,
    plot_dendrogram,
)
from connectome.analysis.cluster_tables import ClusterSettings, cluster_table
from connectome.analysis.explorer import make_explorer, write_explorer
from connectome.analysis.figures import save_figure
from connectome.analysis.graph import Graph
from connectome.analysis.homolog_figures import plot_homologs
from connectome.analysis.homologs import homolog_table
from connectome.analysis.inside_settings import RECORD, ReportSettings
from connectome.analysis.latent import LatentSpace, stability_table
from connectome.analysis.latent_figures import (
    plot_clusters,
    plot_quantities,
    plot_recall,
    plot_types,
)
from connectome.analysis.palette import styles
from connectome.analysis.probe_tables import (
    DEGREES,
    Labelled,
    controls,
    labelled,
    log_degrees,
    neighbour_table,
    predictions,
    probe_table,
    recall_table,
    require_untold,
    unseen_table,
)
from connectome.analysis.questions import ask
from connectome.analysis.rare_types import uncalibrated, unrecognised
from connectome.data.storage import save_json, save_table
from connectome.metrics import confusion, group_co_clustering
from connectome.models import dendrogram_linkage, gaussian_mixture, kmeans, leiden
from connectome.types import Connectome, NotApplicableError, degrees

log = logging.getLogger(__name__)

MIXTURE_LIMIT = 20_000  # with more neurons a mixture takes longer than the rest together
KERNEL_LIMIT = 10_000  # likewise classifiers other than nearest neighbours
MOST_TYPES = 60  # with more, no figure has room for their names


class Answers:
    """The answers, each as tables and figures in one folder."""

    def __init__(
        self,
        connectome: Connectome,
        spaces: list[LatentSpace],
        folder: Path,
        settings: ReportSettings,
    ) -> None:
        self.connectome = connectome
        self.spaces = spaces
        self.folder = folder
        self.settings = settings
        self.tables: dict[str, pd.DataFrame] = {}
        self.written: list[str] = []
        self.figures: list[Path] = []
        self.left_out: list[str] = []
        self.found: dict[str, np.ndarray] = {}  # clusterings of our own, by name
        self.confidence: np.ndarray | None = None
        self.page: Path | None = None

    def ask(self, question: str, answer: Callable[[], object]) -> None:
        """Answer a question or a part of one; see :func:`connectome.analysis.questions.ask`."""
        ask(question, answer, self.left_out)

    @property
    def shown(self) -> LatentSpace:
        """The space that figures show."""
        return self.spaces[0]

    @property
    def largest(self) -> LatentSpace:
        """The space with most dimensions, from which types are predicted."""
        return max(self.spaces, key=lambda space: space.latent_dim)

    @cached_property
    def types(self) -> Labelled | None:
        """Cell types, None without."""
        try:
            return self._labelled()
        except NotApplicableError:
            return None

    def _labelled(self) -> Labelled:
        return labelled(self.connectome, self.settings.type_column, self.settings.fewest)

    @cached_property
    def graph(self) -> Graph:
        """Synapse counts, hemispheres and homologs."""
        return Graph.of(self.connectome)

    @cached_property
    def published(self) -> np.ndarray | None:
        """``[N]`` rank of the published cluster, -1 where unassigned; None without."""
        if self.settings.cluster_column not in self.connectome.neurons:
            return None
        column = self.connectome.neurons[self.settings.cluster_column]
        return np.asarray(pd.factorize(column, sort=True)[0], dtype=np.int64)

    def maps(self) -> None:
        """The first space by cell type, by published cluster, and by what may explain it away."""
        space, types = self.shown, self.types
        title = f"{self.connectome.name}: {space.name}"
        sent, received = degrees(self.connectome.edge_index, self.connectome.num_neurons)
        quantities = {"log10 total degree": np.log10(np.maximum((sent + received).numpy(), 1))}
        if space.uncertainty is not None:
            quantities["posterior s.d."] = space.uncertainty
        if space.instability is not None:
            count = len(space.repeats)
            quantities[f"s.d. over {count} seeds / spread"] = space.instability
            self._write("stability", stability_table(self.spaces))
        self._draw("map_controls", plot_quantities(space.position, quantities, title))
        if types is None:
            return
        style = styles(types.names)
        self._draw("map_types", plot_types(space.position, types.code, types.names, style, title))
        if self.published is not None:
            arguments = (self.published, types.code, types.names, style, title)
            self._draw("map_clusters", plot_clusters(space.position, *arguments))

    def cell_types(self) -> None:
        """What each space, and each control, says about the cell type."""
        for space in self.spaces:
            if space.anchors == self.settings.type_column:
                require_untold(space.name, space.anchors)
        types = self.types or self._labelled()  # which says why there are none
        small = self.connectome.num_neurons <= KERNEL_LIMIT
        if not small:
            log.warning("nearest neighbours only for more than %d neurons", KERNEL_LIMIT)
        self.ask("cell_types", lambda: self._probe(types, small))
        company = neighbour_table(self.shown.factors, types, self.graph.homolog)
        self._write("neighbour_types", company)
        if small:
            described = self.largest.described[0]
            unseen = partial(unseen_table, described, types)
            self.ask("unseen_types", lambda: self._write("unseen_types", unseen()))
            self.ask("predicted_types", lambda: self._predict(types))

    def _probe(self, types: Labelled, small: bool) -> None:
        """Accuracy of all features, and the types that some of them recognise."""
        seeds, largest = range(self.settings.seeds), self.largest
        control = controls(self.connectome, largest.latent_dim)
        spaces = {space.name: (space.described, None) for space in self.spaces}
        classifiers = ("knn", "logistic", "svm") if small else ("knn",)
        # An embedding of the same name as a control takes its place.
        table = probe_table(control | spaces, types, classifiers, seeds, control.keys() - spaces)
        self._write("cell_types", table)
        self.left_out += unrecognised(types)
        chosen = "svm" if small else "knn"
        pictured = {
            self.shown.name: self.shown.described,
            DEGREES: control[DEGREES][0],
            largest.name: largest.described,
        }
        recall = recall_table(pictured, types, chosen, seeds)
        self._write("cell_type_recall", recall)
        if len(types.names) <= MOST_TYPES:
            title = f"{self.connectome.name}: recognised cell types"
            self._draw("cell_type_recall", plot_recall(recall, styles(types.names), title))

    def _predict(self, types: Labelled) -> None:
        """Types of the neurons without one."""
        table, held_out = predictions(self.connectome, self.largest.described[0], types)
        self.left_out += uncalibrated(types, held_out.too_rare)
        self.confidence = held_out.confidence.copy()
        if not len(table):
            column = self.settings.type_column
            self.left_out.append(f"predicted_types: every neuron has a '{column}', none to predict")
            return
        self._write("predicted_types", table)
        row = pd.Index(self.connectome.neuron_ids).get_indexer(table["neuron_id"])
        self.confidence[row] = table["confidence"]

    def clusters(self) -> None:
        """Clusters of the first space and of the graph, and their agreement with references."""
        n = self.connectome.num_neurons
        self.found["Leiden community"] = leiden(self.graph.adjacency, 1.0, seed=0).labels
        if n <= MIXTURE_LIMIT:
            self.ask("Gaussian mixture", self._mixture)
        else:
            log.warning("no Gaussian mixture for more than %d neurons", MIXTURE_LIMIT)
        types = self.types if self.types and len(self.types.names) <= MOST_TYPES else None
        repeats: dict[str, np.ndarray] = {}
        if types:
            kmeans_of = partial(self._kmeans, types)
            self.ask("k-means and its figures", lambda: repeats.update(kmeans_of()))
        self.found |= dict(list(repeats.items())[:1])  # the one that the confusion matrix shows
        ids = {"neuron_id": self.connectome.neuron_ids}
        self._write("clusters", pd.DataFrame(ids | self.found | repeats))
        references = dict(self._references())
        if references and n <= MIXTURE_LIMIT:
            settings = ClusterSettings(permutations=self.settings.permutations)
            spaces = {space.name: space.factors for space in self.spaces}
            spaces |= {DEGREES: [log_degrees(self.connectome)]}
            table = cluster_table(spaces, references, self.graph, settings)
            self._write("cluster_agreement", table)
            missing = table[table["left_out"].notna()].drop_duplicates(["embedding", "clustering"])
            for row in missing.itertuples():
                self.left_out.append(f"{row.clustering} of {row.embedding}: {row.left_out}")
        if types and repeats:
            figures = partial(self._cluster_figures, types, repeats)
            self.ask("figures of the clusters", figures)

    def _mixture(self) -> None:
        most = min(64, self.connectome.num_neurons)
        mixture = gaussian_mixture(self.shown.factors[0], most, seed=0)
        self.found[f"mixture on {self.shown.name}"] = mixture.labels

    def _references(self) -> Iterator[tuple[str, np.ndarray]]:
        if self.published is not None:
            yield self.settings.cluster_column, self.published
        if self.types is not None:
            yield self.settings.type_column, self.types.code

    def _kmeans(self, types: Labelled) -> dict[str, np.ndarray]:
        """Of each repeat, as many clusters as are published, or as there are types."""
        space = self.shown
        groups = len(types.names) if self.published is None else int(self.published.max()) + 1
        name = f"k-means with {groups} clusters on {space.name}"
        return {
            f"{name}, repeat {k + 1}" if k else name: kmeans(x, groups, seed=k).labels
            for k, x in enumerate(space.factors)
        }

    def _cluster_figures(self, types: Labelled, repeats: dict[str, np.ndarray]) -> None:
        space, names = self.shown, list(types.names)
        name, labels = next(iter(repeats.items()))
        title = f"{self.connectome.name}: {name}"
        tree, leaves = dendrogram_linkage(space.factors[0], labels)
        counts = confusion(labels, types.code)
        self._draw("confusion", plot_confusion(counts, names, tree, leaves, title))
        tree, leaves = dendrogram_linkage(space.factors[0], types.code)
        colours = {name: style.colour for name, style in styles(names).items()}
        shares = group_co_clustering(list(repeats.values()), types.code)
        self._draw("co_clustering", plot_co_clustering(shares, names, title, tree, leaves))
        tree_title = f"{self.connectome.name}: cell types in {space.name}"
        self._draw("dendrogram", plot_dendrogram(tree, names, tree_title, colours))

    def homologs(self) -> None:
        """Held-out left-right homologs that each space finds, alone and with the wiring."""
        spaces = {space.name: space.factors[0] for space in self.spaces}
        table = homolog_table(self.connectome, spaces)
        self._write("homologs", table)
        published: dict[str, float] | None = None if self.connectome.name == "larva_brain" else {}
        title = f"{self.connectome.name}: held-out homologs"
        self._draw("homologs", plot_homologs(table, title, published))

    def explorer(self, provenance: dict[str, str]) -> None:
        """The page of all spaces, with what was found."""
        made = provenance | ({"left out": "\n".join(self.left_out)} if self.left_out else {})
        about = (self.types, self.found, self.confidence, self.tables)
        page = make_explorer(self.connectome, self.spaces, *about, made)
        self.page = write_explorer(self.folder / "explorer.html", page)
        self.note(self.page)

    def _write(self, name: str, table: pd.DataFrame) -> None:
        self.tables[name] = table
        save_table(self.folder / f"{name}.csv", table)
        self.note(self.folder / f"{name}.csv")

    def _draw(self, name: str, figure: Figure) -> None:
        paths = save_figure(figure, self.folder, name)
        self.figures += paths
        self.note(*paths)

    def note(self, *paths: Path) -> None:
        """List ``paths`` in the record of the report, with what was asked and left out."""
        self.written += [path.name for path in paths]
        told = {"asked": asdict(self.settings), "left_out": self.left_out}
        record = told | {"files": self.written}
        save_json(self.folder / RECORD, record)
