"""Checkpoints that are whole or absent, load without pickle, and know where they come from."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins import TorchCheckpointIO
from lightning_fabric.utilities.types import _PATH

from connectome.runs.artifact_schema import CHECKPOINT, RECORD
from connectome.runs.artifacts import REMEDY, missing, named
from connectome.runs.schema import Value, check_value
from connectome.runtime import into_place
from connectome.types import InputError

KEY = "connectome_latent"


class VerifiedCheckpointIO(TorchCheckpointIO):
    """Writes beside the target and moves into place; verifies every checksum when reading.

    A torch checkpoint is a zip archive with a checksum for each tensor, but torch does not look
    at them: zeroed bytes would load as zeroed weights.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: _PATH, storage_options: Any | None = None
    ) -> None:
        """Write ``checkpoint`` so that ``path`` never holds a partial file.

        Raises:
            OSError: naming ``path`` if it cannot be written whole.
        """
        target = Path(path)
        with into_place(target) as beside:
            try:
                torch.save(checkpoint, beside)
            except RuntimeError as error:  # what torch makes of a full disk
                raise OSError(f"{error} ".splitlines()[0].strip()) from error

    def load_checkpoint(
        self,
        path: _PATH,
        map_location: Any | None = lambda storage, loc: storage,
        weights_only: bool | None = None,
    ) -> dict[str, Any]:
        """Read and verify ``path``; only tensors and plain values are accepted.

        Raises:
            InputError: if it is missing or damaged.
        """
        return _load_verified(Path(path))


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Contents of a checkpoint, on the CPU.

    Raises:
        InputError: if the file is missing, damaged, or was not written by this program.
    """
    checkpoint = _load_verified(path)
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


def _load_verified(path: Path) -> dict[str, Any]:
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


class Provenance(pl.Callback):
    """Stores in each checkpoint the configuration, the data and the split it was trained on.

    Args:
        config: plain values of the whole configuration.
        identity: the part of it that determines the result.
        fingerprints: hashes of data set and split, by name, and of features if any were chosen.
    """

    def __init__(
        self, config: dict[str, Any], identity: dict[str, Any], fingerprints: Mapping[str, str]
    ) -> None:
        self.record = {"config": config, "identity": identity, **fingerprints}

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Add the record."""
        checkpoint[KEY] = self.record


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
