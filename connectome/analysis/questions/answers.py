"""What the questions of a report share: the data, and where their answers go."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from connectome.analysis.latent import Graph, Labelled, LatentSpace, labelled
from connectome.analysis.plotting import save_figure
from connectome.analysis.questions.registry import Question, ask
from connectome.analysis.questions.settings import RECORD, ReportSettings
from connectome.runs import save_json, save_table
from connectome.types import Connectome, NotApplicableError

MOST_TYPES = 60  # with more, no figure has room for their names


class Answers:
    """The answers so far, each as tables and figures in one folder.

    Attributes:
        connectome: the data.
        spaces: their embeddings.
        folder: where the answers go.
        settings: what is asked.
        provenance: how the embeddings were made.
        tables: what was written, by file name without suffix.
        figures: paths of the PNG and SVG files.
        files: paths of the table of neurons.
        left_out: why a question has no answer.
        found: clusterings ``[N]`` of our own, by name.
        confidence: ``[N]`` of the predicted cell type; None before it is predicted.
        page: path of the explorer's page, if there is one.
    """

    def __init__(
        self,
        connectome: Connectome,
        spaces: list[LatentSpace],
        folder: Path,
        settings: ReportSettings,
        provenance: dict[str, str],
    ) -> None:
        self.connectome = connectome
        self.spaces = spaces
        self.folder = folder
        self.settings = settings
        self.provenance = provenance
        self.tables: dict[str, pd.DataFrame] = {}
        self.written: list[str] = []
        self.figures: list[Path] = []
        self.files: list[Path] = []
        self.left_out: list[str] = []
        self.found: dict[str, np.ndarray] = {}
        self.confidence: np.ndarray | None = None
        self.page: Path | None = None

    def answer(self, question: Question) -> None:
        """Answer a question, or note why it has no answer."""
        self.ask(question.name, lambda: question.answer(self, *self.settings.of(question)))

    def ask(self, question: str, answer: Callable[[], object]) -> None:
        """Answer a part of a question; see :func:`connectome.analysis.questions.registry.ask`."""
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
            return self.require_types()
        except NotApplicableError:
            return None

    def require_types(self) -> Labelled:
        """Cell types.

        Raises:
            NotApplicableError: saying why there are none.
        """
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

    def write(self, name: str, table: pd.DataFrame) -> None:
        """Write a table to ``<name>.csv``."""
        self.tables[name] = table
        save_table(self.folder / f"{name}.csv", table)
        self.note(self.folder / f"{name}.csv")

    def draw(self, name: str, figure: Figure) -> None:
        """Write a figure to ``<name>.png`` and ``.svg``."""
        paths = save_figure(figure, self.folder, name)
        self.figures += paths
        self.note(*paths)

    def note(self, *paths: Path) -> None:
        """List ``paths`` in the record of the report, with what was asked and left out."""
        self.written += [path.name for path in paths]
        told = {"asked": self.settings.record(), "left_out": self.left_out}
        record = told | {"files": self.written}
        save_json(self.folder / RECORD, record)
