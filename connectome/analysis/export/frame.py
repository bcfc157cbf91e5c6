"""An embedding as a table: ids, annotations, factors."""

from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from connectome.analysis.neuron_table import columns_of
from connectome.scores import Embedding
from connectome.types import Connectome, InputError


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
    labels = annotations(embedding, connectome)
    columns: dict[str, Any] = {"neuron_id": _as_text_or_integer(embedding.neuron_ids)}
    values = {
        name: column
        for key, array in factors(embedding).items()
        for name, column in named(key, array)
    }
    if clash := sorted(set(labels) & (columns.keys() | values.keys())):
        raise InputError(
            f"{embedding.method}: the neuron table has a column '{clash[0]}' of its own; "
            "rename it there"
        )
    frame = pd.DataFrame(columns | labels | values)
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


def named(key: str, array: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Columns ``[N]`` of ``array`` ``[N, d]`` or ``[N]`` with their names."""
    if array.ndim == 1:
        return [(key, array)]
    return [(f"{key}_{k}", array[:, k]) for k in range(array.shape[1])]


def annotations(embedding: Embedding, connectome: Connectome | None) -> dict[str, pd.Series]:
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
