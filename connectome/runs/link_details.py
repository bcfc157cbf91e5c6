"""Synapse counts and edge types of pairs of neurons, and what was learned of them on disk."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from connectome.data.splits import edge_rows, sum_over
from connectome.runs import artifact_schema
from connectome.runs.artifacts import EMBEDDING, load_arrays, load_scorer, named, save_arrays
from connectome.runs.schema import Array
from connectome.scores import CountModel, EdgeTypeModel, Embedding, LinkDetails, Readout
from connectome.types import Connectome, InputError, digest

# What stands in the folder of a run that learned them.
COUNTS = "counts.npz"
EDGE_TYPES = "edge_types.npz"

_READOUT = ("weights", "offset")


def pair_synapses(connectome: Connectome, pairs: Tensor, directed: bool) -> tuple[Tensor, Tensor]:
    """Synapses of pairs, in all and by edge type; both directions together if not ``directed``.

    Args:
        connectome: the data.
        pairs: ``[2, P]`` positions.
        directed: whether (pre, post) and (post, pre) are different pairs.

    Returns:
        ``[P]`` float64, 0 where there is no link, and ``[P, T]`` float64 (``[P, 0]`` without
        types).
    """
    rows = edge_rows(connectome, pairs, directed)
    if not connectome.edge_type_names:
        return sum_over(rows, connectome.synapses), torch.zeros(pairs.shape[1], 0).double()
    by_type = sum_over(rows, connectome.edge_type_synapses)
    return sum_over(rows, connectome.synapses), by_type


def save_details(run: Path, details: LinkDetails) -> list[str]:
    """Write plain arrays beside the embedding of a run; returns the names of the files."""
    names = []
    if (counts := details.counts) is not None:
        facts = {"log_dispersion": np.array(counts.log_dispersion)}
        save_arrays(run / COUNTS, facts | _plain(counts))
        names.append(COUNTS)
    if (types := details.edge_types) is not None:
        save_arrays(run / EDGE_TYPES, {"names": np.array(types.names)} | _plain(types))
        names.append(EDGE_TYPES)
    return names


def load_details(run: Path) -> LinkDetails:
    """Read what :func:`save_details` wrote in the folder ``run``; None for what is not there.

    Raises:
        InputError: if a file is corrupt or was written beside another embedding.
    """
    counts = types = None
    if (run / COUNTS).is_file():
        arrays, embedding, readout = _read(run / COUNTS, artifact_schema.COUNTS)
        with named(run / COUNTS):
            counts = CountModel(embedding, readout, float(arrays["log_dispersion"]))
    if (run / EDGE_TYPES).is_file():
        arrays, embedding, readout = _read(run / EDGE_TYPES, artifact_schema.EDGE_TYPES)
        with named(run / EDGE_TYPES):
            types = EdgeTypeModel(embedding, readout, tuple(arrays["names"].tolist()))
    return LinkDetails(counts, types)


def _plain(model: CountModel | EdgeTypeModel) -> dict[str, np.ndarray]:
    readout = {name: tensor.numpy() for name, tensor in model.readout.tensors.items()}
    return readout | {"embedding": np.array(_digest(model.embedding))}


def _read(path: Path, schema: dict[str, Array]) -> tuple[dict[str, np.ndarray], Embedding, Readout]:
    arrays = load_arrays(path, schema)
    embedding = load_scorer(path.parent / EMBEDDING)
    if not isinstance(embedding, Embedding) or _digest(embedding) != arrays["embedding"].item():
        raise InputError(
            f"{path}: was not written beside this {EMBEDDING}; delete both and repeat train.py"
        )
    biases = [name for name in ("source_bias", "target_bias") if name in arrays]
    tensors = {name: torch.from_numpy(arrays[name]) for name in (*_READOUT, *biases)}
    return arrays, embedding, Readout(**tensors)


def _digest(embedding: Embedding) -> str:
    """Of what the link score compares, as it is stored."""
    networks = [n for n in (embedding.source_network, embedding.target_network) if n is not None]
    return digest(embedding.source, embedding.target, *networks)
