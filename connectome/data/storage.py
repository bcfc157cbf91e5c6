"""Artefacts on disk: plain arrays in ``.npz``, plain values in ``.json``, never half written."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from connectome.types import Embedding, InputError, LinkSplit

# What stands in the folder of a run.
STATUS = "status.json"
METRICS = "metrics.json"
CONFIG = "config.yaml"
EMBEDDING = "embedding.npz"
SPLIT = "split.npz"
AUDIT = "split_audit.json"
CHECKPOINTS = "checkpoints"
SWEEP_ID = "CONNECTOME_SWEEP_ID"  # set by the sweep, inherited by its jobs

_OPTIONAL = ("source_bias", "target_bias", "log_std")
_PAIRS = ("train", "val", "test", "val_negatives", "test_negatives")


def save_embedding(path: Path, embedding: Embedding) -> None:
    """Write an embedding with its neuron ids and its score; ``path`` is replaced atomically."""
    arrays = {
        name: np.array(getattr(embedding, name))
        for name in ("method", "score", "scale", "offset", "data_fingerprint")
    }
    arrays |= {"neuron_ids": embedding.neuron_ids, "source": embedding.source.numpy()}
    if embedding.target is not embedding.source:
        arrays["target"] = embedding.target.numpy()
    for name in _OPTIONAL:
        if getattr(embedding, name) is not None:
            arrays[name] = getattr(embedding, name).numpy()
    _save_arrays(path, arrays)


def load_embedding(path: Path) -> Embedding:
    """Read what :func:`save_embedding` wrote.

    Raises:
        InputError: if the file is missing, corrupt or not an embedding.
    """
    needed = ("method", "score", "scale", "offset", "data_fingerprint", "neuron_ids", "source")
    arrays = _load_arrays(path, needed)
    source = torch.from_numpy(arrays["source"])
    return Embedding(
        method=str(arrays["method"]),
        neuron_ids=arrays["neuron_ids"],
        source=source,
        target=torch.from_numpy(arrays["target"]) if "target" in arrays else source,
        score=str(arrays["score"]),  # type: ignore[arg-type]
        scale=float(arrays["scale"]),
        offset=float(arrays["offset"]),
        data_fingerprint=str(arrays["data_fingerprint"]),
        **{name: torch.from_numpy(arrays[name]) for name in _OPTIONAL if name in arrays},
    )


def save_split(path: Path, split: LinkSplit) -> None:
    """Write every pair of a split as int32 (int64 past 2^31 neurons)."""
    dtype = np.int32 if split.num_neurons < 2**31 else np.int64
    arrays = {name: getattr(split, name).numpy().astype(dtype) for name in _PAIRS}
    for name in ("num_neurons", "directed", "seed", "dropped_self_loops"):
        arrays[name] = np.array(getattr(split, name))
    _save_arrays(path, arrays)


def load_split(path: Path) -> LinkSplit:
    """Read what :func:`save_split` wrote.

    Raises:
        InputError: if the file is missing, corrupt or not a split.
    """
    arrays = _load_arrays(path, (*_PAIRS, "num_neurons", "directed", "seed", "dropped_self_loops"))
    return LinkSplit(
        num_neurons=int(arrays["num_neurons"]),
        directed=bool(arrays["directed"]),
        seed=int(arrays["seed"]),
        dropped_self_loops=int(arrays["dropped_self_loops"]),
        **{name: torch.from_numpy(arrays[name].astype(np.int64)) for name in _PAIRS},
    )


def save_json(path: Path, values: Any) -> None:
    """Write JSON beside ``path`` and move it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_text(json.dumps(values, indent=2) + "\n")
    beside.replace(path)


def load_json(path: Path) -> Any:
    """Read JSON.

    Raises:
        InputError: if the file is missing or not JSON.
    """
    try:
        return json.loads(path.read_text())
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; run train.py first or check the path") from error
    except ValueError as error:
        raise InputError(
            f"{path}: not valid JSON ({error}); delete it and repeat train.py"
        ) from error


def read_status(path: Path) -> dict[str, Any]:
    """Status of the run in the folder ``path``.

    Raises:
        InputError: if the file is missing or is not a status.
    """
    status = load_json(path / STATUS)
    if not isinstance(status, dict) or "state" not in status:
        raise InputError(f"{path / STATUS}: is not the status of a run; delete the folder")
    return status


def _save_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    beside.replace(path)


def _load_arrays(path: Path, needed: Iterable[str]) -> dict[str, np.ndarray]:
    """Arrays of an ``.npz``, without pickle; the zip reader verifies each array's checksum."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; run train.py first or check the path")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except Exception as error:  # a damaged zip raises any of half a dozen types
        raise InputError(f"{path}: corrupt ({error}); delete it and repeat train.py") from error
    missing = [name for name in needed if name not in arrays]
    if missing:
        raise InputError(f"{path}: has no '{missing[0]}', so this program did not write it")
    return arrays
