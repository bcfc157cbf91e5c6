"""LightningModules, one a family of methods."""

from connectome.training.modules.base import EmbeddingModule
from connectome.training.modules.inductive import InductiveModule

__all__ = [
    "EmbeddingModule",
    "InductiveModule",
]
