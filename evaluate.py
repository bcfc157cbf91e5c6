"""Recompute the test metrics of finished runs from their embeddings and checkpoints."""

import hydra
from omegaconf import DictConfig

from connectome.cli.evaluate import job
from connectome.errors import run_program


@hydra.main(version_base="1.3", config_path="conf", config_name="evaluate")
def main(config: DictConfig) -> None:
    """Recompute, compare and write, as ``connectome evaluate`` does."""
    job(config)


if __name__ == "__main__":
    run_program(main)
