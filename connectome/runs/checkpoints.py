"""Checkpoints that are whole or absent, load without pickle, and know where they come from."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from connectome.runs.artifact_schema import CHECKPOINT, RECORD
from connectome.runs.artifacts import REMEDY, missing, named
from connectome.runs.schema import Value, check_value
from connectome.types import InputError

KEY = "connectome_latent"


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Contents of a checkpoint, on the CPU.

    Raises:
        InputError: if the file is missing, damaged, or was not written by this program.
    """
    checkpoint = load_verified(path)
    if KEY not in checkpoint:
        raise InputError(f"{path}: a checkpoint of another program; give one made by train.py")
    with named(path):
        check_value(checkpoint, CHECKPOINT)
        check_value(checkpoint[KEY], Value((dict,)), KEY)
    return checkpoint


def read_record(checkpoint: dict[str, Any], path: Path) -> dict[str, Any]:
    """Configuration and fingerprints in a checkpoint that was read from ``path``.

    Raises:
        InputError: if it is incomplete.
    """
    record: dict[str, Any] = checkpoint[KEY]
    with named(path):
        check_value(record, RECORD, KEY)
    return record


def load_verified(path: Path) -> dict[str, Any]:
    """A checkpoint in which every checksum holds, on the CPU, with tensors and plain values only.

    Raises:
        InputError: if it is missing, damaged, or no checkpoint.
    """
    if not path.exists():
        raise missing(path)
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        if damaged is not None:
            raise zipfile.BadZipFile(f"checksum of {damaged} does not match")
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # zipfile, torch and pickle each raise their own
        reason = f"{error} ".splitlines()[0].strip()
        raise InputError(
            f"{path}: corrupt or not a checkpoint ({reason}); restore it from a copy, or {REMEDY}"
        ) from error
    if not isinstance(checkpoint, dict):
        raise InputError(f"{path}: not a checkpoint but a {type(checkpoint).__name__}; {REMEDY}")
    return checkpoint


def require_same_data(found: Mapping[str, Any], expected: Mapping[str, Any], where: str) -> None:
    """Compare the fingerprints of data, split and features in two provenance records.

    Raises:
        InputError: naming ``where`` if they differ.
    """
    kinds = {
        "data_fingerprint": "data set",
        "split_fingerprint": "split",
        "features_fingerprint": "set of node features",  # absent where none were chosen
    }
    for name, what in kinds.items():
        before, here = found.get(name), expected.get(name)
        if before != here:
            raise InputError(
                f"{where}: made from another {what} (fingerprint {before}, here {here}); use the "
                "configuration it was trained with, or train again"
            )
