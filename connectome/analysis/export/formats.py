"""Embeddings for other programs: tables, plain arrays, AnnData, graphs, projects of viewers."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from connectome.analysis.export.frame import annotations, factors, facts, named, to_frame
from connectome.analysis.export.graphml import write_graphml
from connectome.analysis.export.viewers import write_atlas, write_bigclust
from connectome.analysis.latent import FlatMap, factors_of, kept_map
from connectome.analysis.neuron_table import write_excel
from connectome.data.tabular import csv_text
from connectome.runs import into_place, save_arrays
from connectome.runtime import save_text
from connectome.scores import Embedding
from connectome.types import Connectome, InputError

log = logging.getLogger(__name__)

Writer = Callable[[Path, Embedding, Connectome | None], None]


def export(
    embedding: Embedding,
    connectome: Connectome | None,
    path: Path | str,
    flat: FlatMap | None = None,
) -> Path:
    """Write ``embedding`` with the annotations of ``connectome`` as the end of ``path`` says.

    - ``.parquet``: the table of :func:`to_frame`, its ``attrs`` included.
    - ``.csv``, ``.xlsx``: the same table; text that a spreadsheet would run is guarded, and the
      workbook holds long ids as text.
    - ``.graphml``: see :func:`connectome.analysis.export.graphml.write_graphml`.
    - ``.bigclust``, ``.atlas.parquet``: see :mod:`connectome.analysis.export.viewers`; drawn at
      ``flat``, None for the first two components.
    - ``.npz``: arrays without pickle: ``neuron_ids``, the arrays of :func:`factors`, those of
      :func:`facts`, and ``annotation/NAME``. Where integers, truth values or text are missing,
      ``missing/NAME`` is true, and the annotation 0, false or empty; missing reals are NaN.
    - ``.h5ad``: AnnData (Virshup et al. 2024, doi:10.21105/joss.04371) with source and target
      factors side by side in ``X``, each of :func:`factors` in ``obsm`` (biases in ``obs``), ids
      as text in the index (integers also in ``obs["neuron_id"]``), annotations in ``obs`` with
      text as categories, and :func:`facts` in ``uns``.

    The file is written beside ``path`` and moved into place. Returns ``path``.

    Raises:
        InputError: for another suffix, an embedding of other data, an annotation whose name the
            format cannot take, more neurons than it has room for, edges that it needs and are not
            given, or a package that is not installed.
    """
    path = Path(path)
    ends = {name: end for name, end in ENDS.items() if path.name.endswith(f".{end}")}
    name = max(ends, key=lambda name: len(ends[name]), default=path.suffix.removeprefix("."))
    check_format(name, str(path))
    if name in VIEWERS:
        VIEWERS[name](path, embedding, connectome, flat or kept_map(factors_of(embedding)))
    else:
        WRITERS[name](path, embedding, connectome)
    return path


def with_end(stem: Path, name: str) -> Path:
    """The file of format ``name`` whose name begins as that of ``stem``."""
    return stem.with_name(f"{stem.name}.{ENDS[name]}")


def check_format(name: str, where: str) -> str:
    """``name`` if it is a format that can be written here.

    Raises:
        InputError: naming ``where`` if it is unknown, or its package is not installed.
    """
    if name not in ENDS:
        raise InputError(f"{where}: unknown format '{name}'; choose one of {', '.join(ENDS)}")
    if name == "h5ad":
        _anndata()
    return name


def _parquet(path: Path, embedding: Embedding, connectome: Connectome | None) -> None:
    frame = to_frame(embedding, connectome)
    with into_place(path) as beside:
        frame.to_parquet(beside, engine="pyarrow", index=False)


def _csv(path: Path, embedding: Embedding, connectome: Connectome | None) -> None:
    save_text(path, csv_text(to_frame(embedding, connectome)))


def _xlsx(path: Path, embedding: Embedding, connectome: Connectome | None) -> None:
    for note in write_excel(path, to_frame(embedding, connectome)):
        log.warning("%s", note)


def _npz(path: Path, embedding: Embedding, connectome: Connectome | None) -> None:
    arrays = {"neuron_ids": embedding.neuron_ids} | factors(embedding)
    arrays |= {name: np.asarray(value) for name, value in facts(embedding, connectome).items()}
    for name, column in annotations(embedding, connectome).items():
        values, missing = _plain(column)
        arrays[f"annotation/{name}"] = values
        if missing.any():
            arrays[f"missing/{name}"] = missing
    save_arrays(path, arrays)


def _h5ad(path: Path, embedding: Embedding, connectome: Connectome | None) -> None:
    frame = to_frame(embedding, connectome)
    arrays = factors(embedding)
    sides = [side for side in ("source", "target") if side in arrays]
    numbers = {name for key in arrays for name, _ in named(key, arrays[key])}
    names = [name for side in sides for name, _ in named(side, arrays[side])]
    kept = [c for c in map(str, frame) if c not in numbers or c.endswith("_bias")]
    if embedding.neuron_ids.dtype.kind == "U":
        kept.remove("neuron_id")  # it is the index
    if odd := [name for name in kept if name == "_index" or "/" in name]:
        raise InputError(f"{path}: AnnData takes no annotation called '{odd[0]}'; rename it")
    data = _anndata()(
        X=np.concatenate([arrays[side] for side in sides], axis=1),
        obs=pd.DataFrame({c: _for_anndata(frame[c]) for c in kept}).set_index(
            pd.Index(embedding.neuron_ids.astype(str), dtype=object)
        ),
        var=pd.DataFrame(index=pd.Index(names, dtype=object)),
        obsm={key: array for key, array in arrays.items() if array.ndim == 2},
        uns=frame.attrs,
    )
    with into_place(path) as beside:
        data.write_h5ad(beside)


WRITERS: dict[str, Writer] = {
    "csv": _csv,
    "xlsx": _xlsx,
    "parquet": _parquet,
    "npz": _npz,
    "h5ad": _h5ad,
    "graphml": write_graphml,
}
VIEWERS: dict[str, Callable[[Path, Embedding, Connectome | None, FlatMap], None]] = {
    "bigclust": write_bigclust,
    "atlas": write_atlas,
}
ENDS = {name: name for name in (*WRITERS, *VIEWERS)} | {"atlas": "atlas.parquet"}  # of their names


def _anndata() -> Any:
    try:
        from anndata import AnnData
    except ImportError as error:
        raise InputError("format h5ad: needs AnnData; pip install anndata") from error
    return AnnData


def _plain(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Values as an array that needs no pickle, and where they are missing and not NaN."""
    missing = column.isna().to_numpy(dtype=bool)
    kind = column.dtype.kind
    if kind == "f":
        return column.to_numpy(dtype=float, na_value=np.nan), np.zeros_like(missing)
    if kind == "b":
        return column.fillna(False).to_numpy(dtype=bool), missing
    if kind in "iu":
        return column.fillna(0).to_numpy(dtype=column.dtype.name.lower()), missing
    return column.astype("string").fillna("").to_numpy(dtype=str), missing


def _for_anndata(column: pd.Series) -> pd.Series:
    """As a type that AnnData writes in every version; its text may not be of pandas' new types."""
    kind = column.dtype.kind
    if kind == "f":
        return pd.Series(column.to_numpy(dtype=float, na_value=np.nan))
    if kind in "biu":
        return column
    return pd.Series(pd.Categorical(column.astype("string").astype(object)))
