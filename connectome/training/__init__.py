"""Lightning at the edge: DataModule, LightningModules, checkpoints and the folder of a run."""

from connectome.training.autoencoder import AutoencoderModule
from connectome.training.batches import EdgeBatches
from connectome.training.benchmark import Benchmark, require_negatives
from connectome.training.callbacks import MovableCheckpoint, ResumableEarlyStopping
from connectome.training.checkpoints import read_checkpoint
from connectome.training.datamodule import LinkDataModule
from connectome.training.deepwalk import DeepWalkModule
from connectome.training.details import report_details
from connectome.training.directed import DirectedAutoencoderModule
from connectome.training.fit import fit_and_test
from connectome.training.inductive import InductiveModule
from connectome.training.loggers import (
    csv_logger,
    finish_loggers,
    many_loggers,
    no_logger,
    wandb_logger,
)
from connectome.training.module import EmbeddingModule
from connectome.training.restore import restore
from connectome.training.runs import RunFolder
from connectome.training.spectral import SpectralModule
from connectome.training.trainers import (
    TrainerFactory,
    check_arguments,
    check_callbacks,
    check_trainer,
    require_strategy,
)
from connectome.training.untrained import BlockModelModule, HeuristicModule

__all__ = [
    "AutoencoderModule",
    "Benchmark",
    "BlockModelModule",
    "DeepWalkModule",
    "DirectedAutoencoderModule",
    "EdgeBatches",
    "EmbeddingModule",
    "HeuristicModule",
    "InductiveModule",
    "LinkDataModule",
    "MovableCheckpoint",
    "ResumableEarlyStopping",
    "RunFolder",
    "SpectralModule",
    "TrainerFactory",
    "check_arguments",
    "check_callbacks",
    "check_trainer",
    "csv_logger",
    "finish_loggers",
    "fit_and_test",
    "many_loggers",
    "no_logger",
    "read_checkpoint",
    "report_details",
    "require_negatives",
    "require_strategy",
    "restore",
    "wandb_logger",
]
