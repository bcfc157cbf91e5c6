"""What Lightning writes as checkpoints, and how: whole or absent, with what they were made from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins import TorchCheckpointIO
from lightning_fabric.utilities.types import _PATH

from connectome.runs import KEY, load_verified
from connectome.runtime import into_place


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
        return load_verified(Path(path))


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
