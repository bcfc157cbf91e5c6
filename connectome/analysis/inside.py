"""Look inside embeddings of a connectome: maps, cell types, clusters, homologs, one page."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from connectome.analysis.inside_answers import Answers
from connectome.analysis.inside_settings import ReportSettings, clear, require_columns
from connectome.analysis.latent import LatentSpace
from connectome.data import ignored
from connectome.types import Connectome

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Inside:
    """What was written.

    Attributes:
        tables: by file name without suffix.
        figures: paths of the PNG and SVG files.
        explorer: path of the page, None if it was not asked for.
        left_out: why a question has no answer.
    """

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    figures: list[Path] = field(default_factory=list)
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
    look = Answers(connectome, spaces, folder, settings)
    answers: dict[str, Callable[[], None]] = {
        "maps": look.maps,
        "cell_types": look.cell_types,
        "clusters": look.clusters,
        "homologs": look.homologs,
    }
    for name in (q for q in answers if q in settings.questions):
        log.info("%s: %s", connectome.name, name.replace("_", " "))
        look.ask(name, answers[name])
    if "explorer" in settings.questions:
        look.ask("explorer", lambda: look.explorer(provenance))
    look.note()
    return Inside(look.tables, look.figures, look.page, tuple(look.left_out))
