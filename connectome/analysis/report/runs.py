"""The inside of the embeddings that finished runs left on disk."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from connectome.analysis.latent import LatentSpace, latent_spaces
from connectome.analysis.leaderboard import Place, send
from connectome.analysis.questions import ReportSettings, require_columns
from connectome.analysis.report.report import Inside, look_inside
from connectome.runs import CONFIG, Run
from connectome.types import Connectome


@dataclass(frozen=True, eq=False)
class Subject:
    """What a report looks at: read and checked, before anything is computed.

    Attributes:
        connectome: the data that all runs were made from.
        spaces: their embeddings.
        settings: what to ask.
        provenance: how the embeddings were made.
    """

    connectome: Connectome
    spaces: list[LatentSpace]
    settings: ReportSettings
    provenance: dict[str, str]


def open_runs(
    runs: Sequence[Run], read: Callable[[Path], Connectome], settings: ReportSettings
) -> Subject:
    """Read the embeddings of ``runs`` and their data.

    Args:
        runs: at least one.
        read: reads the data that the run in a folder was made from.
        settings: what to ask.

    Raises:
        InputError: if an embedding is missing, none has factors, the runs are not of one data set,
            or the data lack a column that ``settings`` name.
    """
    first = runs[0].path
    connectome = read(first)
    require_columns(connectome, settings)
    provenance = {
        "made by": f"connectome-latent {version('connectome-latent')}",
        "runs": ", ".join(run.path.name for run in runs),
        "data": f"{connectome.name}, fingerprint {connectome.fingerprint}",
        "cite": connectome.citation or "the publication of the data",
        "configuration": (first / CONFIG).read_text(),
    }
    return Subject(connectome, latent_spaces(runs, connectome, settings.map), settings, provenance)


def report_inside(subject: Subject, folder: Path) -> Inside:
    """Look inside, write the answers to ``folder``, and say what was written and what not."""
    inside = look_inside(
        subject.connectome, subject.spaces, folder, subject.settings, subject.provenance
    )
    for reason in inside.left_out:
        print(f"left out: {reason}", file=sys.stderr)
    for path in [*(folder / f"{name}.csv" for name in inside.tables), *inside.files]:
        print(f"Table:    {path}")
    for figure in inside.figures:
        print(f"Figure:   {figure}")
    if inside.explorer is not None:
        print(f"Explorer: {inside.explorer}")
    return inside


def log_inside(inside: Inside, folder: Path, group: str, offline: bool) -> None:
    """Send tables, figures and page to W&B as a run of its own in ``group``.

    Raises:
        InputError: if W&B does not start.
    """
    files = [*inside.figures, *([inside.explorer] if inside.explorer else [])]
    send(inside.tables, files, Place(folder, f"{group}-report", group, "report", offline))
