"""Callbacks that mend what Lightning's own leave open."""

import pytorch_lightning as pl
from pytorch_lightning.callbacks import EarlyStopping


class ResumableEarlyStopping(EarlyStopping):
    """Early stopping that stays stopped.

    A run that is killed between its last epoch and its test resumes from a checkpoint in which
    patience has already run out; Lightning's callback would train one more epoch before noticing.
    """

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop before the first step if the restored state says so."""
        if self.wait_count >= self.patience:
            trainer.should_stop = True
