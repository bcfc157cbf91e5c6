"""Artefacts on disk: plain arrays in ``.npz``, plain values in ``.json``, never half written."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from connectome.data.splits import EvaluationPairs
from connectome.data.tabular import csv_text, file_sha256, unguarded
from connectome.runs.artifact_schema import EVALUATION_PAIRS, SCORERS, STATUS_FIELDS
from connectome.runs.artifact_schema import SPLIT as SPLIT_FIELDS
from connectome.runs.schema import (
    Array,
    Column,
    MisfitError,
    Value,
    check_arrays,
    check_table,
    check_value,
)
from connectome.runtime import into_place, save_text
from connectome.scores import Blend, BlockModel, Embedding, NeighbourScore, Scorer
from connectome.types import InputError, LinkSplit

# What stands in the folder of a run.
STATUS = "status.json"
METRICS = "metrics.json"
CONFIG = "config.yaml"
EMBEDDING = "embedding.npz"
SPLIT = "split.npz"
AUDIT = "split_audit.json"
RECEIPT = "receipt.json"
PAIRS = "pairs.csv"  # left-right pairs of data.pairs=matched
CHECKPOINTS = "checkpoints"
SCORES = "scores.csv"
CALIBRATION = "calibration.csv"
BEST = f"{CHECKPOINTS}/best.ckpt"
SWEEP_ID = "CONNECTOME_SWEEP_ID"  # set by the sweep, inherited by its jobs
REMEDY = "delete it and repeat train.py"

_SAME = "same as "
_FACTS = ("num_neurons", "directed", "protocol", "seed", "dropped_self_loops")
_PAIRS = ("train", "val", "test", "val_negatives", "test_negatives")
_KINDS: dict[str, type] = {
    "factors": Embedding,
    "neighbours": NeighbourScore,
    "blocks": BlockModel,
    "blend": Blend,
}


def save_scorer(path: Path, scorer: Scorer) -> None:
    """Write what scores pairs, field by field; ``path`` is replaced atomically.

    Raises:
        InputError: for a class that no file holds.
    """
    kind = next((name for name, cls in _KINDS.items() if type(scorer) is cls), None)
    if kind is None:
        known = ", ".join(cls.__name__ for cls in _KINDS.values())
        raise InputError(
            f"{type(scorer).__name__}: a run holds a scorer of {known}; return one of these, or "
            "name the arrays of the new class in connectome/runs/artifact_schema.py"
        )
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
    arrays = load_arrays(path)
    name = arrays.pop("kind", None)
    kind = str(name) if name is not None else ""
    if kind not in _KINDS:
        raise InputError(f"{path}: has no 'kind' of scorer that is known here; {REMEDY}")
    with named(path):
        copies = _copies(arrays, SCORERS[kind])
        arrays |= {copy: arrays[original] for copy, original in copies.items()}
        check_arrays(arrays, SCORERS[kind])
        values = {key: _value(array) for key, array in arrays.items() if key != "neuron_ids"}
        # Factors that were shared stay shared.
        values |= {copy: values[original] for copy, original in copies.items()}
        scorer: Scorer = _KINDS[kind](neuron_ids=arrays["neuron_ids"], **values)
    return scorer


def _copies(arrays: dict[str, np.ndarray], schema: dict[str, Array]) -> dict[str, str]:
    """Arrays that are written as the name of the one that they are the same as."""
    found = {}
    for name, array in arrays.items():
        if name in schema and "U" not in schema[name].kinds and array.dtype.kind == "U":
            original = str(array).removeprefix(_SAME)
            if original == str(array) or original not in arrays:
                raise MisfitError(f"'{name}' is of type {array.dtype}")
            found[name] = original
    return found


def _value(array: np.ndarray) -> Any:
    if not array.ndim:
        return array.item()
    whole = array.dtype.kind == "i"  # torch takes positions as int64 only
    return torch.from_numpy(array.astype(np.int64, copy=False) if whole else array)


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
    arrays = load_arrays(path, SPLIT_FIELDS)
    sizes = tuple(arrays["member_sizes"].tolist()) if "member_sizes" in arrays else ()
    if sizes and (min(sizes) < 1 or sum(sizes) != int(arrays["num_neurons"])):
        raise InputError(f"{path}: members of {sizes} neurons do not make up the whole; {REMEDY}")
    return LinkSplit(
        num_neurons=int(arrays["num_neurons"]),
        directed=bool(arrays["directed"]),
        protocol=str(arrays["protocol"]),
        seed=int(arrays["seed"]),
        dropped_self_loops=int(arrays["dropped_self_loops"]),
        member_sizes=sizes,
        order=torch.from_numpy(arrays["order"].astype(np.int64)) if "order" in arrays else None,
        **{name: torch.from_numpy(arrays[name].astype(np.int64)) for name in _PAIRS},
    )


def save_evaluation_pairs(path: Path, evaluation: EvaluationPairs) -> None:
    """Write held-out links with their negatives."""
    arrays = {name: getattr(evaluation, name).numpy() for name in ("positives", "negatives")}
    save_arrays(path, arrays | {"paired": np.array(evaluation.paired)})


def load_evaluation_pairs(path: Path) -> EvaluationPairs:
    """Read what :func:`save_evaluation_pairs` wrote.

    Raises:
        InputError: if the file is missing, corrupt or not a evaluation.
    """
    arrays = load_arrays(path, EVALUATION_PAIRS)
    pairs = [_value(arrays[name]) for name in ("positives", "negatives")]
    return EvaluationPairs(pairs[0], pairs[1], bool(arrays["paired"]))


def sha256(path: Path) -> str | None:
    """Checksum of a file in hex, None if there is none."""
    return file_sha256(path) if path.is_file() else None


def save_json(path: Path, values: Any) -> None:
    """Write JSON beside ``path`` and move it into place."""
    save_text(path, json.dumps(values, indent=2) + "\n")


def save_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, six significant digits, beside ``path`` and move it into place.

    No spreadsheet takes its text for formulas (see :mod:`connectome.data.tabular.spreadsheets`).
    """
    save_text(path, csv_text(table, float_format="%.6g"))


def load_json(path: Path, schema: Value | None = None, remedy: str = REMEDY) -> Any:
    """Read JSON.

    Args:
        path: the file.
        schema: what it must hold; None for anything.
        remedy: what to do about a damaged one.

    Raises:
        InputError: if the file is missing, not JSON, or does not hold what it must.
    """
    try:
        values = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise missing(path) from error
    except (ValueError, RecursionError, OSError) as error:
        raise InputError(f"{path}: not valid JSON ({error}); {remedy}") from error
    if schema is not None:
        with named(path, remedy):
            check_value(values, schema)
    return values


@contextmanager
def named(path: Path, remedy: str = REMEDY) -> Iterator[None]:
    """Say of which file it is what the body finds wrong, and what to do about it.

    Raises:
        InputError: in place of one that the body raises.
    """
    try:
        yield
    except InputError as error:
        raise InputError(f"{path}: damaged or of another version: {error}; {remedy}") from error


def missing(path: Path) -> InputError:
    """What to do about a file that is not there; a run that lost one is made again."""
    if any((folder / STATUS).is_file() for folder in (path.parent, path.parent.parent)):
        return InputError(
            f"{path}: this run has lost its {path.name}; put the file back, or repeat the train.py "
            "command of the run, which makes it again"
        )
    return InputError(f"{path}: no such file; run train.py first or check the path")


def read_status(path: Path) -> dict[str, Any]:
    """Status of the run in the folder ``path``.

    Raises:
        InputError: if the file is missing or is not a status.
    """
    status: dict[str, Any] = load_json(path / STATUS, STATUS_FIELDS)
    return status


def load_table(path: Path, schema: dict[str, Column]) -> pd.DataFrame:
    """Read a table that a benchmark wrote.

    Raises:
        InputError: if the file is missing, no CSV, or has other columns.
    """
    text = {name: str for name, column in schema.items() if column.kind == "text"}
    try:
        table = pd.read_csv(path, dtype=text)
    except FileNotFoundError as error:
        raise missing(path) from error
    except (ValueError, OSError, OverflowError) as error:
        raise InputError(f"{path}: is no table ({error}); {REMEDY}") from error
    table = unguarded(table)
    with named(path):
        check_table(table, schema)
    return table


def save_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write an ``.npz`` of plain arrays ``[...]`` by name, without pickle."""
    with into_place(path) as beside, beside.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def load_arrays(path: Path, schema: dict[str, Array] | None = None) -> dict[str, np.ndarray]:
    """Arrays ``[...]`` of an ``.npz`` by name, without pickle; the zip reader verifies each array's
    checksum.

    Args:
        path: the file.
        schema: what it must hold; None for anything.

    Raises:
        InputError: if the file is missing, corrupt, or does not hold what it must.
    """
    if not path.exists():
        raise missing(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: np.asarray(file[name]) for name in file.files}
    except Exception as error:  # a damaged zip raises any of half a dozen types
        raise InputError(f"{path}: corrupt ({type(error).__name__}); {REMEDY}") from error
    if schema is not None:
        with named(path):
            check_arrays(arrays, schema)
    return arrays
