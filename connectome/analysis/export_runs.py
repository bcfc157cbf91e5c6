"""Embeddings of finished runs, with the annotations of their data, for other programs."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from yaml import YAMLError

from connectome.analysis.export import export
from connectome.analysis.runs import Run
from connectome.data.storage import CONFIG, EMBEDDING, load_scorer
from connectome.scores import Embedding
from connectome.types import Connectome, InputError, NotApplicableError

Reader = Callable[[dict[str, Any]], Connectome]


def export_run(run: Run, stem: Path, formats: Sequence[str], read: Reader) -> list[Path]:
    """Write the embedding of ``run`` once for each of ``formats``.

    Args:
        run: a complete run.
        stem: the files, without the dot and the format that end their names.
        formats: names as :func:`connectome.analysis.export.check_format` takes them.
        read: reads the data that a data configuration describes.

    Returns:
        The files written.

    Raises:
        NotApplicableError: if the method has no factors.
        InputError: if a file of the run is damaged, or the data are not those of the run.
    """
    scorer = load_scorer(run.path / EMBEDDING)
    if not isinstance(scorer, Embedding):
        raise NotApplicableError(f"{scorer.method} has no factors")
    connectome = read(_data_config(run.path / CONFIG))
    return [
        export(scorer, connectome, stem.with_name(f"{stem.name}.{suffix}")) for suffix in formats
    ]


def _data_config(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"{path}: no such file; repeat train.py")
    try:
        config = OmegaConf.to_container(OmegaConf.load(path))
    except YAMLError as error:
        raise InputError(f"{path}: not valid YAML; delete it and repeat train.py") from error
    data = config.get("data") if isinstance(config, dict) else None
    if not isinstance(data, dict):
        raise InputError(f"{path}: says nothing of the data; delete it and repeat train.py")
    return {str(key): value for key, value in data.items()}
