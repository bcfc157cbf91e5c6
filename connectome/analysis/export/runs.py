"""Embeddings of finished runs, with the annotations of their data, for other programs."""

from collections.abc import Callable, Sequence
from pathlib import Path

from connectome.analysis.export.formats import VIEWERS, export, with_end
from connectome.analysis.latent import factors_of, kept_map
from connectome.runs import EMBEDDING, Run, load_scorer
from connectome.scores import Embedding
from connectome.types import Connectome, NotApplicableError

Reader = Callable[[Path], Connectome]


def export_run(run: Run, stem: Path, formats: Sequence[str], read: Reader) -> list[Path]:
    """Write the embedding of ``run`` once for each of ``formats``.

    Viewers draw the 2-d map that lies beside the run, or the first two components without one.

    Args:
        run: a complete run.
        stem: the files, without the dot and the ends of their names.
        formats: names as :func:`connectome.analysis.export.formats.check_format` takes them.
        read: reads the data that the run in a folder was made from.

    Returns:
        The files written.

    Raises:
        NotApplicableError: if the method has no factors.
        InputError: if a file of the run is damaged, or the data are not those of the run.
    """
    scorer = load_scorer(run.path / EMBEDDING)
    if not isinstance(scorer, Embedding):
        raise NotApplicableError(f"{scorer.method} has no factors")
    connectome = read(run.path)
    flat = kept_map(factors_of(scorer), run.path) if VIEWERS.keys() & {*formats} else None
    return [export(scorer, connectome, with_end(stem, name), flat) for name in formats]
