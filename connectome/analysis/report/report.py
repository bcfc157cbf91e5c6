"""Look inside embeddings of a connectome: maps, cell types, clusters, homologs, one page."""

import logging
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from connectome.analysis.latent import LatentSpace
from connectome.analysis.questions import Answers, ReportSettings, clear, require_columns
from connectome.data.neurons import ignored
from connectome.types import Connectome

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Inside:
    """What was written.

    Attributes:
        tables: by file name without suffix; their columns differ from question to question.
        figures: paths of the PNG and SVG files.
        files: paths of the table of neurons.
        explorer: path of the page, None if it was not asked for.
        left_out: why a question has no answer.
    """

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    figures: list[Path] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    explorer: Path | None = None
    left_out: tuple[str, ...] = ()


def look_inside(
    connectome: Connectome,
    spaces: list[LatentSpace],
    folder: Path,
    settings: ReportSettings,
    provenance: dict[str, str],
) -> Inside:
    """Answer the questions of ``settings``, one after another, and write each answer at once.

    A question that the data cannot answer is left out with its reason, in the result, in
    ``report.json`` and on the page; the others are answered all the same.

    Args:
        connectome: the data that all ``spaces`` were made from.
        spaces: the first is the one that figures show.
        folder: where tables, figures and ``explorer.html`` go.
        settings: what to ask.
        provenance: how the embeddings were made.
    """
    require_columns(connectome, settings)
    clear(folder)
    for line in ignored(connectome):
        log.warning("%s", line)
    look = Answers(connectome, spaces, folder, settings, provenance)
    for question in settings.asked:
        log.info("%s: %s", connectome.name, question.name.replace("_", " "))
        look.answer(question)
    look.note()
    return Inside(look.tables, look.figures, look.files, look.page, tuple(look.left_out))
