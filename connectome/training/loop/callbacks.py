"""Callbacks that mend what Lightning's own leave open."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint

from connectome.types import InputError


class ResumableEarlyStopping(EarlyStopping):
    """Early stopping that stays stopped.

    A run that is killed between its last epoch and its test resumes from a checkpoint in which
    patience has already run out; Lightning's callback would train one more epoch before noticing.
    """

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop before the first step if the restored state says so."""
        if self.wait_count >= max(1, self.patience):  # with a patience of 0 after one in vain
            trainer.should_stop = True


class MovableCheckpoint(ModelCheckpoint):
    """Model checkpoint that remembers its best score when the run folder has been moved.

    Lightning's callback forgets it, and the first validation after resuming then overwrites the
    best checkpoint whatever it scored.
    """

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the state with every path in the folder of now.

        The state may come from elsewhere, and files that it names are replaced and removed.

        Raises:
            InputError: if it names a file in another folder.
        """
        before, now = str(state_dict["dirpath"]), str(self.dirpath)
        moved = {
            key: value.replace(before, now) if isinstance(value, str) else value
            for key, value in state_dict.items()
        }
        best = state_dict["best_k_models"].items()
        moved["best_k_models"] = {path.replace(before, now): score for path, score in best}
        paths = [moved.get(f"{which}_model_path") for which in ("best", "kth_best", "last")]
        for path in filter(None, (*paths, *moved["best_k_models"])):
            if Path(path).resolve().parent != Path(now).resolve():
                raise InputError(
                    f"{now}: a checkpoint names {path}, which is not in its folder; delete "
                    "last.ckpt and repeat train.py"
                )
        super().load_state_dict(moved)
