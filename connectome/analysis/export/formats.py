"""Embeddings for other programs: a table, Parquet, plain arrays, AnnData."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from connectome.analysis.neuron_table import columns_of
from connectome.runs import into_place, save_arrays
from connectome.scores import Embedding
from connectome.types import Connectome, InputError

Writer = Callable[[Path, Embedding, Connectome | None], None]


def to_frame(embedding: Embedding, connectome: Connectome | None = None) -> pd.DataFrame:
    """One row a neuron: id, annotations, factors.

    Args:
        embedding: of ``N`` neurons in ``d`` dimensions.
        connectome: the data it was made from, for the annotations; None leaves them out.

    Returns:
        ``neuron_id``; the columns of the neuron table; ``source_0 ..``; ``target_0 ..`` where the
        two sides differ; ``source_bias`` and ``target_bias``, ``source_log_std_0 ..`` and
        ``target_log_std_0 ..`` where the method has them. Missing annotations are NA: integers
        and truth values are nullable, text is of pandas' type ``string``, and what mixes types
        becomes text. ``attrs`` holds method, score, scale, offset, fingerprint and citation.

    Raises:
        InputError: if the embedding is of other data, or an annotation is called as a factor.
    """
    annotations = _annotations(embedding, connectome)
    columns: dict[str, Any] = {"neuron_id": _as_text_or_integer(embedding.neuron_ids)}
    values = {
        name: column
        for key, array in factors(embedding).items()
        for name, column in _named(key, array)
    }
    if clash := sorted(set(annotations) & (columns.keys() | values.keys())):
        raise InputError(
            f"{embedding.method}: the neuron table has a column '{clash[0]}' of its own; "
            "rename it there"
        )
    frame = pd.DataFrame(columns | {name: annotations[name] for name in annotations} | values)
    frame.attrs.update(facts(embedding, connectome))
    return frame


def factors(embedding: Embedding) -> dict[str, np.ndarray]:
    """All numbers per neuron, ``[N, d]`` or ``[N]`` float32, by name; what is not there is absent.

    ``target`` is absent where both sides are the same.
    """
    same, d = torch.equal(embedding.source, embedding.target), embedding.latent_dim
    log_std = embedding.log_std
    two_sided = log_std is not None and log_std.shape[1] == 2 * d
    found: dict[str, Tensor | None] = {
        "source": embedding.source,
        "target": None if same else embedding.target,
        "source_bias": embedding.source_bias,
        "target_bias": embedding.target_bias,
        "source_log_std": None if log_std is None else log_std[:, :d],
        "target_log_std": log_std[:, d:] if log_std is not None and two_sided else None,
    }
    return {name: value.numpy() for name, value in found.items() if value is not None}


def facts(embedding: Embedding, connectome: Connectome | None = None) -> dict[str, str | float]:
    """What a file says of the embedding as a whole; the data's name and citation if known."""
    return {
        "method": embedding.method,
        "score": embedding.score,
        "scale": float(embedding.scale),
        "offset": float(embedding.offset),
        "data_fingerprint": embedding.data_fingerprint,
        "data": "" if connectome is None else connectome.name,
        "citation": "" if connectome is None else connectome.citation,
    }


def export(embedding: Embedding, connectome: Connectome | None, path: Path | str) -> Path:
    """Write ``embedding`` with the annotations of ``connectome`` as the suffix of ``path`` says.

    - ``.parquet``: the table of :func:`to_frame`, its ``attrs`` included.
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
            format cannot take, or a package that is not installed.
    """
    path = Path(path)
    writer = WRITERS[check_format(path.suffix.removeprefix("."), str(path))]
    writer(path, embedding, connectome)
    return path


def check_format(name: str, where: str) -> str:
    """``name`` if it is a format that can be written here.

    Raises:
        InputError: naming ``where`` if it is unknown, or its package is not installed.
    """
    if name not in WRITERS:
        raise InputError(f"{where}: unknown format '{name}'; choose one of {', '.join(WRITERS)}")
    if name == "h5ad":
        _anndata()
    return name


def _parquet(path: Path, embedding: Embedding, connectome: Connectome | None) -> None:
    frame = to_frame(embedding, connectome)
    with into_place(path) as beside:
        frame.to_parquet(beside, engine="pyarrow", index=False)


def _npz(path: Path, embedding: Embedding, connectome: Connectome | None) -> None:
    arrays = {"neuron_ids": embedding.neuron_ids} | factors(embedding)
    arrays |= {name: np.asarray(value) for name, value in facts(embedding, connectome).items()}
    for name, column in _annotations(embedding, connectome).items():
        values, missing = _plain(column)
        arrays[f"annotation/{name}"] = values
        if missing.any():
            arrays[f"missing/{name}"] = missing
    save_arrays(path, arrays)


def _h5ad(path: Path, embedding: Embedding, connectome: Connectome | None) -> None:
    frame = to_frame(embedding, connectome)
    arrays = factors(embedding)
    sides = [side for side in ("source", "target") if side in arrays]
    numbers = {name for key in arrays for name, _ in _named(key, arrays[key])}
    names = [name for side in sides for name, _ in _named(side, arrays[side])]
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


WRITERS: dict[str, Writer] = {"parquet": _parquet, "npz": _npz, "h5ad": _h5ad}


def _anndata() -> Any:
    try:
        from anndata import AnnData
    except ImportError as error:
        raise InputError("format h5ad: needs AnnData; pip install anndata") from error
    return AnnData


def _named(key: str, array: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Columns of ``array`` with their names."""
    if array.ndim == 1:
        return [(key, array)]
    return [(f"{key}_{k}", array[:, k]) for k in range(array.shape[1])]


def _annotations(embedding: Embedding, connectome: Connectome | None) -> dict[str, pd.Series]:
    """Columns of the neuron table by name, each of one type.

    Raises:
        InputError: if the embedding is of other data, or two columns have one name.
    """
    if connectome is None:
        return {}
    if not np.array_equal(embedding.neuron_ids, connectome.neuron_ids):
        raise InputError(
            f"{embedding.method}: made from other neurons than those of {connectome.name}; "
            "give the data it was made from"
        )
    if embedding.data_fingerprint not in ("", connectome.fingerprint):
        raise InputError(
            f"{embedding.method}: made from other data (fingerprint {embedding.data_fingerprint}, "
            f"{connectome.name} has {connectome.fingerprint}); give the data it was made from"
        )
    return columns_of(connectome)


def _as_text_or_integer(ids: np.ndarray) -> pd.Series:
    return pd.Series(ids, dtype="int64" if ids.dtype.kind == "i" else "string")


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
