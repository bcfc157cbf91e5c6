"""Train and test one method on one connectome, or (-m) every combination of several."""

import hydra
from omegaconf import DictConfig

from connectome.cli.train import job
from connectome.errors import run_program


@hydra.main(version_base="1.3", config_path="conf", config_name="train")
def main(config: DictConfig) -> float:
    """Run one job, as ``connectome train`` does; returns its ``val/objective``."""
    return job(config)


if __name__ == "__main__":
    run_program(main)
