"""Artefacts on disk: plain arrays in ``.npz``, plain values in ``.json``, never half written."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from torch import Tensor
from yaml import YAMLError

from connectome.data.regimes import Contest
from connectome.data.spreadsheets import csv_text, unguarded
from connectome.data.writing import into_place, save_text
from connectome.scores import BlockModel, Embedding, NeighbourScore, Scorer
from connectome.types import InputError, LinkSplit

# What stands in the folder of a run.
STATUS = "status.json"
METRICS = "metrics.json"
CONFIG = "config.yaml"
EMBEDDING = "embedding.npz"
SPLIT = "split.npz"
AUDIT = "split_audit.json"
RECEIPT = "receipt.json"
CHECKPOINTS = "checkpoints"
SCORES = "scores.csv"
CALIBRATION = "calibration.csv"
SWEEP_ID = "CONNECTOME_SWEEP_ID"  # set by the sweep, inherited by its jobs

_SAME = "same as "
_FACTS = ("num_neurons", "directed", "protocol", "seed", "dropped_self_loops")
_PAIRS = ("train", "val", "test", "val_negatives", "test_negatives")
_KINDS: dict[str, type] = {"factors": Embedding, "neighbours": NeighbourScore, "blocks": BlockModel}


def save_scorer(path: Path, scorer: Scorer) -> None:
    """Write what scores pairs, field by field; ``path`` is replaced atomically."""
    kind = next(name for name, cls in _KINDS.items() if type(scorer) is cls)
    arrays = {"kind": np.array(kind)}
    written: dict[int, str] = {}
    for field in fields(scorer):  # type: ignore[arg-type]
        value = getattr(scorer, field.name)
        if value is None:
            continue
        if id(value) in written and isinstance(value, Tensor):
            value = f"{_SAME}{written[id(value)]}"  # factors that are shared stay shared
        written[id(value)] = field.name
        arrays[field.name] = value.numpy() if isinstance(value, Tensor) else np.asarray(value)
    save_arrays(path, arrays)


def load_scorer(path: Path) -> Scorer:
    """Read what :func:`save_scorer` wrote.

    Raises:
        InputError: if the file is missing, corrupt or not a scorer.
    """
    arrays = load_arrays(path, ("kind", "neuron_ids", "data_fingerprint"))
    kind = _KINDS.get(str(arrays.pop("kind")))
    if kind is None or not set(arrays) <= {field.name for field in fields(kind)}:
        raise InputError(f"{path}: written by another version; delete it and repeat train.py")
    values: dict[str, Any] = {}
    for name, array in arrays.items():
        values[name] = _value(array) if name != "neuron_ids" else array
    for name, value in values.items():
        if isinstance(value, str) and value.startswith(_SAME):
            values[name] = values[value.removeprefix(_SAME)]
    try:
        scorer: Scorer = kind(**values)
    except TypeError as error:
        raise InputError(f"{path}: incomplete ({error}); repeat train.py") from error
    return scorer


def _value(array: np.ndarray) -> Any:
    return torch.from_numpy(array) if array.ndim else array.item()


def save_split(path: Path, split: LinkSplit) -> None:
    """Write every pair of a split as int32 (int64 past 2^31 neurons)."""
    dtype = np.int32 if split.num_neurons < 2**31 else np.int64
    arrays = {name: getattr(split, name).numpy().astype(dtype) for name in _PAIRS}
    for name in _FACTS:
        arrays[name] = np.array(getattr(split, name))
    if split.member_sizes:
        arrays["member_sizes"] = np.array(split.member_sizes)
    if split.order is not None:
        arrays["order"] = split.order.numpy().astype(dtype)
    save_arrays(path, arrays)


def load_split(path: Path) -> LinkSplit:
    """Read what :func:`save_split` wrote.

    Raises:
        InputError: if the file is missing, corrupt or not a split.
    """
    arrays = load_arrays(
        path, (*_PAIRS, "num_neurons", "directed", "protocol", "seed", "dropped_self_loops")
    )
    return LinkSplit(
        num_neurons=int(arrays["num_neurons"]),
        directed=bool(arrays["directed"]),
        protocol=str(arrays["protocol"]),
        seed=int(arrays["seed"]),
        dropped_self_loops=int(arrays["dropped_self_loops"]),
        member_sizes=tuple(arrays["member_sizes"].tolist()) if "member_sizes" in arrays else (),
        order=torch.from_numpy(arrays["order"].astype(np.int64)) if "order" in arrays else None,
        **{name: torch.from_numpy(arrays[name].astype(np.int64)) for name in _PAIRS},
    )


def save_contest(path: Path, contest: Contest) -> None:
    """Write held-out links with their negatives."""
    arrays = {name: getattr(contest, name).numpy() for name in ("positives", "negatives")}
    save_arrays(path, arrays | {"paired": np.array(contest.paired)})


def load_contest(path: Path) -> Contest:
    """Read what :func:`save_contest` wrote.

    Raises:
        InputError: if the file is missing, corrupt or not a contest.
    """
    arrays = load_arrays(path, ("positives", "negatives", "paired"))
    pairs = [torch.from_numpy(arrays[name]) for name in ("positives", "negatives")]
    return Contest(pairs[0], pairs[1], bool(arrays["paired"]))


def sha256(path: Path) -> str | None:
    """Checksum of a file in hex, None if there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def save_json(path: Path, values: Any) -> None:
    """Write JSON beside ``path`` and move it into place."""
    save_text(path, json.dumps(values, indent=2) + "\n")


def save_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, six significant digits, beside ``path`` and move it into place.

    No spreadsheet takes its text for formulas (see :mod:`connectome.data.spreadsheets`).
    """
    save_text(path, csv_text(table, float_format="%.6g"))


def load_table(path: Path, dtype: dict[str, type] | None = None) -> pd.DataFrame:
    """Read what :func:`save_table` wrote."""
    return unguarded(pd.read_csv(path, dtype=dtype))


def load_json(path: Path) -> Any:
    """Read JSON.

    Raises:
        InputError: if the file is missing or not JSON.
    """
    try:
        return json.loads(path.read_text())
    except FileNotFoundError as error:
        raise _missing(path) from error
    except ValueError as error:
        raise InputError(
            f"{path}: not valid JSON ({error}); delete it and repeat train.py"
        ) from error


def _missing(path: Path) -> InputError:
    """What to do about a file that is not there; a run that lost one is made again."""
    if (path.parent / STATUS).is_file():
        return InputError(
            f"{path}: this run has lost its {path.name}; put the file back, or repeat the train.py "
            "command of the run, which makes it again"
        )
    return InputError(f"{path}: no such file; run train.py first or check the path")


def load_data_config(run: Path) -> dict[str, Any]:
    """Which data the run in the folder ``run`` was made from, as its configuration says.

    Raises:
        InputError: if the configuration is missing, damaged, or says nothing of the data.
    """
    path = run / CONFIG
    if not path.is_file():
        raise _missing(path)
    try:
        config = OmegaConf.to_container(OmegaConf.load(path))
    except (YAMLError, OmegaConfBaseException) as error:
        raise InputError(f"{path}: not valid YAML; delete it and repeat train.py") from error
    data = config.get("data") if isinstance(config, dict) else None
    if not isinstance(data, dict):
        raise InputError(f"{path}: says nothing of the data; delete it and repeat train.py")
    return {str(key): value for key, value in data.items()}


def read_status(path: Path) -> dict[str, Any]:
    """Status of the run in the folder ``path``.

    Raises:
        InputError: if the file is missing or is not a status.
    """
    status = load_json(path / STATUS)
    if not isinstance(status, dict) or "state" not in status:
        raise InputError(f"{path / STATUS}: is not the status of a run; delete the folder")
    return status


def save_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write an ``.npz`` of plain arrays, without pickle."""
    with into_place(path) as beside, beside.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def load_arrays(path: Path, needed: Iterable[str]) -> dict[str, np.ndarray]:
    """Arrays of an ``.npz``, without pickle; the zip reader verifies each array's checksum."""
    if not path.is_file():
        raise _missing(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except Exception as error:  # a damaged zip raises any of half a dozen types
        what = type(error).__name__
        raise InputError(f"{path}: corrupt ({what}); delete it and repeat train.py") from error
    missing = [name for name in needed if name not in arrays]
    if missing:
        raise InputError(
            f"{path}: has no '{missing[0]}': another file, or of another version; repeat train.py"
        )
    return arrays
